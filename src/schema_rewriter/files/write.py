"""Writes all files or none, and settles what was interrupted; knows files by their bytes only."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.errors import FileError
from schema_rewriter.files.disk import JOURNAL, LOCK, NEW_JOURNAL, create, file_errors, read, resolved, sync
from schema_rewriter.files.journal import (
    NAME,
    Planned,
    digest,
    distrust,
    locked,
    read_journal,
    staged_name,
    write_journal,
)
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Change:
    """What a file is to hold after a run that read `before` from it."""

    path: Path
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of the files of an interrupted write: POSIX paths, relative to the root if they are in it.

    `completed` hold their new bytes, `undone` their old ones. `left` were changed or removed by somebody else
    since, and stay as they are.
    """

    completed: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def write_all(changes: Sequence[Change], root: Path) -> None:
    """Writes all files or none; relative paths are relative to `root`.

    The new bytes go to a file beside the target, which then takes its place: no file is ever seen half
    written. A journal in `root` tells a later `recover` what was under way if the process is killed or the
    machine stops. SIGINT, SIGTERM and SIGHUP wait until all is undone or, once every new file is on the disk,
    done.

    Permissions stay, owner, group and extended attributes where the system allows it. A symlink stays one:
    its target is written. Hard links are broken: the other names keep the old bytes. A change that changes
    nothing is left out, and without any other nothing at all is created.

    Raises FileError when a file no longer holds `before` or can't be written (nothing is written then), when
    another run is writing, and when an interrupted write waits for `recover`. Two cases leave files of both
    kinds: a file that somebody edits, or that can't be replaced, after all others were ready. The error says
    so; in the second case the journal stays, and `recover` completes the write.
    """
    if not (changes := [change for change in changes if change.before != change.after]):
        return
    top = root.resolve()
    with _signals_waiting() as signals, locked(top):
        if os.path.lexists(top / JOURNAL):
            raise FileError(f"{visible(top / JOURNAL)}: an interrupted write is not settled yet; run again")
        try:
            _prepare(changes, top, signals)
        except BaseException:
            _settle(top)  # of our own journal: it was made just now, under the lock
            raise
        if left := _settle(top).left:
            names = ", ".join(visible(name) for name in left)
            raise FileError(f"{names}: changed while it was being written, and left so; all else is written; run again")


def recover(root: Path, tracked: Container[str] = ()) -> Recovery:
    """Completes or undoes the write that an earlier process began in `root` and did not end, if any.

    `tracked` are files that git tracks, relative to `root`: a journal among them came with the files.

    Raises FileError while another run is writing, for a damaged journal and for a file that can't be
    replaced; and for a journal that came with the files (`journal.distrust`), which is left where it is. Of a write
    that concerned files outside of `root`, too, a person has to see to the end.
    """
    top = root.resolve()
    if not any(os.path.lexists(top / name) for name in (LOCK, JOURNAL, NEW_JOURNAL)):
        return Recovery()
    with _signals_waiting(), locked(top):
        _refuse_another_s(top, tracked)
        return _settle(top)


def refuse_interrupted(root: Path, tracked: Container[str] = ()) -> None:
    """Raises FileError if there is a journal in `root`, which says what is to be done about it. Changes nothing."""
    top = root.resolve()
    if os.path.lexists(top / JOURNAL):
        _refuse_another_s(top, tracked)
        raise FileError(f"{visible(root)}: an earlier run was interrupted; run {NAME} --fix to complete or undo it")


def _refuse_another_s(top: Path, tracked: Container[str]) -> None:
    if problem := distrust(top, tracked):
        raise FileError(f"{problem}; so it is not followed; {_BY_HAND}")


_BY_HAND = "compare the files with version control, remove it, and run again"
_AGAIN = "mend that and run again, to complete or undo the interrupted write"


def _prepare(changes: list[Change], root: Path, signals: list[int]) -> None:
    """Puts all new files on the disk and then commits the journal, or raises."""
    targets = [resolved(os.fspath(change.path), root) for change in changes]
    for change, target in zip(changes, targets, strict=True):
        if targets.count(target) > 1:
            raise FileError(f"{visible(change.path)}: named twice, perhaps by a link; name it once")
    plan = [_planned(change, target, root) for change, target in zip(changes, targets, strict=True)]
    # Before the first of its files: what a journal does not name, nobody would ever remove.
    write_journal(root, plan, committed=False)
    for change, target, planned in zip(changes, targets, plan, strict=True):
        _stop_at(signals)
        with file_errors(change.path, "nothing was written; mend that and run again"):
            # A directory's writer could replace a read-only file, but whoever made it so meant it.
            os.close(os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)))
            create(target.with_name(planned.staged), change.after, like=target)
    for change, target in zip(changes, targets, strict=True):
        if read(target) != change.before:
            raise FileError(f"{visible(change.path)}: changed since it was read; nothing was written; run again")
    for directory in {target.parent for target in targets}:
        sync(directory)
    _stop_at(signals)
    write_journal(root, plan, committed=True)


def _planned(change: Change, target: Path, root: Path) -> Planned:
    name = target.relative_to(root) if target.is_relative_to(root) else target
    return Planned(name.as_posix(), staged_name(target.name), digest(change.before), digest(change.after))


def _settle(root: Path) -> Recovery:
    """Ends what the journal tells of: back before the commit, forward after it. Can be repeated."""
    completed: list[str] = []
    undone: list[str] = []
    left: list[str] = []
    journal = root / JOURNAL
    with file_errors(journal, _AGAIN):
        (root / NEW_JOURNAL).unlink(missing_ok=True)
        if not os.path.lexists(journal):
            return Recovery()
        committed, plan = read_journal(journal)
    for planned in plan:
        target = root / planned.target
        staged = target.with_name(planned.staged)
        with file_errors(planned.target, _AGAIN):
            if committed and _holds(target, planned.before) and _holds(staged, planned.after):
                staged.replace(target)
            elif os.path.lexists(staged):  # asked first, since a read-only directory refuses even in vain
                staged.unlink()
            (undone if not committed else completed if _holds(target, planned.after) else left).append(planned.target)
    for directory in {(root / planned.target).parent for planned in plan}:
        sync(directory)
    with file_errors(journal, _AGAIN):
        journal.unlink()
    sync(root)
    return Recovery(tuple(completed), tuple(undone), tuple(left))


def _holds(path: Path, sha256: str) -> bool:
    return path.is_file() and digest(read(path)) == sha256


# SIGINT first and so restored last: its handler raises, and none may be left behind by that.
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


@contextmanager
def _signals_waiting() -> Iterator[list[int]]:
    """Keeps signals that would end the process, and lists them; the first is raised in the end."""
    caught: list[int] = []
    previous = {}
    try:
        if threading.current_thread() is threading.main_thread():  # no other one may, or gets any
            for number in _SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    previous[number] = signal.signal(number, lambda number, _: caught.append(number))
        yield caught
    finally:
        for number, handler in reversed(previous.items()):
            signal.signal(number, handler)
        if caught:
            signal.raise_signal(caught[0])


def _stop_at(signals: list[int]) -> None:
    if signals:
        raise KeyboardInterrupt
