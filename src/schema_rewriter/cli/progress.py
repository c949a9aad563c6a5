"""The progress bar; knows nothing of what makes progress."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress


@contextmanager
def progress(wanted: bool) -> Iterator[Callable[[int], object]]:
    """What a run calls for each file that is done; after a second it draws a bar on stderr."""
    if not wanted:
        yield lambda total: None
        return
    begin, done = monotonic(), 0
    bar: Progress | None = None

    def advance(total: int) -> None:
        nonlocal bar, done
        done += 1
        if bar is None and monotonic() - begin > 1:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

            columns = (BarColumn(), MofNCompleteColumn(), "files", TimeRemainingColumn())
            bar = Progress(*columns, console=Console(stderr=True), transient=True)
            bar.add_task("files", total=total)
            bar.start()
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()
