"""The report for programs, in the shape that report.schema.json describes. Knows no terminal."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from schema_rewriter.reports.cells import Cells
from schema_rewriter.reports.places import Lines
from schema_rewriter.version import VERSION as TOOL_VERSION

if TYPE_CHECKING:
    from schema_rewriter.edit import Edit
    from schema_rewriter.finding import FileResult, Finding, Report

VERSION = 1
"""The version of the shape: it grows when a key changes its meaning or goes, not when one is added."""


def render(report: Report) -> str:
    """The report as JSON, in ASCII, with the files that have findings or could not be judged."""
    document = {
        "version": VERSION,
        "tool": {"name": "schema-rewrite", "version": TOOL_VERSION},
        "written": report.written,
        "counts": {
            "to_qualify": report.to_qualify,
            "qualified": report.qualified,
            "need_person": report.need_person,
            "notes": report.notes,
            "suppressed": report.suppressed,
            "read": report.read,
            "parsed": report.parsed,
            "changed": report.changed,
            "errors": report.errors,
            "left_out": dict(report.left_out),
        },
        "notices": notices(report),
        "helpers": [asdict(helper) for helper in report.helpers],
        "results": results(report),
    }
    return json.dumps(document, indent=2) + "\n"


def notices(report: Report) -> list[dict[str, Any]]:
    """What is told of the run as a whole: each with its code, in a sentence, and the things that it speaks of."""
    return [{"code": one.code, "message": one.message, "what": list(one.what)} for one in report.notices]


def results(report: Report) -> list[dict[str, Any]]:
    """The files that have something to tell, each as an object. All places are those before the run."""
    return [
        _result(r, written=report.written) for r in report.results if r.findings or r.suppressed or r.error is not None
    ]


def _result(result: FileResult, *, written: bool) -> dict[str, Any]:
    lines, cells = Lines.of(result.before), Cells.of(result.path, result.before)
    applied = frozenset(result.applied)
    return {
        "path": result.path,
        "error": result.error,
        "changed": result.changed,
        "parsed": result.parsed,
        "qualified": result.qualified,
        "findings": [
            _finding(finding, lines, cells, applied=finding in applied, written=written) for finding in result.findings
        ],
        "suppressed": [
            {
                **_finding(item.finding, lines, cells, applied=False, written=False),
                "suppression": {"kind": item.kind, "reason": item.reason},
            }
            for item in result.suppressed
        ],
    }


def _finding(finding: Finding, lines: Lines, cells: Cells, *, applied: bool, written: bool) -> dict[str, Any]:
    cell = cells.place(finding.span.start)
    return {
        "code": finding.code,
        "message": finding.message,
        "span": {"start": finding.span.start, "stop": finding.span.stop},
        "start": asdict(lines.place(finding.span.start)),
        "stop": asdict(lines.place(finding.span.stop)),
        "cell": None if cell is None else {"number": cell.number, **asdict(cell.place)},
        "relation": None if finding.relation is None else str(finding.relation),
        "target": None if finding.target is None else str(finding.target),
        "edits": [_edit(edit) for edit in finding.edits],
        "applicability": finding.applicability.name.lower(),
        "applied": applied,
        "fixable": applied and not written,
        "written": applied and written,
        "reason": finding.reason,
        "proved_by": list(finding.proved_by),
        "related": [asdict(one) for one in finding.related],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    span = {"start": edit.span.start, "stop": edit.span.stop}
    try:
        return {**span, "new": edit.new.decode()}
    except UnicodeDecodeError:
        return {**span, "new_base64": base64.b64encode(edit.new).decode()}
