"""What a run is about: the root, the rules, how files are judged, and what some of them hold instead of the disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter import files
from schema_rewriter.errors import FileError, internal
from schema_rewriter.finding import Applicability

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from schema_rewriter.edit import Span
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


def failure(error: Exception, path: str, task: Task) -> str:
    """What a file's result tells of an exception: what is wrong with the file, or which bug of ours it met."""
    if isinstance(error, FileError):
        return str(error).removeprefix(f"{task.root / path}: ")
    return internal(error)


class Failures(dict[str, str]):
    """Why files could not be judged, by path: the first error of each, in whatever phase it came up."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self._task = task

    def add(self, path: str, error: Exception | str) -> None:
        """Take the error of a file, unless it has one."""
        self.setdefault(path, error if isinstance(error, str) else failure(error, path, self._task))
