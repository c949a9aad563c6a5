"""CTEs by the tokens of a statement: those that it defines, and whether code may define more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.parse import is_dynamic
from schema_rewriter.words import QUERY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.sql.lexer import Token
    from schema_rewriter.sql.statements import Statement


def defined(tokens: Sequence[Token]) -> Iterator[Token]:
    """The names that the WITH clauses of a statement define, wherever they stand."""
    if not any(token.word == "with" for token in tokens):
        return
    for index, token in enumerate(tokens[1:-1], 1):
        begins = tokens[index - 1].word in ("with", "recursive", ",") and tokens[index + 1].word in ("as", "(")
        if begins and token.is_name:
            yield token


def loose(statement: Statement, names: Collection[str]) -> Iterator[Token]:
    """The CTEs of these names that a statement defines and no query of its own follows."""
    tokens = statement.tokens
    if tokens[0].word != "with" or not any(token.word in names for token in tokens):
        return
    depth = 0
    for token in tokens:
        depth += (token.word == "(") - (token.word == ")") if token.kind is Kind.OTHER else 0
        if depth == 0 and token.word in QUERY and token.word != "with":
            return
    yield from (token for token in defined(tokens) if token.word in names)


def doubt(statement: Statement) -> str:
    """Why unqualified names may mean CTEs that the text does not show, or ""."""
    tokens = statement.tokens
    for index, token in enumerate(tokens[:-1]):
        if token.kind is not Kind.HOLE:
            continue
        before, after = tokens[index - 1].word if index else "", tokens[index + 1].word
        if after in QUERY and before in ("", "(", ")"):
            return "what the code puts before the query may define a CTE of that name"
        begins = before in ("with", "recursive") or (before == "," and tokens[0].word == "with")
        if after == "as" and begins and _is_defined(tokens, index + 2):
            return "the name of a CTE is known only at run time"
    return ""


def _is_defined(tokens: Sequence[Token], index: int) -> bool:
    """Whether behind AS a CTE's query may stand; in a list of columns an alias does."""
    return index >= len(tokens) or tokens[index].word in ("(", "not", "materialized") or is_dynamic(tokens[index])
