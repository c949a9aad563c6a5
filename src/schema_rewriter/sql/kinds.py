"""Which statements name no relation, which are another system's, and whose trees do not show what they name."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.parse import is_dynamic
from schema_rewriter.words import NAMELESS, NAMELESS_OBJECTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp

    from schema_rewriter.sql.lexer import Token
    from schema_rewriter.sql.statements import Statement


def names_no_relation(statement: Statement) -> bool:
    """Whether a statement of this form never names a relation (manual, part VI, SQL commands)."""
    words = [*statement.words(3), "", ""]
    if words[0] == "set":
        return words[1] != "constraints"
    if words[:2] == ["create", "schema"]:
        return not any(token.word in ("create", "grant") for token in statement.tokens[1:])
    return words[0] in NAMELESS or (words[0] in ("create", "alter", "drop") and words[1] in NAMELESS_OBJECTS)


_READ_BY_FORM = frozenset(
    "FUNCTION PROCEDURE AGGREGATE RULE TYPE DOMAIN SEQUENCE OPERATOR CAST EXTENSION TRANSFORM ROUTINE".split()
)


def _is_typed(tokens: Sequence[Token]) -> bool:
    """Whether a table is made of a type: CREATE TABLE t OF type."""
    opening = next((index for index, token in enumerate(tokens) if token.word == "("), len(tokens))
    return any(token.word == "of" for token in tokens[3:opening]) and not has_pair(tokens[:opening], "partition", "of")


def is_opaque(tree: exp.Expr, tokens: Sequence[Token]) -> bool:
    """Whether sqlglot's tree of such a statement does not show its relations."""
    kind = type(tree).__name__
    if kind == "Create":
        return tree.args.get("kind") in _READ_BY_FORM or (tree.args.get("kind") == "TABLE" and _is_typed(tokens))
    if kind in ("Comment", "Grant", "Revoke"):
        return str(tree.args.get("kind") or "").upper() in _READ_BY_FORM
    if kind == "Analyze":  # ANALYZE t (column) looks like a function to sqlglot
        return any(type(table.this).__name__ != "Identifier" for table in tree.args.get("tables") or ())
    return kind not in _UNDERSTOOD


_UNDERSTOOD = frozenset(
    """
        Select Union Intersect Except Subquery Values Insert Update Delete Merge Create Alter Drop
        TruncateTable Comment Grant Revoke Table Tuple Analyze
        """.split()
)


NOT_OURS = "the statement is none of PostgreSQL's"
"""The doubt about what another system's syntax holds: PostgreSQL would refuse it, qualified or not."""


def foreign(statement: Statement) -> str:
    """Why nothing in a statement may be edited: it is another system's, or makes a table of an unknown kind."""
    tokens = statement.tokens
    words = [token.word if token.kind is Kind.NAME else "" for token in tokens]
    if (
        not {"autoincrement", "auto_increment"}.isdisjoint(words)
        or any(token.word == "`" for token in tokens)
        or words[0] in ("replace", "pragma")
        or words[:2] in (["insert", "or"], ["insert", "ignore"], ["update", "or"])
        or (words[:2] == ["create", "table"] and has_pair(tokens, "engine", "="))
        or (words[:2] == ["create", "virtual"])
    ):
        return NOT_OURS
    if (
        words[0] == "create"
        and "table" in words
        and any(is_dynamic(token) for token in tokens[1 : words.index("table")])
    ):
        return "it may create a temporary table"
    return ""


def has_pair(tokens: Sequence[Token], first: str, second: str) -> bool:
    """Whether one word stands directly before another."""
    return any(one.word == first and other.word == second for one, other in pairwise(tokens))
