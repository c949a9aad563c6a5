"""Files judged in other processes, which may die and may be stopped; knows not how a file is judged."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, TypeVar

from schema_rewriter import gc_tuning
from schema_rewriter.errors import internal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from schema_rewriter.run.task import Task

Item = TypeVar("Item")
Result = TypeVar("Result")

DIED = "the process that judged it died: out of memory, or a crash; exclude the file, and please report it"


def spread(
    do: Callable[[Sequence[Item], Task], tuple[Result, ...]],
    chunks: Iterable[tuple[Item, ...]],
    task: Task,
    workers: int,
    failed: Callable[[Item, str], Result],
) -> Generator[Result]:
    """What `do` makes of the items, in order, from a pool that works while the chunks still come.

    For an item that ends its process, or whose result can't be sent, `failed` tells the result.
    """
    with _pool(workers) as pool:
        sent = [(chunk, _submit(pool, do, chunk, task)) for chunk in chunks]
        for chunk, future in sent:
            try:
                results = future.result()
            except Exception:  # noqa: BLE001 - a process that died, or a result that can't be sent: one item's fault
                results = _alone(do, chunk, task, failed)
            yield from results


def _alone(
    do: Callable[[Sequence[Item], Task], tuple[Result, ...]],
    chunk: tuple[Item, ...],
    task: Task,
    failed: Callable[[Item, str], Result],
) -> tuple[Result, ...]:
    """The results of items of which one has spoiled those of all: they are halved until it is found."""
    try:
        with _pool(1) as pool:
            return _submit(pool, do, chunk, task).result()
    except Exception as error:  # noqa: BLE001 - as above
        if len(chunk) > 1:
            half = len(chunk) // 2
            return _alone(do, chunk[:half], task, failed) + _alone(do, chunk[half:], task, failed)
        return (failed(chunk[0], DIED if isinstance(error, BrokenExecutor) else internal(error)),)


_PRELOADED = [
    *("libcst", "sqlglot.dialects.postgres"),
    *("schema_rewriter.run.pool", "schema_rewriter.rewriting.rewriter", "schema_rewriter.hosts.python.strings.flow"),
]
"""What every process needs to judge a Python file: imported once, where it is forked from."""


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes are gone in the end, at once where an exception passes."""
    # A plain fork is unsafe beside the threads of a pool or a progress bar, and is so on macOS in any case.
    method = "forkserver" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(_PRELOADED)
    others = set(multiprocessing.active_children())
    # 61: what Windows can wait for.
    pool = ProcessPoolExecutor(min(workers, 61), mp_context=context, initializer=_begin)
    try:
        yield pool
        pool.shutdown()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise


def _submit(
    pool: ProcessPoolExecutor,
    do: Callable[[Sequence[Item], Task], tuple[Result, ...]],
    chunk: tuple[Item, ...],
    task: Task,
) -> Future[tuple[Result, ...]]:
    """The future of a chunk. A process that starts here never sees a Ctrl-C, which is for its parent."""
    blocks = hasattr(signal, "pthread_sigmask")
    if blocks:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        return pool.submit(do, chunk, task)
    except BrokenExecutor as error:
        broken: Future[tuple[Result, ...]] = Future()
        broken.set_exception(error)
        return broken
    finally:
        if blocks:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Set up a process of the pool: deaf for Ctrl-C, and gone with its parent, even one that was killed."""
    gc_tuning.seldom()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
