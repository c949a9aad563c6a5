"""Names that want to be run, and functions that want to be called: none of ours lets them, on a real PostgreSQL."""

from __future__ import annotations

import ast
import re
import subprocess
from dataclasses import dataclass, fields
from importlib import resources
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from helpers import migrations as m
from helpers.strategies import examples
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import sql

from schema_rewriter.cli.audit import _text
from schema_rewriter.postgres.apply.files import chosen, read_scripts
from schema_rewriter.postgres.apply.log import open_log
from schema_rewriter.postgres.apply.runner import run
from schema_rewriter.postgres.apply.session import demand
from schema_rewriter.postgres.audit.survey import survey
from schema_rewriter.postgres.catalog_reader import read_catalog
from schema_rewriter.postgres.connection import connect, reading
from schema_rewriter.postgres.migrate import moves_of, plan
from schema_rewriter.postgres.migrate.backup import backup
from schema_rewriter.postgres.migrate.quoting import dollar
from schema_rewriter.postgres.migrate.scripts import FORMATS, Locks, Setting, write
from schema_rewriter.postgres.migrate.scripts.python import docstring, text
from schema_rewriter.postgres.migrate.scripts.releases import releases
from schema_rewriter.relation import Relation, quote
from schema_rewriter.reports.full import shown
from schema_rewriter.rules import Grant, Move, RuleSet
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from helpers import server as servers

    from schema_rewriter.postgres.migrate import Phases

PIECES = (
    *("\n", "\r", "\t", "\x1b[2J", "\u2028", "\u202e", "'", '"', '"""', "'''", "\\", "\\\n", "--", "/*", "*/", ";"),
    *("$sr$", "$sr", "$definition$", "$definition", "$$", "%", "%s", "{", "}", ":x", ":'x'", "a", "é", " "),
    "DROP TABLE public.victim;",
    "\nDROP TABLE public.victim; --",
    "'; DROP TABLE public.victim; --",
    '"; DROP TABLE public.victim; --',
    "$sr$; DROP TABLE public.victim; --",
    "\n\\! touch victim",
    '"""\nraise SystemExit\n"""',
)
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join)
NAMES = TEXTS.map(lambda name: name.encode()[:56].decode(errors="ignore").rstrip("\0"))


# ------------------------------------------------------------------------------------------------ without a server


@given(TEXTS)
def test_no_text_ends_its_quotes(value: str) -> None:
    """Neither dollar quotes, nor a literal of Python, nor a docstring; in a comment it stays in its line."""
    quoted = dollar(value, "sr")
    tag = quoted[: quoted.index("$", 1) + 1]
    assert quoted[len(tag) :].index(tag) == len(value)
    assert ast.literal_eval(text(value)) == value
    module = ast.parse("\n".join(docstring([value, "end"])) + "\nlast = 1")
    assert [type(node) for node in module.body] == [ast.Expr, ast.Assign]
    assert visible(value).isprintable() and visible(visible(value)) == visible(value)


def test_every_function_pins_its_search_path() -> None:
    """A procedure that commits can't have one: it sets one first, or writes every name with its schema."""
    found = [
        path.read_text("utf-8") for path in resources.files("schema_rewriter.postgres.migrate.functions").iterdir()
    ]
    assert len(found) > 10
    for function in found:
        head, _, body = function.partition(" AS $sr$")
        if "CREATE OR REPLACE FUNCTION" in head:
            assert "SET search_path = pg_catalog, pg_temp" in head
        else:
            called = re.findall(r"(?<![\w.])(?!pg_catalog\.|pg_temp\.)([a-z_]+)\(", body)
            assert not called or "set_config('search_path', 'pg_catalog, pg_temp', true)" in body


# ------------------------------------------------------------------------------------------------ names


@dataclass(frozen=True)
class Names:
    """A name for each kind of thing that a script speaks of."""

    database: str
    role: str
    schema: str
    target: str
    table: str
    other: str
    partition: str
    routine: str
    trigger: str
    type: str
    sequence: str
    statistics: str
    constraint: str


def names(form: str = "") -> Names:
    """All names of one form."""
    return Names(*(f"{field.name[:6]}{form}" for field in fields(Names)))


ALL_NAMES = st.builds(Names, *(NAMES.map(lambda name, kind=field.name[:6]: kind + name) for field in fields(Names)))  # type: ignore[misc]
_numbers = count()

SETUP = """
CREATE TABLE public.victim (id int);
CREATE ROLE {role};
CREATE SCHEMA {schema};
GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};
CREATE TYPE {schema}.{type} AS ENUM ('a');
CREATE SEQUENCE {schema}.{sequence};
CREATE TABLE {schema}.{table} (id serial PRIMARY KEY, t {schema}.{type}, n int DEFAULT nextval({sequence_text}));
CREATE STATISTICS {schema}.{statistics} ON id, n FROM {schema}.{table};
GRANT SELECT, UPDATE (n) ON {schema}.{table} TO {role} WITH GRANT OPTION;
CREATE TABLE {schema}.{other} (id int, CONSTRAINT {constraint} FOREIGN KEY (id) REFERENCES {schema}.{table})
    PARTITION BY RANGE (id);
CREATE TABLE {schema}.{partition} PARTITION OF {schema}.{other} FOR VALUES FROM (0) TO (9);
ALTER TABLE {schema}.{other} OWNER TO {role};
ALTER DEFAULT PRIVILEGES FOR ROLE {role} IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES FOR ROLE {role} IN SCHEMA {schema} GRANT SELECT ON TABLES TO PUBLIC;
CREATE FUNCTION {schema}.{routine}(t {schema}.{type}) RETURNS bigint LANGUAGE sql AS {body};
CREATE FUNCTION {schema}.{trigger}() RETURNS trigger LANGUAGE plpgsql AS {trigger_body};
CREATE TRIGGER {trigger} BEFORE INSERT ON {schema}.{table} FOR EACH ROW EXECUTE FUNCTION {schema}.{trigger}();
"""


def made(server: servers.Server, called: Names) -> str:
    """The connection string of a new database with a thing of each of these names."""
    with m.connect(server.conninfo()) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(called.database)))
    dsn = psycopg.conninfo.make_conninfo(server.conninfo(), dbname=called.database)
    words: dict[str, sql.Composable] = {f.name: sql.Identifier(getattr(called, f.name)) for f in fields(Names)}
    with m.connect(dsn) as connection:
        sequence = sql.Identifier(called.schema, called.sequence).as_string(connection)
        table = sql.Identifier(called.schema, called.table).as_string(connection)
        words["sequence_text"] = sql.SQL("{}::regclass").format(sql.Literal(sequence))
        words["body"] = sql.Literal(f"SELECT count(*) FROM {table} -- $definition")
        words["trigger_body"] = sql.Literal(f"BEGIN PERFORM 1 FROM {table}; RETURN NEW; END")
        connection.execute(sql.SQL(SETUP).format(**words))
    return dsn


def dropped(server: servers.Server, called: Names) -> None:
    """Without the database and the role."""
    with m.connect(server.conninfo()) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(called.database)))
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(called.role)))


def rules(called: Names) -> RuleSet:
    """Both tables move, and the role is to write there."""
    tables = (called.table, called.other)
    moves = tuple(Move(Relation(called.schema, name), Relation(called.target, name)) for name in tables)
    return RuleSet(moves, ("public",), grants=(Grant(called.role, called.target, "write"),))


def play(server: servers.Server, dsn: str, form: str, files: Mapping[str, str], out: Path, *, down: bool) -> None:
    """Run the files of a format: with psql, or the lists of a Python file as the tools do, which run nothing else."""
    if form == "apply":
        for name, source in files.items():
            (out / name).write_text(source, "utf-8", newline="\n")
        phases = tuple({name.split(".")[0].partition("_")[2] for name in files if (".down." in name) is down})
        with connect(dsn) as connection:
            demand(connection, dsn)
            assert open_log(connection)
            for script in chosen(read_scripts(out), phases, down=down):
                run(connection, script, lambda said: None, logged=True)
            if down:
                connection.execute("DROP SCHEMA schema_rewrite CASCADE")
        return
    if FORMATS[form] == "sql":
        for name in sorted((name for name in files if (".down." in name) is down), reverse=down):
            (out / name).write_text(files[name], "utf-8", newline="\n")
            done = m.psql(server, dsn, out / name, "-v", "ON_ERROR_STOP=1")
            assert done.returncode == 0, done.stderr
        return
    for name in sorted(files, key=list(files).index, reverse=down):
        lists = {node.targets[0].id: ast.literal_eval(node.value) for node in module(files[name])}  # type: ignore[attr-defined]
        back, there = ("DOWNGRADE", "UPGRADE") if form == "alembic" else ("BACKWARDS", "FORWARDS")
        m.run(dsn, ["SET schema_rewrite.contract = yes", *lists["FUNCTIONS"], *lists[back if down else there]])


def module(source: str) -> Iterator[ast.Assign]:
    """The lists of a generated module, which holds nothing else than it does for harmless names."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            yield node
        elif isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant)
        else:
            assert isinstance(node, ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Assign)


MODES = ("views", "single_step", "search_path")


@pytest.mark.postgres
@settings(examples(0.1), suppress_health_check=list(HealthCheck))
@given(called=ALL_NAMES, form=st.sampled_from([*sorted(FORMATS), "apply"]), mode=st.sampled_from(MODES))
@example(names("\nDROP TABLE public.victim; --"), "sql", "views")
@example(names("\rDROP TABLE public.victim; --"), "sql", "single_step")
@example(names('"""\r\n\\\'"'), "alembic", "views")
@example(names("$sr$ $definition"), "psql", "search_path")
@example(names("\n\\! touch victim\n;'\"$$ /* --"), "apply", "search_path")
@example(names("\n\\! touch victim"), "psql", "views")
def test_a_name_runs_nothing(
    server: servers.Server, tmp_path_factory: pytest.TempPathFactory, called: Names, form: str, mode: str
) -> None:
    """In no format, there and back: all moves, all comes back, and nothing else has happened."""
    dsn = made(server, called)
    out = tmp_path_factory.mktemp("out")
    try:
        start = m.dump(server, dsn)
        catalog = m.catalog(dsn)
        phases = plan(rules(called), catalog, single_step=mode == "single_step", search_path=mode == "search_path")
        files = write(
            "sql" if form == "apply" else form, phases, Setting("a\nDROP TABLE public.victim; --.toml", called.database)
        )
        play(server, dsn, form, files, out, down=False)
        after = m.catalog(dsn)
        for name in (called.table, called.other, called.partition):
            assert (found := after.relation(Relation(called.target, name))) and not found.mark
        assert after.relation(Relation("public", "victim"))
        play(server, dsn, form, files, out, down=True)
        assert m.dump(server, dsn) == start
        assert_told(dsn, called, phases)
    finally:
        dropped(server, called)


def assert_told(dsn: str, called: Names, phases: Phases) -> None:
    """What a person is told is in lines that print, and a line for a shell is one command with its words."""
    with connect(dsn) as connection, reading(connection):
        catalog = read_catalog(connection)
    with connect(dsn) as connection:
        lines = list(_text(survey(connection, rules(called)), 100))
    assert all(line.isprintable() for line in lines)
    lines = [*backup(moves_of(rules(called), catalog), catalog)]
    script = 'pg_dump() { printf "%s\\0" "$1"; }; psql() { :; }; DATABASE=x\n' + "\n".join(lines)
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    schemas = [f"--schema={quote(schema, always=True)}" for schema in (called.target, called.schema)]
    assert done.stdout.decode().replace('"', "").split("\0")[:-1] == [schema.replace('"', "") for schema in schemas]
    assert all(line.isprintable() for line in (*lines, *lines_of(phases)))


def lines_of(phases: Phases) -> Iterator[str]:
    """What `migrate` tells, as it shows it."""
    return map(shown, (*phases.warnings, *phases.notes))


@given(called=ALL_NAMES)
def test_python_files_hold_the_statements(called: Names) -> None:
    """Without a database: what a module's lists hold are the statements, whatever is in them."""
    offline = RuleSet(rules(called).moves, ("public",))
    phases = plan(offline)
    for form in ("alembic", "django"):
        files = write(form, phases, Setting(called.table, called.database, folder=called.schema))
        for source, release in zip(files.values(), releases(phases, Locks()), strict=True):
            lists = [ast.literal_eval(node.value) for node in module(source)]
            assert lists[0] == [statement for statement, _ in release.functions]
            assert lists[1:3] == [[s for s, _ in release.up], [s for s, _ in release.down]]


# ------------------------------------------------------------------------------------------------ traps


TYPES = '{text,name,oid,regclass,int4,int8,bool,interval,"\\"char\\"",timestamptz,float8,numeric,_text,_oid}'
TRAPS = """
DO $do$
DECLARE
  r record;  n int := 0;
BEGIN
  FOR r IN
    SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments, p.prorettype::regtype AS result,
      p.proretset FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
      AND p.proname = ANY (%(names)s)
    UNION ALL SELECT 'format', 'text' || repeat(', text', i), 'text'::regtype, false FROM generate_series(1, 6) i
  LOOP
    BEGIN
      EXECUTE format($f$CREATE FUNCTION public.%%I(%%s) RETURNS %%s %%s LANGUAGE plpgsql AS
        $b$ BEGIN RAISE EXCEPTION 'trapped by function %%s'; END $b$ $f$,
        r.proname, r.arguments, CASE WHEN r.proretset THEN 'SETOF' ELSE '' END, r.result, r.proname);
      n := n + 1;
    EXCEPTION WHEN OTHERS THEN NULL;  -- one that only C can have
    END;
  END LOOP;
  ASSERT n > 60, n;
  FOR r IN
    SELECT o.oid, o.oprname, o.oprleft::regtype AS l, o.oprright::regtype AS r, o.oprresult::regtype AS result
    FROM pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprkind = 'b'
      AND o.oprleft = ANY (%(types)s::regtype[]) AND o.oprright = ANY (%(types)s::regtype[])
  LOOP
    EXECUTE format($f$CREATE FUNCTION public.trap_%%s(%%s, %%s) RETURNS %%s LANGUAGE plpgsql AS
      $b$ BEGIN RAISE EXCEPTION 'trapped by operator %%%%', %%L; END $b$ $f$, r.oid, r.l, r.r, r.result, r.oprname);
    EXECUTE format('CREATE OPERATOR public.%%s (FUNCTION = public.trap_%%s, LEFTARG = %%s, RIGHTARG = %%s)',
      r.oprname, r.oid, r.l, r.r);
  END LOOP;
  FOR r IN SELECT t::regtype AS l, t2::regtype AS r FROM unnest('{oid,regclass,regtype,regnamespace}'::text[]) t,
    unnest('{oid,regclass,regtype,regnamespace}'::text[]) t2 WHERE (t, t2) <> ('oid', 'oid')
  LOOP  -- fits better than what pg_catalog has, wherever that stands
    EXECUTE format($f$CREATE FUNCTION public.trap_eq(%%s, %%s) RETURNS bool LANGUAGE plpgsql AS
      $b$ BEGIN RAISE EXCEPTION 'trapped by ='; END $b$ $f$, r.l, r.r);
    EXECUTE format('CREATE OPERATOR public.= (FUNCTION = public.trap_eq, LEFTARG = %%s, RIGHTARG = %%s)', r.l, r.r);
  END LOOP;
  FOR r IN SELECT unnest('{text,oid,name,regclass,record,trigger}'::text[]) AS name LOOP
    EXECUTE format('CREATE DOMAIN public.%%I AS pg_catalog.text CHECK (pg_catalog.length(VALUE) < 0)', r.name);
  END LOOP;
END $do$
"""


def called_functions() -> list[str]:
    """The names that stand before a parenthesis in any SQL of the package."""
    package = resources.files("schema_rewriter.postgres")
    texts = [path.read_text("utf-8") for path in walk(package) if path.name.endswith((".sql", ".py", ".toml"))]
    return sorted({name for found in texts for name in re.findall(r"\b([a-z_]\w*)\(", found)})


def walk(directory: Any) -> Iterator[Any]:
    """The files below a directory."""
    for path in directory.iterdir():
        yield from walk(path) if path.is_dir() else (path,)


@pytest.mark.postgres
@pytest.mark.parametrize("how", ["statements", "offline", "sql", "single step"])
def test_nothing_of_others_is_called(server: servers.Server, tmp_path: Path, how: str) -> None:
    """A schema before pg_catalog has a function, operator and type for each that we use: none is ours."""
    called = Names(f"trap{next(_numbers)}", f"trap_role{next(_numbers)}", *(f.name for f in fields(Names)[2:]))
    dsn = made(server, called)
    try:
        start = m.dump(server, dsn, "-n", called.schema)
        with m.connect(dsn) as connection:
            connection.execute("SET search_path = pg_catalog")
            cursor = psycopg.ClientCursor(connection)
            cursor.execute(TRAPS, {"names": called_functions(), "types": TYPES})
            connection.execute(f"ALTER DATABASE {called.database} SET search_path = public, pg_catalog".encode())
            with m.connect(dsn) as other, pytest.raises(psycopg.errors.RaiseException, match="trapped"):
                other.execute("SELECT format('%s', 'a'::pg_catalog.text)")
        catalog = m.catalog(dsn)
        with connect(dsn) as connection:
            assert survey(connection, rules(called)).verdict == "ready to expand"
        moving = RuleSet(rules(called).moves, ("public",)) if how == "offline" else rules(called)
        phases = plan(moving, None if how == "offline" else catalog, single_step=how == "single step")
        if how == "sql":
            files = write("sql", phases, Setting("rules.toml", called.database))
            play(server, dsn, "sql", files, tmp_path, down=False)
            play(server, dsn, "sql", files, tmp_path, down=True)
        else:
            m.run(dsn, m.up(phases))
            assert m.catalog(dsn).relation(Relation(called.target, called.table))
            m.run(dsn, m.down(phases))
        assert m.dump(server, dsn, "-n", called.schema) == start
    finally:
        dropped(server, called)
