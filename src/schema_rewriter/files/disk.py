"""One path at a time: found, read, created, named in an error; knows no walk and no journal."""

from __future__ import annotations

import codecs
import errno
import os
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter.errors import FileError
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK, JOURNAL, NEW_JOURNAL = (f".schema-rewrite-{end}" for end in ("lock", "journal", "journal-new"))
"""What stands beside the files of a root while they are written, and after a write that was interrupted."""


_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
"""How a file is opened that may turn out to be something else, which is not waited for."""


def read(path: Path) -> bytes:
    """What a regular file holds. Raises FileError for all else, and waits for nothing (a fifo's writer)."""
    with file_errors(path, "make it readable or exclude it"):
        source = os.open(path, _READ)
        try:
            if not stat.S_ISREG(os.fstat(source).st_mode):
                raise FileError(f"{visible(path)}: not a regular file; name files and directories only")
            _refuse_large(path, source)
            with open(source, "rb", closefd=False) as stream:
                return stream.read()
        finally:
            os.close(source)


def read_named(path: Path) -> bytes:
    """What a file that a person names for the program holds: a regular one, or what a shell hands over by /dev/fd.

    Raises OSError for all else, and waits for no writer of a pipe that lies somewhere.
    """
    handed = path.as_posix().startswith(("/dev/fd/", "/proc/self/fd/")) or path.as_posix() == "/dev/stdin"
    source = os.open(path, _READ)
    try:
        kind = os.fstat(source).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(kind) and not (handed and stat.S_ISFIFO(kind)):
            raise OSError(errno.EINVAL, "not a regular file")
        if hasattr(os, "set_blocking"):
            os.set_blocking(source, True)
        with open(source, "rb", closefd=False) as stream:
            return stream.read()
    finally:
        os.close(source)


LARGE, MOST = 8 * 1024 * 1024, 256 * 1024 * 1024
"""The bytes of a file that is looked into before it is read, and of the largest that is read."""


class NotTextError(FileError):
    """A large file that holds NULs, and so no code: it is not read as a whole."""


def _refuse_large(path: Path, file: int) -> None:
    """Raise FileError for an open file that is too large, and NotTextError for a large one that is no text."""
    size = os.fstat(file).st_size
    if size <= LARGE:
        return
    head = os.read(file, 8192)
    # A hole reads as NULs; a system that can't tell of holes says that there is one at the end.
    hole = os.lseek(file, 0, os.SEEK_HOLE) if hasattr(os, "SEEK_HOLE") else size
    os.lseek(file, 0, os.SEEK_SET)
    if hole < size or (is_binary(head) and not has_mark(head)):
        raise NotTextError(f"{visible(path)}: holds NULs, so it is no text; exclude it")
    if size > MOST:
        raise FileError(
            f"{visible(path)}: {size // 2**20} MiB are too many to be read (the most are {MOST // 2**20}); "
            "split or exclude it"
        )


_MARKS = (
    *((mark, "utf-32") for mark in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)),
    *((mark, "utf-16") for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
)


def has_mark(source: bytes) -> bool:
    """Whether a file begins with the byte order mark of UTF-16 or UTF-32."""
    return source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))


def as_utf8(source: bytes) -> bytes:
    """What a file in UTF-16 or UTF-32 with a byte order mark says, in UTF-8; any other as it is."""
    charset = next((charset for mark, charset in _MARKS if source.startswith(mark)), None)
    return source.decode(charset, "replace").encode("utf-8", "replace") if charset else source


def is_binary(source: bytes) -> bool:
    """Whether there is a NUL in the first 8 KiB, as git asks; text in UTF-16 counts as binary with that."""
    return b"\0" in source[:8192]


def resolved(given: str, root: Path) -> Path:
    top, path = root.resolve(), root / given
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links, before Python 3.13
        reason = error.strerror if isinstance(error, OSError) else error
        raise FileError(f"{visible(given)}: {reason}; name a file or directory that exists") from error
    if not real.is_relative_to(top):
        stands_inside = any(
            Path(os.path.normpath(start / given)).is_relative_to(start) for start in (top, root.absolute())
        )
        if stands_inside or path.is_symlink():
            raise FileError(f"{visible(given)}: a link leads out of {visible(top)}; name {visible(real)} itself")
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
        raise FileError(f"{visible(path)}: {error.strerror or error}; {remedy}") from error
