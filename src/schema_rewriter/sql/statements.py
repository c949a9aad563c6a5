"""A text cut into statements as psql cuts it; knows tokens, and of grammar only what cutting needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.sql.lexer import Kind, Token, tokens
from schema_rewriter.sql.rows import RowPlaces, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement's tokens, without its semicolon; never empty.

    `sends` is the meta-command of psql that sends it, "" for a semicolon. A meta-command that is asked for is one
    token of kind META.
    """

    tokens: tuple[Token, ...]
    sends: str = ""

    @property
    def span(self) -> Span:
        """From the first token to the last, in characters of the text."""
        return Span(self.tokens[0].start, self.tokens[-1].stop)

    @property
    def broken(self) -> bool:
        """Whether a quote or comment has no end."""
        return self.tokens[-1].kind is Kind.BROKEN

    @property
    def has_body(self) -> bool:
        """Whether constants in it are SQL of a routine: DO, CREATE FUNCTION, CREATE PROCEDURE."""
        return self.tokens[0].word == "do" or _is_routine(self.tokens[:4])

    def words(self, count: int) -> tuple[str, ...]:
        """The folded words the statement begins with: unquoted names up to the first other token."""
        words: list[str] = []
        for token in self.tokens[:count]:
            if token.kind is not Kind.NAME:
                break
            words.append(token.word)
        return tuple(words)


class Row(Statement):
    """An INSERT of constants, known by its places; its tokens are made only when they are asked for."""

    __slots__ = ("_masked", "places")
    _masked: str
    places: RowPlaces

    def __init__(self, masked: str, places: RowPlaces) -> None:
        object.__setattr__(self, "_masked", masked)
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "sends", "")

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Its tokens, without its semicolon."""
        span = self.places.span
        return tuple(tokens(self._masked, span.start, span.stop))

    @property
    def span(self) -> Span:
        """From its first word to its last parenthesis, in characters of the text."""
        return self.places.span


_SENDS = re.compile(r"\\(?:g|gx|gset|gexec|gdesc|crosstabview|watch|bind|parse|bind_named)\b")
_NAMES = re.compile(r"\\(?:set\s+\w+|d[a-zA-Z]*\+?)\s+\S")
_CLIENT_COPY = re.compile(r"\\copy\s+\S", re.IGNORECASE)
_COPY = re.compile(r"^[ \t]*copy\s+(?!\()[^;]{0,9999}\sfrom\s+(?:stdin|stdout|pstdin)\b", re.MULTILINE | re.IGNORECASE)
_DATA_END = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE)


def statements(masked: str, *, script: bool = False, meta: bool = False) -> Iterator[Statement]:
    """The statements of a text whose holes are masked. `script`: psql reads it: COPY data is skipped, `\\g` ends one.

    psql's \\copy is a statement too. Semicolons within parentheses (CREATE RULE) and within BEGIN ATOMIC bodies do not
    end a statement. Short texts are remembered: each is asked for several times while its file is judged and its
    edits are proved. `meta`: so are psql's commands that may name a relation, \\set and \\d, between the statements.
    """
    if len(masked) <= _SHORT:
        return iter(_remembered(masked, script, meta))
    return _statements(masked, script, meta)


_SHORT = 16_384


@lru_cache(maxsize=128)
def _remembered(masked: str, script: bool, meta: bool) -> tuple[Statement, ...]:
    return tuple(_statements(masked, script, meta))


def _statements(masked: str, script: bool, meta: bool) -> Iterator[Statement]:
    start: int | None = 0
    escapes = False
    while start is not None:
        while not escapes and (found := row(masked, start)):
            yield Row(masked, found)
            start = found.end
        begin, start = start, None
        waiting = 0
        for statement, stop in _cut(masked, begin, script, escapes, meta):
            yield statement
            turned = _turns_escapes(statement) if stop is not None else None
            waiting += script and _reads_data(statement)
            if turned is not None and turned != escapes:
                escapes, start = turned, stop
                break
            if waiting and stop is not None:
                start = stop
                for _ in range(waiting):
                    start = _data_end(masked, start)
                break
            if stop is not None and not escapes and row(masked, stop):
                start = stop
                break


def _turns_escapes(statement: Statement) -> bool | None:
    """Whether a statement makes plain constants take backslash escapes, or no longer; None for any other."""
    words = [token.word for token in statement.tokens]
    if words[0] == "reset" and words[1:] in (["all"], [_CONFORMING]):
        return False
    at = 2 if words[1:2] in (["session"], ["local"]) else 1
    if words[0] != "set" or words[at : at + 1] != [_CONFORMING] or words[at + 1 : at + 2] not in (["to"], ["="]):
        return None
    return "".join(words[at + 2 :]).strip("E'").lower() in ("off", "of", "false", "no", "0")


_CONFORMING = "standard_conforming_strings"


def _cut(masked: str, start: int, script: bool, escapes: bool, meta: bool) -> Iterator[tuple[Statement, int | None]]:
    """Each statement, and where its semicolon ends (None at the end of the text or before a meta-command)."""
    current: list[Token] = []
    parens = blocks = 0
    for token in tokens(masked, start, script=script, escapes=escapes):
        ends = token.kind is Kind.OTHER and token.word == ";" and parens <= 0 and blocks <= 0
        sends = token.kind is Kind.META and _SENDS.match(masked, token.start) is not None
        if token.kind is Kind.META and masked.startswith("\\;", token.start):  # psql: on with the same message
            yield from [(Statement(tuple(current)), None)] if current else []
            yield from _cut(masked, token.start + 2, script, escapes, meta)
            return
        if ends or sends:
            if current:
                yield Statement(tuple(current), "" if ends else token.word.split()[0]), token.stop if ends else None
            current, parens, blocks = [], 0, 0
            continue
        if token.kind is Kind.META:
            if _CLIENT_COPY.match(masked, token.start):
                at = token.start + 1
                copy = (replace(each, start=at + each.start, stop=at + each.stop) for each in tokens(token.word[1:]))
                yield Statement(tuple(copy)), token.stop
            elif meta and _NAMES.match(masked, token.start):
                yield Statement((token,)), None
            continue
        if token.kind is Kind.OTHER:
            parens += (token.word == "(") - (token.word == ")")
        elif token.kind is Kind.NAME and _is_routine(current):
            blocks += token.word == "begin" or (blocks > 0 and token.word == "case")
            blocks -= blocks > 0 and token.word == "end"
        current.append(token)
    if current:
        yield Statement(tuple(current)), None


def _data_end(masked: str, stop: int) -> int:
    """Where the data of COPY ends: behind its line with \\. in it, or where it begins if it has none.

    A COPY that the server refuses has no data; then a later one's end must not be taken for its own.
    """
    line = masked.find("\n", stop)
    done = _DATA_END.search(masked, line + 1) if line >= 0 else None
    if done is None or _COPY.search(masked, line, done.start()):
        return stop
    return done.end()


def _is_routine(head: Sequence[Token]) -> bool:
    words = [token.word for token in head[:4]]
    return words[:1] == ["create"] and any(word in ("function", "procedure") for word in words[1:])


def _reads_data(statement: Statement) -> bool:
    """Whether the lines after a statement are data: COPY .. FROM STDIN (psql takes STDOUT for it too)."""
    words = [token.word for token in statement.tokens]
    reads = (("from", "stdin"), ("from", "stdout"), ("from", "pstdin"))
    return words[0] == "copy" and words[1:2] != ["("] and any(pair in reads for pair in pairwise(words))
