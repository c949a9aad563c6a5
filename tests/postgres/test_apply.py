"""`schema-rewrite migrate --apply` as a user runs it: up to a gate, again after a crash, and back."""

from __future__ import annotations

import re
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from helpers import migrations as m
from helpers import server as servers
from helpers.pooler import pooler

from schema_rewriter.cli import main
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., tuple[int, str]]

pytestmark = pytest.mark.postgres

TABLES = """
CREATE TABLE public.orders (id serial PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE public.orders_1 PARTITION OF public.orders FOR VALUES FROM (0) TO (9);
CREATE TABLE public.items (id int PRIMARY KEY, o int REFERENCES public.orders);
CREATE FUNCTION public.counted() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM items';
"""
RULES = '[[move]]\nfrom = "public"\nto = "shop"\ntables = ["orders", "orders_1", "items"]\n'


@pytest.fixture
def dsn(server: servers.Server) -> str:
    """A new database."""
    dsn = servers.create_database(server)
    m.run(dsn, [TABLES])
    return dsn


@pytest.fixture
def migrate(tmp_path: Path, dsn: str, capsys: pytest.CaptureFixture[str]) -> Command:
    """`schema-rewrite migrate` with these rules; its exit code and what it says. The files are written."""
    (tmp_path / "rules.toml").write_text(RULES)

    def call(*args: str, dsn: str = dsn) -> tuple[int, str]:
        options = ["--rules", str(tmp_path / "rules.toml"), "--dsn", dsn, "--out", str(tmp_path / "out")]
        code = main(["migrate", *options, *args])
        said = capsys.readouterr()
        return code, said.out + said.err

    assert call()[0] == 0
    return call


def here(dsn: str) -> set[str]:
    """The names of the relations that rules speak of."""
    return {str(e.relation) for e in m.catalog(dsn).relations if e.relation.name in ("orders", "orders_1", "items")}


def test_up_to_the_gate_through_it_and_back(server: servers.Server, dsn: str, migrate: Command) -> None:
    start = m.dump(server, dsn)
    code, said = migrate("--plan")
    assert code == 0 and re.search(r"2_expand.up.sql +[0-9a-f]{16} +4 steps  would be run\n", said), said
    assert re.search(r"contract.up.sql.*waits: name it by --phase\n", said), said
    assert m.dump(server, dsn) == start
    code, said = migrate("--apply")
    assert code == 0, said
    assert "  public.orders moved to shop.orders, has a compatibility view for shop.orders\n" in said
    assert "1_prepare.up.sql (" in said and "  done in " in said and "--phase contract" in said
    assert here(dsn) == {
        f"{schema}.{name}" for schema in ("public", "shop") for name in ("orders", "orders_1", "items")
    }
    with m.connect(dsn) as old:
        old.execute("SET application_name = 'web 1.0'")
        old.execute("BEGIN; SELECT count(*) FROM public.items; COMMIT")
        old.execute("SELECT 1")
        code, said = migrate("--apply", "--phase", "contract")
        assert (code, "4_contract.up.sql is not run, because" in said, "web 1.0" in said) == (1, True, True), said
        assert "public.items" in here(dsn)
    code, said = migrate("--status")
    assert (code, "ready to contract" in said) == (0, True), said
    assert re.search(r"2_expand.up.sql +[0-9a-f]{16}  run at [-0-9: ]+ by postgres\n", said), said
    assert re.search(r"4_contract.up.sql +[0-9a-f]{16}  not run\n", said), said
    assert migrate("--apply", "--phase", "contract")[0] == 0
    assert here(dsn) == {"shop.orders", "shop.orders_1", "shop.items"}
    for phase in ("contract", "functions", "expand", "prepare"):
        code, said = migrate("--apply", "--down", "--phase", phase)
        assert code == 0, said
    m.run(dsn, ["DROP SCHEMA schema_rewrite CASCADE"])
    assert m.dump(server, dsn) == start


def test_a_gate_can_be_passed_all_the_same(dsn: str, migrate: Command) -> None:
    migrate("--apply")
    with m.connect(dsn) as old:
        old.execute("SELECT count(*) FROM public.items")
        assert migrate("--apply", "--phase", "contract")[0] == 1
        assert migrate("--apply", "--phase", "contract", "--despite-audit")[0] == 0
    assert here(dsn) == {"shop.orders", "shop.orders_1", "shop.items"}


def test_what_stands_in_the_way_of_expand_shuts_it(dsn: str, migrate: Command) -> None:
    m.run(dsn, ["CREATE SCHEMA shop", "CREATE VIEW shop.items_pkey AS SELECT 1"])
    code, said = migrate("--apply")
    assert (code, "shop.items_pkey exists" in said) == (2, True), said  # prepare looks for itself
    code, said = migrate("--apply", "--phase", "expand")
    assert (code, "2_expand.up.sql is not run, because" in said, "W13" in said) == (1, True, True), said
    assert "shop.items" not in here(dsn)


def test_it_goes_on_after_a_crash(dsn: str, migrate: Command) -> None:
    """Killed while it waits for a lock: it says so, the log does too, and the next run ends right."""
    killed = threading.Event()

    def kill() -> None:
        with m.connect(dsn) as killer:
            query = (
                "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_locks h USING (relation) "
                "WHERE NOT l.granted AND h.granted AND l.relation = 'public.items'::regclass"
            )
            while not killed.is_set():
                if killer.execute(query).fetchall():
                    killed.set()

    with m.connect(dsn) as reader:
        reader.execute("SET application_name = 'the report'")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM public.items")
        thread = threading.Thread(target=kill)
        thread.start()
        try:
            code, said = migrate("--apply")
        finally:
            killed.set()
            thread.join()
        assert (code, "2_expand.up.sql: " in said) == (2, True), said
    assert {"shop.orders", "public.items"} <= here(dsn) and "shop.items" not in here(dsn)
    said = migrate("--status")[1]
    assert re.search(r"2_expand.up.sql +[0-9a-f]{16}  begun at [-0-9: ]+ by postgres, and not ended\n", said), said
    code, said = migrate("--apply")
    assert code == 0 and "public.orders was moved before" in said, said
    assert "shop.items" in here(dsn)


def test_who_is_in_the_way_is_named_while_it_waits(dsn: str, migrate: Command, tmp_path: Path) -> None:
    """And where it gives up, that step has changed nothing, and the log tells it."""
    migrate("--lock-tries", "3", "--lock-timeout", "50")
    with m.connect(dsn) as reader:
        reader.execute("SET application_name = 'the report'")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM public.items")
        code, said = migrate("--apply")
    assert code == 2, said
    assert re.search(
        r"public.items waits for process \d+ \(the report, idle in transaction, for \d+ s: SELECT", said
    ), said
    assert "public.items is still locked after 3 tries" in said
    assert "public.items" in here(dsn) and "shop.items" not in here(dsn)
    path = tmp_path / "out/2_expand.up.sql"
    path.write_text(path.read_text() + "-- edited\n")
    said = migrate("--status")[1]
    assert re.search(
        r"2_expand.up.sql.* failed at .*, with other contents: schema-rewrite: public.items is still locked", said
    ), said


def test_what_is_made_meanwhile_is_taken_along(dsn: str, migrate: Command) -> None:
    m.run(dsn, ["CREATE TABLE public.orders_2 PARTITION OF public.orders FOR VALUES FROM (9) TO (99)"])
    assert migrate("--apply")[0] == 0
    assert m.catalog(dsn).relation(Relation("shop", "orders_2"))


def test_a_pooler_that_shares_sessions_is_refused(server: servers.Server, dsn: str, migrate: Command) -> None:
    """With one session for all, or several; nothing has been run, and no setting of ours stays in the pool."""
    database = str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
    for sessions in (1, 3):
        with (
            tempfile.TemporaryDirectory(prefix="sr-pool-") as directory,
            pooler(Path(directory), str(server.directory), database, sessions=sessions) as shared,
        ):
            with m.connect(shared) as client:
                assert client.execute("SELECT 1").fetchone() == (1,)
            code, said = migrate("--apply", dsn=shared)
            assert (code, "a pooler in transaction mode is in between" in said) == (2, True), said
            with m.connect(shared) as client:
                assert client.execute("SHOW search_path").fetchone() == ('"$user", public',)
    assert here(dsn) == {"public.orders", "public.orders_1", "public.items"}


def test_a_log_of_somebody_else_is_not_written_to(dsn: str, migrate: Command) -> None:
    name = f"sr_{psycopg.conninfo.conninfo_to_dict(dsn)['dbname']}"
    columns = "(id bigint, file text, digest text, runner name, began timestamptz, ended timestamptz, error text)"
    m.run(
        dsn,
        [
            f"CREATE ROLE {name}",
            f"CREATE SCHEMA schema_rewrite AUTHORIZATION {name}",
            f"CREATE TABLE schema_rewrite.log {columns}",
            f"ALTER TABLE schema_rewrite.log OWNER TO {name}",
        ],
    )
    code, said = migrate("--apply")
    assert (code, "belongs to somebody else" in said) == (2, True), said
    assert migrate("--plan")[0] == 0
    m.run(dsn, [f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}"])
    assert migrate("--apply")[0] == 0


def test_without_the_right_to_make_a_schema_it_runs_without_a_log(dsn: str, migrate: Command) -> None:
    name = f"sr_{psycopg.conninfo.conninfo_to_dict(dsn)['dbname']}"
    owned = [f"ALTER TABLE public.{table} OWNER TO {name}" for table in ("orders", "orders_1", "items")]
    m.run(
        dsn,
        [
            f"CREATE ROLE {name} LOGIN",
            *owned,
            f"ALTER FUNCTION public.counted() OWNER TO {name}",
            f"CREATE SCHEMA shop AUTHORIZATION {name}",
            f"GRANT CREATE ON SCHEMA public TO {name}",
        ],
    )
    as_owner = psycopg.conninfo.make_conninfo(dsn, user=name)
    assert migrate(dsn=as_owner)[0] == 0
    code, said = migrate("--apply", dsn=as_owner)
    assert (code, "no log is kept" in said) == (0, True), said
    assert "shop.items" in here(dsn)
    m.run(dsn, [f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}"])


@pytest.mark.parametrize(
    ("write", "arguments", "says"),
    [
        ((), ("--apply", "--down"), "--down needs --phase"),
        ((), ("--apply", "--phase", "expnd"), "--phase expnd: there is no such file; there are contract, expand"),
        (("--format", "psql"), ("--apply",), "it has psql's commands; run it with psql"),
        ((), ("--phase", "expand"), "--phase and --down go with --apply"),
    ],
)
def test_wrong_use_is_a_line(migrate: Command, write: tuple[str, ...], arguments: tuple[str, ...], says: str) -> None:
    migrate(*write)
    code, said = migrate(*arguments)
    assert (code, says in said, said.count("\n")) == (2, True, 1), said


def test_a_directory_without_files_is_a_line(
    dsn: str, migrate: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--rules", str(tmp_path / "rules.toml"), "--dsn", dsn, "--out", str(tmp_path / "empty")]
    assert main(["migrate", *options, "--apply"]) == 2
    assert "no files of a migration; write them first" in capsys.readouterr().err
