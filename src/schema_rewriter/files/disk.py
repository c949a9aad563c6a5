"""One path at a time: found, read, created, named in an error; knows no walk and no journal."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK, JOURNAL, NEW_JOURNAL = (f".schema-rewrite-{end}" for end in ("lock", "journal", "journal-new"))
"""What stands beside the files of a root while they are written, and after a write that was interrupted."""


def read(path: Path) -> bytes:
    """What a regular file holds. Raises FileError for all else, and waits for nothing (a fifo's writer)."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    with file_errors(path, "make it readable or exclude it"):
        source = os.open(path, flags)
        try:
            if not stat.S_ISREG(os.fstat(source).st_mode):
                raise FileError(f"{shown(path)}: not a regular file; name files and directories only")
            with open(source, "rb", closefd=False) as stream:
                return stream.read()
        finally:
            os.close(source)


def is_binary(source: bytes) -> bool:
    """Whether there is a NUL in the first 8 KiB, as git asks; text in UTF-16 counts as binary with that."""
    return b"\0" in source[:8192]


def resolved(given: str, root: Path) -> Path:
    top, path = root.resolve(), root / given
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links, before Python 3.13
        reason = error.strerror if isinstance(error, OSError) else error
        raise FileError(f"{shown(given)}: {reason}; name a file or directory that exists") from error
    if not real.is_relative_to(top):
        stands_inside = any(
            Path(os.path.normpath(start / given)).is_relative_to(start) for start in (top, root.absolute())
        )
        if stands_inside or path.is_symlink():
            raise FileError(f"{shown(given)}: a link leads out of {shown(top)}; name {shown(real)} itself")
    return real


def create(path: Path, content: bytes, like: Path | None = None) -> None:
    """Puts a file that did not exist on the disk, with the rights of another one. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    file = os.open(path, flags, 0o600)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
        if like and sys.platform != "win32":
            _copy_rights(like, file)
        os.fsync(file)
    finally:
        os.close(file)


if sys.platform != "win32":

    def _copy_rights(like: Path, file: int) -> None:
        old, new = like.stat(), os.fstat(file)
        mode = stat.S_IMODE(old.st_mode)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            try:
                os.fchown(file, old.st_uid, old.st_gid)
            except OSError:
                mode &= 0o777  # no set-uid for another owner
                with suppress(OSError):
                    os.fchown(file, -1, old.st_gid)
        if sys.platform == "linux":
            with suppress(OSError):  # a file system without them
                for name in os.listxattr(like):
                    with suppress(OSError):  # one that only root may set
                        os.setxattr(file, name, os.getxattr(like, name))
        os.fchmod(file, mode)


def sync(directory: Path) -> None:
    """Puts the names of a directory on the disk, where the system can."""
    with suppress(OSError):
        file = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


@contextmanager
def file_errors(path: str | Path, remedy: str) -> Iterator[None]:
    """Turns an OSError into a FileError about the path."""
    try:
        yield
    except OSError as error:
        raise FileError(f"{shown(path)}: {error.strerror or error}; {remedy}") from error


def shown(path: str | Path) -> str:
    """A path in one line that any terminal takes."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
