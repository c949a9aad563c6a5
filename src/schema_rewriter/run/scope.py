"""Which files a run is about: those that it judges, and those that tell what these mean. Knows not what is in them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter import files
from schema_rewriter.errors import FileError, internal
from schema_rewriter.run.subset import chosen, not_on_disk
from schema_rewriter.run.tool_settings import with_settings

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
    directories that could not be listed, by path. `left_out` are the files and directories that were passed over though
    they may be wanted, each behind the reason (see files.walk). `judges_all`: what is asked is not only some of the
    files of what was named, so that what is not found anywhere is nowhere.
    """

    task: Task
    found: Sequence[str]
    asked: Sequence[str]
    whole: bool
    errors: Mapping[str, str] = field(default_factory=dict)
    left_out: Sequence[tuple[str, str]] = ()
    judges_all: bool = False


def scope(task: Task, search: Search, subset: Subset | None = None, trace: Trace | None = None) -> Scope:
    """The files that a run is about. Raises FileError where a named path can't be walked.

    With a `subset` only some of the files are judged, but all are read: what they tell each other is the same.
    """
    errors: dict[str, str] = {}
    left_out: dict[tuple[str, str], None] = {}
    asked = _walk(search.paths, task.root, search, errors, trace, left_out)
    found, around = asked, _around(asked, search, task.root)
    if around:
        found = _walk((*search.paths, *around), task.root, search, {}, trace, {})
    whole = bool(around) or any((task.root / path).is_dir() for path in search.paths)
    if subset is None:
        task = with_settings(task, found, trace)
        judges_all = not around and _is_all(search, task.root)
        return Scope(task, found, asked, whole, errors, tuple(left_out), judges_all)
    named = frozenset(asked)
    missing = not_on_disk(subset, search.paths, task.root, search.include, search.exclude)
    found = [*found, *missing]
    task = with_settings(task, found, trace)
    wanted = chosen(found, subset, task.root)
    if subset.sources is not None:
        task = replace(task, held={path: subset.sources[real] for path, real in wanted.items()})
    asked = [path for path in wanted if path in named or path in missing]
    return Scope(task, found, asked, whole, errors)


def _is_all(search: Search, root: Path) -> bool:
    """Whether the paths are directories, and hold the whole project where its settings say what that is."""
    paths = [(root / path).resolve() for path in search.paths]
    if not all(path.is_dir() for path in paths):
        return False
    project = [(root / path).resolve() for path in search.project]
    if project == [root.resolve()]:
        return True  # which nobody said: it may be more than what rules speak of
    return all(any(each.is_relative_to(path) for path in paths) for each in project)


def _walk(
    paths: Sequence[str],
    root: Path,
    search: Search,
    errors: dict[str, str],
    trace: Trace | None,
    left_out: dict[tuple[str, str], None],
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
            left_out=lambda why, what: left_out.setdefault((why, what)),
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
