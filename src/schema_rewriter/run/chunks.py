"""Work on many files, cut into chunks: in this process, or in a pool where it is worth one. Knows not what is done."""

from __future__ import annotations

import os
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from schema_rewriter.run.task import Task

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 64 * 1024
"""Bytes of files that a process judges at a time. Where two such chunks hold all, none is started: it would
cost more than it saves (benchmarks/README.md)."""


def chunked(sized: Iterable[tuple[Item, int]]) -> Iterator[tuple[Item, ...]]:
    """The items, some at a time: about CHUNK bytes of their sizes."""
    chunk: list[Item] = []
    size = 0
    for item, length in sized:
        if chunk and size + length > CHUNK:
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(item)
        size += length
    if chunk:
        yield tuple(chunk)


def each(
    do: Callable[[Sequence[Item], Task], tuple[Result, ...]],
    chunks: Iterator[tuple[Item, ...]],
    task: Task,
    workers: int | None,
    failed: Callable[[Item, str], Result],
) -> Generator[Result]:
    """What `do` makes of the items, in `workers` processes at most (None: one a core), in their order.

    For an item that ends its process, or whose result can't be sent, `failed` tells the result.
    """
    workers = workers or cores()
    first = list(islice(chunks, 3))
    chunks = chain(first, chunks)
    if len(first) > 2 and workers > 1:
        from schema_rewriter.run.pool import spread

        yield from spread(do, chunks, task, workers, failed)
        return
    for chunk in chunks:
        for item in chunk:
            yield from do((item,), task)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
