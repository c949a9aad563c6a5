"""The report as commands of a GitHub workflow, which GitHub shows at the lines of a pull request.

Source: GitHub, "Workflow commands for GitHub Actions"; a step shows 10 errors, 10 warnings and 10 notices.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.codes import codes
from schema_rewriter.reports.located import Page, reported
from schema_rewriter.visible import visible, visible_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.finding import FileResult, Notice, Report

CAP = 10
"""How many annotations of one kind GitHub shows for a step."""

_KINDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report) -> str:
    """An annotation for each finding as long as GitHub shows it, then plain lines of the log.

    What can't be judged and what stands on lines that a pull request changes goes first: only the latter is shown in
    its diff. All else keeps its order.
    """
    items = [item for result in report.results for item in _told(result, written=report.written)]
    items += [_notice(notice) for notice in report.notices]
    counts: Counter[str] = Counter()
    annotations, rest = [], []
    for item in sorted(items, key=lambda item: not item.first):
        counts[item.kind] += 1
        if counts[item.kind] <= CAP:
            place = f"{item.place},title={_property(item.title)}".lstrip(",")
            annotations.append(f"::{item.kind} {place}::{_data(item.text)}\n")
        else:
            rest.append(f"{item.plain}\n")
    if rest:
        rest.insert(0, f"{len(rest)} more, of which GitHub shows none at its line:\n")
    return "".join(annotations + rest)


def exceeds(report: Report) -> bool:
    """Whether there is more to tell than GitHub shows, so that it matters what goes first."""
    items = (item for result in report.results for item in _told(result, written=report.written))
    return max(Counter(item.kind for item in items).values(), default=0) > CAP


@dataclass(frozen=True, slots=True)
class _Item:
    """A thing to tell: its kind, its place, title and text of the annotation, and its line in the log."""

    kind: str
    place: str
    title: str
    text: str
    plain: str
    first: bool


def _notice(notice: Notice) -> _Item:
    text = visible(notice.message)
    return _Item("warning", "", f"schema-rewrite {notice.code}", text, f"warning: {text}", first=False)


def _told(result: FileResult, *, written: bool) -> Iterator[_Item]:
    shown = visible_path(result.path)
    path = _file(result.path)
    if result.error is not None:
        error = visible(result.error)
        plain = f"{shown}: error: {error}"
        yield _Item("error", f"file={path},line=1", "schema-rewrite opaque-file", error, plain, first=True)
    for item in reported(result, Page.of(result, written=written), written=written):
        code = item.finding.code
        place = f"file={path},line={item.start.line},endLine={item.stop.line}"
        if item.start.line == item.stop.line:
            place += f",col={item.start.column},endColumn={item.stop.column}"
        plain = f"{shown}:{item.where}: {code} {item.with_places}"
        first = item.finding in result.on_changed_lines
        yield _Item(_KINDS[codes()[code].level], place, f"schema-rewrite {code}", item.with_places, plain, first)


def _file(path: str) -> str:
    """A path that GitHub finds the file by: it decodes line ends, and no other character that does not print."""
    return "".join(_property(piece if piece in "\r\n" else visible(piece)) for piece in re.split(r"([\r\n])", path))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
