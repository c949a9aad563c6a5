"""The applications of fixtures with a drive.py, through the libraries that they use, before and after their move."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from helpers.cases import rules_for
from helpers.paths import FIXTURES
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Connection = psycopg.Connection[tuple[Any, ...]]

pytestmark = pytest.mark.postgres

DRIVERS = sorted(FIXTURES.glob("projects/*/drive.py"))


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda path: path.parent.name)
def test_the_application_runs_after_the_move(driver: Path, postgres: Callable[[], Connection]) -> None:
    """It sees the same on the old layout and, as the tool leaves it, on the new one, and makes no table anew."""
    database = postgres()
    moves = [move for move in rules_for(driver).moves if not move.paths]
    drive(driver, "before", "make", database)
    before = drive(driver, "before", "use", database)
    tables = existing(database)
    assert tables >= {(move.relation.schema, move.relation.name) for move in moves}
    for schema in sorted({move.to.schema or "" for move in moves}):
        database.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    for move in moves:
        old = sql.Identifier(move.relation.schema or "", move.relation.name)
        statement = sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(old, sql.Identifier(move.to.schema or ""))
        database.execute(statement)
    moved = existing(database)
    assert moved != tables
    assert drive(driver, "after", "use", database) == before
    assert existing(database) == moved


def existing(database: Connection) -> set[tuple[str, str]]:
    """All tables that are not the server's."""
    rows = database.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_)'")
    return {(str(row[0]), str(row[1])) for row in rows}


def drive(driver: Path, tree: str, what: str, database: Connection) -> str:
    """What an application prints."""
    info = database.info
    target = {"PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": info.user, "PGDATABASE": info.dbname}
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", str(driver), what],
        cwd=driver.parent / tree,
        env={**os.environ, **target, "PGOPTIONS": "-c search_path=public", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
