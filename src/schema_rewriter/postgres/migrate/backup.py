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
    lines = []
    for schema in schemas:
        # A pattern folds to lower case and has wildcards, unless it is in double quotes.
        pattern = _word(quote(schema, always=quote(schema) != schema))
        file = "".join(letter if letter.isalnum() else "_" for letter in schema) + ".sql"
        lines.append(f'pg_dump --schema={pattern} --file={file} "$DATABASE"   # back up schema {visible(schema)}')
        restore = f'psql -X -1 -v ON_ERROR_STOP=1 -f {file} "$DATABASE"'
        lines.append(f"{restore}   # restore it (an empty schema {visible(schema)}: drop it first)")
        if catalog is not None:
            lines += [f"#   first restore what it needs: {visible(what)}" for what in _needs(schema, after, catalog)]
    return tuple(lines)


def _needs(schema: str, after: dict[Relation, Relation], catalog: Catalog) -> list[str]:
    """What a restore of this schema alone would miss: foreign keys and types that reach into another schema."""
    found = []
    for key in catalog.foreign_keys:
        source, target = after.get(key.source, key.source), after.get(key.target, key.target)
        if source.schema == schema != target.schema:
            found.append(f"{target} (foreign key {key.name} of {source.name})")
    for kind in catalog.types:
        users = [after.get(name, name) for name in kind.used_by]
        if kind.name.schema != schema and (of := [user for user in users if user.schema == schema]):
            found.append(f"type {kind.name} (of {of[0].name})")
    for sequence in catalog.sequences:
        if sequence.owned_by is None and after.get(sequence.relation, sequence.relation).schema != schema:
            users = [after.get(name, name) for name in sequence.defaults]
            if of := [user for user in users if user.schema == schema]:
                found.append(f"sequence {sequence.relation} (default of {of[0].name})")
    return found


def _word(text: str) -> str:
    """A word of bash, in one line whatever is in it."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + "'"
