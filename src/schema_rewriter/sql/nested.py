"""The statements that a routine's body makes or changes something by, wherever they stand in it; knows tokens only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.quoted import inner
from schema_rewriter.sql.statements import Row, Statement, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.sql.lexer import Token


def with_bodies(statement: Statement, text: str) -> Iterator[Statement]:
    """A statement, and those in its body that make or change something, wherever they stand in it."""
    if isinstance(statement, Row):
        return
    yield statement
    if statement.has_body:
        for token in statement.tokens:
            yield from _in_constant(token, text)


def _in_constant(token: Token, text: str) -> Iterator[Statement]:
    """The statements CREATE and ALTER in a constant: a body, or a string that a body executes."""
    content = inner(token, text) if token.kind in (Kind.BODY, Kind.STRING) else None
    if content is None or not _MAKES.search(content.text):
        return
    for statement in statements(content.text):
        tokens = statement.tokens
        for at, each in enumerate(tokens):
            if each.word in ("create", "alter") and (at == 0 or tokens[at - 1].word in _BEGINS_STATEMENT):
                yield Statement(tokens[at:])
            else:
                yield from _in_constant(each, content.text)


_MAKES = re.compile(r"\b(?:create|alter)\b", re.IGNORECASE)
_BEGINS_STATEMENT = frozenset("begin then else loop".split())
"""The words of PL/pgSQL behind which a statement begins."""
