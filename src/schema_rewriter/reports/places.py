"""Lines and columns, as people and editors count them; knows nothing of findings."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both from 1 on."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the lines of a file begin, and in which charset its columns are counted."""

    source: bytes
    starts: tuple[int, ...]
    charset: str

    @classmethod
    def of(cls, source: bytes) -> Lines:
        r"""The lines of a file, which end at `\n`, `\r\n` and a lone `\r`: Python's universal newlines."""
        try:
            source.decode()
            charset = "utf-8"
        except UnicodeDecodeError:
            charset = "latin-1"
        return cls(source, (0, *(end.end() for end in _LINE_END.finditer(source))), charset)

    def place(self, byte: int) -> Place:
        """Where a byte of the file stands. Columns count code points, a byte order mark not included.

        In a file that is not UTF-8 each byte counts as a character, which is right for all charsets but those
        of variable width (such as Shift-JIS).
        """
        line = bisect_right(self.starts, byte)
        before = self.source[self.starts[line - 1] : byte].removeprefix(_BOM if line == 1 else b"")
        return Place(line, len(before.decode(self.charset, "replace")) + 1)
