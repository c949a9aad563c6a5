"""Options, hypothesis profiles and the PostgreSQL fixtures; what the cases are is in cases.py.

SCHEMA_REWRITE_TEST_SERVER=auto|machine|embedded chooses the server. Without any the tests that need one
fail; only with SCHEMA_REWRITE_ALLOW_NO_SERVER=1 are they skipped.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from helpers import server as servers
from helpers.cases import sql_cases, sql_files
from helpers.spellings import IN_TURN, SPELLINGS, LeftOutError, in_turn, spell
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Connection = psycopg.Connection[tuple[Any, ...]]

# The same examples tomorrow, since what is found by chance must not stop a change that has nothing to do with it;
# `make test-newest` draws others each time.
settings.register_profile("default", deadline=None, derandomize=True, max_examples=30)
settings.register_profile("thorough", deadline=None, derandomize=True, max_examples=150)
settings.register_profile("random", deadline=None)
OURSELVES = "schema-rewrite"
STRANGE = (*("GIT_", "PG", "GITHUB_", "CI_", "PRE_COMMIT", "SCHEMA_REWRITE_"), *("NO_COLOR", "FORCE_COLOR", "COLUMNS"))
"""What names of variables begin with that tests set themselves, or do without: `git commit` sets some for a hook."""
KNOWN = {f"SCHEMA_REWRITE_{name}" for name in ("TEST_SERVER", "ALLOW_NO_SERVER", "ALL", "TRACEBACK")}
"""Those of the tests themselves."""
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update`, `--case` and `--spelling`."""
    parser.addoption("--update", action="store_true", help="write what the rewriter makes into the fixtures")
    parser.addoption("--case", metavar="TEXT", default="", help="only the SQL cases with this text in their name")
    spellings = (*SPELLINGS, IN_TURN)
    more = f"; {IN_TURN}: as SQL, and each file in another one"
    parser.addoption("--spelling", choices=spellings, help=f"the SQL cases in this spelling only{more}")


def pytest_configure(config: pytest.Config) -> None:
    """Before any module is imported, and so before any keeps what the environment says."""
    home = tempfile.TemporaryDirectory(prefix="schema-rewrite-home-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    _keep_out_what_is_somebody_s_own(Path(home.name))
    _pin(config)


def _keep_out_what_is_somebody_s_own(home: Path) -> None:
    """No settings of a person or a machine reach a test, and no test leaves anything in a person's home.

    But pip's, which say where packages come from, and where it keeps them.
    """
    variables = os.environ
    settings = Path(variables.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    for pip in (settings / "pip/pip.conf", Path.home() / ".pip/pip.conf"):
        if pip.is_file():
            variables.setdefault("PIP_CONFIG_FILE", str(pip))
    variables.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    for name in list(variables):
        if name.startswith(STRANGE) and name not in KNOWN:
            del variables[name]
    variables |= {"HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    variables |= {f"XDG_{kind}_HOME": str(home / kind) for kind in ("CONFIG", "STATE", "DATA")}


def _pin(config: pytest.Config) -> None:
    """What a test installs into an environment of its own (pip, tox, nox, pre-commit) is what is installed here."""
    installed = {found.name: found.version for found in metadata.distributions()}
    pinned = [f"{name}=={version}\n" for name, version in sorted(installed.items()) if name not in ("pip", OURSELVES)]
    with tempfile.NamedTemporaryFile("w", prefix="schema-rewrite-constraints-", suffix=".txt", delete=False) as file:
        file.writelines(pinned)
    config.add_cleanup(lambda: Path(file.name).unlink(missing_ok=True))
    for name in ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"):
        os.environ[name] = " ".join(filter(None, (os.environ.get(name), file.name)))
    os.environ["VIRTUALENV_NO_PERIODIC_UPDATE"] = "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the spellings that are not asked for."""
    wanted = config.getoption("--spelling")
    if wanted is None:
        return
    turns = {file: in_turn(number) for number, file in enumerate(sql_files())}
    left_out = [item for item in items if _spelling(item) not in (None, *_wanted(item, wanted, turns))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _wanted(item: pytest.Item, wanted: str, turns: Mapping[Path, tuple[str, ...]]) -> tuple[str, ...]:
    callspec = getattr(item, "callspec", None)
    if wanted != IN_TURN or callspec is None:
        return (wanted,)
    file: Path = callspec.params.get("file", Path())
    return turns.get(file, ())


def _spelling(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return None if callspec is None else callspec.params.get("spelling")


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
