"""The commands that back up and restore each schema on its own, and what keeps a schema from standing alone."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from schema_rewriter.relation import quote
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.postgres.catalog import Catalog
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import Move


def backup(moves: Sequence[Move], catalog: Catalog | None) -> tuple[str, ...]:
    """Lines of shell, with comments, for the state after the move; $DATABASE is the connection string."""
    after = {move.relation: move.to for move in moves}
    schemas = dict.fromkeys(schema for move in moves for schema in (move.to.schema or "", move.relation.schema or ""))
    lines: list[str] = []
    mutual = _mutual(tuple(schemas), after, catalog)
    for together in (mutual, *((schema,) for schema in schemas if schema not in mutual)):
        lines += _commands(together) if together else []
        if catalog is not None:
            lines += [f"#   first restore what it needs: {visible(what)}" for what in _needs(together, after, catalog)]
    return tuple(lines)


def _mutual(schemas: Sequence[str], after: dict[Relation, Relation], catalog: Catalog | None) -> tuple[str, ...]:
    """The schemas that foreign keys lead into from each other, so that neither can be restored first."""
    keys = catalog.foreign_keys if catalog else ()
    ways = {(after.get(key.source, key.source).schema, after.get(key.target, key.target).schema) for key in keys}
    both = {one for one, other in ways if one != other and (other, one) in ways}
    return tuple(schema for schema in reversed(schemas) if schema in both)


def _commands(schemas: Sequence[str]) -> tuple[str, str]:
    """The dump of schemas into one file, in which the foreign keys of all come last, and its restore."""
    options = " ".join(f"--schema={_pattern(schema)}" for schema in schemas)
    file, told = "_and_".join(map(_file, schemas)) + ".sql", " and ".join(map(visible, schemas))
    which = "schemas" if len(schemas) > 1 else "schema"
    why = ": foreign keys lead both ways" if len(schemas) > 1 else ""
    restore = f'psql -X -1 -v ON_ERROR_STOP=1 -f {file} "$DATABASE"'
    return (
        f'pg_dump {options} --file={file} "$DATABASE"   # back up {which} {told}{why}',
        f"{restore}   # restore it (an empty schema {told}: drop it first)",
    )


def _pattern(schema: str) -> str:
    """A pattern folds to lower case and has wildcards, unless it is in double quotes."""
    return _word(quote(schema, always=quote(schema) != schema))


def _file(schema: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in schema)


def _needs(schemas: Sequence[str], after: dict[Relation, Relation], catalog: Catalog) -> list[str]:
    """What a restore of these schemas alone would miss: foreign keys and types that reach into another one."""
    found = []
    for key in catalog.foreign_keys:
        source, target = after.get(key.source, key.source), after.get(key.target, key.target)
        if source.schema in schemas and target.schema not in schemas:
            found.append(f"{target} (foreign key {key.name} of {source.name})")
    for kind in catalog.types:
        users = [after.get(name, name) for name in kind.used_by]
        if kind.name.schema not in schemas and (of := [user for user in users if user.schema in schemas]):
            found.append(f"type {kind.name} (of {of[0].name})")
    for sequence in catalog.sequences:
        if sequence.owned_by is None and after.get(sequence.relation, sequence.relation).schema not in schemas:
            users = [after.get(name, name) for name in sequence.defaults]
            if of := [user for user in users if user.schema in schemas]:
                found.append(f"sequence {sequence.relation} (default of {of[0].name})")
    return found


def _word(text: str) -> str:
    """A word of bash, in one line whatever is in it."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + "'"
