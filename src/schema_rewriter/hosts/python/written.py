"""How Python code is written: lines, indentation, quotes, what stands between two nodes. Knows no SQL."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span

if TYPE_CHECKING:
    from schema_rewriter.hosts.python.positions import Places
    from schema_rewriter.hosts.python.syntax import Syntax

_STRING = re.compile(rb"[A-Za-z]{0,2}(\"\"\"|'''|\"|')")
_ENDS = b"\r\n"


@dataclass(frozen=True, slots=True)
class ItemEnd:
    """What stands behind an item of a list: where the item ends, its own parentheses included, and its comma."""

    end: int
    comma: int | None
    has_comment: bool


class Code:
    """The bytes of parsed Python code."""

    def __init__(self, syntax: Syntax, places: Places) -> None:
        self.source, self.charset, self.places = syntax.source, syntax.charset, places

    @cached_property
    def newline(self) -> str:
        """How its lines end."""
        return "\r\n" if b"\r\n" in self.source else "\n"

    def span(self, node: ast.AST) -> Span:
        """Where a node with a place stands. Raises ValueError for one without."""
        found = self.places.span(node)  # type: ignore[arg-type]
        if found is None:
            raise ValueError("the parser does not tell where this stands")
        return found

    def text(self, start: int, stop: int) -> str:
        """What stands between two places."""
        return self.source[start:stop].decode(self.charset)

    def line_start(self, at: int) -> int:
        """Where the line of a place begins."""
        return max(self.source.rfind(b"\n", 0, at), self.source.rfind(b"\r", 0, at)) + 1

    def line_end(self, at: int) -> int:
        """Where the line of a place ends, before its line end."""
        found = [place for end in (b"\n", b"\r") if (place := self.source.find(end, at)) >= 0]
        return min(found, default=len(self.source))

    def before_line(self, at: int) -> int:
        """Where the line before that of a place ends."""
        start = self.line_start(at)
        return start - (2 if self.source[:start].endswith(b"\r\n") else 1) if start else 0

    def indent(self, at: int) -> str:
        """The white space that the line of a place begins with."""
        start = self.line_start(at)
        line = self.source[start : self.line_end(start)]
        return line[: len(line) - len(line.lstrip(b" \t\f"))].decode("ascii")

    def is_first(self, at: int) -> bool:
        """Whether nothing but white space stands before a place, in its line."""
        return not self.source[self.line_start(at) : at].strip(b" \t\f")

    def gap(self, at: int, stop: int) -> ItemEnd:
        """What stands behind an item that ends at `at`, up to `stop`, where the next begins or the list ends."""
        end, comma, has_comment = at, None, False
        while at < stop:
            char = self.source[at : at + 1]
            if char == b"#":
                has_comment, at = True, self.line_end(at)
                continue
            if char == b")" and comma is None:
                end = at + 1
            elif char == b"," and comma is None:
                comma = at
            at += 1
        return ItemEnd(end, comma, has_comment)

    def quote(self, *near: ast.AST) -> str:
        """The quotes of the first string in the nodes; those of the file's first string where they have none."""
        for node in near:
            for each in ast.walk(node):
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    found = self.places.span(each)
                    opened = _STRING.match(self.source, found.start) if found is not None else None
                    if opened is not None:
                        return opened[1][:1].decode()
        single, double = self.source.count(b"'"), self.source.count(b'"')
        return "'" if single > double else '"'

    def pieces(self, node: ast.Constant) -> list[Span]:
        """The contents of the literals, one behind the other, that a string is; none if one has an escape."""
        whole = self.span(node)
        found: list[Span] = []
        at = whole.start
        while at < whole.stop:
            opened = _STRING.match(self.source, at)
            if opened is None:
                at = self.line_end(at) if self.source[at : at + 1] == b"#" else at + 1
                continue
            end = self.source.find(opened[1], opened.end())
            if end < 0 or end >= whole.stop:
                return []
            found.append(Span(opened.end(), end))
            at = end + len(opened[1])
        written = b"".join(self.source[one.start : one.stop] for one in found)
        text = node.value if isinstance(node.value, str) else ""
        return found if b"\\" not in written and written == text.encode(self.charset, "replace") else []

    def content(self, node: ast.Constant) -> Span | None:
        """What stands between the quotes of a literal, where that is its value as it is; else None."""
        span = self.places.span(node)
        opened = _STRING.match(self.source, span.start) if span is not None else None
        if span is None or opened is None or not isinstance(node.value, str):
            return None
        inner = Span(opened.end(), max(opened.end(), span.stop - len(opened[1])))
        return (
            inner
            if b"\\" not in self.source[inner.start : inner.stop]
            and self.source[inner.start : inner.stop] == node.value.encode(self.charset, "replace")
            else None
        )
