"""The files that Python code reads its SQL from: told where the code names them. Knows no syntax.

A file of the run that has something to tell is told at the code that reads it, too. A file that the run does not read,
though code does (ignored, excluded, of a suffix that is not searched for), is for a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from schema_rewriter.errors import FileError
from schema_rewriter.files import read as read_file
from schema_rewriter.finding import FileResult, Finding
from schema_rewriter.run.prefilter import Needles, mentions
from schema_rewriter.run.results import alone, links
from schema_rewriter.run.task import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from schema_rewriter.cache.trace import Trace
    from schema_rewriter.hosts.python.paths import Link
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.run.file_cache import FileCache
    from schema_rewriter.run.pipeline import Files, Means
    from schema_rewriter.run.task import Task

_PATH = re.compile(rb"\.(?:(?:sql|pgsql|psql|ddl|dml|postgres)|(j2|jinja2?|txt|tmpl|tpl|in))[\"']", re.IGNORECASE)
_SENDS = re.compile(rb"execute|\bsql|sql\b", re.IGNORECASE)


def worth(path: str, source: bytes) -> bool:
    """Whether a file may be Python that spells the path of a file with SQL: a cheap test, which imports nothing."""
    if not path.endswith((".py", ".pyw")):
        return False
    kinds = {found[1] is None for found in _PATH.finditer(source)}
    return True in kinds or (bool(kinds) and _SENDS.search(source) is not None)  # a text file, in code that sends SQL


@dataclass(frozen=True, slots=True)
class Reading:
    """What a Python file with these bytes reads: the files that it names, each with the first that is there."""

    source: bytes
    links: tuple[tuple[Link, str], ...]


def readings(files: Files, readers: Iterable[str], means: Means) -> dict[str, Reading]:
    """What the Python files `readers` read, those that read anything; `files.failures` gets the errors of the others.

    The trace gets what is looked at.
    """
    found = {}
    task = files.scope.task
    for path in readers:
        try:
            source = read(path, task)
            named = [
                (link, candidate)
                for link in links(path, source, files.cache)
                for candidate in islice(_candidates(path, link, task, means.trace), 1)
            ]
        except Exception as error:  # noqa: BLE001 - that file's error: the others are judged
            files.failures.add(path, error)
            continue
        if named:
            found[path] = Reading(source, tuple(named))
    return found


def targets(readings: Mapping[str, Reading], files: Files) -> Iterator[str]:
    """The files of the run that others read: where these are judged, those have to be, too."""
    for reading in readings.values():
        yield from (path for _, path in reading.links if path in files.marks or path in files.failures)


def report(results: Mapping[str, FileResult], readings: Mapping[str, Reading], files: Files) -> dict[str, FileResult]:
    """The results of a run, those of the Python files that read others with what these have to tell."""
    every = dict(results)
    for path, found in readings.items():
        try:
            findings = [
                finding
                for link, candidate in found.links
                if (finding := _finding(candidate, link, results, files)) is not None
            ]
            result = every.get(path, FileResult(path, found.source, found.source, parsed=True))
            if findings and result.error is None:  # one that could not be judged says so
                every[path] = _with(result, found.source, findings, files.scope.task.rules)
        except Exception as error:  # noqa: BLE001 - that file's error
            files.failures.add(path, error)
    return every


def _with(result: FileResult, source: bytes, findings: list[Finding], rules: RuleSet) -> FileResult:
    """A result with further findings, without those that a comment of the file sets aside."""
    from schema_rewriter import reading
    from schema_rewriter.rewriting import suppressions

    if not result.changed and result.before != source:
        result = replace(result, before=source, after=source)
    own, aside = result.findings, result.suppressed
    if suppressions.MARK.encode() in source:
        kept, suppressed = suppressions.read(reading.read(result.path, source, rules), ()).sift(source, findings)
        own = tuple(finding for finding in own if finding.code != suppressions.CODE or finding in kept)
        findings = [finding for finding in kept if finding.code != suppressions.CODE]
        aside = (*aside, *suppressed)
    merged = sorted((*own, *findings), key=lambda finding: (finding.span, finding.code))
    return replace(result, findings=tuple(merged), suppressed=aside)


def _finding(candidate: str, link: Link, results: Mapping[str, FileResult], files: Files) -> Finding | None:
    """What to tell of a file that code names; None for one that names nothing that moves."""
    if candidate not in files.marks and candidate not in files.failures:
        return _unread(candidate, link, files.cache)
    result = results.get(candidate)
    if result is None or not (result.findings or result.error):
        return None
    count = len(result.findings)
    what = f"{count} finding{'s' * (count != 1)}" if result.findings else "an error"
    return Finding("linked-file", f"reads {candidate}, which has {what}", link.span, reason=f"see {candidate}")


def _unread(candidate: str, link: Link, cache: FileCache) -> Finding | None:
    from schema_rewriter.hosts.kinds import kind

    reason = "the run leaves it out; name it on the command line, or include it"
    try:
        source = read_file(cache.task.root / candidate)
    except FileError:
        return Finding("unread-file", f"reads {candidate}, which can't be read", link.span, reason=reason)
    if not mentions(source, Needles.of(cache.task.rules.names)):
        return None
    judged = candidate if kind(candidate).reader in ("sql", "template") else f"{candidate}.sql"
    result = alone(candidate, judged, source, cache)
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
