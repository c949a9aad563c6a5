"""INSERT of constants, the line that dumps repeat for every row, read by one pattern; knows no other statement.

Such a statement names one relation, and nothing in it has another meaning. Whatever the pattern does not take (a
function, a cast, a hole, a comment) is read as every other statement is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_NAME = r'(?:[a-z_][a-z0-9_]*+|"[^"\0\ue000{}]++")'
_SPACE = r"[ \t\r\n]*+"
_CONSTANT = (
    r"(?:[+-]?[0-9]++(?:\.[0-9]*+)?(?:e[+-]?[0-9]++)?+|n?'(?:[^'\ue000]|'')*+'|e'(?:[^'\\\ue000]|'')*+'"
    r"|(?:null|true|false|default)\b)"
)
_VALUES = rf"\({_SPACE}{_CONSTANT}{_SPACE}(?:,{_SPACE}{_CONSTANT}{_SPACE})*+\)"
_ROW = re.compile(
    rf"""{_SPACE}(?P<insert>insert[ \t\r\n]++into[ \t\r\n]++)
    (?:(?P<schema>{_NAME})\.)?(?P<name>{_NAME})
    (?P<rest>{_SPACE}(?:(?P<columns>\({_SPACE}{_NAME}{_SPACE}(?:,{_SPACE}{_NAME}{_SPACE})*+\)){_SPACE})?+
    (?:overriding[ \t]++(?:system|user)[ \t]++value\b{_SPACE})?+
    values{_SPACE}{_VALUES}(?:{_SPACE},{_SPACE}{_VALUES})*+){_SPACE};""".replace("\n    ", ""),
    re.IGNORECASE | re.ASCII,
)


class RowPlaces:
    """Where the parts of such a statement stand, in characters of its text; `end` is behind its semicolon."""

    __slots__ = ("end", "found")

    def __init__(self, found: re.Match[str]) -> None:
        self.found, self.end = found, found.end()

    @property
    def span(self) -> Span:
        """From its first word to its last parenthesis."""
        return Span(self.found.start("insert"), self.found.end("rest"))

    @property
    def name(self) -> tuple[str, Span]:
        """The folded name of the relation, and its place."""
        return fold(self.found["name"]), Span(*self.found.span("name"))

    @property
    def schema(self) -> tuple[str, Span] | None:
        """The folded schema and its place; None for a bare name."""
        return (fold(self.found["schema"]), Span(*self.found.span("schema"))) if self.found["schema"] else None

    def columns(self, names: Collection[str]) -> Iterator[tuple[str, Span]]:
        """The columns of one of these folded names, with their places."""
        start, stop = self.found.span("columns")
        if start >= 0:
            for name, at, end in _columns(self.found.string[start:stop]):
                if name in names:
                    yield name, Span(start + at, start + end)


@lru_cache(maxsize=64)
def _columns(written: str) -> tuple[tuple[str, int, int], ...]:
    """The columns of a list; the rows of a table repeat it."""
    return tuple((fold(each[0]), *each.span()) for each in _COLUMN.finditer(written))


_COLUMN = re.compile(_NAME, re.IGNORECASE | re.ASCII)


def row(masked: str, at: int) -> RowPlaces | None:
    """The INSERT of constants that begins at this character, up to its semicolon; None if there is none."""
    found = _ROW.match(masked, at)
    return RowPlaces(found) if found else None


def same_rows(one: RowPlaces, other: RowPlaces, names: Mapping[str, str]) -> bool:
    """Whether two say the same but for the schema and name of a relation that moves (`names` as `equal` has them)."""
    name = names.get(one.name[0])
    return name is not None and name == names.get(other.name[0]) and one.found["rest"] == other.found["rest"]
