"""Edits of a sequence, and their application; knows neither files nor SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The half-open stretch [start, stop) of bytes of a file or of characters of a text: the holder says which.

    >>> Span(2, 5).overlaps(Span(4, 9)), Span(2, 5).overlaps(Span(5, 9))
    (True, False)
    """

    start: int
    stop: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.stop:
            raise ValueError(f"not a span: [{self.start}, {self.stop})")

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a unit; an empty span shares none."""
        return self.start < other.stop and other.start < self.stop

    def covers(self, other: Span) -> bool:
        """Whether the other lies within this one, its ends included."""
        return self.start <= other.start and other.stop <= self.stop


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the bytes of `span` by `new`; an empty span inserts, an empty `new` deletes."""

    span: Span
    new: bytes


def apply(source: bytes, edits: Iterable[Edit]) -> bytes:
    """The source after all edits, whose spans are bytes of `source`, in whatever order they come.

    Equal edits count once. Raises ValueError for edits that overlap, for two different insertions at one place
    (their order would be a guess) and for a span beyond the source.

    >>> apply(b"from jobs", [Edit(Span(5, 5), b"app.")])
    b'from app.jobs'
    """
    parts: list[bytes] = []
    at = 0
    last: Edit | None = None
    for edit in sorted(set(edits)):
        if edit.span.start < at or (last and last.span.start == edit.span.start):
            raise ValueError(f"edits overlap at byte {edit.span.start}")
        if edit.span.stop > len(source):
            raise ValueError(f"an edit ends at byte {edit.span.stop} of {len(source)}")
        parts += [source[at : edit.span.start], edit.new]
        at, last = edit.span.stop, edit
    parts.append(source[at:])
    return b"".join(parts)


def inverse(source: bytes, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that take `apply(source, edits)` back to `source`, in bytes of the former."""
    undo: list[Edit] = []
    shift = 0
    for edit in sorted(set(edits)):
        start = edit.span.start + shift
        old = source[edit.span.start : edit.span.stop]
        if undo and undo[-1].span.stop == start:  # edits that touch are undone as one: their order is no guess then
            undo[-1] = Edit(Span(undo[-1].span.start, start + len(edit.new)), undo[-1].new + old)
        else:
            undo.append(Edit(Span(start, start + len(edit.new)), old))
        shift += len(edit.new) - (edit.span.stop - edit.span.start)
    return tuple(undo)
