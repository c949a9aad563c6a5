"""One file, judged; whatever goes wrong with it is its result. Knows no other file and no process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_rewriter import files
from schema_rewriter.errors import FileError
from schema_rewriter.finding import Applicability, FileResult
from schema_rewriter.run.prefilter import needles_of, worth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from schema_rewriter.edit import Span
    from schema_rewriter.project import Context, Facts
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Task:
    """How the files of a run are judged; their paths are relative to `root`.

    `chosen` are the places, by file, whose edits are made, where somebody has chosen; None for all.
    `held` is what some of the files hold, for a run that is not about what is on the disk. `today` is the day for what
    the rules allow until a day.
    """

    root: Path
    rules: RuleSet
    threshold: Applicability = Applicability.SAFE
    chosen: Mapping[str, frozenset[Span]] | None = None
    held: Mapping[str, bytes] = field(default_factory=dict)
    today: date | None = None


def read(path: str, task: Task) -> bytes:
    """What a file of a run holds. Raises FileError."""
    held = task.held.get(path)
    return files.read(task.root / path) if held is None else held


def judge(path: str, source: bytes, task: Task) -> FileResult:
    """What the rules do to a file that holds `source`; a failure is its error, never an exception."""
    if not worth(source, needles_of(task.rules)) and not task.rules.bounds(path):
        return FileResult(path, source, source)
    return _safely(path, source, task)


def judge_again(full: FileResult, narrowed: FileResult, context: Context | None, task: Task) -> FileResult:
    """The narrowed result of a file, with its edits proved without those that it lacks."""
    spans = frozenset(finding.span for finding in narrowed.applied)
    again = _safely(full.path, full.before, replace(task, chosen={full.path: spans}), context)
    if again.error is not None:
        return again
    kept, known = frozenset(narrowed.findings), frozenset(full.findings)
    findings = tuple(finding for finding in again.findings if finding in kept or finding not in known)
    known_by_others = tuple(item for item in narrowed.suppressed if item.kind != "comment")
    return replace(again, findings=findings).with_suppressed(known_by_others)


def judge_all(chunk: Sequence[tuple[str, Context]], task: Task) -> tuple[FileResult, ...]:
    """The results of some files, each with its context, in order."""
    return tuple(read_and_judge(path, context, task) for path, context in chunk)


def read_and_judge(path: str, context: Context, task: Task) -> FileResult:
    """The result of one file below the root, without its bytes where nobody needs them."""
    full = task.root / path
    try:
        source = read(path, task)
    except FileError as error:
        return FileResult(path, b"", b"", error=str(error).removeprefix(f"{full}: "))
    from schema_rewriter.run.text_filter import are_silent

    own = context.within(source)
    return FileResult(path, b"", b"") if are_silent(path, source, task, own) else bare(_safely(path, source, task, own))


def bare(result: FileResult) -> FileResult:
    """A result, without its bytes where it has no place to point to and nothing to write."""
    return result if result.findings or result.suppressed or result.changed else replace(result, before=b"", after=b"")


def _safely(path: str, source: bytes, task: Task, context: Context | None = None) -> FileResult:
    from schema_rewriter.rewriting.rewriter import rewrite  # only now: a run without candidates needs no engine

    try:
        chosen = None if task.chosen is None else task.chosen.get(path, frozenset())
        return rewrite(
            path,
            source,
            task.rules,
            context=context,
            threshold=task.threshold,
            chosen=chosen,
            today=task.today,
        )
    except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the other files from being judged
        return FileResult(path, source, source, error=internal(error))


def gather_all(paths: Sequence[str], task: Task) -> tuple[Facts, ...]:
    """The facts of some files, in order; one that can't be read, or asked, has the error."""
    return tuple(_gather(path, task) for path in paths)


def _gather(path: str, task: Task) -> Facts:
    from schema_rewriter.project import Facts, facts

    try:
        return facts(path, read(path, task), task.rules)
    except FileError as error:
        return Facts(path, error=str(error).removeprefix(f"{task.root / path}: "))
    except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the other files from being judged
        return Facts(path, error=internal(error))


def internal(error: Exception) -> str:
    """What a file's result tells of a bug of ours: its kind and its first line; or that it is nested too deep."""
    if isinstance(error, RecursionError):
        return "it is nested too deep to be read; exclude the file, or write it flatter"
    lines = f"{type(error).__name__}: {error}".splitlines()
    return f"internal error: {lines[0]}; please report it"
