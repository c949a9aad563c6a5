"""The grants that the rules want: what each role may do in a schema once all has moved, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.errors import RuleError
from schema_rewriter.postgres.catalog import PUBLIC
from schema_rewriter.postgres.migrate.quoting import literal
from schema_rewriter.postgres.migrate.roles import PREPOSITIONS, block, by_creator, default_rights, option, role
from schema_rewriter.postgres.migrate.steps import Step
from schema_rewriter.relation import Relation, quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from schema_rewriter.postgres.catalog import Catalog, Privilege, Schema
    from schema_rewriter.rules import Grant, Move

    Owned = tuple[Relation, str, tuple[Privilege, ...]]
    """A relation's name after the move, its owner, and what is granted on it."""

_TABLES = {"none": (), "read": ("SELECT",), "write": ("SELECT", "INSERT", "UPDATE", "DELETE")}
_SEQUENCES = {"none": (), "read": ("SELECT",), "write": ("SELECT", "UPDATE", "USAGE")}


@dataclass(frozen=True, slots=True)
class Granted:
    """The steps of grants: what they give goes before the new code, what they take away after the old code."""

    give: tuple[Step, ...] = ()
    take: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()


def granted(grants: Iterable[Grant], moves: Iterable[Move], catalog: Catalog | None) -> Granted:
    """What it takes that roles have in schemas what the rules say, no more and no less, and the way back.

    With a catalog it is the difference to what there is. Raises RuleError for what is not reversible without one, and
    for a role that the database does not have.
    """
    by_relation = {move.relation: move.to for move in moves}
    found = [_granted(grant, by_relation, catalog) for grant in grants]
    return Granted(
        tuple(step for one in found for step in one.give),
        tuple(step for one in found for step in one.take),
        tuple(warning for one in found for warning in one.warnings),
    )


def _granted(grant: Grant, moves: Mapping[Relation, Relation], catalog: Catalog | None) -> Granted:
    if catalog is None:
        return _wholesale(grant)
    if grant.role not in ("public", *catalog.roles):
        raise RuleError(f"grants.{quote(grant.role)}: no such role in database {catalog.database}; create it first")
    return _difference(grant, moves, catalog)


def _wholesale(grant: Grant) -> Granted:
    schema, grantee = quote(grant.schema), role(grant.role)
    if grant.level == "owner":
        raise RuleError(f"grants.{quote(grant.role)}.{schema}: the way back must know the present owner; give --dsn")

    def all_of(verb: str, tables: str, sequences: str) -> str:
        whom = f"{PREPOSITIONS[verb]} {grantee}"
        return block(
            [
                f"{verb} USAGE ON SCHEMA {schema} {whom};",
                f"{verb} {tables} ON ALL TABLES IN SCHEMA {schema} {whom};",
                f"{verb} {sequences} ON ALL SEQUENCES IN SCHEMA {schema} {whom};",
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} {verb} {tables} ON TABLES {whom};",
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} {verb} {sequences} ON SEQUENCES {whom};",
            ],
            grant.schema,
        )

    title = f"{grantee}: {grant.level} in schema {schema}"
    if grant.level == "none":
        return Granted(take=(Step(title, all_of("REVOKE", "ALL", "ALL")),))
    rights = ", ".join(_TABLES[grant.level]), ", ".join(_SEQUENCES[grant.level])
    give = Step(title, all_of("GRANT", *rights), all_of("REVOKE", *rights))
    if grant.level == "write":
        return Granted((give,))
    take = block(
        [
            f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA {schema} FROM {grantee};",
            f"REVOKE USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA {schema} FROM {grantee};",
        ],
        grant.schema,
    )
    return Granted((give,), (Step(f"{title}, no more", take),))


@dataclass(slots=True)
class _Changes:
    """The statements of one grant: what it gives and what it takes, each with its way back."""

    give: list[str] = field(default_factory=list)
    give_back: list[str] = field(default_factory=list)
    take: list[str] = field(default_factory=list)
    take_back: list[str] = field(default_factory=list)

    def gives(self, statement: str, back: str) -> None:
        self.give.append(statement)
        self.give_back.append(back)

    def takes(self, statement: str, back: str) -> None:
        self.take.append(statement)
        self.take_back.append(back)


def _difference(grant: Grant, moves: Mapping[Relation, Relation], catalog: Catalog) -> Granted:
    changes = _Changes()
    _on_schema(grant, catalog.schema(grant.schema), changes)
    _on_relations(grant, "TABLE", _TABLES, _relations(grant.schema, moves, catalog), changes)
    _on_relations(grant, "SEQUENCE", _SEQUENCES, _sequences(grant.schema, moves, catalog), changes)
    _on_later_ones(grant, moves, catalog, changes)
    owned = _owned(grant, moves, catalog) if grant.level == "owner" else ()
    title = f"{role(grant.role)}: {grant.level} in schema {quote(grant.schema)}"
    return Granted(
        _both(title, changes.give, changes.give_back, grant.schema),
        _both(f"{title}, no more", changes.take, changes.take_back, grant.schema) + owned,
        _still_reached(grant, catalog.schema(grant.schema)),
    )


def _level(grant: Grant) -> str:
    """The rights on relations that the role has after all: an owner has its own, and writes what others own."""
    return "write" if grant.level == "owner" else grant.level


def _on_schema(grant: Grant, there: Schema | None, changes: _Changes) -> None:
    schema, grantee, held = quote(grant.schema), role(grant.role), _held(grant)
    own = [p for p in there.privileges if p.grantee == held] if there else []
    if grant.level == "none":
        for p in own:
            changes.takes(
                f"REVOKE {p.privilege} ON SCHEMA {schema} FROM {grantee};",
                f"GRANT {p.privilege} ON SCHEMA {schema} TO {grantee}{option(p)};",
            )
    elif not (there and there.owner == grant.role) and not any(p.privilege == "USAGE" for p in own):
        changes.gives(
            f"GRANT USAGE ON SCHEMA {schema} TO {grantee};", f"REVOKE USAGE ON SCHEMA {schema} FROM {grantee};"
        )


def _on_relations(
    grant: Grant,
    what: str,
    by_level: Mapping[str, tuple[str, ...]],
    relations: Iterable[Owned],
    changes: _Changes,
) -> None:
    """What is missing and what is too much on relations that others own, those of equal rights in one statement."""
    wanted, held, grantee = by_level[_level(grant)], _held(grant), role(grant.role)
    gives: dict[str, list[str]] = {}
    takes: dict[tuple[str, str], list[str]] = {}
    columns: dict[tuple[str, str], list[str]] = {}
    for relation, owner, privileges in relations:
        if owner == grant.role or grant.level == "owner":
            continue
        mine = [p for p in privileges if p.grantee == held]
        has = {p.privilege for p in mine if p.column is None}
        if missing := [p for p in wanted if p not in has]:
            gives.setdefault(", ".join(missing), []).append(str(relation))
        for one in mine:
            if one.privilege not in wanted:
                takes.setdefault((_right(one), option(one)), []).append(str(relation))
            elif one.privilege in missing:
                columns.setdefault((_right(one), option(one)), []).append(str(relation))
    for right, names in gives.items():
        changes.gives(
            _rights(f"GRANT {right} ON {what}", names, f"TO {grantee}"),
            _rights(f"REVOKE {right} ON {what}", names, f"FROM {grantee}"),
        )
    for (right, with_option), names in columns.items():  # what is revoked of a table is revoked of its columns
        changes.give_back.append(_rights(f"GRANT {right} ON {what}", names, f"TO {grantee}{with_option}"))
    for (right, with_option), names in takes.items():
        changes.takes(
            _rights(f"REVOKE {right} ON {what}", names, f"FROM {grantee}"),
            _rights(f"GRANT {right} ON {what}", names, f"TO {grantee}{with_option}"),
        )


def _still_reached(grant: Grant, there: Schema | None) -> tuple[str, ...]:
    """What is to be told where a role that shall not reach a schema does so as everybody does."""
    if grant.level != "none" or there is None or grant.role not in there.users:
        return ()
    if not any(p.privilege == "USAGE" and p.grantee == PUBLIC for p in there.privileges):
        return ()
    return (f"[grants] {grant.role} still reaches schema {grant.schema} through PUBLIC; say public = ..",)


def _both(title: str, lines: Sequence[str], back: Sequence[str], schema: str) -> tuple[Step, ...]:
    if not lines:
        return ()
    return (Step(title, block(lines, schema), block(back, schema)),)


def _held(grant: Grant) -> str:
    """The role as the catalog's privileges name it."""
    return PUBLIC if grant.role == "public" else grant.role


def _right(privilege: Privilege) -> str:
    return privilege.privilege + (f" ({quote(privilege.column)})" if privilege.column else "")


def _rights(verb: str, names: Sequence[str], whom: str) -> str:
    listed = ",\n    ".join(literal(name) for name in names)
    return f"PERFORM pg_temp.sr_grant({literal(verb)}, ARRAY[\n    {listed}], {literal(whom)});"


def _relations(schema: str, moves: Mapping[Relation, Relation], catalog: Catalog) -> list[Owned]:
    """The tables and views that are in the schema after the move, by their names then."""
    after = (
        (moves.get(entry.relation, entry.relation), entry.owner, entry.privileges)
        for entry in catalog.relations
        if entry.kind in "rpfvm" and not entry.mark
    )
    return sorted((one for one in after if one[0].schema == schema), key=lambda one: one[0].name)


def _sequences(schema: str, moves: Mapping[Relation, Relation], catalog: Catalog) -> list[Owned]:
    found = []
    for sequence in catalog.sequences:
        to = moves.get(sequence.owned_by) if sequence.owned_by else moves.get(sequence.relation)
        now = sequence.relation.schema if to is None else to.schema
        if now == schema:
            name = sequence.relation.name if sequence.owned_by or to is None else to.name
            found.append((Relation(schema, name), sequence.owner, sequence.privileges))
    return sorted(found, key=lambda one: one[0].name)


def _on_later_ones(grant: Grant, moves: Mapping[Relation, Relation], catalog: Catalog, changes: _Changes) -> None:
    """What tables that are made later grant: by each role that owns one in the schema now."""
    owners = dict.fromkeys(owner for _, owner, _ in _relations(grant.schema, moves, catalog) if owner != grant.role)
    for owner in owners:
        for objects, by_level in (("TABLES", _TABLES), ("SEQUENCES", _SEQUENCES)):
            has = {
                d.privilege.privilege
                for d in catalog.default_privileges
                if (d.creator, d.schema, d.objects, d.privilege.grantee) == (owner, grant.schema, objects, _held(grant))
            }
            wanted = by_level[_level(grant)]

            def by_default(verb: str, rights: Iterable[str], owner: str = owner, objects: str = objects) -> str:
                line = default_rights(owner, grant.schema, verb, ", ".join(rights), objects, grant.role)
                return by_creator(owner, [f"{line};"], grant.schema)

            if missing := [p for p in wanted if p not in has]:
                changes.gives(by_default("GRANT", missing), by_default("REVOKE", missing))
            if extra := sorted(has - set(wanted)):
                changes.takes(by_default("REVOKE", extra), by_default("GRANT", extra))


def _given(grant: Grant, moves: Mapping[Relation, Relation], catalog: Catalog) -> list[str]:
    """What a role is granted on relations that it comes to own: granted again when it does not own them any more."""
    lines = []
    for what, relations in (
        ("TABLE", _relations(grant.schema, moves, catalog)),
        ("SEQUENCE", _sequences(grant.schema, moves, catalog)),
    ):
        for relation, owner, privileges in relations:
            for p in privileges if owner != grant.role else ():
                if p.grantee == grant.role:
                    whom = f"TO {quote(p.grantee)}{option(p)}"
                    lines.append(_rights(f"GRANT {_right(p)} ON {what}", [str(relation)], whom))
    return lines


def _owned(grant: Grant, moves: Mapping[Relation, Relation], catalog: Catalog) -> tuple[Step, ...]:
    """The schema and its relations become the role's; a table takes its owned sequences along."""
    there = catalog.schema(grant.schema)
    schema, owner = quote(grant.schema), quote(grant.role)
    before = quote(there.owner) if there else "CURRENT_USER"
    found = []
    if back := _given(grant, moves, catalog):
        again = block(back, grant.schema)
        found.append(Step(f"grants of {owner} in schema {schema}", "", again))
    if there is None or there.owner != grant.role:
        up = block([f"ALTER SCHEMA {schema} OWNER TO {owner};"], grant.schema)
        down = block([f"ALTER SCHEMA {schema} OWNER TO {before};"], grant.schema)
        found.append(Step(f"schema {schema} belongs to {owner}", up, down))
    kinds = {moves.get(entry.relation, entry.relation): entry for entry in catalog.relations if not entry.mark}
    for relation, entry in sorted(kinds.items()):
        free = entry.kind != "S" or not any(s.relation == entry.relation and s.owned_by for s in catalog.sequences)
        if relation.schema == grant.schema and entry.kind in "rpfvmS" and free and entry.owner != grant.role:
            name = literal(relation)
            found.append(
                Step(
                    f"{relation} belongs to {owner}",
                    f"CALL pg_temp.sr_retry('change_owner', {name}, {literal(grant.role)});",
                    f"CALL pg_temp.sr_retry('change_owner', {name}, {literal(entry.owner)});",
                )
            )
    return tuple(found)
