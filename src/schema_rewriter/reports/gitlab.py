"""The report for GitLab's Code Quality, which shows it in merge requests.

Source: GitLab, "Code Quality", section "Implement a custom tool".
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from schema_rewriter.codes import codes
from schema_rewriter.reports.located import Page, fingerprints, reported
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.finding import FileResult, Notice, Report

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def render(report: Report) -> str:
    """An array of issues; their fingerprints stay when lines come and go."""
    issues = [issue for result in report.results for issue in _issues(result, written=report.written)]
    issues += map(_notice, report.notices)
    return json.dumps(issues, indent=2) + "\n"


def _notice(notice: Notice) -> dict[str, Any]:
    """A notice as an issue, which has a place."""
    fingerprint = sha256(f"{notice.code}\0{notice.message}".encode("utf-8", "surrogateescape")).hexdigest()
    return _issue(notice.code, visible(notice.message), fingerprint, notice.path, 1, 1, "info")


def _issues(result: FileResult, *, written: bool) -> Iterator[dict[str, Any]]:
    if result.error is not None:
        fingerprint = sha256(f"opaque-file\0{result.path}".encode("utf-8", "surrogateescape")).hexdigest()
        yield _issue("opaque-file", visible(result.error), fingerprint, result.path, 1, 1, "blocker")
    page = Page.of(result, written=written)
    items = reported(result, page, written=written)
    for item, fingerprint in zip(items, fingerprints(result.path, items, page.lines), strict=True):
        code = item.finding.code
        severity = _SEVERITIES[codes()[code].level]
        yield _issue(code, item.with_places, fingerprint, result.path, item.start.line, item.stop.line, severity)


def _issue(
    code: str, description: str, fingerprint: str, path: str, begin: int, end: int, severity: str
) -> dict[str, Any]:
    return {
        "description": description,
        "check_name": code,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": begin, "end": end}},
    }
