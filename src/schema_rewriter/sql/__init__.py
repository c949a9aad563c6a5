"""SQL text: cut into statements, parsed, and searched for the relations it names. Knows no host language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.sql import ctes
from schema_rewriter.sql.catalog import WHOLE, SchemaUse
from schema_rewriter.sql.columns import Column
from schema_rewriter.sql.comments import comments
from schema_rewriter.sql.definitions import (
    AlteredTable,
    Definition,
    Dropped,
    Index,
    Renamed,
    Table,
    Touched,
    definitions,
)
from schema_rewriter.sql.equal import compared
from schema_rewriter.sql.kinds import NOT_OURS
from schema_rewriter.sql.lexer import MASK, Kind, mask, tokens
from schema_rewriter.sql.names import EVERY, Reference, Role, UnresolvedName
from schema_rewriter.sql.ownership import ownership, renamed
from schema_rewriter.sql.reading import Reading, is_verb, read
from schema_rewriter.sql.schemas import made_schemas
from schema_rewriter.sql.search_path import PathChange, path_of
from schema_rewriter.sql.statements import Statement, statements
from schema_rewriter.sql.temporary import said_temporary, temporary, temporary_holes
from schema_rewriter.sql.tree import TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.edit import Span

__all__ = [
    "EVERY",
    "MASK",
    "NOT_OURS",
    "TYPES",
    "WHOLE",
    "AlteredTable",
    "Column",
    "Definition",
    "Dropped",
    "Index",
    "Kind",
    "PathChange",
    "Reading",
    "Reference",
    "Renamed",
    "Role",
    "SchemaUse",
    "Statement",
    "Table",
    "Touched",
    "UnresolvedName",
    "comments",
    "compared",
    "cut",
    "definitions",
    "first_statement",
    "is_verb",
    "made_schemas",
    "mask",
    "open_ctes",
    "ownership",
    "path_of",
    "read",
    "renamed",
    "said_temporary",
    "statements",
    "temporary",
    "temporary_holes",
    "words",
]


def words(text: str, holes: Sequence[Span], names: Collection[str]) -> Iterator[tuple[str, Span]]:
    """The places where a text says one of these folded names outside quotes and comments, whatever its grammar is."""
    for token in tokens(mask(text, holes)):
        if token.is_name and token.word in names:
            yield token.word, token.span


def cut(text: str, holes: Sequence[Span] = (), *, script: bool = False) -> Iterator[Statement]:
    """The statements of a text."""
    return statements(mask(text, holes), script=script)


def open_ctes(text: str, holes: Sequence[Span], names: Collection[str]) -> Iterator[str]:
    """Those of these names that a WITH gives to CTEs whose query the text does not hold."""
    for statement in cut(text, holes):
        yield from (token.word for token in ctes.loose(statement, names))


def first_statement(text: str, holes: Sequence[Span] = ()) -> Statement | None:
    """The first statement of a text; None if it has none."""
    return next(statements(mask(text, holes)), None)
