"""What is told of a file: its findings with their lines and columns, as the file is now. Knows no format."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.reports.cells import Cells
from schema_rewriter.reports.places import Lines, Place
from schema_rewriter.visible import visible, visible_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.finding import FileResult, Finding
    from schema_rewriter.reports.cells import Cell


_SHOWN = 3
"""How many other places a line tells."""


@dataclass(frozen=True, slots=True)
class Located:
    """A finding and its place. `span` is in bytes of the file as it is on the disk; `fixed`: the run settles it."""

    finding: Finding
    span: Span
    start: Place
    stop: Place
    fixed: bool
    cell: Cell | None = None

    @property
    def where(self) -> str:
        """Line and column for people; in a notebook those in its cell."""
        if self.cell is None:
            return f"{self.start.line}:{self.start.column}"
        return f"cell {self.cell.number}:{self.cell.place.line}:{self.cell.place.column}"

    @property
    def mark(self) -> str:
        """What stands in front of the message of a finding that `fix` settles."""
        return "[*] " if self.fixed else ""

    @property
    def sentence(self) -> str:
        """The message, with the reason why a person is asked, in one line."""
        return self.message + (f" ({self.reason})" if self.reason else "")

    @property
    def with_places(self) -> str:
        """The sentence, with the first of the other places that it is about."""
        related = self.finding.related
        shown = ", ".join(f"{visible_path(one.path)}:{one.line}" for one in related[:_SHOWN])
        more = f" and {len(related) - _SHOWN} more" if len(related) > _SHOWN else ""
        return self.sentence + (f", also at {shown}{more}" if related else "")

    @property
    def message(self) -> str:
        """The finding's message, in one line."""
        return visible(self.finding.message)

    @property
    def reason(self) -> str:
        """Why a person is asked, in one line."""
        return visible(self.finding.reason)


@dataclass(frozen=True, slots=True)
class Page:
    """A file's lines as they are on the disk, and where its bytes were before the run wrote it."""

    lines: Lines
    stops: tuple[int, ...]
    shifts: tuple[int, ...]
    cells: Cells

    @classmethod
    def of(cls, result: FileResult, *, written: bool) -> Page:
        """The page of a file, after its edits if they are written."""
        if not written:
            return cls(Lines.of(result.before), (), (0,), Cells.of(result.path, result.before))
        edits = sorted({edit for finding in result.applied for edit in finding.edits})
        grown = (len(edit.new) - (edit.span.stop - edit.span.start) for edit in edits)
        stops = tuple(edit.span.stop for edit in edits)
        cells = Cells.of(result.path, result.after)
        return cls(Lines.of(result.after), stops, tuple(accumulate(grown, initial=0)), cells)

    def now(self, span: Span) -> Span:
        """Where bytes of the file before the run stand now."""
        return Span(*(at + self.shifts[bisect_right(self.stops, at)] for at in (span.start, span.stop)))

    def locate(self, finding: Finding, *, fixed: bool = False) -> Located:
        """A finding with its place."""
        span = self.now(finding.span)
        start, stop = (self.lines.place(byte) for byte in (span.start, span.stop))
        return Located(finding, span, start, stop, fixed, self.cells.place(span.start))


def reported(result: FileResult, page: Page, *, written: bool) -> list[Located]:
    """The findings of a file that are to be told, in order: what is settled on the disk is not."""
    applied = frozenset(result.applied)
    return [page.locate(f, fixed=f in applied) for f in result.findings if not (written and f in applied)]


def fingerprints(path: str, items: Iterable[Located], lines: Lines) -> list[str]:
    """For each finding a text that stays when lines above it come and go, and is no other finding's of the report.

    It is made of path, code, relation and the line's text without its spaces; equal ones are numbered.
    """
    seen: Counter[str] = Counter()
    made = []
    for item in items:
        line = "".join(lines.text(lines.near(item.span.start)).split())
        key = "\0".join((path, item.finding.code, str(item.finding.relation or ""), line))
        seen[key] += 1
        made.append(sha256(f"{key}\0{seen[key]}".encode("utf-8", "surrogateescape")).hexdigest())
    return made
