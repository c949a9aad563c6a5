"""`schema-rewrite migrate` as a user runs it: its files through psql, Alembic and Django, on a real PostgreSQL."""

from __future__ import annotations

import ast
import asyncio
import importlib
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from helpers import migrations as m
from helpers import preloaded
from helpers import server as servers
from helpers.application import CYREX, failures
from helpers.command import PLAIN, sr

from schema_rewriter.cli import config

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.postgres

TOOLS = (
    "alembic.config",
    "alembic.command",
    "sqlalchemy.dialects.postgresql.psycopg",
    "django.core.management",
    "psycopg",
)


def migrate(*args: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`schema-rewrite migrate`."""
    return subprocess.CompletedProcess(args, *sr(Path.cwd(), "migrate", *args, env=env))


def tool(code: str, words: tuple[str, ...], cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """A tool's own command, run where it has been imported before."""
    ended, out, err = preloaded.run(code, words, cwd, PLAIN | env, TOOLS)
    return subprocess.CompletedProcess(words, ended, out.decode(), err.decode())


def play(server: servers.Server, dsn: str, out: Path, *phases: str) -> None:
    """Run the files of phases (`expand.up`) with psql."""
    for phase in phases:
        [path] = out.glob(f"?_{phase}.sql")
        done = m.psql(server, dsn, path, "-v", "ON_ERROR_STOP=1", "-c", "SET schema_rewrite.contract = yes")
        assert done.returncode == 0, done.stderr
        assert "ERROR" not in done.stderr


# ------------------------------------------------------------------------------------------------ the application


@pytest.fixture
def running(driver: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The driver for an application that runs already: all it asks and writes, without the DDL of its start and end.

    MERGE into a view is not supported before PostgreSQL 17.
    """
    ddl = re.compile(r"\s*(CREATE|ALTER|DROP|TRUNCATE)\b", re.IGNORECASE)
    merge = re.compile(r"\s*MERGE\b", re.IGNORECASE)

    class Running(driver.DrivenPool):  # type: ignore[misc, name-defined]
        def _run(self, sql: str, args: tuple[Any, ...]) -> tuple[str, list[dict[str, Any]]]:
            if ddl.match(sql) or (merge.match(sql) and self.connection.info.server_version < 170000):
                return "", []
            return super()._run(sql, args)  # type: ignore[no-any-return]

    async def everything(pool: Any) -> None:
        tables = importlib.import_module("app.database.agent_tables")
        services = await importlib.import_module("app.main").startup()
        router = await driver._agents(services)
        await driver._sessions_and_messages(services, router)
        await driver._guardrails(services)
        await driver._vendors(services)
        await driver._workflows(router)
        await driver._events_of_the_first_kind(services, tables, router)
        await driver._reports_and_searches(pool, router)

    monkeypatch.setattr(driver, "DrivenPool", Running)
    monkeypatch.setattr(driver, "_everything", everything)
    return driver


def test_the_whole_cycle_of_the_application(
    server: servers.Server, driver: ModuleType, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Old code, prepare, expand, old code, functions, both, contract, new code, old code fails, all the way back."""
    dsn = servers.create_database(server)
    rules = CYREX / "rules.toml"
    names = [move.relation.name for move in config.load_rules([rules]).moves]
    with m.connect(dsn) as database:
        database.execute("SET search_path = public")
        database.execute((CYREX / "before/database/postgres-init.sql").read_bytes())

        def drive(layout: str) -> list[str]:
            statements = asyncio.run(driver.drive(str(CYREX / layout), database))
            assert len(statements) > 100
            return failures(driver, statements)

        def rows(schema: str) -> dict[str, list[Any]]:
            queries = {name: f"SELECT to_jsonb(t)::text FROM {schema}.{name} t ORDER BY 1" for name in names}
            return {name: database.execute(query.encode()).fetchall() for name, query in queries.items()}

        assert drive("before") == []
        request.getfixturevalue("running")
        assert drive("before") == []
        database.execute(
            "CREATE FUNCTION public.unfinished() RETURNS bigint LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN (SELECT count(*) FROM workflows WHERE status <> 'done'); END $$"
        )
        start, schema = rows("public"), m.dump(server, dsn, "-s")
        assert sum(map(len, start.values())) > 20
        out = tmp_path / "migration"
        done = migrate("--rules", rules, "--dsn", dsn, "--format", "psql", "--out", out)
        assert (done.returncode, done.stderr) == (0, "")

        play(server, dsn, out, "prepare.up", "expand.up")
        assert rows("public") == rows("cyrex") == start
        assert drive("before") == []
        play(server, dsn, out, "functions.up")
        assert drive("before") == []
        assert drive("after") == []
        then = rows("cyrex")
        play(server, dsn, out, "contract.up")
        assert rows("cyrex") == then
        assert drive("after") == []
        with pytest.raises(psycopg.errors.UndefinedTable):
            drive("before")
        assert database.execute("SELECT public.unfinished()").fetchone()

        play(server, dsn, out, "contract.down")
        assert drive("before") == []
        assert drive("after") == []
        play(server, dsn, out, "functions.down")
        assert drive("before") == []
        then = rows("cyrex")
        play(server, dsn, out, "expand.down")
        assert rows("public") == rows("cyrex") == then
        assert drive("before") == []
        assert drive("after") == []
        then = rows("public")
        play(server, dsn, out, "prepare.down")
        assert rows("public") == then
        assert m.dump(server, dsn, "-s") == schema


def test_a_database_without_the_tables_gets_them_from_the_new_code(
    server: servers.Server, driver: ModuleType, tmp_path: Path
) -> None:
    """Option B: what is not there is skipped, and said; the rewritten code makes it in the new schema."""
    dsn = servers.create_database(server)
    rules = CYREX / "rules.toml"
    with m.connect(dsn) as database:
        database.execute("SET search_path = public")
        database.execute((CYREX / "before/database/postgres-init.sql").read_bytes())
        done = migrate("--rules", rules, "--dsn", dsn, "--out", tmp_path)
        assert done.returncode == 0
        assert "public.workflows does not exist yet; the rewritten code makes it as cyrex.workflows" in done.stderr
        play(server, dsn, tmp_path, "prepare.up", "expand.up")
        assert failures(driver, asyncio.run(driver.drive(str(CYREX / "after"), database))) == []
        play(server, dsn, tmp_path, "contract.up", "contract.down")
        assert database.execute("SELECT count(*) FROM public.workflows").fetchone()


@pytest.mark.parametrize("form", ["sql", "psql"])
@pytest.mark.parametrize("stops", [True, False], ids=["stops", "goes on"])
def test_contract_waits_under_psql_too(server: servers.Server, tmp_path: Path, form: str, stops: bool) -> None:
    """As long as somebody else is connected, unless the session has said yes; whether or not psql stops at an error."""
    dsn = servers.create_database(server)
    m.run(dsn, [USERS])
    (tmp_path / "rules.toml").write_text(
        '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n[grants.public]\npublic = "none"\n'
    )
    done = migrate("--rules", tmp_path / "rules.toml", "--dsn", dsn, "--format", form, "--out", tmp_path)
    assert done.returncode in (0, 1), done.stderr
    play(server, dsn, tmp_path, "prepare.up", "expand.up")
    expanded = m.dump(server, dsn)
    [path] = tmp_path.glob("?_contract.up.sql")
    options = ("-v", "ON_ERROR_STOP=1") if stops else ()
    with m.connect(dsn):
        done = m.psql(server, dsn, path, *options)
        assert "contract waits: it ends public.users" in done.stderr and "connected now besides: 1" in done.stderr
        assert m.dump(server, dsn) == expanded
    done = m.psql(server, dsn, path, *options)
    assert (done.returncode, "ERROR" in done.stderr) == (0, False), done.stderr
    with pytest.raises(psycopg.errors.UndefinedTable):
        counted(dsn, "public.users")


# ------------------------------------------------------------------------------------------------ other tools


@pytest.mark.parametrize("single", [(), ("--single-step",)], ids=["phases", "single-step"])
def test_alembic_runs_it_up_and_down(server: servers.Server, tmp_path: Path, single: tuple[str, ...]) -> None:
    dsn = m.make(server)
    versions = tmp_path / "migrations/versions"
    versions.mkdir(parents=True)
    (tmp_path / "migrations/env.py").write_text(ENV)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    template = 'revision = "{}"\ndown_revision = {}\ndef upgrade(): pass\ndef downgrade(): pass\n'
    (versions / "a.py").write_text(template.format("a", None))
    (versions / "b.py").write_text(template.format("b", '"a"'))
    arguments: tuple[str | Path, ...] = (
        "--rules",
        m.KINDS / "rules.toml",
        "--dsn",
        dsn,
        "--format",
        "alembic",
        "--out",
        versions,
        *single,
    )
    assert migrate(*arguments).returncode == 1  # partitions came along
    written = {path.name: path.read_text() for path in versions.glob("*_schema_rewrite_*.py")}
    assert migrate(*arguments).returncode == 1
    assert {path.name: path.read_text() for path in versions.glob("*_schema_rewrite_*.py")} == written
    assert len(written) == 2 - len(single)

    def alembic(*args: str, refused: bool = False, **env: str) -> str:
        done = tool("from alembic.config import main; main()", args, tmp_path, DSN=dsn, **env)
        assert (done.returncode != 0) is refused, done.stderr
        return done.stdout + done.stderr * refused

    alembic("upgrade", "b")
    start = m.dump(server, dsn)
    assert any(alembic("heads").split()[0] in name for name in written)
    if not single:
        for _ in range(2):  # it expands, and says each time again what contract waits for
            said = alembic("upgrade", "head", refused=True)
            assert "contract waits: it ends" in said and "schema-rewrite audit --expect unused" in said
            assert counted(dsn, "public.parent") == counted(dsn, "app.parent") == 20
            assert any(alembic("current").split()[0] in name for name in written if "expand" in name)
    alembic("upgrade", "head", SCHEMA_REWRITE_CONTRACT="yes")
    assert counted(dsn, "app.parent") == 20
    with pytest.raises(psycopg.errors.UndefinedTable):
        counted(dsn, "public.parent")
    m.run(dsn, ["CALL public.clear(NULL)", "INSERT INTO app.event_log SELECT i, 'child' FROM generate_series(1, 20) i"])
    alembic("downgrade", "b")
    assert m.dump(server, dsn) == start
    script = alembic("upgrade", "b:head", "--sql")  # for a person to run: the same text
    for text in written.values():
        lists = (node.value for node in ast.parse(text).body if isinstance(node, ast.Assign))
        found = [ast.literal_eval(one) for one in lists if isinstance(one, ast.List)]
        assert all(statement in script for statement in (*found[0], *found[1]))


ENV = """
import os, psycopg
from alembic import context
from sqlalchemy import create_engine
if context.is_offline_mode():
    context.configure(dialect_name="postgresql")
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(os.environ["DSN"]))
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""


@pytest.mark.parametrize("form", ["alembic", "django"])
def test_a_release_that_ends_nothing_needs_no_leave(server: servers.Server, tmp_path: Path, form: str) -> None:
    """In a database where the new code makes the tables there is no old name to wait for."""
    dsn = servers.create_database(server)
    (tmp_path / "rules.toml").write_text('[[move]]\nfrom = "public"\nto = "app"\ntables = ["events"]\n')
    done = migrate("--rules", tmp_path / "rules.toml", "--offline", "--format", form, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    for path in sorted(tmp_path.glob("*.py"), key=lambda path: "contract" in path.name):
        lists = {
            node.targets[0].id: ast.literal_eval(node.value)  # type: ignore[attr-defined]
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.List)
        }
        m.run(dsn, [*lists["FUNCTIONS"], *lists["UPGRADE" if form == "alembic" else "FORWARDS"]])
    assert m.catalog(dsn).schema("app")


def counted(dsn: str, relation: str) -> int:
    with m.connect(dsn) as connection:
        [(count,)] = connection.execute(f"SELECT count(*) FROM {relation}".encode()).fetchall()
        return int(count)


@pytest.mark.parametrize("single", [(), ("--single-step",)], ids=["phases", "single-step"])
def test_django_runs_it_there_and_back(server: servers.Server, tmp_path: Path, single: tuple[str, ...]) -> None:
    dsn = m.make(server)
    folder = tmp_path / "shop/migrations"
    folder.mkdir(parents=True)
    for path in (tmp_path / "shop/__init__.py", folder / "__init__.py"):
        path.write_text("")
    (tmp_path / "shop/apps.py").write_text(
        'from django.apps import AppConfig\nclass Shop(AppConfig):\n    name = "shop"\n    label = "store"\n'
    )
    template = "from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = {}\n"
    (folder / "0001_initial.py").write_text(template.format([]))
    (folder / "0002_more.py").write_text(template.format([("store", "0001_initial")]))
    values = psycopg.conninfo.conninfo_to_dict(dsn)
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": values["dbname"], "HOST": values["host"]}
    database |= {"PORT": values["port"], "USER": values["user"]}
    (tmp_path / "settings.py").write_text(
        f"DATABASES = {{'default': {database!r}}}\nINSTALLED_APPS = ['shop.apps.Shop']\n"
    )
    done = migrate("--rules", m.KINDS / "rules.toml", "--dsn", dsn, "--format", "django", "--out", folder, *single)
    assert done.returncode == 1
    [first, *_] = sorted(path.stem for path in folder.glob("*_schema_rewrite_*.py"))
    assert first == ("0003_schema_rewrite_move" if single else "0003_schema_rewrite_expand")
    assert '("store", "0002_more")' in (folder / f"{first}.py").read_text()

    def django(*args: str, refused: bool = False, **more: str) -> None:
        code = "import sys; from django.core.management import execute_from_command_line as run; run(sys.argv)"
        done = tool(code, ("migrate", "--settings=settings", *args), tmp_path, **more)
        assert (done.returncode != 0) is refused, done.stderr
        assert ("SCHEMA_REWRITE_CONTRACT=yes" in done.stderr) is refused

    django("store", "0002")
    start = m.dump(server, dsn, "--schema=public", "--exclude-table=django_migrations*")
    django("store", refused=not single)
    if not single:
        assert counted(dsn, "public.parent") == 20
    django("store", SCHEMA_REWRITE_CONTRACT="yes")
    assert counted(dsn, "app.parent") == 20
    django("store", "0002")
    assert m.dump(server, dsn, "--schema=public", "--exclude-table=django_migrations*") == start
    assert m.catalog(dsn).schema("app") is None


# ------------------------------------------------------------------------------------------------ rights, backup


def test_grants_give_and_take_and_give_back(server: servers.Server, tmp_path: Path) -> None:
    dsn = m.make(server)
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[move]]\nfrom = "public"\nto = "app"\ntables = ["parent", "child", "events"]\n'
        '[grants.sr_reader]\napp = "read"\n[grants.sr_writer]\napp = "owner"\npublic = "none"\n'
        '[grants.public]\napp = "none"\n'
    )
    start = m.dump(server, dsn)
    done = migrate("--rules", rules, "--dsn", dsn, "--out", tmp_path / "out")
    warning = "schema-rewrite: warning: [grants] sr_writer still reaches schema public through PUBLIC; say public = .."
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, warning)
    phases = [path.name[2:-7] for path in sorted((tmp_path / "out").glob("*.up.sql"))]
    assert phases == ["prepare", "expand", "functions", "grants", "contract"]
    play(server, dsn, tmp_path / "out", *(f"{phase}.up" for phase in phases))
    after = m.catalog(dsn)
    assert {e.owner for e in after.relations if e.relation.schema == "app"} == {"sr_writer"}
    assert {
        p.privilege for e in after.relations if e.relation.schema == "app" for p in e.privileges if not p.column
    } == {"SELECT"}
    app = after.schema("app")
    assert app is not None and app.owner == "sr_writer"
    m.run(dsn, ["SET ROLE sr_writer", "UPDATE app.parent SET a = 1 WHERE false", "CREATE TABLE app.new (id int)"])
    m.run(dsn, ["SET ROLE sr_reader", "SELECT * FROM app.child"])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        m.run(dsn, ["SET ROLE sr_reader", "INSERT INTO app.parent DEFAULT VALUES"])
    m.run(dsn, ["DROP TABLE app.new"])
    play(server, dsn, tmp_path / "out", *(f"{phase}.down" for phase in reversed(phases)))
    assert m.dump(server, dsn) == start


def test_each_schema_is_backed_up_and_restored_by_the_printed_lines(server: servers.Server, tmp_path: Path) -> None:
    dsn = m.make(server)
    done = migrate("--rules", m.KINDS / "rules.toml", "--dsn", dsn, "--out", tmp_path / "out")
    for phase in ("prepare", "expand", "functions", "contract"):
        play(server, dsn, tmp_path / "out", f"{phase}.up")
    lines = [line for line in done.stdout.splitlines() if "schema app" in line or "restore it" in line]
    assert lines[0].startswith("pg_dump --schema=app --file=app.sql")
    needed = [line for line in done.stdout.splitlines() if line.startswith("#   first")]
    assert needed[:2] == [
        "#   first restore what it needs: type public.mood (of parent)",
        "#   first restore what it needs: sequence public.free (default of parent)",
    ]
    env = PLAIN | {"DATABASE": dsn, "PATH": f"{server.bindir}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-ec", lines[0]], cwd=tmp_path, env=env, check=True)
    other = servers.create_database(server)
    m.run(other, ["CREATE TYPE public.mood AS ENUM ('fine', 'sad')", "CREATE SEQUENCE public.free"])
    m.run(other, ["CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"])
    env["DATABASE"] = other
    subprocess.run(["sh", "-ec", lines[1]], cwd=tmp_path, env=env, check=True, capture_output=True)
    assert counted(other, "app.parent") == counted(dsn, "app.parent") == 20
    assert sorted(m.dump(server, other, "--schema=app").split()) == sorted(m.dump(server, dsn, "--schema=app").split())


def test_schemas_that_need_each_other_are_restored_together(server: servers.Server, tmp_path: Path) -> None:
    """Foreign keys both ways: neither can be first, and the printed lines make one file of both, in a new database."""
    dsn = servers.create_database(server)
    m.run(
        dsn,
        [
            "CREATE SCHEMA old; SET search_path = old; CREATE TYPE mood AS ENUM ('fine')",
            "CREATE TABLE a (id int PRIMARY KEY, m mood, b int)",
            "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)",
            "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY DEFERRED",
            "INSERT INTO a VALUES (1, 'fine', 2); INSERT INTO b VALUES (2, 1)",
        ],
    )
    (tmp_path / "rules.toml").write_text('[[move]]\nfrom = "old"\nto = "app"\ntables = ["a"]\n')
    done = migrate("--rules", tmp_path / "rules.toml", "--dsn", dsn, "--out", tmp_path / "out")
    for phase in ("prepare", "expand", "contract"):
        play(server, dsn, tmp_path / "out", f"{phase}.up")
    backup, restore = [line for line in done.stdout.splitlines() if "old_and_app.sql" in line]
    assert backup.startswith("pg_dump --schema=old --schema=app --file=old_and_app.sql")
    assert done.stdout.count("pg_dump") == 1
    env = PLAIN | {"DATABASE": dsn, "PATH": f"{server.bindir}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-ec", backup], cwd=tmp_path, env=env, check=True)
    other = servers.create_database(server)
    subprocess.run(["sh", "-ec", restore], cwd=tmp_path, env=env | {"DATABASE": other}, check=True, capture_output=True)
    assert m.dump(server, other, "-n", "old", "-n", "app") == m.dump(server, dsn, "-n", "old", "-n", "app")


# ------------------------------------------------------------------------------------------------ which way


USERS = "CREATE TABLE public.users (id serial)"
KID = "CREATE TABLE public.kid () INHERITS (public.users)"
WAYS = [
    (USERS, ["users"], "views, the default", ""),
    (f"{USERS}; {KID}", ["users"], "views", ""),
    (
        f"{USERS}; CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$SELECT pg_get_serial_sequence('users', 'id')$$",
        ["users"],
        "--search-path, without views",
        "public.f(): pg_get_serial_sequence of a view is NULL",
    ),
    (
        f"{USERS}; {KID}; CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN DELETE FROM ONLY users; END'",
        ["users"],
        "--search-path",
        "public.p(): through a view ONLY reaches the rows of children too",
    ),
    (
        f"{USERS}; CREATE SEQUENCE public.numbers",
        ["users", "numbers"],
        "--search-path",
        "public.numbers is a sequence: nothing can stand under its old name",
    ),
    (
        f"{USERS}; CREATE SEQUENCE n; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM public.users'",
        ["users", "n"],
        "--single-step, in a maintenance window",
        "and not --search-path, because\n#     - public.f() says public.users",
    ),
]


@pytest.mark.parametrize(("setup", "tables", "way", "why"), WAYS)
def test_the_way_that_fits_is_recommended(
    server: servers.Server, tmp_path: Path, setup: str, tables: list[str], way: str, why: str
) -> None:
    dsn = servers.create_database(server)
    m.run(dsn, [setup])
    (tmp_path / "rules.toml").write_text(f'[[move]]\nfrom = "public"\nto = "app"\ntables = {tables}\n')
    done = migrate("--rules", tmp_path / "rules.toml", "--dsn", dsn, "--out", tmp_path / "out")
    assert f"# Recommended: {way}" in done.stdout and why in done.stdout, done.stdout


def test_the_search_path_finds_both_schemas(
    server: servers.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There and back, with the paths of the database and of a role; what began before prepare holds it off."""
    dsn = servers.create_database(server)
    name = str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
    role = f"sr_{name}"
    code = "CREATE FUNCTION public.n() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM ONLY users'"
    setup = f'CREATE ROLE {role} LOGIN; ALTER ROLE {role} IN DATABASE {name} SET search_path = "My App", public'
    m.run(dsn, [USERS, KID, code, setup, f"GRANT SELECT ON public.users TO {role}"])
    settings = (
        "SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE datname = %s"
    )

    def paths() -> set[str]:
        with m.connect(dsn) as connection:
            rows = connection.execute(settings, [name]).fetchall()
        return {one for (row,) in rows for one in row if one.startswith("search_path=")}

    start, begun = m.dump(server, dsn), paths()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.toml").write_text('[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n')
    (tmp_path / "code.sql").write_text("SELECT id FROM users;")
    arguments = ("--rules", "rules.toml", "--dsn", dsn, "--search-path", "--out", "out")
    with m.connect(dsn) as old:
        assert migrate(*arguments).returncode == 1  # a child comes along
        done = migrate(*arguments, "--apply")
        assert "keep the search_path that they began with: postgres (" in done.stderr, done.stderr
        assert old.execute("SELECT count(*) FROM users").fetchone() == (0,)
    assert migrate(*arguments, "--apply").returncode == 0
    assert paths() == {'search_path="$user", public, app', 'search_path="My App", public, app'}
    for user in ("postgres", role):
        with m.connect(psycopg.conninfo.make_conninfo(dsn, user=user)) as new:
            assert new.execute("SELECT 'users'::regclass::oid = 'app.users'::regclass").fetchone() == (True,)
    assert migrate(*arguments, "--apply", "--down", "--phase", "functions").returncode == 0
    assert migrate(*arguments, "--apply", "--down", "--phase", "expand").returncode == 0
    assert migrate(*arguments, "--apply", "--down", "--phase", "prepare").returncode == 0
    m.run(dsn, ["DROP SCHEMA schema_rewrite CASCADE"])
    assert (m.dump(server, dsn), paths()) == (start, begun)
    m.run(dsn, [f"DROP OWNED BY {role}; DROP ROLE {role}"])


def test_what_no_search_path_finds_refuses_it(
    server: servers.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the database and in the project's code, each by its place; nothing is written."""
    dsn = servers.create_database(server)
    pinned = "CREATE FUNCTION public.n() RETURNS bigint LANGUAGE sql SET search_path = public AS 'SELECT 1 FROM users'"
    m.run(dsn, [USERS, pinned])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.toml").write_text('[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n')
    (tmp_path / "code.py").write_text('cur.execute("SELECT id FROM users")\ncur.execute("DELETE FROM public.users")\n')
    (tmp_path / "made.sql").write_text("CREATE TABLE IF NOT EXISTS users (id int);")
    done = migrate("--rules", "rules.toml", "--dsn", dsn, "--search-path", "--out", "out")
    assert done.returncode == 2 and not (tmp_path / "out").exists()
    for said in (
        "public.n() has a search_path of its own",
        "code.py:2: public.users is written with its schema",
        "made.sql:1: public.users is made again",
    ):
        assert said in done.stderr, done.stderr
    assert "code.py:1" not in done.stderr


# ------------------------------------------------------------------------------------------------ mistakes


def test_mistakes_are_one_line_with_a_remedy_and_no_password(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n[grants.app]\napp = "owner"\n')
    versions = tmp_path / "versions"
    versions.mkdir()
    for name in "ab":
        (versions / f"{name}.py").write_text(f'revision = "{name}"\ndown_revision = None\n')
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/a.py").write_text("def")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/1_prepare.up.sql").write_text("SELECT 1;")
    plain = tmp_path / "plain.toml"
    plain.write_text('[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n')
    for arguments, message in (
        (
            ("--rules", plain, "--out", "x"),
            "no database: give --dsn, set SCHEMA_REWRITE_DSN or PGHOST .., or say --offline",
        ),
        (("--rules", rules, "--offline", "--out", "x"), "must know the present owner; give --dsn"),
        (("--rules", plain, "--offline", "--format", "alembic", "--out", versions), "several heads (a, b)"),
        (("--rules", plain, "--offline", "--format", "django", "--out", tmp_path / "broken"), "a.py: no Python"),
        (("--rules", plain, "--offline", "--out", tmp_path / "taken"), "1_prepare.up.sql: is there already, and not"),
        (("--rules", plain, "--offline", "--out", plain), "plain.toml"),
        (("--rules", plain, "--dsn", "postgresql://u:s3cret@localhost:1/x", "--out", "x"), "no connection to"),
        (
            ("--rules", plain, "--offline", "--single-step", "--tombstones", "--out", "x"),
            "--tombstones is for contract",
        ),
    ):
        done = migrate(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert message in done.stderr and done.stderr.count("\n") == 1, done.stderr
        assert "s3cret" not in done.stderr
    assert (tmp_path / "taken/1_prepare.up.sql").read_text() == "SELECT 1;"


def test_the_database_comes_from_the_environment_too(server: servers.Server, tmp_path: Path) -> None:
    dsn = m.make(server)
    values = psycopg.conninfo.conninfo_to_dict(dsn)
    libpq = {"PGHOST": str(values["host"]), "PGUSER": "postgres", "PGDATABASE": str(values["dbname"]), "PGPORT": "5432"}
    for env in ({"SCHEMA_REWRITE_DSN": dsn}, libpq):
        done = migrate("--rules", m.KINDS / "rules.toml", "--out", tmp_path / "out", env=env)
        assert done.returncode == 1
        assert "log_2025, a partition of public.log, moves along" in done.stderr
