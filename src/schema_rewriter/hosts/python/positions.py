"""Where a node of Python's own parser stands, in bytes of the file."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span

if TYPE_CHECKING:
    import ast


class Places:
    """The lines of a file. `ast` counts lines as Python does, and columns in bytes of UTF-8."""

    def __init__(self, source: bytes, charset: str) -> None:
        self._skip = len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0
        self._charset = charset
        self._lines = source[self._skip :].splitlines(keepends=True)
        self._starts = [self._skip]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    @property
    def lines(self) -> list[bytes]:
        """The lines as `ast` counts their columns: in UTF-8."""
        if self._charset in ("utf-8", "utf-8-sig", "ascii"):
            return self._lines
        return [line.decode(self._charset).encode() for line in self._lines]

    def span(self, node: ast.expr | ast.stmt) -> Span | None:
        """The span of an expression or statement; None where the parser does not tell."""
        if node.end_lineno is None or node.end_col_offset is None:
            return None
        start, stop = self._at(node.lineno, node.col_offset), self._at(node.end_lineno, node.end_col_offset)
        return Span(start, stop) if start < stop else None

    def _at(self, line: int, column: int) -> int:
        if not 1 <= line <= len(self._lines):
            return self._starts[-1]
        written = self._lines[line - 1]
        if self._charset in ("utf-8", "utf-8-sig", "ascii") or written.isascii():
            return self._starts[line - 1] + column
        text = written.decode(self._charset).encode()[:column].decode("utf-8", "ignore")
        return self._starts[line - 1] + len(text.encode(self._charset))
