"""The report as commands of a GitHub workflow, which GitHub shows at the lines of a pull request.

Source: GitHub, "Workflow commands for GitHub Actions"; a step shows 10 errors, 10 warnings and 10 notices.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from schema_rewriter.codes import codes
from schema_rewriter.reports.told import Page, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.finding import FileResult, Report

CAP = 10
"""How many annotations of one kind GitHub shows for a step."""

_KINDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report) -> str:
    """An annotation for each finding as long as GitHub shows it, then plain lines of the log."""
    counts: Counter[str] = Counter()
    annotations, rest = [], []
    for result in report.results:
        for kind, place, title, text, plain in _told(result, written=report.written):
            counts[kind] += 1
            if counts[kind] <= CAP:
                annotations.append(f"::{kind} {place},title={_property(title)}::{_data(text)}\n")
            else:
                rest.append(f"{' '.join(plain.splitlines())}\n")
    if rest:
        rest.insert(0, f"{len(rest)} more, of which GitHub shows none at its line:\n")
    return "".join(annotations + rest)


def _told(result: FileResult, *, written: bool) -> Iterator[tuple[str, str, str, str, str]]:
    """For each thing to tell: its kind, its place, title and text of the annotation, and its line in the log."""
    path = _property(result.path)
    if result.error is not None:
        plain = f"{result.path}: error: {result.error}"
        yield "error", f"file={path},line=1", "schema-rewrite opaque-file", result.error, plain
    for item in told(result, Page.of(result, written=written), written=written):
        code = item.finding.code
        place = f"file={path},line={item.start.line},endLine={item.stop.line}"
        if item.start.line == item.stop.line:
            place += f",col={item.start.column},endColumn={item.stop.column}"
        plain = f"{result.path}:{item.start.line}:{item.start.column}: {code} {item.sentence}"
        yield _KINDS[codes()[code].level], place, f"schema-rewrite {code}", item.sentence, plain


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
