"""Which indexes and sequences belong to which relation, by the statements that make them; knows tokens only.

An index lies in the schema of its table, and a serial or identity column's sequence moves with it (PostgreSQL manual,
CREATE INDEX, and ALTER TABLE .. SET SCHEMA). Default names are those of the server's ChooseRelationName.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from schema_rewriter.relation import NAMEDATALEN, OWNED_ENDS, Relation, fold
from schema_rewriter.sql.cursor import Cursor
from schema_rewriter.sql.lexer import mask
from schema_rewriter.sql.nested import with_bodies
from schema_rewriter.sql.statements import statements

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.sql.lexer import Token

Owned = tuple[str, Relation]
"""The name of an index or a sequence, and the relation it belongs to, as written."""

_SERIAL = frozenset("serial bigserial smallserial serial2 serial4 serial8".split())


def ownership(text: str, holes: Sequence[Span] = (), *, script: bool = False) -> Iterator[Owned]:
    """The indexes and sequences that the statements of a text make, or hand over, with their owners.

    Constraints that SET CONSTRAINTS may name are among them, and what the partitions of a table get by its indexes.
    """
    owners: dict[str, Relation] = {}
    partitions = _Partitions()
    masked = mask(text, holes)
    for statement in (made for each in statements(masked, script=script) for made in with_bodies(each, masked)):
        cursor = Cursor(statement)
        for name, owner in [*_owned(cursor), *partitions.owned(cursor)]:
            if name in owners and name.endswith(_DEFAULTS):
                yield name + "1", owner  # as the server does where the name is taken
            owners[name] = owner
            yield name, owner
        words = [token.word for token in statement.tokens]
        if words[:2] == ["alter", "index"] and words[-3:-1] == ["rename", "to"]:
            old = next((token.word for token in statement.tokens[2:] if token.word in owners), None)
            if old is not None:
                owners[words[-1]] = owners[old]
                yield words[-1], owners[old]


def renamed(text: str, holes: Sequence[Span] = (), *, script: bool = False) -> Iterator[tuple[str, str]]:
    """The indexes and sequences that the statements of a text rename, each with its new name."""
    masked = mask(text, holes)
    for statement in (made for each in statements(masked, script=script) for made in with_bodies(each, masked)):
        cursor = Cursor(statement)
        if cursor.takes("alter", "index") or cursor.takes("alter", "sequence"):
            cursor.skip("if", "exists")
            old = cursor.relation()
            if old is not None and cursor.takes("rename", "to") and (new := cursor.relation()) is not None:
                yield old.name, new.name


def by_name(text: str, names: Collection[str]) -> dict[str, str]:
    """The words of a text that may be indexes and sequences of relations of these names, each with the name."""
    if not any(end in text.lower() for end in OWNED_ENDS):
        return {}
    found: dict[str, str] = {}
    for word in set(_NAME.findall(text)):
        name = fold(word)
        if name.endswith(OWNED_ENDS) and name not in names:
            owner = max((each for each in names if name.startswith(each + "_")), key=len, default="")
            if owner:
                found[name] = owner
    return found


_NAME = re.compile(r"\w+")


@dataclass
class _Partitions:
    """The partitions of tables, and the default names that the indexes of a table give to those of its partitions."""

    children: dict[Relation, list[Relation]] = field(default_factory=dict)
    indexes: dict[Relation, list[tuple[tuple[str, ...], str]]] = field(default_factory=dict)

    def owned(self, cursor: Cursor) -> Iterator[Owned]:
        """What a statement makes for partitions; it was read by `_owned` before, which notes the indexes."""
        for owner, columns, kind in cursor.made:
            self.indexes.setdefault(owner, []).append((columns, kind))
            for child in self.below(owner):
                yield from _default(child, columns, kind)
        pair = _partition(cursor)
        if pair is not None:
            parent, child = pair
            self.children.setdefault(parent, []).append(child)
            for columns, kind in self.inherited(parent):
                for each in (child, *self.below(child)):
                    yield from _default(each, columns, kind)

    def below(self, owner: Relation) -> Iterator[Relation]:
        waiting = list(self.children.get(owner, ()))
        for _ in range(1000):
            if not waiting:
                return
            child = waiting.pop()
            yield child
            waiting += self.children.get(child, ())

    def inherited(self, parent: Relation) -> list[tuple[tuple[str, ...], str]]:
        found = list(self.indexes.get(parent, ()))
        above = next((each for each, children in self.children.items() if parent in children), None)
        return found + (list(self.indexes.get(above, ())) if above and above != parent else [])


def _partition(cursor: Cursor) -> tuple[Relation, Relation] | None:
    """The table and the partition that a statement brings together."""
    words, pairs = cursor.words, list(pairwise(cursor.words))
    kind = ("partition", "of") if words[0] == "create" else ("attach", "partition")
    if words[1] not in ("table", "unlogged") or kind not in pairs or words[0] not in ("create", "alter"):
        return None
    first, second = Cursor(cursor.statement), Cursor(cursor.statement)
    first.skip("create", "alter", "unlogged", "table", "if", "not", "exists", "only")
    second.at = pairs.index(kind) + 2
    one, other = first.relation(), second.relation()
    if one is None or other is None:
        return None
    return (other, one) if words[0] == "create" else (one, other)


def _owned(cursor: Cursor) -> Iterator[Owned]:
    """The indexes and sequences that one statement makes or hands over."""
    if cursor.takes("create"):
        cursor.skip("unlogged", "unique")
        if cursor.takes("index"):
            yield from _index(cursor)
        elif cursor.takes("table"):
            yield from _table(cursor)
        elif cursor.takes("sequence"):
            yield from _handed_over(cursor)
    elif cursor.takes("alter", "sequence"):
        yield from _handed_over(cursor)
    elif cursor.takes("alter", "table"):
        yield from _altered(cursor)


def _table(cursor: Cursor) -> Iterator[Owned]:
    cursor.skip("if", "not", "exists")
    owner = cursor.relation()
    if owner is not None and cursor.words[cursor.at] == "(":
        for tokens, words in cursor.elements():
            yield from _element(cursor, owner, tokens, words)


def _altered(cursor: Cursor) -> Iterator[Owned]:
    """What ADD COLUMN, ADD CONSTRAINT and ADD GENERATED of ALTER TABLE make."""
    cursor.skip("if", "exists", "only")
    owner = cursor.relation()
    column = ""
    while owner is not None and cursor.at < len(cursor.tokens):
        if cursor.takes("alter"):
            cursor.skip("column")
            column = cursor.tokens[cursor.at].word if cursor.at < len(cursor.tokens) else ""
        elif cursor.takes("add", "generated"):
            yield from _default(owner, [column], "seq")
        elif cursor.takes("add"):
            start = cursor.at + (cursor.words[cursor.at] == "column")
            start += 3 if cursor.words[start : start + 3] == ["if", "not", "exists"] else 0
            yield from _element(cursor, owner, list(cursor.tokens[start:]), cursor.words[start:-3])
        cursor.at += 1


def _index(cursor: Cursor) -> Iterator[Owned]:
    cursor.skip("concurrently", "if", "not", "exists")
    named = None if cursor.words[cursor.at] == "on" else cursor.relation()
    if not cursor.takes("on"):
        return
    cursor.skip("only")
    owner = cursor.relation()
    if owner is None:
        return
    if cursor.takes("using"):
        cursor.at += 1
    columns = _listed(cursor.tokens[cursor.at :], cursor.words[cursor.at :])
    cursor.made.append((owner, columns, "idx"))
    if named is not None:
        yield named.name, owner
    else:
        yield from _default(owner, columns, "idx")


def _listed(tokens: Sequence[Token], words: Sequence[str]) -> tuple[str, ...]:
    """The names that the server makes of the columns in the parentheses that open here, and of INCLUDE's."""
    found: list[str] = []
    depth, start = 0, 1
    for place in range(len(tokens)):
        depth += (words[place] in ("(", "[")) - (words[place] in (")", "]"))
        if (words[place] == "," and depth == 1) or (words[place] == ")" and depth == 0):
            name = _column(tokens[start:place], words[start:place])
            number = sum(each == name or each[:-1] == name for each in found)
            found.append(f"{name}{number}" if number else name)
            start = place + 1
        if depth == 0:
            after = words[place + 1 : place + 3]
            if list(after) == ["include", "("]:
                return (*found, *_listed(tokens[place + 2 :], words[place + 2 :]))
            break
    return tuple(found)


def _column(tokens: Sequence[Token], words: Sequence[str]) -> str:
    """The name of an index's column: its own, that of the function it is, or "expr"."""
    if words[:1] == ["("]:
        depth = 0
        for place, word in enumerate(words):
            depth += (word == "(") - (word == ")")
            if depth == 0:
                return _column(tokens[1:place], words[1:place])
    if words[1:3] == [":", ":"]:
        return tokens[0].word  # a cast is named as what it casts
    if not tokens or not tokens[0].is_name:
        return "expr"
    if len(tokens) > 1 and words[1] == "(":
        return tokens[0].word if words[-1] == ")" or words.count("(") == 1 else "expr"
    return tokens[0].word if len(tokens) == 1 or words[1] not in (".", "|", "+", "-", "*", "/", "%", ":") else "expr"


def _handed_over(cursor: Cursor) -> Iterator[Owned]:
    cursor.skip("if", "not", "exists")
    sequence = cursor.relation()
    for place in range(cursor.at, len(cursor.tokens)):
        if cursor.words[place : place + 2] == ["owned", "by"] and cursor.words[place + 2] != "none":
            parts = [token.word for token in cursor.tokens[place + 2 : place + 7] if token.is_name]
            if sequence is not None and len(parts) > 1:
                yield sequence.name, Relation(parts[-3] if len(parts) > 2 else None, parts[-2])


def _element(cursor: Cursor, owner: Relation, tokens: list[Token], words: list[str]) -> Iterator[Owned]:
    """What a column or a constraint of a table brings along."""
    if not tokens:
        return
    name = column = ""
    if words[0] == "constraint" and len(tokens) > 1:
        name, tokens, words = tokens[1].word, tokens[2:], words[2:]
    if words and words[0] not in ("primary", "unique", "exclude", "foreign", "check", "like") and not name:
        column = tokens[0].word
        if (len(words) > 1 and words[1] in _SERIAL) or "identity" in words:
            yield from _default(owner, [column], "seq")
        if "constraint" in words[:-1]:
            name = tokens[words.index("constraint") + 1].word
    pairs = list(pairwise([*words, ""]))
    if ("primary", "key") in pairs:
        cursor.made.append((owner, (), "pkey"))
        yield from [(name, owner)] if name else _default(owner, [], "pkey")
    if "unique" in words and "nulls" not in words[: words.index("unique")]:
        columns = (column,) if column else _behind(tokens, words, "unique")
        cursor.made.append((owner, columns, "key"))
        yield from [(name, owner)] if name else _default(owner, columns, "key")
    elif words and words[0] == "exclude":
        yield from [(name, owner)] if name else _default(owner, _behind(tokens, words, "exclude"), "excl")
    elif words and "references" in words and (not name or _FOREIGN_KEY.search(name)):
        columns = (column,) if column else _behind(tokens, words, "key")
        yield from [(name, owner)] if name else _default(owner, columns, "fkey")


_FOREIGN_KEY = re.compile(r"^fk|_fk(?:ey)?\d*$")
"""Names of foreign keys that no relation has: constraints and relations may share a name."""


def _behind(tokens: list[Token], words: list[str], word: str) -> tuple[str, ...]:
    """The columns in the parentheses behind a word; none where either is missing."""
    if word not in words or "(" not in words[words.index(word) :]:
        return ()
    opening = words.index("(", words.index(word))
    return _listed(tokens[opening:], words[opening:])


_DEFAULTS = ("_seq", "_idx", "_key", "_pkey", "_excl", "_fkey")


def _default(owner: Relation, columns: Sequence[str], kind: str) -> Iterator[Owned]:
    """The name that the server chooses; it shortens the longer of the table's name and the columns', byte by byte."""
    middle = "_".join(columns)
    if kind != "pkey" and not middle:
        return
    table, rest = owner.name.encode(), middle.encode()
    room = NAMEDATALEN - len(kind) - 1 - bool(rest)
    while len(table) + len(rest) > room:
        table, rest = (table[:-1], rest) if len(table) > len(rest) else (table, rest[:-1])
    parts = [part.decode("utf-8", "ignore") for part in (table, rest) if part]
    yield "_".join([*parts, kind]), owner
