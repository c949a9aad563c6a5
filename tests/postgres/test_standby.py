"""A standby: an audit says what it can't see there, and a migration is not run there, but told of where it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from helpers import migrations as m
from helpers import server as servers

from schema_rewriter.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.postgres


@pytest.fixture
def primary() -> Iterator[servers.Server]:
    """A server of its own, which a standby replays."""
    with servers.start() as server:
        directory, programs = server.directory / "standby", server.bindir
        where = ("-h", server.directory, "-p", "5432", "-U", "postgres")
        made = server.way.popen(programs / "pg_basebackup", "-D", directory, "-R", *where, "-c", "fast", "--no-sync")
        assert made.communicate()[1] == b"" and made.returncode == 0
        settings = ("listen_addresses=", "fsync=off", "max_prepared_transactions=4")
        options = [f"-c{setting}" for setting in settings]
        standby = server.way.popen(programs / "postgres", "-D", directory, "-k", directory, "-p", "5432", *options)
        try:
            yield server
        finally:
            standby.terminate()
            standby.communicate()


def reached(dsn: str, condition: str) -> None:
    """Wait until the server answers and the condition holds there."""
    for _ in range(600):
        try:
            with m.connect(dsn) as connection:
                if connection.execute(f"SELECT {condition}".encode()).fetchone() == (True,):
                    return
        except psycopg.OperationalError:
            pass
        time.sleep(0.1)
    raise AssertionError(condition)


def test_a_standby(primary: servers.Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dsn = servers.create_database(primary)
    m.run(dsn, ["CREATE TABLE public.users (id int)"])
    standby = psycopg.conninfo.make_conninfo(dsn, host=str(primary.directory / "standby"))
    reached(standby, "pg_is_in_recovery() AND to_regclass('public.users') IS NOT NULL")
    (tmp_path / "rules.toml").write_text('[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n')

    def call(command: str, dsn: str, *args: str) -> tuple[int, str]:
        code = main([command, "--rules", str(tmp_path / "rules.toml"), "--dsn", dsn, *args])
        said = capsys.readouterr()
        return code, " ".join((said.out + said.err).split())

    out = ("--out", str(tmp_path / "out"))
    assert call("migrate", dsn, *out)[0] == 0
    code, said = call("migrate", standby, *out, "--apply")
    assert (code, "this is a standby, which can't be changed; connect to the primary" in said) == (2, True), said
    assert "Standbys or subscribers that replay this server: 1." in call("migrate", dsn, *out, "--plan")[1]
    code, said = call("migrate", dsn, *out, "--apply")
    assert (code, "Names change there once they have replayed" in said) == (0, True), said
    reached(standby, "to_regclass('app.users') IS NOT NULL")
    contract = (*out, "--apply", "--phase", "contract", "--standbys")
    with m.connect(standby) as admin, m.connect(dsn) as writer:
        admin.execute("SELECT pg_wal_replay_pause()")
        writer.execute("CREATE TABLE public.later ()")
        code, said = call("migrate", dsn, *contract, "0.2", "--deployed", "")
        assert (code, "has not replayed up to" in said) == (1, True), said
        admin.execute("SELECT pg_wal_replay_resume()")
    code, said = call("audit", standby)
    assert (code, "a standby: the primary's sessions are not seen here" in said) == (1, True), said
    assert "unknown, because - this is a standby" in said
    assert call("audit", standby, "--expect", "expanded")[0] == 0
    assert call("audit", standby, "--expect", "unused")[0] == 1
    code, said = call("migrate", dsn, *contract, "60", "--deployed", "")
    assert code == 0, said
