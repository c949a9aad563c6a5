"""Applications with models, before and after: they make their tables, fill them and read them back, on a server."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest
from helpers import server as servers
from helpers.paths import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.postgres
PROJECTS = sorted(path.parent for path in (FIXTURES / "projects").glob("models_*/tables.txt"))


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_an_application_runs(project: Path, side: str, server: servers.Server) -> None:
    """With search_path = public, as it is from the start: nothing but the code knows the schema."""
    database = servers.create_database(server)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA core")
        url = _url(connection)
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "main.py", url],
        cwd=project / side,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    with psycopg.connect(database) as connection:
        query = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'core')"
        tables = {row[0] for row in connection.execute(query)}
    listed = (project / "tables.txt").read_text("utf-8").split()
    assert tables == {f"public.{one.partition('.')[2]}" if side == "before" else one for one in listed}


def _url(connection: psycopg.Connection) -> str:
    info = connection.info
    return f"postgresql+psycopg://{info.user}@/{info.dbname}?host={info.host}&port={info.port}"
