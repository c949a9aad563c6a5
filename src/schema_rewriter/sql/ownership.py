"""Which indexes and sequences belong to which relation, by the statements that make them; knows tokens only.

An index lies in the schema of its table, and a serial or identity column's sequence moves with it (PostgreSQL manual,
CREATE INDEX, and ALTER TABLE .. SET SCHEMA). Default names are those of the server's ChooseRelationName.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.relation import NAMEDATALEN, Relation
from schema_rewriter.sql.lexer import Kind, mask
from schema_rewriter.sql.statements import Statement, statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.sql.lexer import Token

Owned = tuple[str, Relation]
"""The name of an index or a sequence, and the relation it belongs to, as written."""

_SERIAL = frozenset("serial bigserial smallserial serial2 serial4 serial8".split())


def ownership(text: str, holes: Sequence[Span] = (), *, script: bool = False) -> Iterator[Owned]:
    """The indexes and sequences that the statements of a text make, or hand over, with their owners."""
    renamed: dict[str, Relation] = {}
    for statement in statements(mask(text, holes), script=script):
        for name, owner in _owned(_Cursor(statement)):
            renamed[name] = owner
            yield name, owner
        words = [token.word for token in statement.tokens]
        if words[:2] == ["alter", "index"] and words[-3:-1] == ["rename", "to"]:
            old = next((token.word for token in statement.tokens[2:] if token.word in renamed), None)
            if old is not None:
                renamed[words[-1]] = renamed[old]
                yield words[-1], renamed[old]


class _Cursor:
    """A place in a statement's tokens."""

    def __init__(self, statement: Statement) -> None:
        self.tokens = statement.tokens
        self.words = [token.word if token.kind is not Kind.QUOTED else "" for token in statement.tokens] + [""] * 3
        self.at = 0

    def skip(self, *words: str) -> None:
        while self.words[self.at] in words:
            self.at += 1

    def takes(self, *words: str) -> bool:
        found = tuple(self.words[self.at : self.at + len(words)]) == words
        self.at += len(words) if found else 0
        return found

    def relation(self) -> Relation | None:
        parts: list[Token] = []
        while self.at < len(self.tokens) and self.tokens[self.at].is_name:
            parts.append(self.tokens[self.at])
            self.at += 1
            if self.words[self.at] != ".":
                break
            self.at += 1
        return Relation(parts[-2].word if len(parts) > 1 else None, parts[-1].word) if parts else None

    def elements(self) -> Iterator[tuple[list[Token], list[str]]]:
        """What commas separate in the parentheses that open here: tokens, and their words."""
        depth, start = 0, self.at + 1
        for place in range(self.at, len(self.tokens)):
            word = self.words[place]
            depth += (word == "(") - (word == ")")
            if (word == "," and depth == 1) or (word == ")" and depth == 0):
                yield list(self.tokens[start:place]), self.words[start:place]
                start = place + 1
            if depth == 0:
                return


def _owned(cursor: _Cursor) -> Iterator[Owned]:
    if cursor.takes("create"):
        cursor.skip("unlogged", "unique")
        if cursor.takes("index"):
            yield from _index(cursor)
        elif cursor.takes("table"):
            cursor.skip("if", "not", "exists")
            owner = cursor.relation()
            if owner is not None and cursor.words[cursor.at] == "(":
                for tokens, words in cursor.elements():
                    yield from _element(owner, tokens, words)
        elif cursor.takes("sequence"):
            cursor.skip("if", "not", "exists")
            yield from _handed_over(cursor)
    elif cursor.takes("alter", "sequence"):
        cursor.skip("if", "exists")
        yield from _handed_over(cursor)
    elif cursor.takes("alter", "table"):
        cursor.skip("if", "exists", "only")
        owner = cursor.relation()
        while owner is not None and cursor.at < len(cursor.tokens):
            if cursor.takes("add"):
                start = cursor.at + (cursor.words[cursor.at] == "column")
                yield from _element(owner, list(cursor.tokens[start:]), cursor.words[start:-3])
            cursor.at += 1


def _index(cursor: _Cursor) -> Iterator[Owned]:
    cursor.skip("concurrently", "if", "not", "exists")
    named = None if cursor.words[cursor.at] == "on" else cursor.relation()
    if not cursor.takes("on"):
        return
    cursor.skip("only")
    owner = cursor.relation()
    if owner is None:
        return
    if named is not None:
        yield named.name, owner
        return
    if cursor.takes("using"):
        cursor.at += 1
    columns = [tokens[0].word for tokens, words in cursor.elements() if len(words) == 1 and tokens[0].is_name]
    yield from _default(owner, columns, "idx")


def _handed_over(cursor: _Cursor) -> Iterator[Owned]:
    sequence = cursor.relation()
    for place in range(cursor.at, len(cursor.tokens)):
        if cursor.words[place : place + 2] == ["owned", "by"] and cursor.words[place + 2] != "none":
            parts = [token.word for token in cursor.tokens[place + 2 : place + 7] if token.is_name]
            if sequence is not None and len(parts) > 1:
                yield sequence.name, Relation(parts[-3] if len(parts) > 2 else None, parts[-2])


def _element(owner: Relation, tokens: list[Token], words: list[str]) -> Iterator[Owned]:
    """What a column or a constraint of a table brings along."""
    if not tokens:
        return
    name = ""
    if words[0] == "constraint" and len(tokens) > 1:
        name, tokens, words = tokens[1].word, tokens[2:], words[2:]
    column = ""
    if words and words[0] not in ("primary", "unique", "exclude", "foreign", "check", "like") and not name:
        column = tokens[0].word
        if (len(words) > 1 and words[1] in _SERIAL) or "identity" in words:
            yield from _default(owner, [column], "seq")
        if "constraint" in words[:-1]:
            name = tokens[words.index("constraint") + 1].word
    pairs = list(zip(words, [*words[1:], ""], strict=True))
    if ("primary", "key") in pairs:
        yield from [(name, owner)] if name else _default(owner, [], "pkey")
    elif "unique" in words and "nulls" not in words[: words.index("unique")]:
        columns = [column] if column else _columns(tokens, words, words.index("unique"))
        yield from [(name, owner)] if name else _default(owner, columns, "key")
    elif words and words[0] == "exclude" and name:
        yield name, owner


def _columns(tokens: list[Token], words: list[str], at: int) -> list[str]:
    if "(" not in words[at:]:
        return []
    opening = words.index("(", at)
    closing = words.index(")", opening) if ")" in words[opening:] else len(words)
    return [token.word for token in tokens[opening + 1 : closing] if token.is_name]


def _default(owner: Relation, columns: Sequence[str], kind: str) -> Iterator[Owned]:
    """The name that the server chooses; none where it would have to shorten it."""
    if kind in ("pkey",) or columns:
        name = "_".join([owner.name, *columns, kind])
        if len(name.encode()) <= NAMEDATALEN:
            yield name, owner
