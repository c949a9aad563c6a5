"""The schemas that a text creates, by its statements, in bodies and in strings that these run. Knows tokens only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.relation import split_identifier
from schema_rewriter.sql.lexer import Kind, mask, tokens
from schema_rewriter.sql.quoted import inner
from schema_rewriter.sql.statements import Row, statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.sql.lexer import Token

_MAKES = re.compile(r"\bcreate\s+schema\b|\bsr_make_schema\b", re.IGNORECASE)


def made_schemas(text: str, holes: Sequence[Span] = (), *, script: bool = False) -> frozenset[str]:
    """The names of the schemas that a text creates; "" for one that only the running program knows."""
    if not _MAKES.search(text):
        return frozenset()
    masked = mask(text, holes)
    found: set[str] = set()
    for statement in statements(masked, script=script):
        if not isinstance(statement, Row):
            found.update(_made(list(statement.tokens), masked))
    return frozenset(found)


def _made(given: list[Token], text: str) -> Iterator[str]:
    words = [token.word if token.kind is not Kind.QUOTED else "" for token in given] + [""] * 6
    for at, token in enumerate(given):
        if words[at : at + 2] == ["create", "schema"]:
            yield _name(given, words, at + 2)
        elif words[at : at + 2] == ["sr_make_schema", "("]:
            content = inner(given[at + 2], text) if at + 2 < len(given) else None
            parts = split_identifier(content.text) if content else ()
            yield parts[0] if len(parts) == 1 else ""
        elif token.kind in (Kind.BODY, Kind.STRING) and _MAKES.search(text, token.start, token.stop):
            content = inner(token, text)
            if content is not None:
                yield from _made(list(tokens(content.text)), content.text)


def _name(given: Sequence[Token], words: Sequence[str], at: int) -> str:
    """The name behind CREATE SCHEMA: its own, or that of the role it is for."""
    at += 3 if list(words[at : at + 3]) == ["if", "not", "exists"] else 0
    at += words[at] == "authorization"
    return given[at].word if at < len(given) and given[at].is_name else ""
