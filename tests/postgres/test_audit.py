"""The audit of a database: each warning provoked on a real server, each place, the verdicts."""

from __future__ import annotations

import contextlib
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from helpers import server as servers
from helpers.audited import BASE, EXPANDED

from schema_rewriter.finding import CODES
from schema_rewriter.postgres.audit import checks
from schema_rewriter.postgres.audit.codes import code, codes
from schema_rewriter.postgres.audit.survey import survey
from schema_rewriter.postgres.connection import connect, reading
from schema_rewriter.rules import parse_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.postgres.audit.verdict import Audit, AuditWarning

pytestmark = pytest.mark.postgres

RULES = parse_rules(
    """
    [[move]]
    from = "public"
    to = "app"
    tables = ["events", "agents"]
    """,
    "rules.toml",
)


@dataclass(frozen=True)
class Provoked:
    """A warning, the statements that provoke it, the object that it must name, and a word that it must say."""

    code: str
    setup: str
    subject: str
    says: str = ""
    role: str | None = None


TEXT = "LANGUAGE plpgsql AS 'BEGIN {} END'"

PROVOKED = [
    Provoked(
        "W01",
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM events'",
        "public.f()",
        "`migrate` rewrites it",
    ),
    Provoked(
        "W01",
        f"CREATE FUNCTION f() RETURNS trigger {TEXT.format('UPDATE public.agents SET id = 1; RETURN new;')}",
        "public.f()",
        "public.agents",
    ),
    Provoked(
        "W01",
        "CREATE PROCEDURE p(x text) LANGUAGE plpgsql AS $$BEGIN EXECUTE x || ' FROM events'; END$$",
        "public.p(text)",
        "by hand",
    ),
    Provoked(
        "W01",
        "CREATE ROLE {role}; CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM events';"
        "CREATE ROLE {role}_m; ALTER FUNCTION f() OWNER TO {role}",
        "public.f()",
        "belongs to {role}",
        role="{role}_m",
    ),
    Provoked(
        "W02",
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql SET search_path = public AS 'SELECT count(*) FROM events'",
        "public.f()",
        "search_path=public",
    ),
    Provoked(
        "W03",
        "CREATE SEQUENCE s; ALTER TABLE events ADD n int DEFAULT nextval('s'::text)",
        "public.events.n",
        "'s'::text",
    ),
    Provoked(
        "W03",
        "ALTER TABLE events ADD n serial; CREATE TABLE stays (n int DEFAULT nextval('events_n_seq'::text::regclass))",
        "public.stays.n",
        "public.events_n_seq, which moves",
    ),
    Provoked("W04", "CREATE SEQUENCE s; ALTER TABLE events ADD n int DEFAULT nextval('s')", "public.s", "sequence"),
    Provoked("W04", "CREATE TYPE mood AS ENUM ('a'); ALTER TABLE events ADD m mood[]", "public.mood", "enum"),
    Provoked("W04", "CREATE DOMAIN small AS int; ALTER TABLE events ADD s small", "public.small", "domain"),
    Provoked("W04", "CREATE STATISTICS st ON id, kind FROM events", "public.st", "statistics"),
    Provoked(
        "W05",
        "DROP TABLE agents, events; CREATE TABLE events (id int) PARTITION BY LIST (id);"
        "CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1)",
        "public.events_1",
        "partition of public.events",
    ),
    Provoked("W05", "CREATE TABLE kid () INHERITS (events)", "public.kid", "child"),
    Provoked("W06", "CREATE ROLE {role}; GRANT SELECT ON events TO {role}", "{role}", "privileges on public.events"),
    Provoked("W06", "CREATE ROLE {role}; GRANT SELECT (id) ON events TO {role}", "{role}", "columns of"),
    Provoked("W06", "CREATE ROLE {role}; ALTER TABLE events OWNER TO {role}", "{role}", "owns public.events"),
    Provoked(
        "W06",
        "CREATE ROLE {role}; CREATE TABLE other (id int REFERENCES events); ALTER TABLE other OWNER TO {role}",
        "{role}",
        "foreign key",
    ),
    Provoked("W06", "CREATE SCHEMA app; GRANT SELECT ON events TO PUBLIC", "PUBLIC", "schema app"),
    Provoked("W07", "CREATE ROLE {role} LOGIN; ALTER TABLE events OWNER TO {role}", "{role}", "schema app"),
    Provoked(
        "W07",
        "CREATE ROLE {role}; CREATE ROLE {role}_m; ALTER TABLE events OWNER TO {role};"
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "{role}",
        "can't create in schema public, so that the view",
        role="{role}_m",
    ),
    Provoked("W08", "CREATE ROLE {role} LOGIN; GRANT CREATE ON SCHEMA public TO {role}", "schema public", "{role}"),
    Provoked("W09", "CREATE ROLE {role}; ALTER ROLE {role} SET search_path = x, public", "role {role}", "x, public"),
    Provoked(
        "W09",
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = x', current_database()); END$$",
        "database {database}",
        "search_path=x",
    ),
    Provoked(
        "W10",
        "CREATE ROLE {role}; ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {role}",
        "postgres",
        "open to {role}",
    ),
    Provoked("W11", "CREATE PUBLICATION p FOR TABLE events", "publication p", "publishes public.events"),
    Provoked("W11", "CREATE PUBLICATION p FOR TABLES IN SCHEMA public", "publication p", "leave it"),
    Provoked("W11", "CREATE SCHEMA app; CREATE PUBLICATION p FOR TABLES IN SCHEMA app", "publication p", "join it"),
    Provoked(
        "W11",
        "CREATE SUBSCRIPTION {role} CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = NONE);"
        "INSERT INTO pg_subscription_rel SELECT oid, 'events'::regclass, 'r', NULL FROM pg_subscription"
        " WHERE subname = '{role}'",
        "subscription {role}",
        "public.events",
    ),
    Provoked(
        "W12",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE NOTICE '%', TG_TABLE_SCHEMA; END$$;"
        "CREATE TRIGGER t AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION f()",
        "public.f()",
        "TG_TABLE_SCHEMA",
    ),
    Provoked(
        "W12",
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS"
        " $$SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'$$",
        "public.f()",
        "catalog",
    ),
    Provoked(
        "W12",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN EXECUTE format('ANALYZE %I', TG_TABLE_NAME); RETURN NULL; END$$;"
        "CREATE TRIGGER t AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION f()",
        "public.f()",
        "TG_TABLE_NAME",
    ),
    Provoked("W12", "CREATE VIEW v AS SELECT * FROM pg_tables WHERE schemaname = 'public'", "public.v", "catalog"),
    Provoked("W13", "CREATE SCHEMA app; CREATE TABLE app.events ()", "app.events", "public.events"),
    Provoked(
        "W13", "CREATE SCHEMA app; CREATE VIEW app.events_pkey AS SELECT 1", "app.events_pkey", "public.events_pkey"
    ),
    Provoked("W13", "CREATE SCHEMA app; CREATE TYPE app.events AS ENUM ()", "app.events", "public.events"),
    Provoked(
        "W13",
        "CREATE SCHEMA app; ALTER TABLE events ADD n serial; CREATE TABLE app.events_n_seq ()",
        "app.events_n_seq",
        "public.events_n_seq",
    ),
    Provoked("W14", "CREATE SCHEMA old; CREATE TABLE old.events ()", "old.events", "search_path"),
    Provoked("W15", "CREATE TABLE kid () INHERITS (events)", "public.events", "ONLY"),
    Provoked(
        "W15",
        "CREATE TABLE kid () INHERITS (events);"
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM ONLY events'",
        "public.f()",
        "says ONLY",
    ),
    Provoked(
        "W15",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$SELECT pg_get_serial_sequence('events', 'id')$$",
        "public.f()",
        "pg_get_serial_sequence",
    ),
    Provoked("W17", "CREATE FUNCTION f(e events) RETURNS int LANGUAGE sql AS 'SELECT 1'", "public.f(public.events)"),
    Provoked(
        "W17",
        "CREATE FUNCTION f() RETURNS SETOF events LANGUAGE sql AS 'SELECT 1, ''a''::text'",
        "public.f()",
        "signature",
    ),
    Provoked("W17", "CREATE TABLE boxes (e events[])", "public.boxes.e", "column"),
    Provoked("W18", "CREATE RULE r AS ON DELETE TO events DO INSTEAD NOTHING", "r", "public.events"),
    Provoked("W19", EXPANDED + "ALTER TABLE app.events ADD extra int", "public.events", "other columns"),
    Provoked(
        "W19",
        EXPANDED
        + "ALTER TABLE app.events ENABLE ROW LEVEL SECURITY; CREATE OR REPLACE VIEW events AS TABLE app.events;"
        "ALTER VIEW events RESET (security_invoker)",
        "public.events",
        "row security",
    ),
    Provoked(
        "W20",
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = 150', current_database()); END$$",
        "deadlock_timeout",
        "150 ms",
    ),
    Provoked("W22", "CREATE TABLE alembic_version (version_num text)", "public.alembic_version", "Alembic"),
    Provoked("W22", "CREATE TABLE django_migrations (id int)", "public.django_migrations", "Django"),
    Provoked("W23", "CREATE ROLE {role}", "{role}", "ownership of public.events", role="{role}"),
    Provoked("W23", "CREATE ROLE {role}", "{role}", "CREATE on database", role="{role}"),
    Provoked("W23", "CREATE ROLE {role}; CREATE SCHEMA app", "{role}", "CREATE on schema app", role="{role}"),
    Provoked("W24", "ALTER EXTENSION plpgsql ADD TABLE events", "public.events", "plpgsql"),
    Provoked(
        "W25",
        f"CREATE FUNCTION f() RETURNS event_trigger {TEXT.format('NULL;')};"
        "CREATE EVENT TRIGGER guard ON ddl_command_end EXECUTE FUNCTION f()",
        "event trigger guard",
        "public.f",
    ),
    Provoked("W26", "CREATE EXTENSION dblink", "extension dblink"),
    Provoked(
        "W26",
        "CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw",
        "foreign server far",
    ),
    Provoked(
        "W26",
        "CREATE SCHEMA cron; CREATE TABLE cron.job (jobid bigint, command text);"
        "INSERT INTO cron.job VALUES (3, 'DELETE FROM events'), (4, 'DELETE FROM others')",
        "pg_cron job 3",
        "public.events",
    ),
    Provoked(
        "W15",
        "CREATE TABLE kid () INHERITS (events);"
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN DELETE FROM ONLY events; END'",
        "public.p()",
        "through a view ONLY reaches the rows of children too",
    ),
    Provoked(
        "W15",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$SELECT pg_get_serial_sequence('public.events', 'id')$$",
        "public.f()",
        "pg_get_serial_sequence of a view is NULL, without an error; move in a maintenance window",
    ),
    Provoked(
        "W15",
        "CREATE VIEW v AS SELECT pg_get_serial_sequence('events', 'id'), pg_total_relation_size('agents'::regclass)",
        "public.v",
        "calls pg_get_serial_sequence of public.events by its name",
    ),
    Provoked(
        "W29",
        "CREATE FOREIGN DATA WRAPPER csv; CREATE SERVER s FOREIGN DATA WRAPPER csv; DROP TABLE agents;"
        "CREATE FOREIGN TABLE agents (id int) SERVER s",
        "public.agents",
        "look whether its wrapper asks",
    ),
    Provoked(
        "W29",
        "CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw; DROP TABLE agents;"
        "CREATE FOREIGN TABLE agents (id int) SERVER s",
        "public.agents",
        "the migration says the present names",
    ),
    Provoked("W28", "CREATE TEMP TABLE agents (id int)", "pg_temp_", "agents"),
]
"""What W15 says of code is provoked in test_verify.py. W16, which is for PostgreSQL 14, has a test of its own, as have
W21 and W27, which need a second session."""


@pytest.fixture(scope="module")
def usual(server: servers.Server) -> tuple[AuditWarning, ...]:
    """The warnings about the tables as they are, with nothing provoked."""
    with connect(servers.create_database(server)) as connection:
        connection.execute(BASE.encode())
        return survey(connection, RULES).warnings


@pytest.mark.parametrize("provoked", PROVOKED, ids=lambda provoked: f"{provoked.code}-{provoked.subject}")
def test_a_warning_is_provoked(server: servers.Server, usual: tuple[AuditWarning, ...], provoked: Provoked) -> None:
    """It names the object, and is not there without what provokes it."""
    with connect(servers.create_database(server)) as connection, own_role(connection) as role:
        words = {"role": role, "database": connection.info.dbname}
        connection.execute(BASE.encode())
        connection.execute(filled(provoked.setup, words).encode())
        with connect(server.conninfo(connection.info.dbname)) as auditor:  # to whom settings of the database apply
            found = survey(auditor, RULES, filled(provoked.role, words) if provoked.role else None).warnings
        subject, says = filled(provoked.subject, words), filled(provoked.says, words)

    def meant(warning: AuditWarning) -> bool:
        return warning.code == provoked.code and warning.subject.startswith(subject) and says in warning.message

    assert any(map(meant, found)), found
    assert not any(map(meant, usual))


def filled(text: str, words: dict[str, str]) -> str:
    """The text with its {role} and {database}."""
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text


@contextlib.contextmanager
def own_role(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """A name for what is of the whole server (roles, subscriptions), which is dropped again."""
    name = f"sr_{connection.info.dbname}"
    yield name
    connection.execute(f"DROP SUBSCRIPTION IF EXISTS {name}".encode())
    for role in (name, f"{name}_m"):
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchall():
            connection.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}".encode())


def test_every_warning_has_a_title_and_a_test() -> None:
    """Those that need more than a few statements are named here."""
    elsewhere = {"W16", "W21", "W27"}
    assert set(codes()) == {case.code for case in PROVOKED} | elsewhere
    assert list(codes()) == [f"W{number:02}" for number in range(1, 30)]
    assert {check.code for check in checks.checks()} <= set(codes())


def test_a_word_means_what_its_number_means() -> None:
    """No two codes have one word, none has the word of a finding, and each says what happens and what to do."""
    words = {found.word: number for number, found in codes().items()}
    assert len(words) == len(codes()) and not set(words) & set(CODES)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", word) for word in words)
    for word, number in words.items():
        found = code(word)
        assert found is not None and found is code(number) and found.meaning and found.remedy


def test_row_security_before_postgresql_15(server: servers.Server) -> None:
    """W16 is only asked of PostgreSQL 14, which is not here: its query is, of the server that is here."""
    (check,) = [check for check in checks.checks() if check.code == "W16"]
    assert check.below == 150000 and check.stops == "expand"
    with connect(servers.create_database(server)) as connection:
        connection.execute(BASE.encode() + b"ALTER TABLE events ENABLE ROW LEVEL SECURITY")
        with reading(connection), psycopg.RawCursor(connection) as cursor:
            query = checks.PRELUDE + checks.ROLE + check.query
            rows = cursor.execute(query.encode(), [*checks.parameters(RULES), "postgres"]).fetchall()
        assert rows == [("public.events",)]
        assert "W16" not in {warning.code for warning in survey(connection, RULES).warnings}


def test_transactions_in_the_way(server: servers.Server) -> None:
    """W21: one that is open for a while, and one that is prepared, which ends by nobody's leaving."""
    dsn = servers.create_database(server)
    with connect(dsn) as connection, connect(dsn) as other:
        connection.execute(BASE.encode())
        assert "W21" not in {warning.code for warning in survey(connection, RULES).warnings}
        other.execute("SET application_name = 'night report'")
        other.execute("BEGIN")
        other.execute("SELECT pg_sleep(2.1) FROM (SELECT FROM events LIMIT 1) t RIGHT JOIN (SELECT) u ON true")
        found = [warning for warning in survey(connection, RULES).warnings if warning.code == "W21"]
        assert [(warning.subject, "night report" in warning.message) for warning in found] == [("public.events", True)]
        other.execute("PREPARE TRANSACTION 'two'")
        found = [warning for warning in survey(connection, RULES).warnings if warning.code == "W21"]
        assert [("prepared transaction" in warning.message) for warning in found] == [True]
        other.execute("ROLLBACK PREPARED 'two'")


def test_sessions_that_keep_their_path(server: servers.Server) -> None:
    """W27: a session of before, where a setting was made since."""
    dsn = servers.create_database(server)
    with connect(dsn) as connection, connect(dsn):
        connection.execute(BASE.encode())
        assert "W27" not in {warning.code for warning in survey(connection, RULES).warnings}
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET search_path = public, app".encode())
        found = [warning for warning in survey(connection, RULES).warnings if warning.code == "W27"]
        assert [warning.subject for warning in found] == ["sessions of postgres"]
        assert "1 open" in found[0].message


# -- places and verdicts -------------------------------------------------------------------------------

TOMB = "CREATE TYPE {0} AS (); COMMENT ON TYPE {0} IS 'schema-rewrite:tombstone';"

STATES = [
    (BASE, ["not yet", "not yet"], "ready to expand", ""),
    (BASE + EXPANDED, ["view", "view"], "ready to contract", ""),
    (BASE + EXPANDED + "DROP VIEW events, agents", ["moved", "moved"], "done", ""),
    (
        BASE + EXPANDED + "DROP VIEW events, agents;" + TOMB.format("events") + TOMB.format("agents"),
        ["tombstone", "tombstone"],
        "done",
        "",
    ),
    (BASE + "CREATE SCHEMA app; ALTER TABLE agents SET SCHEMA app", ["not yet", "moved"], "ready to expand", ""),
    ("", ["missing", "missing"], "not ready", "none of the relations exists"),
    (
        BASE + EXPANDED + "DROP VIEW events; INSERT INTO app.events VALUES (1); CREATE TABLE events (id int)",
        ["twin", "view"],
        "not ready",
        "public.events (0 rows) and app.events (1 row): public.events was made again, empty",
    ),
    (
        (
            "CREATE SCHEMA app; CREATE TABLE events (id int) PARTITION BY LIST (id); CREATE TABLE agents ();"
            "CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1); ALTER TABLE events SET SCHEMA app;"
            "ALTER TABLE agents SET SCHEMA app"
        ),
        ["half", "moved"],
        "ready to expand",
        "",
    ),
    (
        BASE + "CREATE SCHEMA app; CREATE VIEW app.events AS TABLE events;"
        "COMMENT ON VIEW app.events IS 'schema-rewrite:compat public.events'",
        ["reverse view", "not yet"],
        "ready to expand",
        "",
    ),
    (
        BASE + EXPANDED + "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM events'",
        ["view", "view"],
        "not ready",
        "W01 routine-names-relation: public.f() (sql) names public.events",
    ),
    (
        BASE + EXPANDED + "CREATE VIEW late AS SELECT * FROM events",
        ["view", "view"],
        "not ready",
        "public.late was made on the compatibility view public.events",
    ),
    (
        BASE + "CREATE SCHEMA app; CREATE TABLE app.agents_pkey ()",
        ["not yet", "not yet"],
        "not ready",
        "W13 taken-name: app.agents_pkey exists",
    ),
]


@pytest.mark.parametrize(("setup", "places", "verdict", "reason"), STATES)
def test_places_and_verdict(server: servers.Server, setup: str, places: list[str], verdict: str, reason: str) -> None:
    """Each place that a relation can be in, and what may be done next."""
    found = audited(server, setup)
    assert [place.place for place in found.places] == places
    assert found.verdict == verdict, found.reasons
    assert found.exit_code == (1 if verdict == "not ready" else 0)
    if reason:
        assert any(said.startswith(reason) or reason in said for said in found.reasons), found.reasons


def audited(server: servers.Server, setup: str) -> Audit:
    """The audit of a new database after some statements."""
    with connect(servers.create_database(server)) as connection:
        connection.execute(setup.encode())
        return survey(connection, RULES)


def test_who_still_says_the_old_name(server: servers.Server) -> None:
    """The last statement of a session, or a lock that it holds on a view, by application_name."""
    dsn = servers.create_database(server)
    with connect(dsn) as connection, connect(dsn) as old, connect(dsn) as new:
        connection.execute((BASE + EXPANDED).encode())
        old.execute("SET application_name = 'app 1.0'")
        old.execute("SELECT count(*) FROM events")
        new.execute("SET application_name = 'app 2.0'")
        new.execute("SELECT count(*) FROM app.events")
        found = survey(connection, RULES)
        assert [(user.application, user.relations) for user in found.usage.users] == [("app 1.0", ("public.events",))]
        assert found.verdict == "not ready"
        old.execute("SELECT 1")  # it may say the old name again
        found = survey(connection, RULES)
        assert [(one.application, one.why) for one in found.usage.unknown] == [
            ("app 1.0", "its last statement tells nothing: SELECT 1")
        ]
        assert (found.verdict, found.exit_code) == ("unknown", 1)
        assert survey(connection, RULES, deployed=["app 1.0"]).verdict == "ready to contract"
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM agents")
        old.execute("SELECT 1")
        found = survey(connection, RULES)
        assert [(user.application, user.relations) for user in found.usage.users] == [("app 1.0", ("public.agents",))]
        assert survey(connection, RULES, deployed=["app 1.0"]).verdict == "not ready"  # it is not new code after all
        old.execute("ROLLBACK")
        old.execute("SELECT id, '-- schema-rewrite: ignore' FROM events -- schema-rewrite: ignore")
        assert survey(connection, RULES).verdict != "ready to contract"
        old.close()
        new.execute("COMMIT")
        assert survey(connection, RULES).verdict == "unknown"


TRANSACTIONS = [
    ("public", ["BEGIN", "SELECT count(*) FROM {}.events", "COMMIT"], "not ready"),
    ("public", ["BEGIN", "SELECT count(*) FROM {}.events", "SELECT 1", "COMMIT"], "not ready"),
    ("app", ["BEGIN", "SELECT count(*) FROM {}.events", "COMMIT"], "ready to contract"),
    ("app", ["SELECT count(*) FROM {}.events", "SELECT 1"], "ready to contract"),
]


@pytest.mark.parametrize(("schema", "statements", "verdict"), TRANSACTIONS)
def test_a_session_is_watched_for_some_time(
    server: servers.Server, schema: str, statements: list[str], verdict: str
) -> None:
    """Whose last statement is COMMIT most of the time: at one moment it is not known what it runs."""
    dsn = servers.create_database(server)
    ended = threading.Event()
    with connect(dsn) as connection, connect(dsn) as other:
        connection.execute((BASE + EXPANDED).encode())

        def work() -> None:
            while not ended.wait(0.002):
                for statement in statements:
                    other.execute(statement.format(schema).encode())

        thread = threading.Thread(target=work)
        thread.start()
        try:
            moments = {survey(connection, RULES).verdict for _ in range(5)}
            assert moments <= {verdict, "unknown"}
            watched: set[str] = set()
            for _ in range(30):  # a busy machine may miss what is short
                watched.add(survey(connection, RULES, seconds=1).verdict)
                if verdict in watched:
                    break
            assert verdict in watched and watched <= {verdict, "unknown"}
        finally:
            ended.set()
            thread.join()
        other.close()
        connection.execute("SELECT pg_sleep(0.5)")
        assert survey(connection, RULES).verdict == "ready to contract"


def test_what_is_not_seen_is_not_known_to_be_gone(server: servers.Server) -> None:
    """An ordinary role does not see what others run: that it sees no old name proves nothing while they are there."""
    dsn = servers.create_database(server)
    with connect(dsn) as connection, own_role(connection) as role:
        connection.execute((BASE + EXPANDED + f"CREATE ROLE {role} LOGIN").encode())
        with connect(f"{dsn} user={role}") as auditor:
            found = survey(auditor, RULES)
            assert (found.verdict, found.exit_code) == ("unknown", 1)
            assert found.reasons[0].startswith("what 1 session of postgres ran is hidden")
            connection.execute(f"GRANT pg_read_all_stats TO {role}".encode())
            connection.execute("SELECT count(*) FROM app.events")
            assert survey(auditor, RULES).verdict == "ready to contract"


ONLY = "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM ONLY events';"
USES = [
    ("", "ready to expand"),
    ("CREATE TABLE kid () INHERITS (events);", "ready to expand"),
    (ONLY, "ready to expand"),
    (f"CREATE TABLE kid () INHERITS (events); {ONLY}", "not ready"),
    ("CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS $$SELECT pg_relation_size('agents')$$;", "not ready"),
    ("CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS $$SELECT pg_relation_size('other')/* agents */$$;", "ready"),
    ("CREATE VIEW v AS SELECT pg_relation_size('events'::regclass);", "ready to expand"),
    ("CREATE VIEW v AS SELECT pg_get_serial_sequence('events', 'id');", "not ready"),
]


@pytest.mark.parametrize(("setup", "verdict"), USES)
def test_what_a_view_changes_in_silence_stops_expand_where_it_is_used(
    server: servers.Server, setup: str, verdict: str
) -> None:
    found = audited(server, "SET check_function_bodies = off;" + BASE + setup)
    assert found.verdict.startswith(verdict), found.reasons


@pytest.mark.parametrize(("named", "verdict"), [("", "not ready"), (", TABLE events, agents", "ready to expand")])
def test_a_publication_of_the_old_schema_stops_expand(server: servers.Server, named: str, verdict: str) -> None:
    """Unless it names the tables besides: then it keeps them."""
    found = audited(server, BASE + "CREATE PUBLICATION p FOR TABLES IN SCHEMA public" + named)
    assert found.verdict == verdict, found.reasons


def test_an_audit_writes_nothing_and_needs_no_privilege(server: servers.Server) -> None:
    """As a role that may do nothing: all questions are answered, and rows that it may not read are not counted."""
    dsn = servers.create_database(server)
    with connect(dsn) as connection, own_role(connection) as role:
        connection.execute((BASE + EXPANDED + "DROP VIEW events; CREATE TABLE events ()").encode())
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        with connect(f"{dsn} user={role}") as other:
            found = survey(other, RULES)
    assert found.places[0].note == "public.events (rows not counted) and app.events (rows not counted)"
    assert {warning.code for warning in found.warnings if warning.subject == role} == {"W23"}
