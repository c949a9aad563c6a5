"""What a write leaves in its root while it lasts, a lock and a journal; knows not how files are replaced."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import stat
import sys
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from schema_rewriter.errors import FileError
from schema_rewriter.files.disk import JOURNAL, LOCK, NEW_JOURNAL, create, file_errors, read, sync
from schema_rewriter.visible import visible

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from pathlib import Path

NAME = "schema-rewrite"
_VERSION = 1
_DIGEST = re.compile("[0-9a-f]{64}")
_LARGEST = 256 * 1024 * 1024
"""Bytes of a journal; one of a million files has fewer."""


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
    with file_errors(root / JOURNAL, "nothing was written; make the directory writable and run again"):
        new = root / NEW_JOURNAL
        create(new, sealed(body))
        new.replace(root / JOURNAL)
    sync(root)


def read_journal(path: Path) -> tuple[bool, list[Planned]]:
    """What the journal at a path says: whether its write was committed, and of which files.

    Raises FileError for one that is damaged, of another version, or says something that no write does.
    """
    if (body := unsealed(read(path))) is None:
        raise FileError(
            f"{visible(path)}: damaged, so an interrupted write can be neither completed nor undone; "
            "compare the files with version control, remove it and .*.schema-rewrite-* files, and run again"
        )
    try:
        journal = json.loads(body)
        version = journal["version"]
        if version == _VERSION:
            return _flag(journal["committed"]), _plan(journal["files"])
    except (ValueError, LookupError, TypeError, RecursionError):
        raise FileError(f"{visible(path)}: no journal that {NAME} wrote; remove it, and run again") from None
    raise FileError(f"{visible(path)}: of another version of {NAME}; run that version once more")


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def _plan(entries: object) -> list[Planned]:
    """The files that a journal names. Raises ValueError, TypeError."""
    if not isinstance(entries, list):
        raise TypeError("no list of files")
    plan = [Planned(**entry) for entry in entries]
    for planned in plan:
        if any("\0" in os.fsdecode(os.fsencode(value)) for value in astuple(planned)):
            raise ValueError("no name of a file")
        if not (_DIGEST.fullmatch(planned.before) and _DIGEST.fullmatch(planned.after)):
            raise ValueError("no digest")
    if len({planned.target for planned in plan}) != len(plan):
        raise ValueError("a file twice")
    return plan


def staged_name(target: str) -> str:
    """A name for the new file of a target, beside it: one that no other write takes."""
    # 50 characters are at most 200 bytes, which leaves room in the 255 of a name.
    return f".{target[:50]}.{NAME}-{secrets.token_hex(4)}"


def _is_staged_name(name: str, target: str) -> bool:
    begin = f".{target[:50]}.{NAME}-"
    return name.startswith(begin) and re.fullmatch("[0-9a-f]{8}", name.removeprefix(begin)) is not None


# ----------------------------------------------------------------------------------------- whose journal it is


def distrust(root: Path, tracked: Container[str] = ()) -> str:
    """Why the journal in a root is none that a write of this user left there, in words; empty if it may be.

    `tracked` are files of git, relative to the root. A journal may come with a checkout. It is taken only if it is a
    file of the user, and names but files below the root that are no links, nor behind links, with new files beside
    them as this tool calls them, of the same owners. So one that is taken for ours by mistake removes no file that is
    not called so, and replaces none by another.
    """
    path = root / JOURNAL
    found = lstat(path)
    if found is None:
        return ""
    if not stat.S_ISREG(found.st_mode):
        return f"{visible(path)}: not a regular file"
    if found.st_nlink != 1 or not is_own(found):
        return f"{visible(path)}: belongs to another user, or has another name, too"
    if found.st_size > _LARGEST:
        return f"{visible(path)}: larger than any journal"
    if JOURNAL in tracked:
        return f"{visible(path)}: git tracks it"
    for planned in read_journal(path)[1]:
        if problem := _strange(planned, root):
            return f"{visible(path)}: names {visible(planned.target)}, {problem}"
        if (new := str(PurePosixPath(planned.target).with_name(planned.staged))) in tracked:
            return f"{visible(path)}: names {visible(new)}, which git tracks"
    return ""


def _strange(planned: Planned, root: Path) -> str:
    """What keeps a file from being one that a write of this user has planned; empty for nothing."""
    if problem := outside(planned.target, root):
        return problem
    target = root / planned.target
    if not _is_staged_name(planned.staged, target.name) or _leads_away(planned.staged):
        return f"with {visible(planned.staged)}, which is no new file of {NAME}'s"
    old, new = lstat(target), lstat(target.with_name(planned.staged))
    if new and (not stat.S_ISREG(new.st_mode) or new.st_nlink != 1):
        return "whose new file is not a regular one, or has another name, too"
    if new and not is_own(new) and not (old and new.st_uid == old.st_uid):  # root gives files to their owners
        return "whose new file belongs to another user"
    return ""


def outside(target: str, root: Path) -> str:
    """Why a path of a record is none of a regular file below a root, or of none at all there; empty if it is.

    Parts that are links, of git's own directory, or lead upwards are refused.
    """
    parts = target.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts) or _leads_away(target):
        return f"which is no file below {visible(root)}"
    above = [root.joinpath(*parts[:end]) for end in range(1, len(parts))]
    if any(not stat.S_ISDIR(found.st_mode) for directory in above if (found := lstat(directory))):
        return "which lies behind a link"
    old = lstat(root / target)
    return "which is not a regular file" if old and not stat.S_ISREG(old.st_mode) else ""


def _leads_away(path: str) -> bool:
    """Whether a path means something else on this system than its parts say: a backslash, a drive."""
    return os.sep != "/" and ("\\" in path or ":" in path)


def lstat(path: Path) -> os.stat_result | None:
    """What stands at a path itself, not where it leads to; None for nothing."""
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FileError(f"{visible(path)}: {error.strerror or error}; mend that and run again") from error


def is_own(found: os.stat_result) -> bool:
    """Whether a file belongs to the user who runs this."""
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def sealed(body: bytes) -> bytes:
    """A line with the SHA-256 of what follows, and that."""
    return digest(body).encode() + b"\n" + body


def unsealed(content: bytes) -> bytes | None:
    """What follows such a line; None where it is not what was written."""
    expected, _, body = content.partition(b"\n")
    return body if expected == digest(body).encode() else None


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


_LOCK_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds the lock of a root, which dies with the process, and takes its file away in the end.

    One that holds anything, or that git tracks, is none of ours, and stays.
    """
    path = root / LOCK
    is_new = lstat(path) is None
    while True:
        with file_errors(path, "make the directory writable and run again"):
            file = os.open(path, _LOCK_FLAGS, 0o666)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise FileError(f"{visible(path)}: not a regular file, so no lock of {NAME}'s; remove it and run again")
        try:
            _lock(file)
            if (found := lstat(path)) is not None and os.path.samestat(found, os.fstat(file)):
                break
        except OSError as error:
            os.close(file)
            raise FileError(f"{visible(path)}: another run is writing here; run again when it has ended") from error
        os.close(file)  # the one that held it has removed it meanwhile
    try:
        yield
    finally:
        if sys.platform == "win32":  # which removes no open file
            os.close(file)
        with suppress(OSError):
            if is_new or not (path.stat().st_size or _is_tracked(path)):
                path.unlink()
        if sys.platform != "win32":
            with suppress(OSError):
                os.close(file)


def _is_tracked(path: Path) -> bool:
    """Whether git tracks a file that was there before."""
    from schema_rewriter.files.tracked import Tracked

    path = path.parent.resolve() / path.name
    top = next((above for above in path.parents if (above / ".git").exists()), None)
    return top is not None and Tracked(top).has(path.as_posix())


def _lock(file: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
