"""The directory of the cache: told from all others, made and marked, and taken away. Knows not what is kept in it.

It is one that is not there yet, or is empty, or that this program made: with a CACHEDIR.TAG that says so, and nothing
in it that is not called as the program calls what it keeps. Any other one is never marked, changed or deleted.
"""

from __future__ import annotations

import os
import re
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from schema_rewriter.cache.answer_cache import TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS = {"files": re.compile("[0-9a-f]{32}"), "answers": re.compile("[0-9a-f]{16}")}
"""The directories in the cache, and what is called how in them, once it is whole."""
_NEW = re.compile(r"\d+-\d+\.new")
_MARKS = {
    TAG: b"Signature: 8a477f597d28d172789f06886806bc55\n# The cache of schema-rewrite; it may be deleted.\n",
    ".gitignore": b"*\n",
}
_HAS_HANDLES = {os.unlink, os.open} <= os.supports_dir_fd and os.listdir in os.supports_fd


class NotOursError(OSError):
    """A directory that is no cache of this program's, for reasons that a person can mend; says which."""


def strange(directory: str) -> str:
    """Why a directory is no place for the cache, in words that follow its name; "" if it is, or is not there yet."""
    try:
        found = os.lstat(directory)
        if stat.S_ISLNK(found.st_mode):
            return "is a link"
        if not stat.S_ISDIR(found.st_mode):
            return "is not a directory"
        foreign = next(_foreign(directory), None)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        return f"can't be looked at ({getattr(error, 'strerror', '') or error})"
    return "" if foreign is None else f"holds {foreign!r}, which schema-rewrite did not write"


def is_marked(directory: str) -> bool:
    """Whether a directory says of itself that it is a cache of this program's."""
    return _is_mark(f"{directory}/{TAG}", TAG)


def is_of_another(directory: str) -> bool:
    """Whether a directory belongs to another user, who could put there what they want."""
    try:
        return hasattr(os, "geteuid") and os.lstat(directory).st_uid != os.geteuid()
    except (OSError, ValueError):
        return False


def new_name() -> str:
    """A name for what is not whole yet."""
    return f"{os.getpid()}-{time.time_ns()}.new"


def is_ours(kind: str, name: str) -> bool:
    """Whether a file of a kind is called as this program calls one."""
    return bool(KINDS[kind].fullmatch(name) or _NEW.fullmatch(name))


def prepared(directory: str, kind: str = "") -> str:
    """Where things of a kind are kept, made if it has to be, in a directory that git ignores and backups leave out.

    All is made at once: a run that looked at the directory must not find it changed later. Raises OSError, also for a
    directory that is none of ours.
    """
    if problem := strange(directory):
        raise NotOursError(f"{directory} {problem}")
    if is_of_another(directory):
        raise NotOursError(f"{directory} belongs to another user")
    os.makedirs(directory, exist_ok=True)  # noqa: PTH103
    for name, content in _MARKS.items():  # the tag first: what has none, but anything else, is not ours
        if not os.path.lexists(f"{directory}/{name}"):
            _put(directory, name, content)
    for name in KINDS:
        os.makedirs(f"{directory}/{name}", exist_ok=True)  # noqa: PTH103
    return f"{directory}/{kind}"


def remove(directory: str) -> None:
    """Delete a cache: the files that this program calls so, and what is empty then.

    Raises NotOursError, with nothing deleted, for a directory that is none of ours, and OSError.
    """
    if problem := strange(directory):
        raise NotOursError(problem)
    if not is_marked(directory):
        raise NotOursError(f"has no {TAG} of schema-rewrite's")
    if is_of_another(directory):
        raise NotOursError("belongs to another user")
    for kind in KINDS:
        if os.path.lexists(f"{directory}/{kind}"):
            _empty(f"{directory}/{kind}", lambda name, kind=kind: is_ours(kind, name))  # type: ignore[misc]
            os.rmdir(f"{directory}/{kind}")  # noqa: PTH106
    _empty(directory, lambda name: name != TAG and (name in _MARKS or _NEW.fullmatch(name) is not None))
    _empty(directory, lambda name: name == TAG)  # last: what is left of an interruption is still ours
    os.rmdir(directory)  # noqa: PTH106


def _put(directory: str, name: str, content: bytes) -> None:
    """Put a file in a directory, in one step: another run must not see half of one."""
    new = f"{directory}/{new_name()}"
    try:
        with open(new, "xb") as file:  # noqa: PTH123
            file.write(content)
        os.replace(new, f"{directory}/{name}")  # noqa: PTH105
    finally:
        with suppress(FileNotFoundError):
            os.unlink(new)  # noqa: PTH108


def _foreign(directory: str) -> Iterator[str]:
    """The names of what this program did not put into a directory. Raises OSError."""
    others = []
    for name in sorted(os.listdir(directory)):  # noqa: PTH208
        path = f"{directory}/{name}"
        if name in KINDS and _is_kind(path, stat.S_ISDIR):
            for one in sorted(os.listdir(path)):  # noqa: PTH208
                if not (is_ours(name, one) and _is_kind(f"{path}/{one}", stat.S_ISREG)):
                    yield f"{name}/{one}"
        elif not (_NEW.fullmatch(name) and _is_kind(path, stat.S_ISREG)) and not _is_mark(path, name):
            yield name
        if not _NEW.fullmatch(name):
            others.append(name)
    if others and not is_marked(directory):  # asked last: it was put there first, perhaps a moment ago
        yield others[0]


def _is_mark(path: str, name: str) -> bool:
    """Whether a file is one of those that mark the cache, to the byte."""
    content = _MARKS.get(name)
    if content is None or not _is_kind(path, stat.S_ISREG):
        return False
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read(len(content) + 1) == content
    except OSError:
        return False


def _is_kind(path: str, kind: Callable[[int], bool]) -> bool:
    """Whether what stands at a path itself is of a kind, or is gone by now: another run may have replaced it."""
    try:
        return kind(os.lstat(path).st_mode)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _empty(directory: str, chosen: Callable[[str], bool]) -> None:
    """Delete the files of a directory that are chosen by name; of the directory itself, whatever takes its place."""
    if not _HAS_HANDLES:
        for name in filter(chosen, os.listdir(directory)):  # noqa: PTH208
            os.unlink(f"{directory}/{name}")  # noqa: PTH108
        return
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for name in filter(chosen, os.listdir(handle)):  # noqa: PTH208
            os.unlink(name, dir_fd=handle)
    finally:
        os.close(handle)
