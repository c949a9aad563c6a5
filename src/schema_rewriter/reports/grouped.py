"""The report for people, by file: its path once, below it its findings in columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.reports.concise import heads
from schema_rewriter.reports.located import Page, reported
from schema_rewriter.visible import visible_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.finding import FileResult, Report


def render(report: Report) -> str:
    """A paragraph for each file that has something to tell."""
    paragraphs = ["\n".join(_lines(result, written=report.written)) for result in report.results]
    return "".join(f"{paragraph}\n\n" for paragraph in paragraphs if paragraph)


def _lines(result: FileResult, *, written: bool) -> Iterator[str]:
    yield from heads(result, written=written)
    items = reported(result, Page.of(result, written=written), written=written)
    if not items:
        return
    yield f"{visible_path(result.path)}:"
    wheres = [item.where.rpartition(":") for item in items]
    lines = max(len(line) for line, _, _ in wheres)
    columns = max(len(column) for _, _, column in wheres)
    codes = max(len(item.finding.code) for item in items)
    for item, (line, _, column) in zip(items, wheres, strict=True):
        place = f"{line:>{lines}}:{column:<{columns}}"
        yield f"  {place}  {item.finding.code:{codes}}  {item.mark}{item.with_places}"
