"""What the files of the last write held before it, kept to be brought back; knows not why they changed."""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
import stat
import zlib
from typing import TYPE_CHECKING

from schema_rewriter.errors import FileError
from schema_rewriter.files.disk import MOST, create, file_errors, read, resolved
from schema_rewriter.files.journal import NAME, digest, is_own, lstat, outside, sealed, unsealed
from schema_rewriter.files.write import Change, write_all
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path

DIRECTORY = f".{NAME}-undo"
"""Where it is kept, in a root: a directory that git ignores by itself."""
RECORD = f"{DIRECTORY}/last"
_VERSION = 1


def write_and_keep(changes: Sequence[Change], root: Path) -> None:
    """Write all files or none, as `write_all` does, and keep what they held in place of what was kept before.

    Where a file lies outside of `root`, nothing is kept. Raises FileError as `write_all` does; and where nothing can be
    kept, before anything is written.
    """
    if not (changes := [change for change in changes if change.before != change.after]):
        return
    top = root.resolve()
    _refuse_strange(top, "nothing was written")
    new = _put(changes, top)
    try:
        write_all(changes, root)
        with file_errors(new or top / RECORD, "the files are written; version control alone can bring them back"):
            if new is None:
                (top / RECORD).unlink(missing_ok=True)
            else:
                new.replace(top / RECORD)
    finally:
        if new is not None:
            new.unlink(missing_ok=True)


def undo(root: Path, tracked: Container[str] = ()) -> tuple[str, ...]:
    """Bring back what the last write changed, all or nothing, and return the paths, relative to `root`.

    `tracked` are files that git tracks, relative to `root`: a record among them came with a checkout, and is not taken.
    Nor is one of another user, or one that names what is no file below `root`.

    Raises FileError where nothing is kept, where that can't be trusted, and where a file is not as it was written.
    """
    top = root.resolve()
    path = top / RECORD
    if lstat(path) is None:
        raise FileError(f"{visible(root)}: nothing to undo: no change of {NAME}'s is kept here")
    _refuse_strange(top, "nothing is undone")
    if RECORD in tracked:
        raise FileError(f"{visible(path)}: git tracks it, so it came with the files; {_BY_HAND}")
    changes: list[Change] = []
    changed: list[str] = []
    for target, written, before in _recorded(path):
        if problem := outside(target, top):
            raise FileError(f"{visible(path)}: names {visible(target)}, {problem}; {_BY_HAND}")
        now = read(top / target) if (top / target).is_file() else None
        if now is None or digest(now) != written:
            changed.append(target)
        else:
            changes.append(Change(top / target, now, before))
    if changed:
        names = ", ".join(visible(target) for target in changed)
        raise FileError(f"{names}: changed since; nothing is undone; bring these back by version control")
    write_all(changes, root)
    with file_errors(path, "the files are as they were; remove it"):
        path.unlink()
    return tuple(change.path.relative_to(top).as_posix() for change in changes)


_BY_HAND = "nothing is undone; remove it, and use version control"


def _refuse_strange(top: Path, outcome: str) -> None:
    """Raise FileError if something else stands where a record is kept than what this tool puts there."""
    for path, is_right in ((top / DIRECTORY, stat.S_ISDIR), (top / RECORD, stat.S_ISREG)):
        found = lstat(path)
        if found and not (is_right(found.st_mode) and is_own(found) and (found.st_nlink == 1 or path.name != "last")):
            raise FileError(f"{visible(path)}: not what {NAME} keeps there; {outcome}; remove it and run again")


def _put(changes: Sequence[Change], top: Path) -> Path | None:
    """Put a record on the disk under a name of its own, and return where; None if a file is not below the root."""
    files = []
    for change in changes:
        target = resolved(os.fspath(change.path), top)
        if not target.is_relative_to(top):
            return None
        before = base64.b64encode(zlib.compress(change.before)).decode()
        files.append({"path": target.relative_to(top).as_posix(), "after": digest(change.after), "before": before})
    body = json.dumps({"version": _VERSION, "files": files}, indent=1).encode()
    directory = top / DIRECTORY
    new = directory / f"new-{secrets.token_hex(8)}"
    with file_errors(directory, "nothing was written; make the directory writable and run again"):
        directory.mkdir(exist_ok=True)
        if lstat(directory / ".gitignore") is None:
            create(directory / ".gitignore", b"*\n")
        create(new, sealed(body))
    return new


def _recorded(path: Path) -> list[tuple[str, str, bytes]]:
    """The files of a record: path, SHA-256 of what was written, what was there before."""
    if (body := unsealed(read(path))) is None:
        raise FileError(f"{visible(path)}: damaged; {_BY_HAND}")
    try:
        record = json.loads(body)
        if record["version"] == _VERSION:
            return [(_text(one["path"]), _text(one["after"]), _before(one["before"])) for one in record["files"]]
    except (ValueError, LookupError, TypeError, RecursionError, binascii.Error, zlib.error):
        raise FileError(f"{visible(path)}: no record that {NAME} wrote; {_BY_HAND}") from None
    raise FileError(f"{visible(path)}: of another version of {NAME}; run that version once more")


def _before(packed: object) -> bytes:
    content = zlib.decompressobj().decompress(base64.b64decode(_text(packed), validate=True), MOST + 1)
    if len(content) > MOST:
        raise ValueError("larger than any file that is read")
    return content


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError("no text")
    return value
