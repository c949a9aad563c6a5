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
from typing import TYPE_CHECKING

from schema_rewriter.finding import FileResult
from schema_rewriter.run.task import judge_all

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from schema_rewriter.run.task import Task

    Paths = tuple[str, ...]
    Results = tuple[FileResult, ...]


def spread(chunks: Iterable[Paths], task: Task, workers: int) -> Generator[FileResult]:
    """The results in order, from a pool that works while the chunks still come."""
    with _pool(workers) as pool:
        sent = [(chunk, _submit(pool, chunk, task)) for chunk in chunks]
        for chunk, future in sent:
            try:
                yield from future.result()
            except BrokenExecutor:
                yield from _alone(chunk, task)


def _alone(chunk: Paths, task: Task) -> Results:
    """The results of files of which one may have killed its process: they are halved until it is found."""
    try:
        with _pool(1) as pool:
            return _submit(pool, chunk, task).result()
    except BrokenExecutor:
        if len(chunk) > 1:
            half = len(chunk) // 2
            return _alone(chunk[:half], task) + _alone(chunk[half:], task)
    error = "the process that judged it died: out of memory, or a crash; exclude the file, and please report it"
    return (FileResult(chunk[0], b"", b"", error=error),)


_PRELOADED = [
    *("libcst", "sqlglot.dialects.postgres"),
    *("schema_rewriter.run.pool", "schema_rewriter.rewriter", "schema_rewriter.hosts.python.flow"),
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


def _submit(pool: ProcessPoolExecutor, chunk: Paths, task: Task) -> Future[Results]:
    """The future of a chunk. A process that starts here never sees a Ctrl-C, which is for its parent."""
    blocks = hasattr(signal, "pthread_sigmask")
    if blocks:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        return pool.submit(judge_all, chunk, task)
    except BrokenExecutor as error:
        broken: Future[Results] = Future()
        broken.set_exception(error)
        return broken
    finally:
        if blocks:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Set up a process of the pool: deaf for Ctrl-C, and gone with its parent, even one that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
