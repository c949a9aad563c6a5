"""What only a real PostgreSQL can judge: the fixture application on both layouts, and our rules for names."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from helpers import server as servers
from helpers.application import CYREX, failures
from helpers.cases import rules_for
from helpers.command import sr
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import sql

from schema_rewriter.relation import KEYWORDS, clip, fold, quote, split_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    Connection = psycopg.Connection[tuple[Any, ...]]

pytestmark = pytest.mark.postgres

on_one_connection = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def connection(server: servers.Server) -> Iterator[Connection]:
    """A connection to ask questions that change nothing."""
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        yield connection


def ask(connection: Connection, question: str, *values: Any) -> Any:
    """The one value of a query's one row."""
    row = connection.execute(question, values).fetchone()
    assert row is not None
    return row[0]


# -- the application ------------------------------------------------------------------------------


def test_the_application_runs_before_and_after_the_move(postgres: Callable[[], Connection], driver: ModuleType) -> None:
    """The code before on the old layout; the tables move; the code after, with search_path = public."""
    database = postgres()
    database.execute("SET search_path = public")
    database.execute((CYREX / "before/database/postgres-init.sql").read_bytes())
    moves = rules_for(CYREX / "drive.py").moves

    before = asyncio.run(driver.drive(str(CYREX / "before"), database))
    assert failures(driver, before) == []
    assert existing(database) >= {str(move.relation) for move in moves}

    for schema in sorted({move.to.schema or "" for move in moves}):
        database.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    for move in moves:
        statement = sql.SQL("ALTER TABLE {} SET SCHEMA {}")
        old = sql.Identifier(*filter(None, (move.relation.schema, move.relation.name)))
        database.execute(statement.format(old, sql.Identifier(move.to.schema or "")))

    after = asyncio.run(driver.drive(str(CYREX / "after"), database))
    assert failures(driver, after) == []
    assert len(after) == len(before)
    assert existing(database) >= {str(move.to) for move in moves}
    # A statement left behind shows here: CREATE TABLE IF NOT EXISTS makes an empty public table, no error.
    assert not existing(database) & {str(move.relation) for move in moves}


def test_the_old_code_does_not_fit_the_new_layout(postgres: Callable[[], Connection], driver: ModuleType) -> None:
    """The test above has teeth: the code before, on the new layout, makes the tables of the old one again."""
    database = postgres()
    database.execute("SET search_path = public")
    database.execute((CYREX / "before/database/postgres-init.sql").read_bytes())
    database.execute("CREATE SCHEMA cyrex")
    asyncio.run(driver.drive(str(CYREX / "after"), database))
    moves = rules_for(CYREX / "drive.py").moves
    assert not existing(database) & {str(move.relation) for move in moves}
    with contextlib.suppress(AssertionError):  # the driver may notice it too
        asyncio.run(driver.drive(str(CYREX / "before"), database))
    assert existing(database) & {str(move.relation) for move in moves}


SETTLED = """
[[move]]
from = "public"
to = "cyrex"
tables = ["events"]
rename = "bus_events"
paths = ["app/core/event_handler.py"]

[[move]]
from = "public"
to = "cyrex"
tables = ["idx_events_type"]
rename = "idx_bus_events_type"
paths = ["app/core/event_handler.py"]
"""


def test_a_conflict_of_definitions_is_settled_by_a_rename(
    postgres: Callable[[], Connection], driver: ModuleType, tmp_path: Path
) -> None:
    """Two modules define `events`; once one of them has a table of its own, nothing is said and nothing fails."""
    tree = tmp_path / "tree"
    shutil.copytree(CYREX / "before", tree)
    rules = (CYREX / "rules.toml").read_text()

    def run(*arguments: str, moves: str) -> tuple[int, str]:
        (tree / "rules.toml").write_text(rules + moves)
        return sr(tree, "--rules", "rules.toml", *arguments, ".")[:2]

    for moves, said in (("", {"relation-conflict"}), (SETTLED.rpartition("[[move]]")[0], {"index-conflict"})):
        _, shown = run(moves=moves)
        assert set(re.findall(r"[a-z]+-conflict", shown)) == said
    for mode in ("--fix", "--check"):
        _, shown = run(mode, moves=SETTLED)
        assert re.findall(r"^\S+: ([a-z-]+)", shown, re.MULTILINE) == ["schema-literal"]  # a person's, of another file

    database = postgres()
    database.execute("SET search_path = public")
    database.execute((CYREX / "before/database/postgres-init.sql").read_bytes())
    database.execute("CREATE SCHEMA cyrex")
    after = asyncio.run(driver.drive(str(tree), database))
    assert failures(driver, after) == []
    assert not [statement for statement in after if statement.error == "42703"]  # a column that is not there
    assert existing(database) >= {"cyrex.events", "cyrex.bus_events"}
    indexes = "SELECT indexname FROM pg_indexes WHERE schemaname = 'cyrex' AND tablename IN ('events', 'bus_events')"
    made = {row[0] for row in database.execute(indexes)}
    assert made >= {"idx_events_type", "idx_bus_events_type", "idx_events_entity", "idx_events_target"}


def test_the_psql_script_runs_before_and_after_the_move(
    server: servers.Server, postgres: Callable[[], Connection], driver: ModuleType
) -> None:
    """database/cyrex-seed.sql, which only psql can read, on the layout that the code of its tree makes."""
    for layout in ("before", "after"):
        database = postgres()
        database.execute("SET search_path = public")
        database.execute("CREATE SCHEMA cyrex")
        database.execute((CYREX / "before/database/postgres-init.sql").read_bytes())
        asyncio.run(driver.drive(str(CYREX / layout), database))
        target = f"{server.conninfo(database.info.dbname)} options='-c search_path=public'"
        psql = (server.bindir / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", target, "-f")
        script = CYREX / layout / "database/cyrex-seed.sql"
        done = subprocess.run([*psql, script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{layout}: {done.stderr}"


def existing(database: Connection) -> set[str]:
    """All tables, as Relation prints them."""
    rows = database.execute("SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables")
    return {row[0] for row in rows}


# -- names ----------------------------------------------------------------------------------------

CHARS = st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\v")  # \v is white space since 16
NAMES = st.text(CHARS, min_size=1) | st.text(st.sampled_from('aBz09_$." éßI\u0130\u00a0\u20ac\U0001f600'), min_size=1)


@pytest.mark.parametrize("kind", servers.kinds())
def test_every_keyword_of_the_server_is_known(kind: str) -> None:
    """A keyword unknown to us would be inserted as a name without quotes. Versions differ, so ask all."""
    running = servers.start(kind)
    try:
        with psycopg.connect(running.conninfo()) as connection:
            rows = connection.execute("SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'").fetchall()
    finally:
        running.stop()
    assert {row[0] for row in rows} - KEYWORDS == set()


@on_one_connection
@given(NAMES | st.sampled_from(sorted(KEYWORDS)))
@example("users")
@example("Users")
@example("order")
@example("a$b")
@example("$a")
@example("1a")
@example('a"b')
@example("straße")
@example(" ")
def test_quote_is_quote_ident(connection: Connection, name: str) -> None:
    """quote() writes what quote_ident() writes, save for keywords of other versions and the harmless $."""
    server_keywords = ask(connection, "SELECT count(*) FROM pg_get_keywords() WHERE word = %s", name)
    if (name not in KEYWORDS or server_keywords) and "$" not in name:
        assert quote(name) == ask(connection, "SELECT quote_ident(%s)", name)
    assert ask(connection, "SELECT parse_ident(%s)", quote(name)) == [name]


@on_one_connection
@given(NAMES)
@example("é" * 40)
@example("a" + "é" * 40)
@example("😀" * 20)
@example("x" * 63)
@example("x" * 64)
def test_clip_is_the_name_type(connection: Connection, name: str) -> None:
    """clip() keeps what the server's type `name` keeps."""
    assert clip(name) == ask(connection, "SELECT %s::text::name::text", name)


@on_one_connection
@given(st.from_regex(r"[A-Za-z_\u0080-\ud7ff][A-Za-z0-9_$\u0080-\ud7ff]{0,70}", fullmatch=True))
@example("ÉCOLE")
@example("İ")
@example("Straße")
@example("K")  # the Kelvin sign, whose lower case is the letter k
def test_fold_is_the_server_s(connection: Connection, identifier: str) -> None:
    """fold() reads an unquoted identifier as the server does."""
    assert fold(identifier) == ask(connection, "SELECT (parse_ident(%s))[1]::name::text", identifier)


@on_one_connection
@given(NAMES, NAMES, st.sampled_from(["", " ", "\n", "\t "]))
def test_split_identifier_is_parse_ident(connection: Connection, one: str, two: str, space: str) -> None:
    """split_identifier() takes apart what parse_ident() takes apart, and refuses what it refuses."""
    for text in (
        one,
        f"{one}{space}.{space}{two}",
        f"{quote(one)}.{space}{quote(two)}",
        f"{space}{quote(one)}",
    ):
        try:
            parts = ask(connection, "SELECT parse_ident(%s)::name[]::text[]", text)
        except psycopg.Error:
            parts = []
        assert list(split_identifier(text)) == parts, repr(text)


@pytest.mark.parametrize("name", ["Users", "user", 'a"b', "straße", "a b", "É" * 40, "x" * 70, "a.b", "$x", "名前"])
def test_a_quoted_name_names_its_table(postgres: Callable[[], Connection], name: str) -> None:
    """A table made under quote(name) has the name clip(name)."""
    database = postgres()
    database.execute(f"CREATE TABLE public.{quote(name)} (id int)".encode())
    assert ask(database, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200") == clip(name)
