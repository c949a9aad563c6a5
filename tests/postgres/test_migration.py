"""Migrations on a real PostgreSQL: up, down, killed at any point, twice at once, refused where they must be."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from helpers import migrations as m
from helpers import server as servers

from schema_rewriter.errors import RuleError
from schema_rewriter.postgres.migrate import plan
from schema_rewriter.postgres.migrate.scripts import Locks
from schema_rewriter.relation import Relation
from schema_rewriter.rules import parse_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def template(server: servers.Server) -> str:
    """A database with one of each kind, never changed and never connected to while it is copied."""
    return m.make(server)


@pytest.fixture
def dsn(server: servers.Server, template: str) -> Iterator[str]:
    """A copy of it."""
    yield m.copy(server, template)


def one(dsn: str, query: str) -> object:
    with m.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


# ------------------------------------------------------------------------------------------------ there and back


@pytest.mark.parametrize("how", ["catalog", "offline", "single step", "single step offline", "tombstones"])
def test_up_moves_all_and_down_restores_it_to_the_letter(server: servers.Server, dsn: str, how: str) -> None:
    start = m.dump(server, dsn)
    read = None if "offline" in how else m.catalog(dsn)
    rules = m.rules() if read else replace(m.rules(), grants=())
    phases = plan(rules, read, single_step="single" in how, tombstones=how == "tombstones")
    m.run(dsn, m.up(phases))
    after = m.catalog(dsn)
    left = {str(e.relation) for e in after.relations if e.relation.schema == "public" and e.kind != "c"}
    assert left == {"public.free", "public.stays", "public.remains"}
    assert {e.relation.name for e in after.relations if e.relation.schema == "app"} == {
        *("parent", "child", "log", "log_2025", "log_2026", "tree", "leaf", "Order Items", "event_log", "overview"),
        *("parent_id_seq", "child_id_seq", "counter"),
    }
    assert [s.name.schema for s in after.statistics] == ["app"]
    assert sum(e.kind == "c" for e in after.relations) == (12 if how == "tombstones" else 0)
    if "offline" not in how:
        assert one(dsn, "INSERT INTO app.child (parent_id) VALUES (3) RETURNING twice") == 42  # the trigger works
        assert one(dsn, "SELECT count(*) FROM app.event_log") == 21
        m.run(dsn, ["CALL public.clear(NULL)", "SELECT public.many()", "SELECT public.of(p) FROM app.parent p"])
        m.run(
            dsn,
            [
                "INSERT INTO app.event_log SELECT i, 'child' FROM generate_series(1, 20) i",
                "DELETE FROM app.child WHERE id = 21",
            ],
        )
        m.run(dsn, ["ALTER SEQUENCE app.child_id_seq RESTART WITH 21"])
        one(dsn, "SELECT setval('app.child_id_seq', 20)")
    m.run(dsn, m.up(phases))  # once more changes nothing
    assert m.catalog(dsn) == after
    m.run(dsn, m.down(phases))
    assert m.dump(server, dsn) == start
    m.run(dsn, m.down(phases))
    assert m.dump(server, dsn) == start


@pytest.mark.parametrize("how", ["catalog", "offline", "single step", "tombstones"])
def test_an_adversarial_schema_goes_there_and_back(server: servers.Server, how: str) -> None:
    """fixtures/migrations/adversarial, as a dump tells it; in the window, old and new names mean the same rows."""
    dsn = m.make(server, "adversarial")
    start = m.dump(server, dsn)
    rules = m.rules("adversarial")
    read = None if how == "offline" else m.catalog(dsn)
    phases = plan(rules, read, single_step=how == "single step", tombstones=how == "tombstones")
    if how != "single step":
        m.run(dsn, (*phases["prepare"].up(), *phases["expand"].up()))
        for move in rules.moves:
            if move.relation.name not in ("loose", "digest", "guarded", "far"):
                query = "SELECT coalesce(jsonb_agg(t ORDER BY t::text), '[]') FROM {} t"
                assert one(dsn, query.format(move.relation)) == one(dsn, query.format(move.to))
    m.run(dsn, m.up(phases))
    after = m.catalog(dsn)
    names = {entry.relation for entry in after.relations if entry.kind != "c"}
    assert {move.to for move in rules.moves} <= names and not names & {move.relation for move in rules.moves}
    assert {Relation("public", "stays"), Relation("public", "stands")} <= names
    if how != "offline":
        m.run(dsn, ["BEGIN", 'SELECT public.counted(), public.many(NULL::"New ""Schema""; --".plain)', "ROLLBACK"])
    m.run(dsn, m.down(phases))
    assert m.dump(server, dsn) == start


def test_old_names_work_between_expand_and_contract(dsn: str) -> None:
    phases = plan(m.rules(), m.catalog(dsn))
    m.run(dsn, (*phases["prepare"].up(), *phases["expand"].up()))
    rows = "INSERT INTO {}.parent (mood) VALUES ('sad') ON CONFLICT (id) DO NOTHING RETURNING id"
    assert one(dsn, rows.format("public")) == 21
    assert one(dsn, rows.format("app")) == 22
    assert one(dsn, "WITH u AS (UPDATE public.log SET line = 'y' RETURNING 1) SELECT count(*) FROM u") == 5
    m.run(dsn, ["CREATE TABLE IF NOT EXISTS public.parent (id int)", "SELECT public.of(p) FROM app.parent p"])
    # Rights are those of the table: the reader may read, and change one column.
    m.run(dsn, ["SET ROLE sr_reader", "SELECT * FROM public.parent", "UPDATE public.parent SET mood = 'fine'"])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        m.run(dsn, ["SET ROLE sr_reader", "DELETE FROM public.parent"])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        m.run(dsn, ["SET ROLE sr_writer", 'SELECT * FROM public."Order Items"'])
    # Row level security holds for who asks, not for the view's owner.
    m.run(dsn, ['GRANT SELECT ON public."Order Items", app."Order Items" TO sr_reader'])
    with m.connect(dsn) as connection:
        connection.execute("SET ROLE sr_reader")
        assert connection.execute('SELECT count(*) FROM public."Order Items"').fetchone() == (0,)


# ------------------------------------------------------------------------------------------------ killed


@pytest.mark.parametrize("how", ["catalog", "offline"])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_killed_between_any_two_statements_it_ends_right(
    server: servers.Server, dsn: str, how: str, direction: str
) -> None:
    """In one database: each time stopped one statement later, then run whole, then all the way back."""
    some = {"child", "log", "events"}
    rules = replace(m.rules(), moves=tuple(move for move in m.rules().moves if move.relation.name in some))
    read = m.catalog(dsn) if how == "catalog" else None
    phases = plan(rules if read else replace(rules, grants=()), read)
    there, back = m.up(phases), m.down(phases)
    start = m.catalog(dsn)
    m.run(dsn, there)
    end = m.catalog(dsn)
    if direction == "up":
        m.run(dsn, back)
    else:
        there, back, start, end = back, there, end, start
    for at in range(1, len(there)):
        if re.search(r"CREATE OR REPLACE \w+ pg_temp", there[at - 1]):
            continue  # a function of the session, gone with it
        m.run(dsn, there[:at])  # the session ends here
        m.run(dsn, there)
        assert (m.catalog(dsn) == end) is True, f"after {there[at - 1]}"
        m.run(dsn, back)
        assert (m.catalog(dsn) == start) is True, f"back, after {there[at - 1]}"


def test_killed_within_a_step_nothing_of_it_remains(dsn: str) -> None:
    phases = plan(m.rules(), m.catalog(dsn))
    m.run(dsn, phases["prepare"].up())
    before = m.catalog(dsn)
    statement = next(s for s in phases["expand"].up() if "'public.parent'" in s and s.startswith("CALL"))
    functions = [s for s in phases["expand"].up() if not s.startswith("CALL")]
    with m.connect(dsn) as reader, m.connect(dsn) as mover, m.connect(dsn) as killer:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM public.parent")
        for function in functions:
            mover.execute(function.encode())
        died: list[Exception] = []

        def move() -> None:
            try:
                mover.execute(statement.encode())
            except psycopg.Error as error:
                died.append(error)

        thread = threading.Thread(target=move)
        thread.start()
        time.sleep(0.5)
        killer.execute("SELECT pg_terminate_backend(%s)", [mover.info.backend_pid])
        thread.join()
        assert len(died) == 1
        reader.execute("ROLLBACK")
    assert m.catalog(dsn) == before
    m.run(dsn, phases["expand"].up())
    assert one(dsn, "SELECT count(*) FROM app.parent") == 20


def test_several_runners_at_once(dsn: str) -> None:
    """Each finds what the others did before its turn, although its session has looked the names up before."""
    phases = plan(m.rules(), m.catalog(dsn))
    errors: list[Exception] = []

    def runner() -> None:
        try:
            m.run(
                dsn,
                [*phases["prepare"].up(), *phases["expand"].up(), *phases["functions"].up(), *phases["contract"].up()],
            )
        except psycopg.Error as error:
            errors.append(error)

    threads = [threading.Thread(target=runner) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert one(dsn, "SELECT count(*) FROM app.event_log") == 20
    assert one(dsn, "SELECT to_regclass('public.events') IS NULL")


# ------------------------------------------------------------------------------------------------ refused


def test_a_table_that_came_back_is_not_overwritten(dsn: str) -> None:
    phases = plan(m.rules(), m.catalog(dsn))
    m.run(dsn, m.up(phases))
    m.run(dsn, ["CREATE TABLE IF NOT EXISTS public.parent (id int)"])  # as old code does at start
    for phase, error in (
        ("prepare", psycopg.errors.DuplicateTable),
        ("expand", psycopg.errors.DuplicateTable),
        ("contract", psycopg.errors.WrongObjectType),
    ):
        with pytest.raises(error, match=r"schema-rewrite: public\.parent"):
            m.run(dsn, phases[phase].up())
    assert one(dsn, "SELECT count(*) FROM app.parent") == 20
    assert "both public.parent and app.parent exist" in " ".join(plan(m.rules(), m.catalog(dsn)).warnings)


def test_a_tombstone_keeps_a_table_from_coming_back(dsn: str) -> None:
    m.run(dsn, m.up(plan(m.rules(), m.catalog(dsn), tombstones=True)))
    m.run(dsn, ["CREATE TABLE IF NOT EXISTS public.parent (id int)"])
    with pytest.raises(psycopg.errors.WrongObjectType):
        m.run(dsn, ["INSERT INTO public.parent DEFAULT VALUES"])


def test_in_a_transaction_it_refuses_and_nothing_has_happened(dsn: str) -> None:
    phases = plan(m.rules(), m.catalog(dsn))
    m.run(dsn, phases["prepare"].up())
    before = m.catalog(dsn)
    with pytest.raises(psycopg.errors.InvalidTransactionTermination):
        m.run(dsn, ["BEGIN", *phases["expand"].up()])
    assert m.catalog(dsn) == before


def test_what_expand_would_lack_prepare_tells(dsn: str) -> None:
    phases = plan(m.rules(), m.catalog(dsn))
    m.run(dsn, phases["prepare"].up()[:1])
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"sr_writer may not move public\.parent"):
        m.run(dsn, ["SET ROLE sr_writer", *(s for s in phases["prepare"].up() if not s.startswith("DO"))])
    m.run(
        dsn,
        [
            "CREATE SCHEMA IF NOT EXISTS app",
            "CREATE TABLE app.x (parent_pkey int)",
            "CREATE INDEX parent_pkey ON app.x (parent_pkey)",
        ],
    )
    with pytest.raises(psycopg.errors.DuplicateTable, match=r"app\.parent_pkey exists"):
        m.run(dsn, phases["prepare"].up())


def test_a_locked_table_is_given_up_after_some_tries_with_the_culprit(dsn: str) -> None:
    phases = plan(m.rules(), m.catalog(dsn))
    m.run(dsn, phases["prepare"].up())
    functions = [s for s in phases["expand"].up() if not s.startswith("CALL")]
    with m.connect(dsn) as reader:
        reader.execute("SET application_name = 'the report'")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM public.parent")
        with pytest.raises(psycopg.errors.LockNotAvailable, match="still locked after 2 tries") as caught:
            m.run(dsn, [*functions, "CALL pg_temp.sr_retry('expand', 'public.parent', 'app.parent', 2)"])
        said = caught.value.diag.message_detail or ""
        assert re.search(
            r"process \d+ \(the report, idle in transaction, for \d+ s: SELECT \* FROM public.parent\)", said
        )
        settings = Locks(timeout=50, tries=3, pause=10).statements
        with pytest.raises(psycopg.errors.LockNotAvailable, match="still locked after 3 tries"):
            m.run(dsn, [*settings, *phases["expand"].up()])
        with pytest.raises(psycopg.errors.RaiseException, match="deadlock_timeout is 1s, and must be above 2000ms"):
            m.run(dsn, [*Locks(timeout=2000).statements, *phases["expand"].up()])
        began = time.monotonic()
        with pytest.raises(psycopg.errors.LockNotAvailable, match="still locked after"):
            m.run(dsn, [*Locks(tries=10**6, pause=10, total=2).statements, *phases["expand"].up()])
        assert time.monotonic() - began < 60
        single = plan(m.rules(), m.catalog(dsn), single_step=True)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            m.run(dsn, [*settings, *m.up(single)])
    m.run(dsn, [*settings, *m.up(single)])


def test_a_function_that_changed_since_is_not_overwritten(dsn: str) -> None:
    phases = plan(m.rules(), m.catalog(dsn))
    m.run(dsn, ["CREATE OR REPLACE FUNCTION public.many() RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint'"])
    m.run(dsn, (*phases["prepare"].up(), *phases["expand"].up()))
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="has changed"):
        m.run(dsn, phases["functions"].up())
    assert one(dsn, "SELECT public.many()") == 7


def test_one_table_cannot_go_to_two_places() -> None:
    move = '[[move]]\nfrom = "public"\nto = "{}"\ntables = ["events"]\npaths = ["{}/*"]\n'
    with pytest.raises(RuleError, match="one table can't go to both"):
        plan(parse_rules(move.format("a", "x") + move.format("b", "y"), "r"))


# ------------------------------------------------------------------------------------------------ rights


OWNERS = """
DO $$ BEGIN CREATE ROLE sr_one; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE sr_two; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE TABLE public.a (id serial PRIMARY KEY);
CREATE TABLE public.b (id serial PRIMARY KEY, a int REFERENCES public.a ON DELETE CASCADE);
CREATE TABLE public.c (a int REFERENCES public.a);
GRANT CREATE ON SCHEMA public TO sr_one;
ALTER TABLE public.a OWNER TO sr_one;
ALTER TABLE public.b OWNER TO sr_one;
"""
OWNED = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["a", "b"]\n'


@pytest.mark.parametrize("how", ["catalog", "offline", "single step"])
def test_a_plain_owner_can_run_it(server: servers.Server, how: str) -> None:
    """No superuser: the owner, who may create in the database and in the schema that the tables are in."""
    dsn = servers.create_database(server)
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    m.run(dsn, [OWNERS, f"GRANT CREATE ON DATABASE {name} TO sr_one"])
    start = m.dump(server, dsn)
    read = None if how == "offline" else m.catalog(dsn)
    phases = plan(parse_rules(OWNED, "rules"), read, single_step=how == "single step")
    m.run(dsn, ["SET ROLE sr_one", *m.up(phases)])
    m.run(
        dsn,
        [
            "SET ROLE sr_one",
            "INSERT INTO app.a DEFAULT VALUES",
            "INSERT INTO app.b (a) VALUES (1)",
            "DELETE FROM app.a",
        ],
    )
    m.run(dsn, ["SELECT setval('app.a_id_seq', 1, false)", "SELECT setval('app.b_id_seq', 1, false)"])
    m.run(dsn, ["SET ROLE sr_one", *m.down(phases)])
    assert m.dump(server, dsn) == start


@pytest.mark.parametrize("how", ["catalog", "offline"])
def test_foreign_keys_of_other_owners_go_on(server: servers.Server, how: str) -> None:
    """They are checked with the rights of the tables' owners, who so need USAGE; without it, not even a superuser."""
    dsn = servers.create_database(server)
    m.run(dsn, [OWNERS, "ALTER TABLE public.c OWNER TO sr_two", "GRANT REFERENCES, SELECT ON public.a TO sr_two"])
    phases = plan(parse_rules(OWNED, "rules"), m.catalog(dsn) if how == "catalog" else None)
    m.run(dsn, m.up(phases))
    writes = ["INSERT INTO app.a DEFAULT VALUES", "INSERT INTO public.c VALUES (1)", "DELETE FROM public.c"]
    m.run(dsn, writes)
    m.run(dsn, ["REVOKE USAGE ON SCHEMA app FROM sr_two, sr_one"])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        m.run(dsn, ["INSERT INTO app.a DEFAULT VALUES", "INSERT INTO public.c VALUES (2)"])


def test_the_owner_must_be_able_to_create_where_the_view_is(server: servers.Server) -> None:
    """Who is no superuser can't give the owner a view in a schema in which that may not create: prepare says so."""
    dsn = servers.create_database(server)
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    m.run(
        dsn,
        [
            OWNERS,
            f"GRANT CREATE ON DATABASE {name} TO sr_two",
            "GRANT sr_one TO sr_two",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC, sr_one",
            "GRANT CREATE ON SCHEMA public TO sr_two",
        ],
    )
    phases = plan(parse_rules(OWNED, "rules"), m.catalog(dsn))
    with pytest.raises(
        psycopg.errors.InsufficientPrivilege, match=r"sr_one, the owner of public\.a, may not create in"
    ):
        m.run(dsn, ["SET ROLE sr_two", *phases["prepare"].up()])
    m.run(dsn, ["GRANT CREATE ON SCHEMA public TO sr_one", "SET ROLE sr_two", *m.up(phases)])
    m.run(dsn, ["REVOKE sr_one FROM sr_two"])


# ------------------------------------------------------------------------------------------------ what is easily lost


@pytest.mark.parametrize("single", [False, True])
def test_what_is_made_after_the_files_moves_too_and_back(server: servers.Server, single: bool) -> None:
    """Partitions, children and tables of the rules; a partition that was in the new schema before stays there."""
    dsn = servers.create_database(server)
    m.run(
        dsn,
        [
            "CREATE SCHEMA app",
            "CREATE TABLE public.a (id int) PARTITION BY LIST (id)",
            "CREATE TABLE app.a_0 PARTITION OF public.a FOR VALUES IN (0)",
        ],
    )
    rules = parse_rules(OWNED, "rules")
    phases = plan(rules, m.catalog(dsn), single_step=single)
    m.run(
        dsn,
        [
            "CREATE TABLE public.a_1 PARTITION OF public.a FOR VALUES IN (1) PARTITION BY LIST (id)",
            "CREATE TABLE public.a_11 PARTITION OF public.a_1 FOR VALUES IN (1)",
            "CREATE TABLE public.b (id int)",
            "CREATE TABLE public.b_child () INHERITS (public.b)",
        ],
    )
    start = m.dump(server, dsn)
    m.run(dsn, m.up(phases))
    names = {str(e.relation) for e in m.catalog(dsn).relations}
    assert names == {"app.a", "app.a_0", "app.a_1", "app.a_11", "app.b", "app.b_child"}
    m.run(dsn, m.down(phases))
    assert m.dump(server, dsn) == start


def test_a_foreign_table_reads_what_it_read(server: servers.Server) -> None:
    """postgres_fdw asks the other server for the local names, unless its options say others; here it is only a name."""
    dsn = servers.create_database(server)
    m.run(
        dsn,
        [
            "CREATE FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE FOREIGN TABLE public.a (id int) SERVER s",
            "CREATE FOREIGN TABLE public.b (id int) SERVER s OPTIONS (table_name 'x', schema_name 'y')",
        ],
    )
    start = m.dump(server, dsn)
    phases = plan(parse_rules(OWNED, "rules"), m.catalog(dsn))
    m.run(dsn, m.up(phases))
    options = "SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = '{}'::regclass"
    assert one(dsn, options.format("app.a")) == ["schema_name=public"]
    assert one(dsn, options.format("app.b")) == ["table_name=x", "schema_name=y"]
    m.run(dsn, m.down(phases))
    assert m.dump(server, dsn) == start
