"""Boundaries: which files may use which schemas; what crosses, what is allowed for a time, what is refused."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pytest
from helpers.command import put, sr
from markdown_it import MarkdownIt

from schema_rewriter.errors import RuleError
from schema_rewriter.rewriting.rewriter import rewrite
from schema_rewriter.rules import parse_rules, to_toml

if TYPE_CHECKING:
    from pathlib import Path

MOVE = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users", "jobs"]\n'
BOUNDARY = """
[[boundary]]
paths = ["src/agents/**"]
schemas = { app = ["read", "write"], public = ["read"] }
"""
ALLOW = """
[[boundary.allow]]
relations = ["public.invoices"]
operations = ["write"]
owner = "billing team"
until = 2026-12-31
"""


def crossed(source: str, rules: str = MOVE + BOUNDARY, path: str = "src/agents/a.sql", day: str = "") -> list[str]:
    """`text: message` of each boundary finding of a file."""
    today = datetime.date.fromisoformat(day) if day else None
    result = rewrite(path, source.encode(), parse_rules(rules, "rules.toml"), today=today)
    assert result.error is None
    found = [finding for finding in result.findings if finding.code == "boundary"]
    return [f"{source.encode()[f.span.start : f.span.stop].decode()}: {f.message}" for f in found]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("select * from public.invoices", []),
        ("insert into public.invoices select 1", ["public.invoices: may not write public.invoices here"]),
        ("select * from billing.accounts", ["billing.accounts: may not read billing.accounts here"]),
        ("update invoices set x = 1", ["invoices: may not write public.invoices here"]),
        ("update users set x = 1", []),  # it moves to app, where writing is permitted
        ("update app.users set x = 1", []),
        ("create table app.more (id int)", ["app.more: may not define app.more here"]),
        ("with accounts as (select 1) select * from accounts", []),
        ("select * from pg_catalog.pg_class", []),
        ("select (x = 'a')::int, y::varchar(3), z::double precision from users", []),
    ],
)
def test_sql(source: str, expected: list[str]) -> None:
    assert crossed(source) == expected


def test_a_file_that_may_be_another_systems_crosses_nothing() -> None:
    """Whose SQL a file is, is asked in one place: what an edit doubts, a boundary doubts too, until the rules tell."""
    path, source = "src/agents/sqlite/a.sql", "select * from billing.accounts"
    assert crossed(source, path=path) == []
    told = MOVE + BOUNDARY + '[[dialect]]\npaths = ["**"]\nname = "postgresql"\n'
    assert crossed(source, told, path) == ["billing.accounts: may not read billing.accounts here"]


def test_python_and_other_files() -> None:
    source = 'execute("delete from billing.accounts")\nlog("the billing.accounts of users")\n'
    assert crossed(source, path="src/agents/deep/a.py") == ["billing.accounts: may not write billing.accounts here"]
    assert crossed(source, path="src/routes/a.py") == []
    assert crossed(source, rules=BOUNDARY, path="src/agents/a.py") != []


def test_edits_and_boundaries_go_together() -> None:
    rules = parse_rules(MOVE + BOUNDARY, "rules.toml")
    result = rewrite("src/agents/a.sql", b"select * from users, billing.accounts", rules)
    assert result.after == b"select * from app.users, billing.accounts"
    assert [finding.code for finding in result.open] == ["boundary"]
    (finding,) = result.open
    assert finding.reason == (
        "the boundary of src/agents/** permits app: read, write; public: read; billing is not among it"
    )


def test_an_allowance_has_an_end() -> None:
    source, rules = "insert into public.invoices select 1", MOVE + BOUNDARY + ALLOW
    assert crossed(source, rules) == []
    assert crossed(source, rules, day="2026-12-31") == []
    assert crossed(source, rules, day="2027-01-01") == ["public.invoices: may not write public.invoices here"]
    assert crossed("create index on public.invoices (id)", rules) != []
    assert crossed(source, rules + 'paths = ["src/agents/b.sql"]\n') != []
    found = rewrite(
        "src/agents/a.sql", source.encode(), parse_rules(rules, "r"), today=datetime.date(2030, 1, 1)
    ).findings
    assert [finding.reason for finding in found] == ["it was allowed until 2026-12-31; billing team answers for it"]


def test_every_boundary_of_a_file_holds() -> None:
    more = '[[boundary]]\npaths = ["src/"]\nschemas = { app = ["read"] }\n'
    assert crossed("update app.users set x = 1; select * from app.users", MOVE + BOUNDARY + more) == [
        "app.users: may not write app.users here"
    ]


def test_the_rules_are_printed_as_they_were_understood() -> None:
    rules = parse_rules(MOVE + BOUNDARY + ALLOW + 'paths = ["src/agents/b.sql"]\n' + BOUNDARY, "rules.toml")
    assert parse_rules(to_toml(rules), "again") == rules
    assert rules.inverse().boundaries == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("boundary = 1", "boundary: must be an array of tables; write [[boundary]]"),
        ("[[boundary]]\npath = ['x']", "boundary[1].path: unknown key; did you mean paths?"),
        ("[[boundary]]\nschemas = {}", "boundary[1].paths: must be an array of strings"),
        ("[[boundary]]\npaths = ['x']", "boundary[1].schemas: must be a table, such as schemas = "),
        ("[[boundary]]\npaths = ['x']\nschemas = { a = ['reads'] }", "boundary[1].a: 'reads' is no operation; did"),
        ("[[boundary]]\npaths = ['x']\nschemas = { 'a.b' = ['read'] }", "boundary[1].schemas: 'a.b' is not the name"),
        (BOUNDARY + ALLOW.replace('"billing team"', '""'), "boundary[1].allow[1].owner: must say who answers for it"),
        (BOUNDARY + ALLOW.replace("2026-12-31", "'soon'"), "boundary[1].allow[1].until: must be a day without quotes"),
        (BOUNDARY + ALLOW.replace("public.", ""), "boundary[1].allow[1].relations: 'invoices' is not a qualified"),
        (BOUNDARY + ALLOW.replace("until", "util"), "boundary[1].allow[1].util: unknown key; did you mean until?"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(RuleError) as error:
        parse_rules(text, "rules.toml")
    assert str(error.value).startswith(f"rules.toml: {message}")


def test_names_that_flow_are_judged_where_they_get(tmp_path: Path) -> None:
    """By the check and by the matrix; a name that is not known crosses nothing."""
    put(tmp_path, "rules.toml", MOVE + BOUNDARY)
    put(tmp_path, "src/agents/names.py", 'ACCOUNTS = "billing.accounts"\nUSERS = "users"\n')
    source = (
        'from src.agents.names import ACCOUNTS, USERS\nINVOICES = "billing.invoices"\n'
        'def f(db, other):\n    db.execute(f"DELETE FROM {ACCOUNTS}")\n    db.execute(f"UPDATE {INVOICES} SET x = 1")\n'
        '    db.execute(f"DELETE FROM {USERS}")\n    db.execute(f"DELETE FROM {other}")\n'
    )
    put(tmp_path, "src/agents/a.py", source)
    out = sr(tmp_path, "-q", "--rules", "rules.toml", "--select", "boundary")[1]
    assert [line.split(" (")[0] for line in out.splitlines()] == [
        "src/agents/a.py:4:30: boundary may not write billing.accounts here",
        "src/agents/a.py:5:25: boundary may not write billing.invoices here",
    ]
    code, out, err = sr(tmp_path, "inventory", "--matrix", "--rules", "rules.toml", "--format", "csv")
    assert (code, err) == (0, "")
    assert out.splitlines()[1:] == ["src/agents,app,0,1,0,1,0", "src/agents,billing,0,2,0,0,2"]
    put(tmp_path, "rules.toml", MOVE + BOUNDARY.replace('app = ["read", "write"], ', ""))
    out = sr(tmp_path, "-q", "--rules", "rules.toml", "--select", "boundary")[1]
    assert "src/agents/names.py:2:10: boundary may not name app.users here" in out


def test_the_matrix_is_in_a_markdown_report(tmp_path: Path) -> None:
    put(tmp_path, "rules.toml", MOVE + BOUNDARY + ALLOW)
    put(tmp_path, "src/agents/a.sql", "select * from users;\nupdate billing.accounts set x = 1;\n")
    step = tmp_path / "step.md"
    out = sr(tmp_path, "--rules", "rules.toml", "--output-format", "markdown")[1]
    sr(tmp_path, "--rules", "rules.toml", "--output-format", "github", env={"GITHUB_STEP_SUMMARY": str(step)})
    for text in (out, step.read_text()):
        html = MarkdownIt("commonmark").enable("table").render(text)
        head, _, body = html.partition("<summary>Packages and schemas</summary>")
        assert "may not write billing" in head
        assert "<td><strong>W1!</strong></td>" in body
        assert "<td>not used: remove it</td>" in body
    put(tmp_path, "rules.toml", MOVE)
    assert "Packages" not in sr(tmp_path, "--rules", "rules.toml", "--output-format", "markdown")[1]


def test_a_run_reads_files_that_name_nothing_that_moves(tmp_path: Path) -> None:
    put(tmp_path, "rules.toml", MOVE + BOUNDARY + ALLOW.replace("2026-12-31", "2020-01-01"))
    put(tmp_path, "src/agents/a.py", 'execute("delete from billing.accounts")\n')
    put(tmp_path, "src/agents/b.sql", "update invoices set x = 1;\n")
    put(tmp_path, "src/other/b.sql", "update billing.accounts set x = 1;\n")
    for args in ((), ("--jobs", "1")):
        code, out, err = sr(tmp_path, "--rules", "rules.toml", *args)
        assert code == 1
        assert [line.split(": ")[1] for line in err.splitlines()] == ["warning"]  # no file names what moves
        assert [line.split(" ")[:2] for line in out.splitlines()[:2]] == [
            ["src/agents/a.py:1:22:", "boundary"],
            ["src/agents/b.sql:1:8:", "boundary"],
        ]
        assert "2020-01-01" in out
        assert "3 files read, 2 parsed" in out
    assert sr(tmp_path, "-q", "--rules", "rules.toml", "--ignore", "boundary")[:2] == (0, "")
    out = sr(
        tmp_path, "--rules", "rules.toml", "--stdin-filename", "src/agents/x.sql", "-", stdin=b"select 1 from a.b"
    )[1]
    assert "boundary" in out
