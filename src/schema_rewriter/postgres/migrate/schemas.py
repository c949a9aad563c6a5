"""The schema that relations move into, with the rights that those who reach them need for all to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.postgres.migrate.quoting import literal
from schema_rewriter.postgres.migrate.roles import block, by_creator, default_rights, option, role
from schema_rewriter.postgres.migrate.steps import Step
from schema_rewriter.relation import quote
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.postgres.catalog import Catalog, DefaultPrivilege
    from schema_rewriter.rules import Move


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
            lines.append(
                f"GRANT {', '.join(missing)} ON SCHEMA {quote(schema)} TO {role(name)};  -- {visible(_some(reasons))}"
            )
            undo.append(f"REVOKE {', '.join(missing)} ON SCHEMA {quote(schema)} FROM {role(name)};")
    for creator, defaults in _copied(schema, moves, catalog).items():
        lines.append(by_creator(creator, [_default(d, schema, "GRANT") for d in defaults], schema))
        undo.append(by_creator(creator, [_default(d, schema, "REVOKE") for d in defaults], schema))
    made = [] if there else [_make(schema)]
    up = block([*made, *lines])
    down = block(undo) if there and undo else ""
    if there is None:
        down = f"SELECT pg_temp.sr_drop_schema({literal(quote(schema))}, true);"
    note = "" if there else "IF NOT EXISTS would ask for CREATE on the database even where the schema is there."
    if any(creates or reasons for reasons, creates in needs.values()):
        note = f"{note}\nOwners too: foreign keys are checked with the rights of the tables' owners.".strip()
    check = f"pg_catalog.to_regnamespace({literal(quote(schema))}) IS NOT NULL"
    return Step(f"schema {schema}", up, down, check, note)


def mirror_step(schema: str, moves: Sequence[Move]) -> Step:
    """The same without a catalog: who needs what is looked up when it runs."""
    names = ",\n    ".join(literal(move.relation) for move in moves)
    sources = ", ".join(literal(name) for name in dict.fromkeys(quote(move.relation.schema or "") for move in moves))
    quoted = literal(quote(schema))
    return Step(
        f"schema {schema}",
        f"SELECT pg_temp.sr_make_schema({quoted}, ARRAY[{sources}], ARRAY[\n    {names}]);",
        f"SELECT pg_temp.sr_drop_schema({quoted}, false);",
        f"pg_catalog.to_regnamespace({quoted}) IS NOT NULL",
    )


def _make(schema: str) -> str:
    there = f"pg_catalog.to_regnamespace({literal(quote(schema))})"
    return f"IF {there} IS NULL THEN\n    CREATE SCHEMA {quote(schema)};\n  END IF;"


def _needs(moves: Sequence[Move], catalog: Catalog) -> dict[str, tuple[list[str], bool]]:
    """For each role that reaches the relations: why, and whether it makes tables where they are now."""
    found: dict[str, dict[str, None]] = {}
    creators: set[str] = set()
    moving = {move.relation for move in moves}
    for move in moves:
        if entry := catalog.relation(move.relation):
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
            if one in moving and other not in moving and (entry := catalog.relation(other)):
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


def _default(default: DefaultPrivilege, schema: str, verb: str) -> str:
    right = default.privilege
    statement = default_rights(default.creator, schema, verb, right.privilege, default.objects, right.grantee)
    return f"{statement}{option(right) if verb == 'GRANT' else ''};"
