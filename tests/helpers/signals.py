"""Signals as a shell leaves them to a command in the foreground, whatever the tests were started by.

`nohup` ignores SIGHUP, and a shell without job control SIGINT of what it starts in the background. Processes inherit
that, and heed it, as they should: a test of what such a signal does starts its processes without.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT = {
    getattr(signal, name): signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
}


@contextmanager
def not_ignored() -> Iterator[None]:
    """Processes started meanwhile ignore none of the signals that end a process. In the main thread only."""
    ignored = [number for number in DEFAULT if signal.getsignal(number) == signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, DEFAULT[number])
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def ignored(number: signal.Signals) -> Iterator[None]:
    """Processes started meanwhile ignore this signal."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)
