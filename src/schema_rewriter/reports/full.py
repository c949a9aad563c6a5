"""The report for people, each finding with its line of code, a caret and what the line becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.reports.concise import heads
from schema_rewriter.reports.folding import columns
from schema_rewriter.reports.located import Located, Page, reported
from schema_rewriter.visible import visible, visible_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.finding import FileResult, Report
    from schema_rewriter.reports.places import Lines

WIDTH = 120
"""Columns of a report that no terminal shows."""

_TAB = 4
_CUT = "..."


def render(report: Report, width: int = WIDTH) -> str:
    """A paragraph for each finding, no line of code in it wider than `width` columns."""
    return "".join(
        f"{line}\n" for result in report.results for line in _lines(result, max(width, 40), written=report.written)
    )


def _lines(result: FileResult, width: int, *, written: bool) -> Iterator[str]:
    for head in heads(result, written=written):
        yield from (head, "")
    page = Page.of(result, written=written)
    for item in reported(result, page, written=written):
        place = f"{visible_path(result.path)}:{item.where}"
        yield f"{place}: {item.finding.code} {item.mark}{item.message}"
        yield from snippet(item, page, width)
        if item.reason:
            yield f"{' ' * len(str(item.start.line))} = {item.reason}"
        for one in item.finding.related:
            margin = " " * len(str(item.start.line))
            yield f"{margin} > {visible_path(one.path)}:{one.line}: {visible(one.message)}"
        yield ""


def snippet(item: Located, page: Page, width: int = WIDTH) -> Iterator[str]:
    """The line of a finding with a caret below its name, and each line that its edits change, as it becomes."""
    lines, number = page.lines, item.start.line
    margin = len(str(number))
    room = width - margin - 3
    near = lines.near(item.span.start)
    stop = min(max(item.span.stop, item.span.start), near.stop)
    left = shown(lines.text(Span(near.start, item.span.start)))
    caret = "^" * max(1, columns(shown(lines.text(Span(item.span.start, max(stop, item.span.start))))))
    line, changed_lines = shown(lines.text(near)), [(changed, shown(new)) for changed, new in changes(item, page)]
    widest = max(columns(text) for text in (line, *(new for changed, new in changed_lines if changed == number)))
    cut = _cut(left, room) if widest > room else 0
    yield f"{' ' * margin} |"
    yield f"{number} | {_fitted(line, cut, room)}"
    caret = caret[: max(1, room - columns(left[cut:]) - len(_CUT) * bool(cut))]
    yield f"{' ' * margin} | {' ' * (columns(left[cut:]) + len(_CUT) * bool(cut))}{caret}"
    for changed, new in changed_lines:
        yield f"{changed:>{margin}} + {_fitted(new, cut if changed == number else 0, room)}"


def changes(item: Located, page: Page) -> Iterator[tuple[int, str]]:
    """The lines that a finding's edits change, by number, as they become."""
    by_line: dict[int, list[tuple[Span, bytes]]] = {}
    for edit in sorted(item.finding.edits):
        span = page.now(edit.span)
        by_line.setdefault(page.lines.place(span.start).line, []).append((span, edit.new))
    for number, edits in by_line.items():
        first = item.span.start if number == item.start.line else edits[0][0].start
        yield number, _rewritten(page.lines, page.lines.near(first), edits)


def _rewritten(lines: Lines, near: Span, edits: list[tuple[Span, bytes]]) -> str:
    """Bytes of a line after edits; one that goes on behind them ends with them."""
    parts: list[bytes] = []
    at = near.start
    for span, new in edits:
        if at <= span.start <= near.stop:
            parts += [lines.source[at : span.start], new]
            at = min(span.stop, near.stop)
    return b"".join([*parts, lines.source[at : near.stop]]).decode(lines.charset, "replace")


def shown(text: str) -> str:
    """A text as a terminal shows it: without tabs, and without what would be a command to the terminal."""
    return visible(text.replace("\t", " " * _TAB))


def _cut(left: str, room: int) -> int:
    """How many characters of a line go, so that what comes behind `left` is seen."""
    wanted = room * 2 // 3
    if columns(left) <= wanted:
        return 0
    cut = max(0, len(left) - wanted)
    while columns(left[cut:]) > wanted - len(_CUT):
        cut += 1
    return cut


def _fitted(line: str, cut: int, room: int) -> str:
    line = _CUT + line[cut:] if cut else line
    if columns(line) <= room:
        return line
    line = line[:room]
    while columns(line) > room - len(_CUT):
        line = line[:-1]
    return line + _CUT
