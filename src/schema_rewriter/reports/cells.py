"""Where a byte of a notebook stands, as its readers see it: in which cell, on which line of it. Knows no finding."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.reports.places import Place

if TYPE_CHECKING:
    from schema_rewriter.text import MappedText

SUFFIX = ".ipynb"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell by its number, from 1 on, and a place in it."""

    number: int
    place: Place


@dataclass(frozen=True, slots=True)
class Cells:
    """The code cells of a notebook, each with its number and its text."""

    texts: tuple[tuple[int, MappedText], ...] = ()

    @staticmethod
    def of(path: str, source: bytes) -> Cells:
        """The cells of a file; none of one that is no notebook."""
        if not path.endswith(SUFFIX):
            return _NONE
        from schema_rewriter.hosts import notebook

        return Cells(tuple(notebook.cells(source)))

    def place(self, byte: int) -> Cell | None:
        """Where a byte of the file stands; None outside of all code cells. Columns count code points, from 1 on."""
        for number, text in self.texts:
            for piece in text.pieces:
                if piece.offsets[0] <= byte <= piece.offsets[-1]:
                    before = text.text[: piece.at + bisect_right(piece.offsets, byte) - 1]
                    line = before.count("\n") + 1
                    return Cell(number, Place(line, len(before) - (before.rfind("\n") + 1) + 1))
        return None


_NONE = Cells()
