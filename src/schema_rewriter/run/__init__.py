"""A run over many files: which are worth a look, who looks, what came out. Knows no format, no terminal."""

from __future__ import annotations

import os
from contextlib import closing
from itertools import chain, islice
from typing import TYPE_CHECKING

from schema_rewriter import files
from schema_rewriter.errors import FileError
from schema_rewriter.finding import Report
from schema_rewriter.run.mentions import Needles, mentions
from schema_rewriter.run.task import Task, judge, read_and_judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["CHUNK", "Task", "cores", "judge", "run"]

CHUNK = 64 * 1024
"""Bytes of files that a process judges at a time. Where two such chunks hold all, none is started: it would
cost more than it saves (benchmarks/README.md)."""


def run(
    task: Task,
    paths: Sequence[str],
    *,
    include: Sequence[str],
    exclude: Sequence[str] = (),
    jobs: int | None = None,
    tell: Callable[[int], object] = lambda total: None,
) -> Report:
    """The results of all files below `paths` that name a relation that moves, in path order for any `jobs`.

    Writes nothing. A file that can't be read, or that makes the rewriter fail, is a result with an error.
    Calls `tell(number of all files)` each time one of them is done. Raises FileError where a named path can't
    be walked. An exception that passes, such as KeyboardInterrupt, ends the processes that the run started.
    """
    found = list(files.walk(paths, task.root, include=include, exclude=exclude))
    workers = jobs or cores()
    chunks = _chunks(found, task, tell)
    first = list(islice(chunks, 3))
    chunks = chain(first, chunks)
    if len(first) > 2 and workers > 1:
        from schema_rewriter.run.pool import spread

        judged = spread(chunks, task, workers)
    else:
        judged = (read_and_judge(path, task) for chunk in chunks for path in chunk)
    results = []
    with closing(judged):  # now, and not when it is collected: a pool must not outlive an exception
        for result in judged:
            results.append(result)
            tell(len(found))
    return Report(tuple(results), len(found))


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _chunks(found: Sequence[str], task: Task, tell: Callable[[int], object]) -> Iterator[tuple[str, ...]]:
    """The files worth a look, in order, some at a time."""
    needles = Needles.of(task.rules.names)
    chunk: list[str] = []
    size = 0
    for path in found:
        try:
            source = files.read(task.root / path)
            length = len(source) if mentions(source, needles) else -1
        except FileError:
            length = 0  # the one who judges it reads it again, and tells
        if length < 0:
            tell(len(found))
            continue
        if chunk and size + length > CHUNK:
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(path)
        size += length
    if chunk:
        yield tuple(chunk)
