"""`schema-rewrite audit` as a user runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema  # type: ignore[import-untyped]
import psycopg
import pytest
from helpers import server as servers
from helpers.audited import BASE, EXPANDED
from helpers.paths import SOURCE

from schema_rewriter.cli import main
from schema_rewriter.postgres.connection import connect

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.postgres

RULES = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["events", "agents"]\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a rule file, to work in."""
    (tmp_path / "rules.toml").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("SCHEMA_REWRITE_DSN", raising=False)
    return tmp_path


def database(server: servers.Server, setup: str) -> str:
    """The DSN of a new database after some statements."""
    dsn = servers.create_database(server)
    with connect(dsn) as connection:
        connection.execute(setup.encode())
    return dsn


@pytest.mark.usefixtures("project")
def test_the_report_fits_a_terminal(server: servers.Server, capsys: pytest.CaptureFixture[str]) -> None:
    """Places, warnings under their titles, the verdict with its reasons; no line over 80 columns."""
    dsn = database(server, BASE + EXPANDED + "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT id FROM events'")
    assert main(["audit", "--rules", "rules.toml", "--dsn", dsn]) == 1
    shown = capsys.readouterr().out
    assert "  public.events -> app.events  view\n" in shown
    assert "W01 routine-names-relation: a routine's text names a relation that moves\n" in shown
    assert "\n  stops contract: public.f() (sql) names" in shown
    assert "\nnot ready, because\n  - W01 routine-names-relation: public.f()" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.usefixtures("project")
def test_json_is_what_the_schema_says(
    server: servers.Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the DSN from the environment; every state gives a valid document."""
    schema = json.loads((SOURCE / "schema_rewriter/audit.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    twin = "DROP VIEW events; CREATE TABLE events (id int)"
    for setup, verdict, code in ((BASE, "ready to expand", 0), (BASE + EXPANDED + twin, "not ready", 1)):
        monkeypatch.setenv("SCHEMA_REWRITE_DSN", database(server, setup))
        assert main(["audit", "--rules", "rules.toml", "--format", "json"]) == code
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, schema)
        assert document["verdict"] == verdict


NEW = "DROP VIEW events, agents;"
HALF = "CREATE SCHEMA app; ALTER TABLE agents SET SCHEMA app;"
TRAP = "CREATE TABLE bystander (id int);"


@pytest.mark.parametrize(
    ("setup", "met"),
    [
        (TRAP, ""),
        (BASE, ""),
        (BASE + HALF, ""),
        (BASE + EXPANDED, "expanded unused"),
        (BASE + EXPANDED + "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT id FROM events'", "expanded"),
        (BASE + EXPANDED + "CREATE ROLE {role}; GRANT SELECT ON app.events TO {role};", ""),  # it has no USAGE
        (BASE + EXPANDED + NEW, "expanded unused contracted"),
        (BASE + EXPANDED + "DROP VIEW events; CREATE TABLE events (id int);", ""),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_pipeline_asks_for_a_state(
    server: servers.Server, capsys: pytest.CaptureFixture[str], setup: str, met: str
) -> None:
    """--expect: the exit code is 0 in that state alone, whatever the verdict is; the report says why it is not."""
    dsn = servers.create_database(server)
    with connect(dsn) as connection:
        role = f"sr_{connection.info.dbname}"
        connection.execute(setup.format(role=role).encode())
    for state in ("expanded", "unused", "contracted"):
        code = main(["audit", "--rules", "rules.toml", "--dsn", dsn, "--expect", state])
        shown = capsys.readouterr().out
        assert code == int(state not in met.split()), shown
        assert f"\nexpected {state}: {'no, because' if code else 'yes'}" in shown
    assert main(["audit", "--rules", "rules.toml", "--dsn", dsn, "--expect", "expanded", "--format", "json"]) in (0, 1)
    expected = json.loads(capsys.readouterr().out)["expected"]
    assert expected["met"] is ("expanded" in met) and bool(expected["reasons"]) is not expected["met"]
    with connect(dsn) as connection:
        if "CREATE ROLE" in setup:
            connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


@pytest.mark.usefixtures("project")
def test_what_is_missing_is_said_in_a_line(server: servers.Server, capsys: pytest.CaptureFixture[str]) -> None:
    """No database, no such role, no server; the password is not repeated."""
    assert main(["audit", "--rules", "rules.toml"]) == 2
    assert "audit needs a database: give --dsn" in capsys.readouterr().err
    assert main(["audit", "--rules", "rules.toml", "--dsn", database(server, BASE), "--role", "nobody here"]) == 2
    assert 'there is no role "nobody here"' in capsys.readouterr().err
    assert main(["audit", "--rules", "rules.toml", "--dsn", "postgresql://a:s3cret@127.0.0.1:1/x"]) == 2
    said = capsys.readouterr()
    assert "postgresql://a:***@127.0.0.1:1/x" in said.err
    assert "s3cret" not in said.err + said.out
    assert len(said.err.splitlines()) == 1


JSON = '{"timestamp":"%s.123 UTC","dbname":"%s","error_severity":"LOG","message":"statement: %s"}\n'
CSV = '%s.123 UTC,"app","%s",1,"[local]",1.2,3,"SELECT",x,1/2,0,LOG,00000,"execute <unnamed>: %s",,,,,,,,,"app"\n'
PLAIN = "%s.123 UTC [17] app@%s LOG:  duration: 0.1 ms  statement: %s\n\tWHERE true\n"


@pytest.mark.parametrize("form", [JSON, CSV, PLAIN], ids=["json", "csv", "plain"])
def test_a_log_is_evidence(
    server: servers.Server, project: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """Old names in statements of this database, from a time on; a log without statements is evidence of nothing."""
    dsn = database(server, BASE + EXPANDED)
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    lines = [
        ("2026-01-31 08:00:00", name, "SELECT kind FROM agents"),
        ("2026-01-31 10:00:00", name, "SELECT kind FROM events"),
        ("2026-01-31 11:00:00", name, "SELECT kind FROM public.events"),
        ("2026-01-31 12:00:00", name, "SELECT kind FROM app.events"),
    ]
    log = project / "server.log"
    command = ["audit", "--rules", "rules.toml", "--dsn", dsn, "--expect", "unused", "--log", str(log)]
    log.write_text("".join(form % line for line in lines))
    assert main([*command, "--log-since", "2026-01-31 09:00:00"]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "the log has 2 statements that say public.events, last at 2026-01-31 11:00:00" in shown
    assert "public.agents, last" not in shown
    assert main([*command, "--log-since", "2026-01-31 11:30:00"]) == 0
    log.write_text("".join(form % (when, "other", said) for when, _, said in lines))
    assert main([*command, "--log-since", "2026-01-31 09:00:00"]) == int(form is PLAIN)  # it names no database
    log.write_text("2026-01-31 12:00:00.1 UTC [17] LOG:  checkpoint starting: time\n")
    assert main(command) == 2
    assert "log_statement = all" in capsys.readouterr().err
