"""What a project has accepted for now: findings by path, code and text. Opens no file, knows no lines and no rules."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from schema_rewriter.edit import Span
from schema_rewriter.errors import ConfigError
from schema_rewriter.finding import ALIASES, FileResult, Finding, Suppressed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from schema_rewriter.finding import Report

VERSION = 1
"""The version of the file's shape, which baseline.schema.json describes."""

_LONG = 200
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """What findings are the same: their file, their code, and the text of their lines but for its white space.

    Lines that move, and lines that are indented otherwise, thus stay known; a line that changes is a new one.
    """

    path: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """How often each entry may fire. `origin` names the file that holds it, `source` is what it holds."""

    counts: Mapping[Entry, int]
    origin: str = ""
    source: bytes = b""


def entry(result: FileResult, finding: Finding) -> Entry:
    """What a finding is known by. A text of more than 200 characters is cut, with a hash of all of it."""
    before, span = result.before, finding.span
    starts = [0, *(end.end() for end in _LINE_END.finditer(before, 0, span.start))]
    end = _LINE_END.search(before, max(span.start, span.stop - 1))
    lines = before[starts[-1] : end.start() if end else len(before)]
    try:
        text = lines.decode()
    except UnicodeDecodeError:
        text = lines.decode("latin-1")
    text = " ".join(text.split())
    if len(text) > _LONG:
        text = f"{text[:_LONG]}... sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return Entry(result.path, finding.code, text)


def unknown(report: Report, before: Report, renamed: Mapping[str, str]) -> frozenset[tuple[str, Finding]]:
    """The findings of a report, with their paths, that are more of their kind in their file than there were before.

    `renamed` tells the path that a file had before, where that is another one. Where there are more of a kind, the
    last ones in the file count as the new ones.
    """
    known = Counter(entry(result, finding) for result in before.results for finding in result.findings)
    new: set[tuple[str, Finding]] = set()
    for result in report.results:
        old = replace(result, path=renamed.get(result.path, result.path))
        for finding in result.findings:
            if known[what := entry(old, finding)] > 0:
                known[what] -= 1
            else:
                new.add((result.path, finding))
    return frozenset(new)


def narrowed(report: Report, baseline: Baseline, gone: Collection[str] = ()) -> Report:
    """The report without what the baseline knows, which is set aside, and with a finding for each stale entry.

    An entry is stale that fires less often; its finding stands in the baseline's own file. Entries of files that the
    report does not speak of are silent, unless the file is among those `gone`; so are those of a file that could not
    be judged. Where an entry fires more often than it may, the first ones in the file are the known ones.
    """
    left = Counter(dict(baseline.counts))
    known: set[tuple[str, Finding]] = set()
    for result in report.results:
        for finding in result.findings:
            if what := _taken(left, entry(result, finding)):
                left[what] -= 1
                known.add((result.path, finding))
    broken = {result.path for result in report.results if result.error is not None}
    seen = {*gone, *report.paths, *(result.path for result in report.results)} - broken
    stale = [_stale(baseline, what, count) for what, count in sorted(left.items()) if count > 0 and what.path in seen]
    aside = {
        result.path: [Suppressed(f, "baseline") for f in result.findings if (result.path, f) in known]
        for result in report.results
    }
    report = report.narrowed(lambda result, finding: (result.path, finding) not in known, "baseline")
    results = tuple(result.with_suppressed(aside[result.path]) for result in report.results)
    report = replace(report, results=results) if known else report
    if not stale:
        return report
    findings = tuple(sorted(stale, key=lambda finding: finding.span))
    own = FileResult(baseline.origin, baseline.source, baseline.source, findings)
    return replace(report, results=(*report.results, own))


def _taken(left: Mapping[Entry, int], what: Entry) -> Entry | None:
    """The entry that still accepts a finding: its own, or one by a code that was split; None if none does."""
    former = (replace(what, code=old) for old, codes in ALIASES.items() if what.code in codes)
    return next((known for known in (what, *former) if left.get(known, 0) > 0), None)


def _stale(baseline: Baseline, what: Entry, count: int) -> Finding:
    message = f"{what.path}: {what.code}: {json.dumps(what.text, ensure_ascii=False)}"
    much = "" if count == baseline.counts[what] else f" {count} of {baseline.counts[what]} times"
    return Finding(
        "stale-baseline",
        message,
        _span(baseline.source, what),
        reason=f"it no longer fires{much}; let the baseline shrink with --prune-baseline",
    )


def _span(source: bytes, what: Entry) -> Span:
    """Where an entry stands in the file, if that is written as we write it."""
    at = -1
    for word in (f"{_dumps(what.path)}: [", f'"code": {_dumps(what.code)}, "text": {_dumps(what.text)}'):
        at = source.find(word.encode("utf-8", "surrogatepass"), at + 1)
        if at < 0:
            return Span(0, 0)
    return Span(at, at)


def updated(old: Baseline, report: Report, gone: Collection[str] = (), *, grows: bool = True) -> Baseline:
    """The baseline that knows all findings of a report, or, if it may not grow, all those that it knew before.

    Entries of files that the report does not speak of stay as they are, but for those of files that are `gone`;
    so do those of files that could not be judged.
    """
    broken = {result.path for result in report.results if result.error is not None}
    seen = {*gone, *report.paths, *(result.path for result in report.results)} - broken
    fired = Counter(entry(result, finding) for result in report.results for finding in result.findings)
    counts = Counter({what: count for what, count in old.counts.items() if what.path not in seen})
    left = Counter(dict(old.counts))
    for what in fired.elements():
        known = _taken(left, what)
        if known is not None:
            left[known] -= 1
        if what.path in seen and (grows or known is not None):
            counts[what] += 1
    return replace(old, counts=counts)


def render(baseline: Baseline) -> bytes:
    """The file: an entry a line, sorted, so that git shows and merges what changed."""
    files: dict[str, list[str]] = {}
    for what, count in sorted(baseline.counts.items()):
        line = f'      {{"code": {_dumps(what.code)}, "text": {_dumps(what.text)}, "count": {count}}}'
        files.setdefault(what.path, []).append(line)
    listed = [f"    {_dumps(path)}: [\n" + ",\n".join(lines) + "\n    ]" for path, lines in files.items()]
    body = "{\n" + ",\n".join(listed) + "\n  }" if listed else "{}"
    return f'{{\n  "version": {VERSION},\n  "tool": "schema-rewrite",\n  "files": {body}\n}}\n'.encode()


def _dumps(text: str) -> str:
    """JSON as people read it, but for a path whose bytes are not UTF-8."""
    shown = json.dumps(text, ensure_ascii=False)
    return shown if all(not "\ud800" <= char <= "\udfff" for char in shown) else json.dumps(text)


def parse(source: bytes, origin: str) -> Baseline:
    """The baseline that a file holds; `origin` names it in errors. Raises ConfigError with the remedy."""
    try:
        document = json.loads(source.decode())
    except (ValueError, RecursionError) as error:
        raise _wrong(origin, f"not JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("files"), dict):
        raise _wrong(origin, "not a baseline: it has no files")
    if document.get("version") != VERSION:
        raise _wrong(origin, f"version {document.get('version')!r}, and this schema-rewrite reads {VERSION}")
    counts: dict[Entry, int] = {}
    for path, entries in document["files"].items():
        if not isinstance(entries, list):
            raise _wrong(origin, f"files: {path}: must be an array")
        for number, given in enumerate(entries, 1):
            if not _is_entry(given):
                raise _wrong(origin, f"files: {path}: {number}: must hold code, text and a count from 1 on")
            what = Entry(path, given["code"], given["text"])
            counts[what] = counts.get(what, 0) + given["count"]
    return Baseline(counts, origin, source)


def _is_entry(given: Any) -> bool:
    return (
        isinstance(given, dict)
        and set(given) == {"code", "text", "count"}
        and isinstance(given["code"], str)
        and isinstance(given["text"], str)
        and type(given["count"]) is int
        and given["count"] > 0
    )


def _wrong(origin: str, problem: str) -> ConfigError:
    return ConfigError(f"{origin}: {problem}; mend the merge, or write it anew with --write-baseline")
