"""The report for a meeting: one page with all in it, that asks nothing of the network. Its looks are page.html.

What is told stands in the page as JSON, in which no character can end it, and gets into the page as text alone.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from schema_rewriter.codes import codes
from schema_rewriter.reports.full import changes, shown
from schema_rewriter.reports.located import Page, reported
from schema_rewriter.visible import visible_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.finding import FileResult, Report
    from schema_rewriter.inventory.join import Inventory, Summary

_SLOT = "/*DATA*/null"


def render(report: Report, inventory: Inventory, title: str) -> str:
    """The page of a run, with the uses of what moves that its inventory shows."""
    page = resources.files(__package__).joinpath("page.html").read_text("utf-8")
    data = json.dumps(_data(report, inventory, title), ensure_ascii=True, separators=(",", ":"))
    return page.replace(_SLOT, data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _data(report: Report, inventory: Inventory, title: str) -> dict[str, Any]:
    """What the page shows, as plain values."""
    places = [place for result in report.results for place in _places(result, written=report.written)]
    known = codes()
    said = {place["code"] for place in places}
    return {
        "title": title,
        "counts": {
            "right": report.qualified,
            "edit": sum(place["kind"] == "edit" for place in places),
            "person": sum(place["kind"] == "person" for place in places),
            "note": sum(place["kind"] == "note" for place in places),
            "files": report.read,
            "errors": report.errors,
        },
        "tables": [_table(each) for each in inventory.relations() if each.target is not None],
        "codes": {
            name: {"title": each.title, "level": each.level, "meaning": each.meaning, "remedy": each.remedy}
            for name, each in known.items()
            if name in said
        },
        "places": places,
        "errors": [
            {"path": visible_path(each.path), "error": shown(each.error)} for each in report.results if each.error
        ],
    }


def _table(summary: Summary) -> dict[str, Any]:
    """A table that moves, with the folders of the files that use it, and in how many files of each."""
    folders: dict[str, int] = {}
    for path, _ in summary.files:
        folder = visible_path("/".join(path.split("/")[:-1][:2]) or ".")
        folders[folder] = folders.get(folder, 0) + 1
    return {
        "name": shown(str(summary.relation.name)),
        "from": shown(summary.relation.schema or ""),
        "to": shown((summary.target.schema if summary.target else "") or ""),
        "now": shown(summary.target.name if summary.target else ""),
        "places": summary.places,
        "folders": folders,
    }


def _places(result: FileResult, *, written: bool) -> Iterator[dict[str, Any]]:
    """The findings of a file, each with its line before and what its edits make of it."""
    page = Page.of(result, written=written)
    proofs = {finding: finding.proved_by for finding in result.applied}
    for item in reported(result, page, written=written):
        made = [(number, shown(text)) for number, text in changes(item, page)]
        starts = {number: page.lines.starts[number - 1] for number, _ in made} or {item.start.line: item.span.start}
        before = [
            [number, shown(page.lines.text(page.lines.near(item.span.start if number == item.start.line else at)))]
            for number, at in starts.items()
        ]
        yield {
            "path": visible_path(result.path),
            "where": item.where,
            "code": item.finding.code,
            "kind": "edit" if item.fixed else "note" if item.finding.is_note else "person",
            "says": item.message,
            "reason": item.reason,
            "before": before,
            "after": made,
            "proof": list(proofs.get(item.finding, ())),
            "also": [f"{visible_path(one.path)}:{one.line}" for one in item.finding.related],
        }
