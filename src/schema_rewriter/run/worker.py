"""What a process makes of some files: facts, or results; whatever goes wrong with one is its own. Knows no process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from schema_rewriter.errors import internal
from schema_rewriter.finding import FileResult
from schema_rewriter.run.prefilter import needles_of, worth
from schema_rewriter.run.task import failure, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema_rewriter.project import Context, Facts
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.run.task import Task

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Keyed(Generic[Value]):
    """What was made of a file, and the digest of the bytes it was made of; None where it is not to be kept.

    `packed` is what its host has found on the way, and can be told again (`Host.packed`).
    """

    path: str
    value: Value
    content: bytes | None = None
    packed: bytes = b""


@dataclass(frozen=True, slots=True)
class Asked:
    """A file of which a result is wanted, with what it gets from others.

    `packed` is what the host of its bytes had found when their digest was `content`.
    """

    path: str
    context: Context
    content: bytes | None = None
    packed: bytes = b""

    def opened(self, task: Task) -> tuple[SourceFile, bytes]:
        """The file as it is now, and the digest of its bytes; what was found is taken if these are as they were."""
        from schema_rewriter import reading
        from schema_rewriter.cache.store import digest

        source = read(self.path, task)
        content = digest(source)
        packed = self.packed if content == self.content else b""
        return reading.read(self.path, source, task.rules, packed), content


def judge(path: str, source: bytes, task: Task) -> FileResult:
    """What the rules do to a file that holds `source`; a failure is its error, never an exception."""
    try:
        if not worth(source, needles_of(task.rules)) and not task.rules.bounds(path):
            return FileResult(path, source, source)
        return _checked(_read(path, source, task), task)
    except Exception as error:  # noqa: BLE001 - one line for whoever runs it, and no traceback
        return FileResult(path, source, source, error=internal(error))


def judge_again(
    full: FileResult, narrowed: FileResult, context: Callable[[str], Context | None], task: Task
) -> FileResult:
    """The narrowed result of a file, with its edits proved without those that it lacks; a failure is its error."""
    try:
        spans = frozenset(finding.span for finding in narrowed.applied)
        again = _checked(
            _read(full.path, full.before, task), replace(task, chosen={full.path: spans}), context(full.path)
        )
        if again.error is not None:
            return again
        kept, known = frozenset(narrowed.findings), frozenset(full.findings)
        findings = tuple(finding for finding in again.findings if finding in kept or finding not in known)
        known_by_others = tuple(item for item in narrowed.suppressed if item.kind != "comment")
        return replace(again, findings=findings).with_suppressed(known_by_others)
    except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the other files from being judged
        return FileResult(full.path, full.before, full.before, error=internal(error))


def _read(path: str, source: bytes, task: Task) -> SourceFile:
    from schema_rewriter import reading  # only now: a run without candidates needs no engine

    return reading.read(path, source, task.rules)


def _checked(file: SourceFile, task: Task, context: Context | None = None) -> FileResult:
    from schema_rewriter.rewriting.rewriter import check

    chosen = None if task.chosen is None else task.chosen.get(file.path, frozenset())
    return check(file, context, threshold=task.threshold, chosen=chosen, today=task.today)


def judge_all(chunk: Sequence[Asked], task: Task) -> tuple[Keyed[FileResult], ...]:
    """The results of some files, in order: without bytes where nobody needs them."""
    return tuple(_judged(asked, task) for asked in chunk)


def _judged(asked: Asked, task: Task) -> Keyed[FileResult]:
    from schema_rewriter.run.text_filter import are_silent

    path = asked.path
    try:
        file, content = asked.opened(task)
        own = asked.context.within(file.source)
        if are_silent(file, own):
            return Keyed(path, FileResult(path, b"", b""), content)
        return Keyed(path, bare(_checked(file, task, own)), content)
    except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the other files from being judged
        return Keyed(path, failed(path, failure(error, path, task)))


def failed(path: str, error: str) -> FileResult:
    """The result of a file that could not be judged."""
    return FileResult(path, b"", b"", error=error)


def bare(result: FileResult) -> FileResult:
    """A result, without its bytes where it has no place to point to and nothing to write."""
    return result if result.findings or result.suppressed or result.changed else replace(result, before=b"", after=b"")


def facts_of_all(paths: Sequence[str], task: Task) -> tuple[Keyed[Facts], ...]:
    """The facts of some files, in order; one that can't be read, or asked, has the error."""
    return tuple(facts_of(path, task) for path in paths)


def facts_of(path: str, task: Task) -> Keyed[Facts]:
    """The facts of a file; an error instead of them is not to be kept."""
    from schema_rewriter.cache.store import digest
    from schema_rewriter.project import Facts, facts

    try:
        source = read(path, task)
        file = _read(path, source, task)
        found = facts(file)
        return Keyed(path, found, digest(source), file.host.packed)
    except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the other files from being judged
        return Keyed(path, Facts(path, error=failure(error, path, task)))
