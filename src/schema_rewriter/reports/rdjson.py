"""The report for reviewdog, which comments on pull requests of any host and suggests the changes in them.

Source: reviewdog, "Reviewdog Diagnostic Format" (proto/rdf/reviewdog.proto): columns count bytes of UTF-8, from 1 on.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any

from schema_rewriter.codes import codes
from schema_rewriter.edit import Span, apply
from schema_rewriter.reports.located import Page, reported
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.finding import FileResult, Notice, Report
    from schema_rewriter.reports.located import Located
    from schema_rewriter.reports.places import Lines

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def render(report: Report) -> str:
    """One result with a diagnostic for each finding, each file that could not be judged, and each notice."""
    diagnostics = [one for result in report.results for one in _diagnostics(result, written=report.written)]
    diagnostics += map(_notice, report.notices)
    return json.dumps({"source": {"name": "schema-rewrite"}, "diagnostics": diagnostics}, indent=2) + "\n"


def _notice(notice: Notice) -> dict[str, Any]:
    return _diagnostic(notice.path, notice.code, visible(notice.message), "INFO")


def _diagnostics(result: FileResult, *, written: bool) -> Iterator[dict[str, Any]]:
    if result.error is not None:
        yield _diagnostic(result.path, "opaque-file", visible(result.error), "ERROR")
    page = Page.of(result, written=written)
    for item in reported(result, page, written=written):
        code = item.finding.code
        made = _diagnostic(result.path, code, item.with_places, _SEVERITIES[codes()[code].level])
        made["location"]["range"] = _range(page.lines, item.span)
        if item.fixed and (suggestion := _suggestion(page, item)):
            made["suggestions"] = [suggestion]
        yield made


def _diagnostic(path: str, code: str, message: str, severity: str) -> dict[str, Any]:
    return {"message": message, "location": {"path": path}, "severity": severity, "code": {"value": code}}


def _suggestion(page: Page, item: Located) -> dict[str, Any] | None:
    """What the bytes from the first to the last edit of a finding become; None where they are no UTF-8."""
    edits = item.finding.edits
    whole = Span(min(edit.span.start for edit in edits), max(edit.span.stop for edit in edits))
    after = apply(page.lines.source, list(edits))
    grown = len(after) - len(page.lines.source)
    try:
        text = after[whole.start : whole.stop + grown].decode()
    except UnicodeDecodeError:
        return None
    return {"range": _range(page.lines, whole), "text": text}


def _range(lines: Lines, span: Span) -> dict[str, Any]:
    return {"start": _position(lines, span.start), "end": _position(lines, span.stop)}


def _position(lines: Lines, byte: int) -> dict[str, int]:
    line = lines.place(byte).line
    before = Span(lines.starts[line - 1], byte)
    if lines.charset != "utf-8":
        return {"line": line, "column": len(lines.text(before).encode()) + 1}
    mark = len(BOM_UTF8) if line == 1 and lines.source.startswith(BOM_UTF8) else 0
    return {"line": line, "column": max(byte - before.start - mark, 0) + 1}
