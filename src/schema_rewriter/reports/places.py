"""Lines and columns, as people and editors count them; knows nothing of findings."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from schema_rewriter.edit import Span

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"
_BLOCK = 512
_NEAR = 300
_CONTINUATION = bytes(range(0x80, 0xC0))
"""The bytes of UTF-8 that begin no character."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both from 1 on."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the lines of a file begin, and in which charset its columns are counted.

    `counts` holds the characters before each block of bytes, so that a place costs the same wherever it is; it is
    empty where each byte is a character.
    """

    source: bytes
    starts: tuple[int, ...]
    charset: str
    counts: tuple[int, ...] = ()

    @classmethod
    def of(cls, source: bytes) -> Lines:
        r"""The lines of a file, which end at `\n`, `\r\n` and a lone `\r`: Python's universal newlines."""
        starts = (0, *(end.end() for end in _LINE_END.finditer(source)))
        if source.isascii():
            return cls(source, starts, "utf-8")
        try:
            source.decode()
        except UnicodeDecodeError:
            return cls(source, starts, "latin-1")
        blocks = (_characters(source[at : at + _BLOCK]) for at in range(0, len(source), _BLOCK))
        return cls(source, starts, "utf-8", tuple(accumulate(blocks, initial=0)))

    def place(self, byte: int) -> Place:
        """Where a byte of the file stands. Columns count code points, a byte order mark not included.

        In a file that is not UTF-8 each byte counts as a character, which is right for all charsets but those
        of variable width (such as Shift-JIS).
        """
        line = bisect_right(self.starts, byte)
        start = self.starts[line - 1]
        if line == 1 and self.source.startswith(_BOM):
            start = min(len(_BOM), byte)
        return Place(line, self._before(byte) - self._before(start) + 1)

    def near(self, byte: int) -> Span:
        """The bytes of the line that a byte stands in, without its end; of a very long line only those near it."""
        line = bisect_right(self.starts, byte)
        start = self.starts[line - 1]
        stop = self.starts[line] if line < len(self.starts) else len(self.source)
        if line == 1 and self.source.startswith(_BOM):
            start = min(len(_BOM), stop)
        if byte - start > _NEAR:
            start = self._character(byte - _NEAR)
        if stop - byte > _NEAR:
            stop = self._character(byte + _NEAR)
        return Span(start, start + len(self.source[start:stop].rstrip(b"\r\n")))

    def text(self, span: Span) -> str:
        """The characters of some bytes."""
        return self.source[span.start : span.stop].decode(self.charset, "replace")

    def _character(self, byte: int) -> int:
        """The first byte of the character that a byte is of."""
        while self.counts and self.source[byte] in _CONTINUATION:
            byte -= 1
        return byte

    def _before(self, byte: int) -> int:
        """How many characters stand before a byte, a byte order mark included."""
        if not self.counts:
            return byte
        block = byte // _BLOCK
        return self.counts[block] + _characters(self.source[block * _BLOCK : byte])


def _characters(utf8: bytes) -> int:
    return len(utf8.translate(None, _CONTINUATION))
