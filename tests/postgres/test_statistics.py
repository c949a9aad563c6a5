"""pg_stat_statements as evidence: what it counts of old names within the window, on a server that has the extension."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from helpers import migrations as m
from helpers import server as servers
from helpers.audited import BASE, EXPANDED

from schema_rewriter.postgres.audit.survey import survey
from schema_rewriter.postgres.connection import connect
from schema_rewriter.rules import parse_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.postgres

RULES = parse_rules('[[move]]\nfrom = "public"\nto = "app"\ntables = ["events", "agents"]\n', "rules.toml")
PRELOADED = ("listen_addresses=", "fsync=off", "shared_preload_libraries=pg_stat_statements")


@pytest.fixture
def counted(server: servers.Server) -> Iterator[str]:
    """A database, expanded, on a server of its own that counts statements."""
    directory, programs = server.directory / "counted", server.bindir
    made = server.way.popen(programs / "initdb", "-D", directory, "-U", "postgres", "-A", "trust", "--no-sync")
    assert made.communicate()[1] == b"" and made.returncode == 0
    options = [f"-c{setting}" for setting in PRELOADED]
    running = server.way.popen(programs / "postgres", "-D", directory, "-k", directory, "-p", "5432", *options)
    dsn = psycopg.conninfo.make_conninfo(server.conninfo(), host=str(directory))
    try:
        for _ in range(600):
            try:
                m.run(dsn, [BASE + EXPANDED, "CREATE SCHEMA x; CREATE EXTENSION pg_stat_statements SCHEMA x"])
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        yield dsn
    finally:
        running.terminate()
        running.communicate()


def test_what_was_run_within_the_window_is_counted(counted: str) -> None:
    """Also of sessions that nobody saw; what was run before tells nothing. PostgreSQL 18 counts both names as one."""
    m.run(counted, ["SELECT event_id FROM agents"])
    ended = threading.Event()

    def old_code() -> None:
        while not ended.is_set():
            m.run(counted, ["SELECT kind FROM events WHERE id = 1", "SELECT 1 FROM app.events"])

    thread = threading.Thread(target=old_code)
    thread.start()
    try:
        with connect(counted) as connection:
            version = connection.info.server_version
            audit = survey(connection, RULES, seconds=2)
    finally:
        ended.set()
        thread.join()
    assert audit.verdict == "not ready"
    if version >= 180000:
        assert audit.usage.statements == ()
        return
    (line,) = audit.usage.statements
    assert line.startswith("pg_stat_statements counts ") and line.endswith(" public.events"), line
    assert line in audit.reasons
