"""Which files a run is about: those that it judges, and those that tell what these mean. Knows not what is in them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter import files
from schema_rewriter.errors import FileError, internal
from schema_rewriter.run.subset import chosen, not_on_disk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema_rewriter.cache.trace import Trace
    from schema_rewriter.run.subset import Subset
    from schema_rewriter.run.task import Task


@dataclass(frozen=True, slots=True)
class Search:
    """Where a run looks for files, as `files.walk` has it; paths and globs are relative to the root.

    `project` are the paths of the project that files named one by one belong to: they are judged with it around them.
    """

    paths: Sequence[str]
    include: Sequence[str]
    exclude: Sequence[str] = ()
    exclude_named: bool = False
    project: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """The files of a run: `asked` are judged, `found` are asked for facts; both in path order, the first of the second.

    `whole`: those found are all files of a project, or of a part of it that somebody named. `errors` are those of
    directories that could not be listed, by path.
    """

    task: Task
    found: Sequence[str]
    asked: Sequence[str]
    whole: bool
    errors: Mapping[str, str] = field(default_factory=dict)


def scope(task: Task, search: Search, subset: Subset | None = None, trace: Trace | None = None) -> Scope:
    """The files that a run is about. Raises FileError where a named path can't be walked.

    With a `subset` only some of the files are judged, but all are read: what they tell each other is the same.
    """
    errors: dict[str, str] = {}
    asked = _walk(search.paths, task.root, search, errors, trace)
    found, around = asked, _around(asked, search, task.root)
    if around:
        found = _walk((*search.paths, *around), task.root, search, {}, trace)
    whole = bool(around) or any((task.root / path).is_dir() for path in search.paths)
    if subset is None:
        return Scope(task, found, asked, whole, errors)
    named = frozenset(asked)
    missing = not_on_disk(subset, search.paths, task.root, search.include, search.exclude)
    found = [*found, *missing]
    wanted = chosen(found, subset, task.root)
    if subset.sources is not None:
        task = replace(task, held={path: subset.sources[real] for path, real in wanted.items()})
    asked = [path for path in wanted if path in named or path in missing]
    return Scope(task, found, asked, whole, errors)


def _walk(
    paths: Sequence[str], root: Path, search: Search, errors: dict[str, str], trace: Trace | None
) -> Sequence[str]:
    def failed(path: str, error: Exception) -> None:
        shown = Path(os.path.relpath(path, root.resolve())).as_posix()
        errors[shown] = str(error).removeprefix(f"{path}: ") if isinstance(error, FileError) else internal(error)

    return list(
        files.walk(
            paths,
            root,
            include=search.include,
            exclude=search.exclude,
            named_too=search.exclude_named,
            trace=trace,
            failed=failed,
        )
    )


def _around(asked: Sequence[str], search: Search, root: Path) -> Sequence[str]:
    """The paths of the project around the files that are named one by one; none where no such file lies in the root."""
    if not (asked and search.project):
        return ()
    top = root.resolve()
    for path in search.paths:
        real = (root / path).resolve()
        if not real.is_dir() and real.is_relative_to(top):
            return search.project
    return ()
