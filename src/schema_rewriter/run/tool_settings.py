"""Which folders the settings of tools give to migrations, in the directories of a run's files and above; reads them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import files
from schema_rewriter.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from schema_rewriter.cache.trace import Trace
    from schema_rewriter.rules.history import Folder
    from schema_rewriter.run.task import Task

_SUFFIXES = (".ini", ".toml", ".conf", ".properties", ".yml", ".yaml", ".xml", ".json", ".plan", ".sum")
_LARGEST = 1_000_000
"""Settings are no longer than this, in bytes."""


def with_settings(task: Task, found: Iterable[str], trace: Trace | None) -> Task:
    """The task with what the settings around some files tell of migrations in its rules."""
    if not task.rules.moves:
        return task
    told = dict.fromkeys(folder for path in _settings(task.root, found, trace) for folder in _folders(path, task.root))
    if not told:
        return task
    return replace(task, rules=replace(task.rules, history=replace(task.rules.history, folders=tuple(told))))


def _folders(path: str, root: Path) -> Iterator[Folder]:
    from schema_rewriter.rules.tool_settings import folders

    try:
        text = files.read(root / path).decode("utf-8", "replace")
    except FileError:
        return
    yield from folders(path, text)


def _settings(root: Path, found: Iterable[str], trace: Trace | None) -> Iterator[str]:
    """The files that may be settings, relative to the root, in the order of their paths."""
    directories = {""}
    for path in found:
        above = path.rpartition("/")[0]
        while above and above not in directories and not above.startswith(("/", "..")):
            directories.add(above)
            above = above.rpartition("/")[0]
    for directory in sorted(directories):
        full = os.path.join(root, directory)  # noqa: PTH118 - for each of a thousand
        if trace is not None:
            trace.add(full)
        try:
            names = sorted(entry.name for entry in os.scandir(full) if entry.name.endswith(_SUFFIXES))
        except OSError:
            continue
        for name in names:
            if _is_one(full, name):
                if trace is not None:
                    trace.hold(f"{full}/{name}")
                yield f"{directory}/{name}" if directory else name


def _is_one(directory: str, name: str) -> bool:
    from schema_rewriter.rules.tool_settings import is_setting

    path = f"{directory}/{name}"
    return is_setting(name) and os.path.isfile(path) and os.path.getsize(path) <= _LARGEST  # noqa: PTH113, PTH202
