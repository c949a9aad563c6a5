"""What a text's statements make: tables with their columns and constraints, indexes, renames. Knows tokens only.

Spans are characters of the text. Source: PostgreSQL manual, CREATE TABLE, CREATE INDEX, ALTER TABLE, section 8.1 (names
of types).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import RESERVED, Relation
from schema_rewriter.sql.columns import Column, column, without_schemas
from schema_rewriter.sql.cursor import Cursor
from schema_rewriter.sql.lexer import Kind, mask
from schema_rewriter.sql.statements import Row, statements
from schema_rewriter.sql.temporary import Life, created

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.sql.lexer import Token
    from schema_rewriter.sql.statements import Statement


@dataclass(frozen=True, slots=True)
class Table:
    """CREATE TABLE. `guarded`: IF NOT EXISTS. `whole`: all columns are known, none comes from elsewhere.

    Constraints of one column are written as the table's: `primary key (id)`.
    """

    relation: Relation
    span: Span
    columns: tuple[Column, ...]
    constraints: frozenset[str] = frozenset()
    guarded: bool = False
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Index:
    """CREATE INDEX with a name, or a constraint's index (then `made` is false); `what` is the rest, to compare."""

    name: str
    relation: Relation
    span: Span
    what: str
    columns: frozenset[str] = frozenset()
    guarded: bool = False
    made: bool = True


@dataclass(frozen=True, slots=True)
class AlteredTable:
    """ALTER TABLE: the columns it adds, drops or changes; `constrains`: it adds or drops constraints of the table."""

    relation: Relation
    columns: frozenset[str]
    span: Span
    constrains: bool = False


@dataclass(frozen=True, slots=True)
class Renamed:
    """ALTER TABLE (VIEW, SEQUENCE ...) .. RENAME TO; `span` is that of the new name."""

    relation: Relation
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Dropped:
    """DROP TABLE and DROP INDEX of one name, `kind` is which: what a script made of it before is no more."""

    relation: Relation
    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class Touched:
    """A statement on one relation, by its verb, with the words in it that may be its columns."""

    relation: Relation
    verb: str
    words: frozenset[str]
    span: Span


Definition = Table | Index | AlteredTable | Renamed | Dropped | Touched


def definitions(text: str, holes: Sequence[Span] = (), *, script: bool = False) -> Iterator[Definition]:
    """What the statements of a text make and change, in their order; temporary tables are left out."""
    temporary: set[str] = set()
    masked = mask(text, holes)
    for statement in statements(masked, script=script):
        if isinstance(statement, Row):
            continue
        if made := {name for name, life in created(statement, masked).items() if life is not Life.UNSURE}:
            temporary.update(made)
            continue
        for found in _read(statement):
            if found.relation.schema is not None or found.relation.name not in temporary:
                yield found


def _read(statement: Statement) -> Iterator[Definition]:
    cursor = Cursor(statement)
    if cursor.takes("create"):
        cursor.skip("unlogged", "foreign", "unique")
        if cursor.takes("table"):
            yield from _table(cursor)
        elif cursor.takes("index"):
            yield from _index(cursor)
    elif cursor.words[0] == "alter" and cursor.words[1] in ("table", "view", "materialized", "foreign", "sequence"):
        cursor.at = 2
        yield from _altered(cursor)
    elif cursor.words[0] == "drop" and cursor.words[1] in ("table", "index"):
        yield from _dropped(cursor, cursor.words[1])
    elif cursor.words[0] in ("insert", "update", "delete", "select", "with", "merge", "copy"):
        yield from _touched(statement, cursor.words)


def _table(cursor: Cursor) -> Iterator[Definition]:
    guarded = cursor.takes("if", "not", "exists")
    start = cursor.at
    owner = cursor.relation()
    if owner is None:
        return
    span = _span(cursor, start)
    if cursor.words[cursor.at] != "(":
        yield Table(owner, span, (), frozenset(), guarded, whole=False)
        return
    columns: list[Column] = []
    constraints: set[str] = set()
    whole = True
    for tokens, words in cursor.elements():
        if any(token.kind in (Kind.HOLE, Kind.BROKEN) for token in tokens) or words[:1] in (["like"], []):
            whole = False
            continue
        name = ""
        if words[0] == "constraint" and len(words) > 2:
            name, tokens, words = tokens[1].word, tokens[2:], words[2:]  # noqa: PLW2901
        if words[0] in _TABLE_CONSTRAINTS and (name or len(words) > 1):
            constraints.add(without_schemas(tokens))
        elif tokens[0].is_name:
            columns.append(column(tokens, words, constraints))
        if name and words[0] in ("primary", "unique", "exclude"):
            yield Index(name, owner, span, without_schemas(tokens), made=False)
    rest = cursor.words[_closing(cursor) :]
    whole = whole and bool(columns) and "inherits" not in rest
    yield Table(owner, span, tuple(columns), frozenset(constraints), guarded, whole)


_TABLE_CONSTRAINTS = ("primary", "unique", "exclude", "foreign", "check")
_CONSTRAINTS = frozenset((*_TABLE_CONSTRAINTS, "constraint"))


def _index(cursor: Cursor) -> Iterator[Definition]:
    unique = cursor.words[1] == "unique"
    cursor.skip("concurrently")
    guarded = cursor.takes("if", "not", "exists")
    start = cursor.at
    named = None if cursor.words[cursor.at] == "on" else cursor.relation()
    span = _span(cursor, start)
    if named is None or not cursor.takes("on"):
        return
    cursor.skip("only")
    owner = cursor.relation()
    if owner is None:
        return
    rest = cursor.tokens[cursor.at :]
    if any(token.kind is Kind.HOLE for token in rest):
        return
    what = ("unique " if unique else "") + without_schemas(rest).replace("using btree ", "")
    yield Index(named.name, owner, span, what, _names(rest), guarded)


def _dropped(cursor: Cursor, kind: str) -> Iterator[Definition]:
    cursor.at = 2
    cursor.skip("concurrently", "if", "exists")
    while cursor.at < len(cursor.tokens):
        start = cursor.at
        gone = cursor.relation()
        if gone is None:
            return
        yield Dropped(gone, kind, _span(cursor, start))
        if not cursor.takes(","):
            return


def _altered(cursor: Cursor) -> Iterator[Definition]:
    cursor.skip("view", "table", "if", "exists", "only")
    start = cursor.at
    owner = cursor.relation()
    if owner is None:
        return
    span = _span(cursor, start)
    words = cursor.words[cursor.at :]
    if words[:2] == ["rename", "to"] and cursor.at + 2 < len(cursor.tokens):
        new = cursor.tokens[cursor.at + 2]
        if new.is_name:
            yield Renamed(owner, new.word, new.span)
        return
    columns = {
        cursor.tokens[cursor.at + index].word
        for index, word in enumerate(words[: len(cursor.tokens) - cursor.at])
        if index and words[index - 1] in ("column", "add", "drop", "alter", "exists", "rename", "to")
        if word not in ("column", "constraint", "if", "not", "exists") and cursor.tokens[cursor.at + index].is_name
    }
    constrains = any(one in ("add", "drop") and other in _CONSTRAINTS for one, other in pairwise(words))
    yield AlteredTable(owner, frozenset(columns), span, constrains)


def _touched(statement: Statement, words: list[str]) -> Iterator[Touched]:
    """A statement that names one relation, and no sub-query."""
    if words.count("select") > 1 or "join" in words or "with" in words[:1]:
        return
    places = [at for at, word in enumerate(words[:-3]) if word in ("into", "update", "from", "copy")]
    places = [at for at in places if words[at + 1] != "set" and not (words[at] == "update" and words[at - 1] == "do")]
    if len(places) != 1:
        return
    cursor = Cursor(statement)
    cursor.at = places[0] + 1
    cursor.skip("only")
    start = cursor.at
    owner = cursor.relation()
    if owner is None or cursor.words[cursor.at] == ",":
        return
    used = _names([*cursor.tokens[: places[0]], *cursor.tokens[cursor.at :]])
    yield Touched(owner, words[0], used, _span(cursor, start))


def _names(tokens: Sequence[Token]) -> frozenset[str]:
    """The words of some tokens that may be columns: no keyword, no alias behind AS, no function."""
    found: set[str] = set()
    for index, token in enumerate(tokens):
        if not token.is_name or (token.kind is Kind.NAME and token.word in RESERVED):
            continue
        before = tokens[index - 1].word if index else ""
        after = tokens[index + 1].word if index + 1 < len(tokens) else ""
        if before == "as" or after in ("(", ".") or (before == ":" and index > 1 and tokens[index - 2].word == ":"):
            continue
        found.add(token.word)
    return frozenset(found)


def _span(cursor: Cursor, start: int) -> Span:
    """From a token to the one before the cursor."""
    stop = max(start, min(cursor.at, len(cursor.tokens)) - 1)
    start = min(start, len(cursor.tokens) - 1)
    return Span(cursor.tokens[start].start, cursor.tokens[min(stop, len(cursor.tokens) - 1)].stop)


def _closing(cursor: Cursor) -> int:
    """Behind the parentheses that open at the cursor."""
    depth = 0
    for place in range(cursor.at, len(cursor.tokens)):
        depth += (cursor.words[place] == "(") - (cursor.words[place] == ")")
        if depth == 0:
            return place + 1
    return len(cursor.tokens)
