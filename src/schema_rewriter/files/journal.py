"""What a write leaves in its root while it lasts, a lock and a journal; knows not how files are replaced."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import FileError
from schema_rewriter.files.disk import JOURNAL, LOCK, NEW_JOURNAL, create, read, shown, sync, told

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Planned:
    """A file to write: its path as in Recovery, its new file's name beside it, its SHA-256 old and new."""

    target: str
    staged: str
    before: str
    after: str


def write_journal(root: Path, plan: list[Planned], *, committed: bool) -> None:
    """Puts the journal on the disk in one step: a line with the SHA-256 of the JSON that follows."""
    files = [asdict(planned) for planned in plan]
    body = json.dumps({"version": _VERSION, "committed": committed, "files": files}, indent=1).encode()
    with told(root / JOURNAL, "nothing was written; make the directory writable and run again"):
        new = root / NEW_JOURNAL
        create(new, digest(body).encode() + b"\n" + body)
        new.replace(root / JOURNAL)
    sync(root)


def read_journal(path: Path) -> tuple[bool, list[Planned]]:
    expected, _, body = read(path).partition(b"\n")
    if expected != digest(body).encode():
        raise FileError(
            f"{shown(path)}: damaged, so an interrupted write can be neither completed nor undone; "
            "compare the files with version control, remove it and .*.schema-rewrite-* files, and run again"
        )
    journal: dict[str, Any] = json.loads(body)
    if journal["version"] != _VERSION:
        raise FileError(f"{shown(path)}: of another version of schema-rewrite; run that version once more")
    return journal["committed"], [Planned(**entry) for entry in journal["files"]]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds the lock of a root, which dies with the process, and takes its file away in the end."""
    path = root / LOCK
    while True:
        with told(path, "make the directory writable and run again"):
            file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            _lock(file)
            if path.exists() and os.path.samestat(path.stat(), os.fstat(file)):
                break
        except OSError as error:
            os.close(file)
            raise FileError(f"{shown(path)}: another run is writing here; run again when it has ended") from error
        os.close(file)  # the one that held it has removed it meanwhile
    try:
        yield
    finally:
        if sys.platform == "win32":  # which removes no open file
            os.close(file)
        with suppress(OSError):
            path.unlink()
        if sys.platform != "win32":
            with suppress(OSError):
                os.close(file)


def _lock(file: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
