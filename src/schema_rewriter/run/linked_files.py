"""The files that Python code reads its SQL from: told where the code names them. Knows no syntax.

A file of the run that has something to tell is told at the code that reads it, too. A file that the run does not read,
though code does (ignored, excluded, of a suffix that is not searched for), is for a person.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import files
from schema_rewriter.errors import FileError
from schema_rewriter.finding import FileResult, Finding
from schema_rewriter.run import file_cache
from schema_rewriter.run.prefilter import Needles, mentions
from schema_rewriter.run.worker import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from schema_rewriter.cache.trace import Trace
    from schema_rewriter.hosts.python.paths import Link
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.run.file_state import Known
    from schema_rewriter.run.worker import Task

_PATH = re.compile(rb"\.(?:(?:sql|pgsql|psql|ddl|dml|postgres)|(j2|jinja2?|txt|tmpl|tpl|in))[\"']", re.IGNORECASE)
_SENDS = re.compile(rb"execute|\bsql|sql\b", re.IGNORECASE)


def worth(path: str, source: bytes) -> bool:
    """Whether a file may be Python that spells the path of a file with SQL: a cheap test, which imports nothing."""
    if not path.endswith((".py", ".pyw")):
        return False
    kinds = {found[1] is None for found in _PATH.finditer(source)}
    return True in kinds or (bool(kinds) and _SENDS.search(source) is not None)  # a text file, in code that sends SQL


def told(
    results: Sequence[FileResult],
    readers: Iterable[str],
    found: Sequence[str],
    known: Known,
    trace: Trace | None = None,
) -> list[FileResult]:
    """The results of a run, those of the Python files `readers` with what they read; `found` are the run's files.

    `trace` gets what else is looked at.
    """
    by_path = {result.path: result for result in results}
    among = frozenset(found)
    for path in readers:
        try:
            source = read(path, known.task)
        except FileError:
            continue  # gone since it was read
        findings = [
            finding
            for link in file_cache.links(path, source, known)
            if (finding := _finding(path, link, by_path, among, known, trace)) is not None
        ]
        if not findings:
            continue
        result = by_path.get(path, FileResult(path, source, source, parsed=True))
        if result.error is not None:
            continue  # the file itself could not be judged, and the run tells that
        if not result.changed and result.before != source:
            result = replace(result, before=source, after=source)
        by_path[path] = _with(result, source, findings, known.task.rules)
    return sorted(by_path.values(), key=lambda result: result.path.split("/"))


def _with(result: FileResult, source: bytes, findings: list[Finding], rules: RuleSet) -> FileResult:
    """A result with further findings, without those that a comment of the file sets aside."""
    from schema_rewriter import reading
    from schema_rewriter.rewriting import suppressions

    own, aside = result.findings, result.suppressed
    if suppressions.MARK.encode() in source:
        kept, suppressed = suppressions.read(reading.read(result.path, source, rules), ()).sift(source, findings)
        own = tuple(finding for finding in own if finding.code != suppressions.CODE or finding in kept)
        findings = [finding for finding in kept if finding.code != suppressions.CODE]
        aside = (*aside, *suppressed)
    merged = sorted((*own, *findings), key=lambda finding: (finding.span, finding.code))
    return replace(result, findings=tuple(merged), suppressed=aside)


def _finding(
    path: str,
    link: Link,
    results: Mapping[str, FileResult],
    among: frozenset[str],
    known: Known,
    trace: Trace | None,
) -> Finding | None:
    """What to tell of a file that code names; None for one that is not there, or names nothing that moves."""
    for candidate in _candidates(path, link, known.task, trace):
        if candidate in among:
            result = results.get(candidate)
            if result is None or not (result.findings or result.error):
                return None
            count = len(result.findings)
            what = f"{count} finding{'s' * (count != 1)}" if result.findings else "an error"
            reason = f"see {candidate}"
            return Finding("linked-file", f"reads {candidate}, which has {what}", link.span, reason=reason)
        return _unread(candidate, link, known)
    return None


def _unread(candidate: str, link: Link, known: Known) -> Finding | None:
    from schema_rewriter.hosts.kinds import kind

    reason = "the run leaves it out; name it on the command line, or include it"
    try:
        source = files.read(known.task.root / candidate)
    except FileError:
        return Finding("unread-file", f"reads {candidate}, which can't be read", link.span, reason=reason)
    if not mentions(source, Needles.of(known.task.rules.names)):
        return None
    judged = candidate if kind(candidate).reader in ("sql", "template") else f"{candidate}.sql"
    result = file_cache.alone(candidate, judged, source, known)
    if result.error is None and all(finding.is_note for finding in result.findings):
        return None
    names = dict.fromkeys(str(finding.relation) for finding in result.findings if finding.relation)
    listed = ", ".join(names) or "a relation that moves"
    return Finding("unread-file", f"reads {candidate}, which names {listed}", link.span, reason=reason)


def _candidates(path: str, link: Link, task: Task, trace: Trace | None) -> Iterator[str]:
    """The files below the root that a path may mean, those that are there, the likeliest first."""
    above = path.split("/")[:-1]
    homes = [""] if link.anchored else ["/".join(above[:end]) for end in range(len(above), -1, -1)]
    homes += [] if link.anchored else ["src"]
    for home in homes:
        joined = f"{home}/{link.path}" if home else link.path
        candidate = _below(joined)
        if candidate and trace:
            trace.hold(task.root / candidate)
        if candidate and (task.root / candidate).is_file():
            yield candidate
    if not link.anchored and "/" not in link.path:
        own = task.root / "/".join(above)
        if trace:
            trace.below(own)
        for beside in sorted(own.glob(f"*/{link.path}") if "*" not in link.path else ()):
            if trace:
                trace.hold(beside)
            yield beside.relative_to(task.root).as_posix()


def _below(path: str) -> str | None:
    """The path without its dots; None where it leads out of the root."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
