"""Who may do what: the rights that a new schema needs for all to go on, and the grants that the rules want."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.errors import RuleError
from schema_rewriter.migration.catalog import PUBLIC
from schema_rewriter.migration.steps import Step, literal
from schema_rewriter.relation import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from schema_rewriter.migration.catalog import Catalog, DefaultPrivilege, Privilege
    from schema_rewriter.relation import Relation
    from schema_rewriter.ruleset import Grant, Move

LOCK = "PERFORM pg_advisory_xact_lock(hashtext('schema-rewrite'));  -- one runner at a time"
TABLES = {"none": (), "read": ("SELECT",), "write": ("SELECT", "INSERT", "UPDATE", "DELETE")}
SEQUENCES = {"none": (), "read": ("SELECT",), "write": ("SELECT", "UPDATE", "USAGE")}
_KINDS = {"v": "VIEW", "m": "MATERIALIZED VIEW", "f": "FOREIGN TABLE", "S": "SEQUENCE"}


def role(name: str) -> str:
    """A role as GRANT writes it; the catalog's nobody and the rules' `public` are PUBLIC."""
    return "PUBLIC" if name in (PUBLIC, "public") else quote(name)


# ------------------------------------------------------------------------------------------- what all need


def schema_step(schema: str, moves: Sequence[Move], catalog: Catalog) -> Step:
    """Makes the schema with what those who reach its relations need; takes back what it gave, or the schema."""
    there = catalog.schema(schema)
    needs = _needs(moves, catalog)
    lines, undo = [], []
    for name, (reasons, creates) in sorted(needs.items()):
        missing = [] if there and (name in there.users or there.owner == name) else ["USAGE"]
        if creates and not (there and (name in there.creators or there.owner == name)):
            missing.append("CREATE")
        if missing:
            lines.append(f"GRANT {', '.join(missing)} ON SCHEMA {quote(schema)} TO {role(name)};  -- {_some(reasons)}")
            undo.append(f"REVOKE {', '.join(missing)} ON SCHEMA {quote(schema)} FROM {role(name)};")
    for creator, defaults in _copied(schema, moves, catalog).items():
        given = [_default(d, schema, "GRANT", "TO") for d in defaults]
        lines += _as(creator, given, schema)
        undo += _as(creator, [_default(d, schema, "REVOKE", "FROM") for d in defaults], schema)
    made = [] if there else [_make(schema)]
    up = _block([*made, *lines])
    down = _block(undo) if there and undo else ""
    if there is None:
        down = f"SELECT pg_temp.sr_unschema({literal(quote(schema))}, true);"
    note = "" if there else "IF NOT EXISTS would ask for CREATE on the database even where the schema is there."
    if any(creates or reasons for reasons, creates in needs.values()):
        note = f"{note}\nOwners too: foreign keys are checked with the rights of the tables' owners.".strip()
    check = f"to_regnamespace({literal(quote(schema))}) IS NOT NULL"
    return Step(f"schema {schema}", up, down, check, note, down_needs=() if there else ("unschema",))


def mirror_step(schema: str, moves: Sequence[Move]) -> Step:
    """The same without a catalog: who needs what is looked up when it runs."""
    names = ",\n    ".join(literal(move.relation) for move in moves)
    sources = ", ".join(literal(name) for name in dict.fromkeys(quote(move.relation.schema or "") for move in moves))
    quoted = literal(quote(schema))
    return Step(
        f"schema {schema}",
        f"SELECT pg_temp.sr_mirror({quoted}, ARRAY[{sources}], ARRAY[\n    {names}]);",
        f"SELECT pg_temp.sr_unschema({quoted}, false);",
        f"to_regnamespace({quoted}) IS NOT NULL",
        needs=("mirror",),
        down_needs=("unschema",),
    )


def _make(schema: str) -> str:
    return f"IF to_regnamespace({literal(quote(schema))}) IS NULL THEN\n    CREATE SCHEMA {quote(schema)};\n  END IF;"


def _needs(moves: Sequence[Move], catalog: Catalog) -> dict[str, tuple[list[str], bool]]:
    """For each role that reaches the relations: why, and whether it makes tables where they are now."""
    found: dict[str, dict[str, None]] = {}
    creators: set[str] = set()
    moving = {move.relation for move in moves}
    for move in moves:
        if entry := catalog.entry(move.relation):
            found.setdefault(entry.owner, {})[f"owner of {move.relation.name}"] = None
            schema = catalog.schema(move.relation.schema or "")
            if schema and entry.owner in schema.creators:
                creators.add(entry.owner)
            for privilege in entry.privileges:
                found.setdefault(privilege.grantee, {})[f"{privilege.privilege} on {move.relation.name}"] = None
    for sequence in catalog.sequences:
        if sequence.owned_by in moving:
            for privilege in sequence.privileges:
                found.setdefault(privilege.grantee, {})[f"{privilege.privilege} on {sequence.relation.name}"] = None
    for key in catalog.foreign_keys:
        for one, other in ((key.source, key.target), (key.target, key.source)):
            if one in moving and other not in moving and (entry := catalog.entry(other)):
                found.setdefault(entry.owner, {})[f"owner of {other}, by foreign key {key.name}"] = None
    return {name: (list(reasons), name in creators) for name, reasons in found.items()}


def _some(reasons: Sequence[str]) -> str:
    more = f" and {len(reasons) - 2} more" if len(reasons) > 2 else ""
    return " ".join((", ".join(reasons[:2]) + more).split())


def _copied(schema: str, moves: Sequence[Move], catalog: Catalog) -> dict[str, list[DefaultPrivilege]]:
    sources = {move.relation.schema for move in moves}
    has = {(d.creator, d.objects, d.privilege) for d in catalog.default_privileges if d.schema == schema}
    copied: dict[str, list[DefaultPrivilege]] = {}
    for default in catalog.default_privileges:
        if default.schema in sources and (default.creator, default.objects, default.privilege) not in has:
            copied.setdefault(default.creator, []).append(default)
    return copied


def _default(default: DefaultPrivilege, schema: str, verb: str, preposition: str) -> str:
    option = " WITH GRANT OPTION" if default.privilege.grantable and verb == "GRANT" else ""
    return (
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote(default.creator)} IN SCHEMA {quote(schema)} {verb} "
        f"{default.privilege.privilege} ON {default.objects} {preposition} {role(default.privilege.grantee)}{option};"
    )


def _as(creator: str, statements: Sequence[str], schema: str) -> list[str]:
    """Statements that only members of `creator` may run; for others they are a warning."""
    told = f"schema-rewrite: only {creator} may set its default privileges in schema {schema}; have it done"
    told = literal(told.replace("%", "%%"))
    lines = "\n    ".join(statements)
    return [f"BEGIN\n    {lines}\n  EXCEPTION WHEN insufficient_privilege THEN\n    RAISE WARNING {told};\n  END;"]


def _block(lines: Iterable[str], schema: str = "") -> str:
    """One statement of several; with a schema, of none where that does not exist."""
    guard = [f"IF to_regnamespace({literal(quote(schema))}) IS NULL THEN RETURN; END IF;"] if schema else []
    body = "\n  ".join((LOCK, *guard, *lines))
    return f"DO $sr$\nBEGIN\n  {body}\nEND\n$sr$;"


# ------------------------------------------------------------------------------------- what the rules want


@dataclass(frozen=True, slots=True)
class Granted:
    """The steps of one grant: what it gives goes before the new code, what it takes away after the old code."""

    give: tuple[Step, ...] = ()
    take: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()


def grant_steps(grant: Grant, moves: Mapping[Relation, Relation], catalog: Catalog | None) -> Granted:
    """What it takes that a role has in a schema what the rules say, no more and no less, and the way back.

    With a catalog it is the difference to what there is. Raises RuleError for what is not reversible without one.
    """
    if catalog is None:
        return _wholesale(grant)
    if grant.role not in ("public", *catalog.roles):
        raise RuleError(f"grants.{quote(grant.role)}: no such role in database {catalog.database}; create it first")
    return _difference(grant, moves, catalog)


def _wholesale(grant: Grant) -> Granted:
    schema, grantee = quote(grant.schema), role(grant.role)
    if grant.level == "owner":
        raise RuleError(f"grants.{quote(grant.role)}.{schema}: the way back must know the present owner; give --dsn")
    tables, sequences = ", ".join(TABLES["write"]), ", ".join(SEQUENCES["write"])
    if grant.level != "none":
        tables, sequences = ", ".join(TABLES[grant.level]), ", ".join(SEQUENCES[grant.level])

    def all_of(verb: str, preposition: str, tables: str, sequences: str, usage: bool) -> str:
        return _block(
            [
                *([f"{verb} USAGE ON SCHEMA {schema} {preposition} {grantee};"] if usage else []),
                f"{verb} {tables} ON ALL TABLES IN SCHEMA {schema} {preposition} {grantee};",
                f"{verb} {sequences} ON ALL SEQUENCES IN SCHEMA {schema} {preposition} {grantee};",
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} {verb} {tables} ON TABLES {preposition} {grantee};",
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} {verb} {sequences} ON SEQUENCES {preposition} {grantee};",
            ],
            grant.schema,
        )

    title = f"{grantee}: {grant.level} in schema {schema}"
    if grant.level == "none":
        return Granted(take=(Step(title, all_of("REVOKE", "FROM", "ALL", "ALL", True)),))
    give = Step(
        title,
        all_of("GRANT", "TO", tables, sequences, True),
        all_of("REVOKE", "FROM", tables, sequences, True),
    )
    if grant.level == "write":
        return Granted((give,))
    take = _block(
        [
            f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA {schema} FROM {grantee};",
            f"REVOKE USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA {schema} FROM {grantee};",
        ],
        grant.schema,
    )
    return Granted((give,), (Step(f"{title}, no more", take),))


def _difference(grant: Grant, moves: Mapping[Relation, Relation], catalog: Catalog) -> Granted:
    name, grantee, schema = grant.role, role(grant.role), quote(grant.schema)
    held = PUBLIC if name == "public" else name
    level = "write" if grant.level == "owner" else grant.level
    give: list[str] = []
    give_back: list[str] = []
    take: list[str] = []
    take_back: list[str] = []
    there = catalog.schema(grant.schema)
    usage = there is not None and (there.owner == name or _held(there.privileges, held, ("USAGE",)) != ())
    if level == "none":
        rights = [p for p in there.privileges if p.grantee == held] if there else []
        take += [f"REVOKE {p.privilege} ON SCHEMA {schema} FROM {grantee};" for p in rights]
        take_back += [f"GRANT {p.privilege} ON SCHEMA {schema} TO {grantee}{_option(p)};" for p in rights]
    elif not usage:
        give.append(f"GRANT USAGE ON SCHEMA {schema} TO {grantee};")
        give_back.append(f"REVOKE USAGE ON SCHEMA {schema} FROM {grantee};")
    for what, wanted_by_level, relations in (
        ("TABLE", TABLES, _relations(grant.schema, moves, catalog)),
        ("SEQUENCE", SEQUENCES, _sequences(grant.schema, moves, catalog)),
    ):
        wanted = wanted_by_level[level]
        gives: dict[str, list[str]] = {}
        takes: dict[str, list[str]] = {}
        for relation, owner, privileges in relations:
            if owner == name or grant.level == "owner":
                continue
            mine = [p for p in privileges if p.grantee == held and p.column is None]
            if missing := [p for p in wanted if p not in {one.privilege for one in mine}]:
                gives.setdefault(", ".join(missing), []).append(str(relation))
            for one in mine:
                if one.privilege not in wanted:
                    takes.setdefault(one.privilege + "|" + _option(one), []).append(str(relation))
        for right, names in gives.items():
            give.append(_rights(f"GRANT {right} ON {what}", names, f"TO {grantee}"))
            give_back.append(_rights(f"REVOKE {right} ON {what}", names, f"FROM {grantee}"))
        for key, names in takes.items():
            right, option = key.split("|")
            take.append(_rights(f"REVOKE {right} ON {what}", names, f"FROM {grantee}"))
            take_back.append(_rights(f"GRANT {right} ON {what}", names, f"TO {grantee}{option}"))
    _defaults(grant, moves, catalog, level, (give, give_back, take, take_back))
    owned = _owned(grant, moves, catalog) if grant.level == "owner" else ()
    title = f"{grantee}: {grant.level} in schema {schema}"
    warnings = []
    if grant.level == "none" and there and name in there.users:
        others = [p for p in there.privileges if p.privilege == "USAGE" and p.grantee == PUBLIC]
        if others:
            warnings.append(f"[grants] {name} still reaches schema {grant.schema} through PUBLIC; say public = ..")
    return Granted(
        _both(title, give, give_back, grant.schema),
        _both(f"{title}, no more", take, take_back, grant.schema) + owned,
        tuple(warnings),
    )


def _both(title: str, lines: Sequence[str], back: Sequence[str], schema: str) -> tuple[Step, ...]:
    if not lines:
        return ()
    blocks = _block(lines, schema), _block(back, schema)
    return (Step(title, *blocks, needs=("rights",), down_needs=("rights",)),)


def _held(privileges: Iterable[Privilege], held: str, wanted: Sequence[str]) -> tuple[str, ...]:
    has = {p.privilege for p in privileges if p.grantee == held and p.column is None}
    return tuple(privilege for privilege in wanted if privilege in has)


def _option(privilege: Privilege) -> str:
    return " WITH GRANT OPTION" if privilege.grantable else ""


def _rights(verb: str, names: Sequence[str], whom: str) -> str:
    listed = ",\n    ".join(literal(name) for name in names)
    return f"PERFORM pg_temp.sr_rights({literal(verb)}, ARRAY[\n    {listed}], {literal(whom)});"


def _relations(
    schema: str, moves: Mapping[Relation, Relation], catalog: Catalog
) -> list[tuple[Relation, str, tuple[Privilege, ...]]]:
    """The tables and views that are in the schema after the move, by their names then."""
    after = (
        (moves.get(entry.relation, entry.relation), entry.owner, entry.privileges)
        for entry in catalog.entries
        if entry.kind in "rpfvm" and not entry.marked
    )
    return sorted((one for one in after if one[0].schema == schema), key=lambda one: one[0].name)


def _sequences(
    schema: str, moves: Mapping[Relation, Relation], catalog: Catalog
) -> list[tuple[Relation, str, tuple[Privilege, ...]]]:
    found = []
    for sequence in catalog.sequences:
        to = moves.get(sequence.owned_by) if sequence.owned_by else moves.get(sequence.relation)
        now = sequence.relation.schema if to is None else to.schema
        if now == schema:
            name = sequence.relation.name if sequence.owned_by or to is None else to.name
            found.append((type(sequence.relation)(schema, name), sequence.owner, sequence.privileges))
    return sorted(found, key=lambda one: one[0].name)


def _defaults(
    grant: Grant,
    moves: Mapping[Relation, Relation],
    catalog: Catalog,
    level: str,
    into: tuple[list[str], list[str], list[str], list[str]],
) -> None:
    """What tables that are made later grant: by each role that owns one in the schema now."""
    give, give_back, take, take_back = into
    held = PUBLIC if grant.role == "public" else grant.role
    owners = dict.fromkeys(owner for _, owner, _ in _relations(grant.schema, moves, catalog) if owner != grant.role)
    for owner in owners:
        for objects, wanted_by_level in (("TABLES", TABLES), ("SEQUENCES", SEQUENCES)):
            has = {
                d.privilege.privilege
                for d in catalog.default_privileges
                if (d.creator, d.schema, d.objects, d.privilege.grantee) == (owner, grant.schema, objects, held)
            }
            wanted = wanted_by_level[level]
            missing, extra = [p for p in wanted if p not in has], sorted(has - set(wanted))
            for rights, there, back, verbs in (
                (missing, give, give_back, ("GRANT", "TO", "REVOKE", "FROM")),
                (extra, take, take_back, ("REVOKE", "FROM", "GRANT", "TO")),
            ):
                if rights:
                    head = f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote(owner)} IN SCHEMA {quote(grant.schema)}"
                    listed = ", ".join(rights)
                    for into_, verb, preposition in ((there, *verbs[:2]), (back, *verbs[2:])):
                        line = f"{head} {verb} {listed} ON {objects} {preposition} {role(grant.role)};"
                        into_.extend(_as(owner, [line], grant.schema))


def _granted(grant: Grant, moves: Mapping[Relation, Relation], catalog: Catalog) -> list[str]:
    """What a role is granted on relations that it comes to own: granted again when it does not own them any more."""
    lines = []
    for what, relations in (
        ("TABLE", _relations(grant.schema, moves, catalog)),
        ("SEQUENCE", _sequences(grant.schema, moves, catalog)),
    ):
        for relation, owner, privileges in relations:
            for p in privileges if owner != grant.role else ():
                if p.grantee == grant.role:
                    right = p.privilege + (f" ({quote(p.column)})" if p.column else "")
                    lines.append(
                        _rights(f"GRANT {right} ON {what}", [str(relation)], f"TO {quote(p.grantee)}{_option(p)}")
                    )
    return lines


def _owned(grant: Grant, moves: Mapping[Relation, Relation], catalog: Catalog) -> tuple[Step, ...]:
    """The schema and its relations become the role's; a table takes its owned sequences along."""
    there = catalog.schema(grant.schema)
    schema, owner = quote(grant.schema), quote(grant.role)
    before = quote(there.owner) if there else "CURRENT_USER"
    found = []
    if back := _granted(grant, moves, catalog):
        again = _block(back, grant.schema)
        found.append(Step(f"grants of {owner} in schema {schema}", "", again, down_needs=("rights",)))
    if there is None or there.owner != grant.role:
        up = _block([f"ALTER SCHEMA {schema} OWNER TO {owner};"], grant.schema)
        down = _block([f"ALTER SCHEMA {schema} OWNER TO {before};"], grant.schema)
        found.append(Step(f"schema {schema} belongs to {owner}", up, down))
    kinds = {moves.get(entry.relation, entry.relation): entry for entry in catalog.entries if not entry.marked}
    for relation, entry in sorted(kinds.items()):
        free = entry.kind != "S" or not any(s.relation == entry.relation and s.owned_by for s in catalog.sequences)
        if relation.schema == grant.schema and entry.kind in "rpfvmS" and free and entry.owner != grant.role:
            name = literal(relation)
            found.append(
                Step(
                    f"{relation} belongs to {owner}",
                    f"CALL pg_temp.sr_patiently('own', {name}, {literal(grant.role)});",
                    f"CALL pg_temp.sr_patiently('own', {name}, {literal(entry.owner)});",
                    needs=("own", "patiently"),
                    down_needs=("own", "patiently"),
                )
            )
    return tuple(found)
