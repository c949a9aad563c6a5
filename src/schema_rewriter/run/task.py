"""One file, judged; whatever goes wrong with it is its result. Knows no other file and no process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter import files
from schema_rewriter.errors import FileError
from schema_rewriter.finding import Applicability, FileResult
from schema_rewriter.run.mentions import Needles, mentions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schema_rewriter.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Task:
    """How the files of a run are judged; their paths are relative to `root`."""

    root: Path
    rules: RuleSet
    threshold: Applicability = Applicability.SAFE


def judge(path: str, source: bytes, task: Task) -> FileResult:
    """What the rules do to a file that holds `source`; a failure is its error, never an exception."""
    if not mentions(source, Needles.of(task.rules.names)):
        return FileResult(path, source, source)
    return _safely(path, source, task)


def judge_all(paths: Sequence[str], task: Task) -> tuple[FileResult, ...]:
    """The results of some files, in order."""
    return tuple(read_and_judge(path, task) for path in paths)


def read_and_judge(path: str, task: Task) -> FileResult:
    """The result of one file below the root, without its bytes where nobody needs them."""
    full = task.root / path
    try:
        source = files.read(full)
    except FileError as error:
        return FileResult(path, b"", b"", error=str(error).removeprefix(f"{full}: "))
    result = _safely(path, source, task)
    # What has no place to point to and nothing to write need not be kept, nor be sent to another process.
    return result if result.findings or result.changed else replace(result, before=b"", after=b"")


def _safely(path: str, source: bytes, task: Task) -> FileResult:
    from schema_rewriter.rewriter import rewrite  # only now: a run without candidates needs no engine

    try:
        return rewrite(path, source, task.rules, threshold=task.threshold)
    except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the other files from being judged
        lines = f"{type(error).__name__}: {error}".splitlines()
        return FileResult(path, source, source, error=f"internal error: {lines[0]}; please report it")
