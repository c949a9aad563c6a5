"""Options, hypothesis profiles and the PostgreSQL fixtures; what the cases are is in cases.py.

SCHEMA_REWRITE_TEST_SERVER=auto|machine|embedded chooses the server. Without any the tests that need one
fail; only with SCHEMA_REWRITE_ALLOW_NO_SERVER=1 are they skipped.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import server as servers
from cases import sql_cases, sql_files
from hypothesis import settings
from spellings import SPELLINGS, LeftOutError, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connection = psycopg.Connection[tuple[Any, ...]]

settings.register_profile("default", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` and `--case`."""
    parser.addoption("--update", action="store_true", help="write what the rewriter makes into the fixtures")
    parser.addoption("--case", metavar="TEXT", default="", help="only the SQL cases with this text in their name")


def pytest_report_header() -> list[str]:
    """How many SQL cases there are, how many files they make, and which were left out by which rule."""
    cases = [case for file in sql_files() for case in sql_cases(file)]
    left_out: Counter[str] = Counter()
    for case in cases:
        for name in SPELLINGS:
            try:
                spell(case, name)
            except LeftOutError as reason:
                left_out[str(reason)] += 1
    made = len(cases) * len(SPELLINGS) - left_out.total()
    lines = [f"SQL cases: {len(cases)}, in {len(SPELLINGS)} spellings: {made} files to check"]
    return lines + [f"  left out: {count:4} {rule}" for rule, count in left_out.most_common()]


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A directory for what programs keep in a user's home: no test leaves anything in that of a person."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    os.environ.pop("SCHEMA_REWRITE_CACHE_KEY", None)


@pytest.fixture(scope="session")
def server() -> Iterator[servers.Server]:
    """A PostgreSQL server for the session (of each xdist worker)."""
    try:
        running = servers.start(os.environ.get("SCHEMA_REWRITE_TEST_SERVER", "auto"))
    except servers.NoServerError as error:
        if os.environ.get("SCHEMA_REWRITE_ALLOW_NO_SERVER") == "1":
            pytest.skip(str(error))
        pytest.fail(str(error), pytrace=False)
    yield running
    running.stop()


@pytest.fixture
def postgres(server: servers.Server) -> Iterator[Callable[[], Connection]]:
    """A function that makes a fresh database and answers an autocommit connection to it."""
    connections: list[Connection] = []

    def connect() -> Connection:
        connections.append(psycopg.connect(servers.create_database(server), autocommit=True))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()
