"""Writes six files again and again, in processes that something happens to at their n-th system call.

    python interrupted_write.py DIRECTORY WHAT [KILLED_AT]

For n = 1, 2, ... until nothing more happens: a tree DIRECTORY/n is made, a child writes it (or, with
KILLED_AT, is killed at that call, and another child recovers the tree), and at call n of the child WHAT takes
place: a signal of that name, or the failure of the call with an errno of that name. Prints `n outcome` each.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import FileError
from schema_rewriter.files import Change, recover, write_all

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = {
    "a.py": b"one\r\ntwo\r\n",
    "app/b.py": b"",
    "app/deep/c.sql": b"select '\xe9' from jobs\x0c\n",
    "d e.py": b"no end of line",
    "\u00e9.py": b"x" * 120_000,
    "z/" + "n" * 240 + ".py": b"\xef\xbb\xbfa\rb\n",
}
NEW = {name: b"app.\r" + content + b"\r\n" for name, content in OLD.items()}
CALLS = ("open", "write", "fsync", "close", "replace", "unlink", "fchmod", "fchown", "setxattr")
DONE, INTERRUPTED, REFUSED, NOT_REACHED = 0, 10, 11, 12


def plant(root: Path) -> None:
    """A tree with the old files."""
    for name, content in OLD.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def write(root: Path) -> None:
    """Takes the old files to the new ones."""
    write_all([Change(Path(name), OLD[name], NEW[name]) for name in OLD], root)


def in_child(work: Callable[[Path], object], root: Path, what: str, at: int) -> int:
    """The wait status of a child that does the work, while `what` happens at its call `at`."""
    sys.stdout.flush()
    if child := os.fork():
        return os.waitpid(child, 0)[1]
    count = _arm(what, at)
    result = DONE
    try:
        work(root)
    except KeyboardInterrupt:
        result = INTERRUPTED
    except FileError:
        result = REFUSED
    os._exit(result if count[0] >= at else NOT_REACHED)


def _arm(what: str, at: int) -> list[int]:
    count = [0]

    def armed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            count[0] += 1
            if count[0] == at:
                if not what.startswith("SIG"):
                    raise OSError(getattr(errno, what), os.strerror(getattr(errno, what)))
                if name == "write":  # and so die in the middle of a file
                    args = args[0], args[1][: len(args[1]) // 2]
                    written = call(*args)
                    os.kill(os.getpid(), getattr(signal, what))
                    return written
                os.kill(os.getpid(), getattr(signal, what))
            return call(*args, **options)

        return counted

    for name in CALLS:
        if hasattr(os, name):
            setattr(os, name, armed(name, _at_once if name == "fsync" else getattr(os, name)))
    return count


def _at_once(_: int) -> None:
    """Instead of fsync, which waits for the disk: that matters to a machine that dies, not to a process that does."""


def main(directory: str, what: str, killed_at: str = "0") -> None:
    """See above."""
    at = 0
    outcome = ""
    while outcome != "not reached":
        at += 1
        root = Path(directory, str(at))
        plant(root)
        if int(killed_at):
            in_child(write, root, "SIGKILL", int(killed_at))
        status = in_child(recover if int(killed_at) else write, root, what, at)
        if os.WIFSIGNALED(status):
            outcome = signal.Signals(os.WTERMSIG(status)).name
        else:
            names = {DONE: "done", INTERRUPTED: "interrupted", REFUSED: "refused", NOT_REACHED: "not reached"}
            outcome = names[os.WEXITSTATUS(status)]
        print(at, outcome)


if __name__ == "__main__":
    main(*sys.argv[1:])
