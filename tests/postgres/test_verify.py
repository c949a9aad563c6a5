"""The proof on a real server: the demo completely, each seeded fault found, what can't be proved said."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from helpers import migrations as m
from helpers import server as servers
from helpers.cases import rules_for
from helpers.paths import FIXTURES, SOURCE
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from schema_rewriter.cli import main
from schema_rewriter.edit import Span
from schema_rewriter.postgres.connection import connect
from schema_rewriter.postgres.migrate import plan
from schema_rewriter.postgres.verify import databases, layout
from schema_rewriter.postgres.verify.template import template
from schema_rewriter.postgres.verify.verify import DIFFERS, INVALID, PROVED, UNVERIFIED
from schema_rewriter.rules import parse_rules
from schema_rewriter.run.claims import gather, held

if TYPE_CHECKING:
    from pathlib import Path

    from schema_rewriter.postgres.verify.verify import Proof, Result

pytestmark = pytest.mark.postgres

CYREX = FIXTURES / "cyrex"
RULES_TEXT = """
existing_schemas = ["app"]

[[move]]
from = "public"
to = "app"
tables = ["events", "agents"]

[[move]]
from = "public"
to = "app"
tables = ["logs"]
rename = "app_logs"
"""
RULES = parse_rules(RULES_TEXT, "rules.toml")

SCHEMA = """
CREATE TABLE events (id serial PRIMARY KEY, kind text, agent_id int, n int);
CREATE TABLE agents (id int PRIMARY KEY, name text UNIQUE, kind text, n int);
CREATE TABLE logs (id int PRIMARY KEY, said text);
CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE INDEX events_kind ON events (kind);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER noted AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE events ADD CONSTRAINT positive CHECK (n > 0);
CREATE POLICY mine ON events USING (n > 0);
"""


def proof_of(server: servers.Server, before: dict[str, str], after: dict[str, str] | None = None) -> Proof:
    """The proof of SQL files, rewritten by the rules or as `after` says; each stands for itself."""
    sources = {"schema.sql": SCHEMA.encode()} | {name: text.encode() for name, text in (after or before).items()}
    old = None if after is None else sources | {name: text.encode() for name, text in before.items()}
    asked = [claim for claim in gather(held(sources, RULES), old).claims if claim.path != "schema.sql"]
    made = list(layout.definitions("schema.sql", SCHEMA.encode()))
    proof, errors = databases.of_code(server.conninfo(), made, asked, RULES, own=True)
    assert errors == []
    assert proof.unlike == ()
    return proof


def one(proof: Proof) -> Result:
    """The result of a proof of one statement."""
    (result,) = proof.results
    return result


# -- faults --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """A rewrite that is wrong, and what is said of it."""

    name: str
    before: str
    after: str
    says: str


FAULTS = [
    Fault(
        "a CTE wrongly qualified",
        "WITH events AS (SELECT id FROM agents) SELECT id FROM events",
        "WITH events AS (SELECT id FROM app.agents) SELECT id FROM app.events",
        "other objects",
    ),
    Fault("a missed reference", "SELECT id FROM events", "SELECT id FROM events", 'relation "events" does not exist'),
    Fault(
        "one missed of two",
        "SELECT e.id FROM events e JOIN agents a ON a.id = e.agent_id",
        "SELECT e.id FROM app.events e JOIN agents a ON a.id = e.agent_id",
        'relation "agents" does not exist',
    ),
    Fault(
        "a nextval literal left",
        "INSERT INTO events (id) VALUES (nextval('events_id_seq'))",
        "INSERT INTO app.events (id) VALUES (nextval('events_id_seq'))",
        'relation "events_id_seq" does not exist',
    ),
    Fault(
        "a row-type cast left",
        "SELECT (e::events).id FROM events e",
        "SELECT (e::events).id FROM app.events e",
        'type "events" does not exist',
    ),
    Fault("a wrong table", "SELECT id FROM events", "SELECT id FROM app.agents", "other objects"),
    Fault("a wrong text", "SELECT to_regclass('events')", "SELECT to_regclass('app.agents')", "another query"),
    Fault("a text left", "SELECT to_regclass('events')", "SELECT to_regclass('events')", "another query"),
    Fault(
        "a text left in a statement that changes",
        "SELECT has_table_privilege('events', 'select') FROM events",
        "SELECT has_table_privilege('events', 'select') FROM app.events",
        "another query",
    ),
    Fault(
        "placeholders exchanged",
        "SELECT id FROM events WHERE id = :a AND n = :b",
        "SELECT id FROM app.events WHERE id = :b AND n = :a",
        "in another order",
    ),
    Fault(
        "two tables exchanged",
        "SELECT a.id FROM events a, agents b",
        "SELECT a.id FROM app.agents a, app.events b",
        "other objects",
    ),
    Fault(
        "two tables exchanged, of the same columns",
        "SELECT 1 FROM events a LEFT JOIN agents b ON a.n = b.n",
        "SELECT 1 FROM app.agents a LEFT JOIN app.events b ON a.n = b.n",
        "another query of the same objects",
    ),
    Fault("a wrong column", "SELECT kind FROM events", "SELECT n FROM app.events", "other objects"),
    Fault("a table outside the move", "SELECT FROM events, users", "SELECT FROM app.events, app.users", "app.users"),
    Fault(
        "a hidden unused CTE", "WITH x AS (SELECT FROM events) SELECT 1", "WITH x AS (SELECT FROM agents) SELECT 1", ""
    ),
    Fault(
        "a condition that is never true", "SELECT 1 FROM events WHERE false", "SELECT 1 FROM app.agents WHERE false", ""
    ),
    Fault("CREATE TABLE left", "CREATE TABLE events (id int)", "CREATE TABLE events (id int)", "public.events"),
    Fault(
        "CREATE TABLE IF NOT EXISTS left",
        "CREATE TABLE IF NOT EXISTS events (id int)",
        "CREATE TABLE IF NOT EXISTS events (id int)",
        "public.events",
    ),
    Fault("DROP TABLE IF EXISTS left", "DROP TABLE IF EXISTS events", "DROP TABLE IF EXISTS events", "does not exist"),
    Fault(
        "ALTER TABLE IF EXISTS left",
        "ALTER TABLE IF EXISTS events ADD COLUMN x int",
        "ALTER TABLE IF EXISTS events ADD COLUMN x int",
        "does not exist",
    ),
    Fault("TRUNCATE of another", "TRUNCATE events", "TRUNCATE app.agents", "other objects"),
    Fault(
        "COMMENT on another", "COMMENT ON TABLE events IS 'x'", "COMMENT ON TABLE app.agents IS 'x'", "other objects"
    ),
    Fault(
        "GRANT on another", "GRANT SELECT ON events TO PUBLIC", "GRANT SELECT ON app.agents TO PUBLIC", "other objects"
    ),
    Fault("an index on another", "CREATE INDEX i ON events (n)", "CREATE INDEX i ON app.agents (n)", "other objects"),
    Fault(
        "a foreign key to another",
        "CREATE TABLE notes (id int REFERENCES events (id))",
        "CREATE TABLE notes (id int REFERENCES app.agents (id))",
        "other objects",
    ),
    Fault(
        "a view of another",
        "CREATE VIEW v AS SELECT id FROM events",
        "CREATE VIEW v AS SELECT id FROM app.agents",
        "other objects",
    ),
    Fault(
        "a trigger on another",
        "CREATE TRIGGER noted AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION note()",
        "CREATE TRIGGER noted AFTER INSERT ON app.agents FOR EACH ROW EXECUTE FUNCTION note()",
        "other objects",
    ),
    Fault(
        "a constraint on another",
        "ALTER TABLE events ADD CONSTRAINT positive CHECK (n > 0)",
        "ALTER TABLE app.agents ADD CONSTRAINT positive CHECK (n > 0)",
        "other objects",
    ),
    Fault("COPY of another", "COPY events (id) FROM STDIN;\n\\.\n", "COPY app.agents (id) FROM STDIN;\n\\.\n", "other"),
    Fault("a rename left", "SELECT logs.id FROM logs", "SELECT logs.id FROM app.logs", "does not exist"),
    Fault(
        "a statement lost", "SELECT id FROM events; SELECT id FROM agents", "SELECT id FROM app.events", "no statement"
    ),
]


@pytest.fixture(scope="module")
def wrong(server: servers.Server) -> Proof:
    """The proof of all wrong rewrites, each in a file of its own."""
    before = {f"fault{number}.sql": fault.before for number, fault in enumerate(FAULTS)}
    return proof_of(server, before, {f"fault{number}.sql": fault.after for number, fault in enumerate(FAULTS)})


@pytest.fixture(scope="module")
def right(server: servers.Server) -> Proof:
    """The proof of the right rewrites of the same statements."""
    return proof_of(server, {f"fault{number}.sql": fault.before for number, fault in enumerate(FAULTS)})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found(wrong: Proof, right: Proof, fault: Fault) -> None:
    """The wrong rewrite differs, whatever else is proved; the right one of the same statement is proved."""
    name = f"fault{FAULTS.index(fault)}.sql"
    found = [result for result in wrong.results if result.claim.path == name and result.status == DIFFERS]
    assert len(found) == 1 and fault.says in found[0].reason, found
    assert (wrong.exit_code, right.exit_code) == (1, 0)
    proved = [result for result in right.results if result.claim.path == name]
    assert {result.status for result in proved} == {PROVED}, proved


# -- what is proved ------------------------------------------------------------------------------------

SURE = [
    "SELECT count(*) FROM events WHERE kind = $1 AND n > $2",
    "SELECT jsonb_build_object('a', $1) FROM events",
    "SELECT id FROM events WHERE $1 IS NULL OR kind = $1",
    "INSERT INTO agents (id, name) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING *",
    "UPDATE events e SET kind = a.name FROM agents a WHERE a.id = e.agent_id",
    "DELETE FROM events USING agents WHERE agents.id = events.agent_id",
    "SELECT logs.said FROM logs WHERE logs.id = 1",
    "SELECT to_regclass('events'), pg_get_serial_sequence('agents', 'id'), to_regclass('public.users')",
    "SELECT currval('events_id_seq'), pg_total_relation_size('agents')",
    "WITH gone AS (DELETE FROM events RETURNING *) INSERT INTO agents (id) SELECT id FROM gone",
    "SELECT * INTO TEMP copied FROM events",
    "CREATE TABLE archive AS SELECT * FROM events",
    "CREATE TEMP TABLE staging (LIKE events INCLUDING ALL)",
    "LOCK TABLE events IN SHARE MODE",
    "VACUUM (ANALYZE) events",
    "CREATE INDEX CONCURRENTLY events_n ON events (n)",
    "ALTER TABLE events ADD CONSTRAINT positive CHECK (n > 0)",
    "GRANT SELECT ON events TO reader",
    "CREATE OR REPLACE VIEW seen AS SELECT e.*, a.name FROM events e JOIN agents a ON a.id = e.agent_id",
    "CREATE PUBLICATION p FOR TABLE events",
    "CREATE POLICY mine ON events USING (n > 0)",
    "CREATE RULE quiet AS ON DELETE TO events DO INSTEAD NOTHING",
    "EXPLAIN SELECT * FROM events",
    "DO $$BEGIN PERFORM 1 FROM events; END$$",
    "DECLARE c CURSOR FOR SELECT * FROM events",
    "COPY events TO PROGRAM 'false'",
    "COPY (SELECT * FROM events) TO '/nowhere/at/all'",
]


def test_every_kind_of_statement_is_proved(server: servers.Server) -> None:
    """Queries with parameters of any type, DML, definitions, commands: in one file, before and after the move."""
    proof = proof_of(server, {"q.sql": ";\n".join(SURE)})
    assert [(result.claim.text, result.reason) for result in proof.results if result.status != PROVED] == []
    assert len(proof.results) == len(SURE)


PYTHON = """
def many(db, conditions, order, columns, n, table, prefix, day):
    db.execute(f"SELECT id FROM events WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT {n}")
    db.execute(f"SELECT {columns} FROM events WHERE kind = %s AND n = %(n)s AND kind LIKE '50%%'")
    db.execute(f"SELECT id FROM events WHERE kind IN ({', '.join(columns)})")
    db.execute(f"SELECT id FROM events WHERE n = ${len(conditions)} AND kind = ${n}")
    db.execute(f"SELECT id FROM events WHERE kind LIKE '{prefix}%' AND n > 0 {order}")
    db.execute("SELECT id FROM events WHERE kind = :kind AND n = :n AND agent_id::text = :kind")
    db.execute("SELECT id FROM events WHERE kind = ? AND n = ?", (1, 2))
    for name in ("events", "agents", "users"):
        db.execute(f"SELECT id FROM {name} WHERE id = %s")
    db.execute(f"DELETE FROM {table}")


TABLE = "events"


def one(db):
    db.execute(f"SELECT id FROM {TABLE}")
"""


def test_variants_of_dynamic_statements_are_proved(server: servers.Server) -> None:
    """Holes as conditions, columns, numbers, pieces of strings; placeholders of all drivers; a loop over names."""
    gathered = gather(held({"a.py": PYTHON.encode()}, RULES, whole=True))
    made = list(layout.definitions("schema.sql", SCHEMA.encode()))
    proof, _ = databases.of_code(server.conninfo(), made, gathered.claims, RULES, own=True)
    left = [(result.claim.text, result.status) for result in proof.results if result.status != PROVED]
    assert left == [("DELETE FROM {table}", UNVERIFIED)]
    texts = [result.claim.before.text for result in proof.results if result.claim.before]
    assert [text for text in texts if " WHERE id = " in text] == [
        "SELECT id FROM events WHERE id = %s",
        "SELECT id FROM agents WHERE id = %s",
    ]
    assert "SELECT id FROM events" in texts


DOUBTFUL = [
    ("SELECT missing FROM events", INVALID, 'column "missing" does not exist'),
    ("SELECT id FROM events WHERE", INVALID, "syntax error"),
    (
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN NULL; END -- events'",
        UNVERIFIED,
        "read only when they run",
    ),
    (
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN UPDATE events SET kind = 1; END'",
        DIFFERS,
        "of the body: it still says public.events, which moves to app.events",
    ),
    ("ALTER TABLE events ADD COLUMN n int", UNVERIFIED, "already exists"),
    ("CREATE TABLE x AS SELECT e.* FROM events e, pg_read_file('/etc/passwd')", UNVERIFIED, "can't be undone"),
    ("DO $$BEGIN PERFORM 1 FROM events; COPY (SELECT 1) TO PROGRAM 'false'; END$$", UNVERIFIED, "can't be undone"),
]


@pytest.mark.parametrize(("text", "status", "reason"), DOUBTFUL)
def test_what_can_t_be_proved_is_said(server: servers.Server, text: str, status: str, reason: str) -> None:
    """With PostgreSQL's own reason; it is no fault, unless a body was forgotten."""
    result = one(proof_of(server, {"q.sql": text}, {"q.sql": text} if "FUNCTION" in text else None))
    assert (result.status, reason in result.reason) == (status, True), result


WINDOW = [
    ("SELECT id, name FROM agents GROUP BY id", "must appear in the GROUP BY"),
    ("SELECT ctid FROM events", 'column "ctid" does not exist'),
    ("INSERT INTO agents (id) VALUES (1) ON CONFLICT ON CONSTRAINT agents_name_key DO NOTHING", "does not exist"),
    ("TRUNCATE events", "is not a table"),
    ("COPY events (id) FROM STDIN;\n\\.\n", "cannot copy to view"),
    ("CREATE INDEX IF NOT EXISTS events_kind ON events (kind)", "cannot create index"),
    ("SELECT nextval('events_id_seq')", 'relation "events_id_seq" does not exist'),
    ("SELECT setval(pg_get_serial_sequence('events', 'id'), 7)", "is NULL, without an error"),
    ("SELECT pg_total_relation_size('agents')", "is 0, without an error"),
    ("SELECT id FROM ONLY agents", ""),
    ("SELECT id FROM events FOR UPDATE SKIP LOCKED", ""),
    ("UPDATE events SET n = 1 RETURNING *", ""),
    ("CREATE TABLE IF NOT EXISTS events (id int)", ""),
]


@pytest.fixture(scope="module")
def window(server: servers.Server) -> Proof:
    """The proof of all of WINDOW, each in a file of its own."""
    return proof_of(server, {f"fault{number}.sql": text for number, (text, _) in enumerate(WINDOW)})


@pytest.mark.parametrize("number", range(len(WINDOW)), ids=lambda number: WINDOW[number][0][:30])
def test_what_breaks_while_views_stand_is_told(window: Proof, number: int) -> None:
    """W15: the old statement fails, or works, through the compatibility view, and is proved all the same."""
    fails = WINDOW[number][1]
    (result,) = [result for result in window.results if result.claim.path == f"fault{number}.sql"]
    assert result.status == PROVED, result
    assert (fails in result.window and bool(fails)) == bool(result.window), result


def test_a_relation_that_takes_the_old_name_s_place_is_told(server: servers.Server) -> None:
    """Another table of the name, in a schema further on in the path: old statements go on, on other data."""
    rules = parse_rules('search_path = ["public", "old"]\n' + RULES_TEXT, "rules.toml")
    schema = SCHEMA + "CREATE SCHEMA old; CREATE TABLE old.events (id int);"
    gathered = gather(held({"q.sql": b"SELECT id FROM events"}, rules))
    made = list(layout.definitions("schema.sql", schema.encode()))
    proof, _ = databases.of_code(server.conninfo(), made, gathered.claims, rules, own=True)
    assert one(proof).status == DIFFERS and "W14" in one(proof).reason


def test_a_template_fills_what_the_program_fills() -> None:
    """The best guess for each hole, by the words before it; placeholders of one name are one parameter."""
    text = "SELECT {c} FROM t WHERE {w} AND a = %(x)s AND b = %(x)s AND c LIKE '50%%' LIMIT {n}"
    holes = [Span(text.index(hole), text.index(hole) + 3) for hole in ("{c}", "{w}", "{n}")]
    made = template(text, holes)
    filled, count = made.filled((0,) * len(made.slots))
    assert filled == "SELECT 1 FROM t WHERE TRUE AND a = $1 AND b = $1 AND c LIKE '50%' LIMIT 1"
    assert count == 1
    assert template("SELECT 1 FROM {t}", [Span(14, 17)]).impossible


# -- the demo, and the command -------------------------------------------------------------------------

PROSE = ("a piece of SQL whose statement is not known", "it reads as SQL, but may be a sentence", "a name, or a list")


def test_the_demo_is_proved_completely(server: servers.Server) -> None:
    """Every statement of the application; what is not proved is prose that may be SQL, untouched by the rewrite."""
    rules = rules_for(CYREX / "drive.py")
    trees = {
        tree: {
            path.relative_to(CYREX / tree).as_posix(): path.read_bytes()
            for path in sorted((CYREX / tree).rglob("*"))
            if path.suffix in (".py", ".sql")
        }
        for tree in ("before", "after")
    }
    gathered = gather(held(trees["after"], rules), trees["before"])
    made = [one for path, source in trees["before"].items() for one in layout.definitions(path, source)]
    proof, errors = databases.of_code(server.conninfo(), made, gathered.claims, rules, own=True)
    assert (proof.unlike, errors) == ((), [])
    left = [result for result in proof.results if result.status != PROVED]
    assert [result for result in left if result.status != UNVERIFIED or not result.reason.startswith(PROSE)] == []
    assert [result for result in left if result.claim.changed] == []
    assert len(proof.results) - len(left) > 250


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a schema and a module, to work in."""
    (tmp_path / "rules.toml").write_text(RULES_TEXT)
    (tmp_path / "app").mkdir()
    (tmp_path / "app/schema.sql").write_text(SCHEMA)
    (tmp_path / "app/a.py").write_text('db.execute("SELECT id FROM events")\ndb.execute("TRUNCATE agents")\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("SCHEMA_REWRITE_DSN", "SCHEMA_REWRITE_SERVER"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_command_before_and_after_the_fix(
    server: servers.Server, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code as it is (on a server of its own), the code rewritten, and a hand that went wrong."""
    shutil.copytree(project / "app", project / "old")
    assert main(["verify", "--rules", "rules.toml", "app"]) == 0
    shown = capsys.readouterr().out
    assert "W15 fails-through-view: old statements that fail on compatibility views\n  app/a.py:2: " in shown
    assert shown.endswith("9 statements: 9 proved; 1 would fail in the window\n")
    assert max(map(len, shown.splitlines())) <= 80
    monkeypatch.setenv("SCHEMA_REWRITE_SERVER", server.conninfo())
    assert main(["--rules", "rules.toml", "--fix", "-q", "app"]) == 0
    assert main(["verify", "--rules", "rules.toml", "app"]) == 0
    assert "9 statements: 9 proved" in capsys.readouterr().out
    (project / "app/a.py").write_text('db.execute("SELECT id FROM app.agents")\ndb.execute("TRUNCATE app.agents")\n')
    assert main(["verify", "--rules", "rules.toml", "--before", "old", "app"]) == 1
    assert "differs: mean something else after the move\n  app/a.py:1: it means other" in capsys.readouterr().out


BODIES = """
CREATE FUNCTION counted() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM {0}); END $$;
CREATE FUNCTION number() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM {0} $$;
CREATE PROCEDURE cleared() LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DELETE FROM {0}'; END $$;
CREATE OR REPLACE FUNCTION first() RETURNS text LANGUAGE plpgsql
    AS $$ DECLARE e {0}%ROWTYPE; BEGIN RETURN e.id; END $$;
"""


@pytest.mark.parametrize(
    ("edited", "statuses", "says"),
    [
        ("app.events", [UNVERIFIED, PROVED, UNVERIFIED, PROVED], "read only when they run"),
        ("events", [DIFFERS, DIFFERS, DIFFERS, DIFFERS], "it still says public.events"),
        ("app.agents", [DIFFERS, DIFFERS, DIFFERS, DIFFERS], "it names app.agents, not app.events"),
        ("users", [DIFFERS, DIFFERS, DIFFERS, DIFFERS], "it names public.users, not app.events"),
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_bodies_of_routines(server: servers.Server, edited: str, statuses: list[str], says: str, there: bool) -> None:
    """Whether the database has them already or not: forgotten and wrong ones are told, right ones are not."""
    before, after = {"new.sql": BODIES.format("events")}, {"new.sql": BODIES.format(edited)}
    sources = {"schema.sql": SCHEMA.encode()} | {name: text.encode() for name, text in after.items()}
    old = sources | {name: text.encode() for name, text in before.items()}
    asked = [claim for claim in gather(held(sources, RULES), old).claims if claim.path != "schema.sql"]
    made = [one for path in ("schema.sql", "new.sql")[: 1 + there] for one in layout.definitions(path, old[path])]
    proof, errors = databases.of_code(server.conninfo(), made, asked, RULES, own=True)
    assert (errors, proof.unlike) == ([], ())
    assert [result.status for result in proof.results] == statuses, proof.results
    assert any(says in result.reason for result in proof.results), proof.results


def test_a_body_under_a_search_path_of_its_own_is_no_fault(server: servers.Server) -> None:
    body = (
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE plpgsql {}AS $$ BEGIN RETURN (SELECT count(*) FROM events); END $$"
    )
    proof = proof_of(server, {"a.sql": body.format("")}, {"a.sql": body.format("SET search_path = app, public ")})
    assert one(proof).status == UNVERIFIED


PHASES = {
    "expanded": (("prepare", "expand"), "has been expanded"),
    "functions": (("prepare", "expand", "functions"), "has been expanded"),
    "moved": (("prepare", "expand", "functions", "contract"), "has been moved"),
}


@pytest.mark.parametrize("state", PHASES)
def test_a_database_that_has_moved_already(
    server: servers.Server,
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    state: str,
) -> None:
    """It is said, and the statements are proved on a copy that was moved back."""
    monkeypatch.setenv("SCHEMA_REWRITE_SERVER", server.conninfo())
    dsn = servers.create_database(server)
    function = "CREATE FUNCTION n() RETURNS bigint LANGUAGE sql AS 'SELECT 1 FROM logs'"
    m.run(dsn, [f"{SCHEMA}; CREATE VIEW late AS SELECT * FROM events; {function}"])
    phases = plan(RULES, m.catalog(dsn))
    m.run(dsn, [statement for name in PHASES[state][0] for statement in phases[name].up()])
    (project / "rules.toml").write_text(RULES_TEXT)
    (project / "code.py").write_text(
        'def f(c): c.execute("SELECT id FROM events")\ndef g(c): c.execute("DELETE FROM logs")\n'
    )
    code = main(["verify", "--rules", "rules.toml", "--dsn", dsn, "code.py"])
    shown = " ".join(capsys.readouterr().out.split())
    assert (code, PHASES[state][1] in shown, "2 statements: 2 proved" in shown) == (0, True, True), shown
    (project / "code.py").write_text('def f(c): c.execute("SELECT id FROM app.agents")\n')
    (project / "old").mkdir()
    (project / "old/code.py").write_text('def f(c): c.execute("SELECT id FROM events")\n')
    (project / "new").mkdir()
    (project / "code.py").rename(project / "new/code.py")
    assert main(["verify", "--rules", "rules.toml", "--dsn", dsn, "--before", "old", "new"]) == 1
    assert "differs" in capsys.readouterr().out


def test_the_schema_of_a_database(server: servers.Server, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--dsn: pg_dump reads the schema; nothing is written there."""
    (project / "app/schema.sql").unlink()
    dsn = servers.create_database(server)
    with connect(dsn) as connection:
        connection.execute(SCHEMA.encode())
        connection.execute(b"CREATE VIEW seen AS SELECT * FROM events")
        connection.execute(b'CREATE ROLE "sr Dumped"; GRANT SELECT ON events TO "sr Dumped"')
        connection.execute(b'ALTER TABLE agents OWNER TO "sr Dumped"')
        before = layout.everything(connection)
    assert main(["verify", "--rules", "rules.toml", "--dsn", dsn, "--server", server.conninfo(), "app"]) == 0
    assert "2 statements: 2 proved" in capsys.readouterr().out
    assert main(["verify", "--rules", "rules.toml", "--dsn", dsn, "app"]) == 0
    shown = capsys.readouterr().out
    assert "2 statements: 2 proved" in shown and "of the schema" not in shown
    with connect(dsn) as connection:
        assert layout.everything(connection) == before
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'schema\\_rewrite\\_%'"
        ).fetchall()
    assert left == []


def test_what_was_proved_is_kept(
    server: servers.Server, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """--offline needs no server, and sees a changed statement and a changed schema."""
    command = ["verify", "--rules", "rules.toml", "--cache", "verified.json", "app"]
    monkeypatch.setenv("SCHEMA_REWRITE_SERVER", server.conninfo())
    assert main([*command, "--offline"]) == 1  # nothing was proved yet
    assert main(command) == 0
    written = (project / "verified.json").read_bytes()
    monkeypatch.setenv("SCHEMA_REWRITE_SERVER", "host=/nowhere")
    assert main([*command, "--offline"]) == 0
    assert main(command) == 0  # all is known: the server is not asked
    capsys.readouterr()
    (project / "app/a.py").write_text('db.execute("SELECT kind FROM events")\n')
    assert main([*command, "--offline"]) == 1
    assert "verify again with a server\n  app/a.py:1\n" in capsys.readouterr().out
    monkeypatch.setenv("SCHEMA_REWRITE_SERVER", server.conninfo())
    assert main(command) == 0
    assert (project / "verified.json").read_bytes() != written
    with (project / "app/schema.sql").open("a") as schema:
        schema.write("CREATE TABLE more (id int);\n")
    assert main([*command, "--offline"]) == 1


HISTORY = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute(open("history.sql").read() if os.path.exists("history.sql") else "SELECT 1")
"""


def test_the_schema_that_a_command_makes(
    server: servers.Server, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """--schema-from: a column that no CREATE of the code has; what fails, or makes nothing there, is told."""
    monkeypatch.setenv("SCHEMA_REWRITE_SERVER", server.conninfo())
    (project / "app/schema.sql").unlink()
    (project / "app/a.py").write_text('db.execute("SELECT later FROM events")\n')
    (project / "make.py").write_text(HISTORY)
    command = ["verify", "--rules", "rules.toml", "--schema-from", f"{sys.executable} make.py"]
    assert main([*command, "app"]) == 2
    assert "made nothing in the database that DATABASE_URL" in capsys.readouterr().err
    (project / "history.sql").write_text(SCHEMA + "ALTER TABLE events ADD COLUMN later int;")
    assert main([*command, "app"]) == 0
    assert "1 statements: 1 proved" in capsys.readouterr().out
    (project / "history.sql").write_text("CREATE TABL")
    assert main([*command, "app"]) == 2
    said = capsys.readouterr().err
    assert "--schema-from: the command ended with 1: " in said and said.count("\n") == 1
    assert main([*command, "--dsn", server.conninfo(), "app"]) == 2
    assert "leave one of them out" in capsys.readouterr().err


def test_json_is_what_the_schema_says(
    server: servers.Server, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proved, differing, unprovable statements: all valid."""
    monkeypatch.setenv("SCHEMA_REWRITE_SERVER", server.conninfo())
    validator = Draft202012Validator(json.loads((SOURCE / "schema_rewriter/verify.schema.json").read_text()))
    (project / "app/b.py").write_text('db.execute(f"SELECT x FROM events")\ndb.execute(f"DELETE FROM {events}")\n')
    command = ["verify", "--rules", "rules.toml", "--format", "json", "app"]
    assert main(command) == 0
    document = json.loads(capsys.readouterr().out)
    validator.validate(document)
    assert {statement["status"] for statement in document["statements"]} == {PROVED, INVALID, UNVERIFIED}
    assert main([*command, "--strict"]) == 1


def test_paths_of_the_project_s_settings(
    server: servers.Server, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules and paths from pyproject.toml, from a directory below."""
    (project / "pyproject.toml").write_text('[tool.schema-rewrite]\nrules = ["rules.toml"]\npaths = ["app"]\n')
    monkeypatch.setenv("SCHEMA_REWRITE_SERVER", server.conninfo())
    monkeypatch.chdir(project / "app")
    assert main(["verify"]) == 0
    assert "9 statements: 9 proved" in capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_wrong_use_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """--offline without a file, --before with two paths, a file that is none, a server that is not there."""
    rules = ["verify", "--rules", "rules.toml"]
    assert main([*rules, "--offline", "app"]) == 2
    assert main([*rules, "--before", "app", "app", "app"]) == 2
    assert main([*rules, "--cache", "rules.toml", "app"]) == 2
    assert main([*rules, "--server", "host=/nowhere password=s3cret", "app"]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 4 and "s3cret" not in said
    assert "--offline needs --cache" in said and "rules.toml: no JSON" in said
