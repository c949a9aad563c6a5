"""The secret of a user, by which what is kept is known to be their own. Imports nearly nothing.

A cache may come with a checkout, or in an archive, from anybody. So all that is kept is sealed with a secret that no
checkout holds: what another one wrote, or nobody knows who, counts as nothing. The secret is the text of a variable
(build servers that restore a cache from an earlier job keep it among their secrets), else a file in the directory that
the user's programs keep their state in, made when it is first needed.
"""

from __future__ import annotations

import os
import stat

try:
    from _blake2 import blake2b  # hashlib's own, without the time that hashlib takes to find OpenSSL
except ImportError:  # not CPython
    from hashlib import blake2b

VARIABLE = "SCHEMA_REWRITE_CACHE_KEY"
"""The environment's variable with the secret: a text of at least 16 characters."""
WIDTH = 32
"""Bytes of a secret."""
_SHORTEST = 16


def own(project: str = "", *, make: bool = False) -> bytes | None:
    """The secret of the user; None where there is none, or none that a project could not have brought along.

    `project` is a directory in which it must not lie, "" for none. With `make` it is made if it is not there.
    """
    if given := os.environ.get(VARIABLE):
        return blake2b(os.fsencode(given), digest_size=WIDTH).digest() if len(given) >= _SHORTEST else None
    path = _place()
    if not path or (project and _lies_in(path, project)):
        return None
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    except OSError:
        return None
    if not make:
        return None
    try:
        _make(path)
        return _read(path)
    except OSError:  # a user without a home, or whose home is another's: then nothing is kept
        return None


def seal(secret: bytes, what: bytes, *parts: bytes | bytearray | memoryview) -> bytes:
    """What only who knows the secret can put on some bytes; `what` they are tells seals of different things apart."""
    made = blake2b(digest_size=WIDTH, key=secret, person=what)
    for part in parts:
        made.update(part)
    return made.digest()


def _place() -> str:
    """The path of the secret's file; "" for none."""
    if os.name == "nt":
        home = os.environ.get("LOCALAPPDATA", "")
    else:
        home = os.environ.get("XDG_STATE_HOME", "")
        if not os.path.isabs(home):  # noqa: PTH117 - no pathlib here; one that is not absolute does not count
            home = os.path.expanduser("~/.local/state")  # noqa: PTH111
    return f"{home}/schema-rewrite/cache-key" if os.path.isabs(home) else ""  # noqa: PTH117


def _lies_in(path: str, directory: str) -> bool:
    real = os.path.realpath(directory).rstrip(os.sep) + os.sep
    return os.path.realpath(path).startswith(real)


def _read(path: str) -> bytes | None:
    """The secret in a file; None where others may read it, or may have written it. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = os.open(path, flags)
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_size != WIDTH:
            return None
        if hasattr(os, "geteuid") and (found.st_uid != os.geteuid() or found.st_mode & 0o077):
            return None
        content = os.read(file, WIDTH)
        return content if len(content) == WIDTH else None
    finally:
        os.close(file)


def _make(path: str) -> None:
    """Put a new secret at a path, in one step, if none is there. Raises OSError."""
    directory = os.path.dirname(path)  # noqa: PTH120
    there = directory
    while not os.path.isdir(there) and there != (above := os.path.dirname(there)):  # noqa: PTH112, PTH120
        there = above
    if hasattr(os, "geteuid") and os.stat(there).st_uid != os.geteuid():  # noqa: PTH116
        raise PermissionError("the directory of another user, as after sudo: what is put there would be in their way")
    if there == os.path.dirname(there):  # noqa: PTH120
        raise FileNotFoundError("nothing of that path is there")
    os.makedirs(directory, mode=0o700, exist_ok=True)  # noqa: PTH103
    secret = os.urandom(WIDTH)
    new = f"{path}-{os.getpid()}-{secret[:4].hex()}"
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        os.write(file, secret)
    finally:
        os.close(file)
    try:  # of several runs at once, the first one's holds for all
        os.link(new, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        os.replace(new, path)  # noqa: PTH105
        return
    os.unlink(new)  # noqa: PTH108
