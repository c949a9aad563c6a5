"""The report as SARIF 2.1.0, for code scanning (GitHub, Azure, editors). Knows no other format.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0, sections 3.27 (results), 3.30 (regions), 3.55 (fixes).
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from schema_rewriter.codes import codes
from schema_rewriter.reports.located import Located, Page, fingerprints, reported
from schema_rewriter.version import VERSION
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.codes import Code
    from schema_rewriter.edit import Edit, Span
    from schema_rewriter.finding import FileResult, Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
"""The name that consumers know for the directory that paths are relative to."""


def render(report: Report) -> str:
    """One run with its findings, those set aside included; what could not be judged makes it an unsuccessful one."""
    run = {
        "tool": {
            "driver": {
                "name": "schema-rewrite",
                "semanticVersion": VERSION,
                "rules": [_rule(code) for code in codes().values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not report.errors,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": visible(r.error)}, "locations": [_file(r.path)]}
                    for r in report.results
                    if r.error is not None
                ]
                + [
                    {
                        "level": "warning",
                        "message": {"text": visible(notice.message)},
                        "descriptor": {"id": notice.code},
                    }
                    for notice in report.notices
                ],
            }
        ],
        "results": [found for result in report.results for found in _results(result, written=report.written)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.name,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.meaning},
        "help": {"text": code.text, "markdown": code.markdown},
        "defaultConfiguration": {"level": code.level},
    }


def _results(result: FileResult, *, written: bool) -> Iterator[dict[str, Any]]:
    if result.error is not None:
        yield {
            **_head("opaque-file"),
            "message": {"text": visible(result.error)},
            "locations": [_file(result.path)],
            "partialFingerprints": {"schemaRewrite/v1": f"opaque-file {_uri(result.path)}"},
        }
    if not (result.findings or result.suppressed):
        return
    page = Page.of(result, written=written)
    aside = {id(item.finding): item for item in result.suppressed}
    items = [*reported(result, page, written=written), *(page.locate(item.finding) for item in result.suppressed)]
    items.sort(key=lambda item: item.span)
    for item, fingerprint in zip(items, fingerprints(result.path, items, page.lines), strict=True):
        shown = _result(item, result.path, page, fingerprint)
        if suppressed := aside.get(id(item.finding)):
            kind = "inSource" if suppressed.kind == "comment" else "external"
            reason = {"justification": suppressed.reason} if suppressed.reason else {}
            shown["suppressions"] = [{"kind": kind, "status": "accepted", **reason}]
        yield shown


def _head(code: str) -> dict[str, Any]:
    return {"ruleId": code, "ruleIndex": list(codes()).index(code), "level": codes()[code].level}


def _result(item: Located, path: str, page: Page, fingerprint: str) -> dict[str, Any]:
    finding = item.finding
    shown = {
        **_head(finding.code),
        "message": {"text": item.sentence},
        "locations": [
            {"physicalLocation": {"artifactLocation": _artifact(path), "region": _region(item.span, page)}},
        ],
        "partialFingerprints": {"schemaRewrite/v1": fingerprint},
        "properties": {"applicability": finding.applicability.name.lower()},
    }
    if finding.related:
        shown["relatedLocations"] = [
            {**_file(one.path, one.line), "message": {"text": visible(one.message)}} for one in finding.related
        ]
    if finding.edits:
        replacements = [_replacement(edit, page) for edit in sorted(finding.edits)]
        change = {"artifactLocation": _artifact(path), "replacements": replacements}
        target = f"Name {finding.target}" if finding.target else "Remove what is not needed"
        shown["fixes"] = [{"description": {"text": target}, "artifactChanges": [change]}]
    return shown


def _replacement(edit: Edit, page: Page) -> dict[str, Any]:
    shown: dict[str, Any] = {"deletedRegion": _region(page.now(edit.span), page)}
    try:
        shown["insertedContent"] = {"text": edit.new.decode()}
    except UnicodeDecodeError:
        shown["insertedContent"] = {"binary": base64.b64encode(edit.new).decode()}
    return shown


def _region(span: Span, page: Page) -> dict[str, Any]:
    """Some bytes, by line and column (from 1 on, the end exclusive) and by their number."""
    start, stop = page.lines.place(span.start), page.lines.place(span.stop)
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": stop.line,
        "endColumn": stop.column,
        "byteOffset": span.start,
        "byteLength": span.stop - span.start,
    }


def _file(path: str, line: int = 1) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(path), "region": {"startLine": line}}}


def _artifact(path: str) -> dict[str, Any]:
    return {"uri": _uri(path)} if path.startswith(("/", "../")) else {"uri": _uri(path), "uriBaseId": ROOT}


def _uri(path: str) -> str:
    """The path as a URI reference; bytes that are not UTF-8 as they are."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")
