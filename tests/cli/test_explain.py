"""`schema-rewrite explain`: what it tells of a line and of a code, as a user reads it."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from helpers.cases import rules_for, run_tree, trees
from helpers.command import put, sr

from schema_rewriter import CODES, Span
from schema_rewriter.cli.config import INCLUDE
from schema_rewriter.cli.explain import explain_command
from schema_rewriter.postgres.audit import codes as audit
from schema_rewriter.project import ALONE
from schema_rewriter.reading import read
from schema_rewriter.reports.places import Lines
from schema_rewriter.rewriting.explanation import explain
from schema_rewriter.run import Means, Search, Task
from schema_rewriter.run.checking import checked_with_links

if TYPE_CHECKING:
    from pathlib import Path

RULES = """
search_path = ["public"]

[[move]]
from = "public"
to = "app"
tables = ["users"]

[[move]]
from = "public"
to = "app"
tables = ["jobs"]
"""
CODE = """users = 1
def f(db, t):
    db.execute("DELETE FROM jobs WHERE id IN (SELECT jobs.id FROM public.users)")
    db.execute(f"TRUNCATE {t}")
    db.execute("WITH jobs AS (SELECT 1) SELECT * FROM jobs")
    log.info("users of jobs")
    db.execute("SELECT * FROM app.users")
    db.execute("SELECT * FROM users")  # schema-rewrite: ignore why not
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    put(tmp_path, "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\n')
    put(tmp_path, "rules.toml", RULES)
    put(tmp_path, "a.py", CODE)
    return tmp_path


@pytest.mark.parametrize(
    ("where", "name", "facts"),
    [
        (
            "a.py:3:29",
            "jobs (column 29)",
            {
                "place": "argument 1 of db.execute(): runs SQL",
                "taken for": "SQL, by its place",
                "role": "a relation that the statement writes",
                "resolves": "jobs by the search_path (public), and is public.jobs, which moves",
                "rule": "rules.toml:9: public.jobs moves to app.jobs",
                "verdict": "unqualified-relation: jobs moves to app.jobs",
                "edit": "insert 'app.' at byte 52",
            },
        ),
        ("a.py:3:70", "public.users (column 67)", {"edit": "replace 'public' by 'app' at byte 90"}),
        ("a.py:4", "{t} (column 27)", {"role": "not clear: only the running program knows this name"}),
        (
            "a.py:5:23",
            "jobs (column 22)",
            {"role": re.compile("a column, an alias, a CTE"), "verdict": "stays as it is"},
        ),
        ("a.py:6:15", "users (column 15)", {"taken for": re.compile("prose"), "verdict": "stays as it is"}),
        ("a.py:7", "app.users (column 31)", {"resolves": "app.users is where a move ends", "verdict": "right already"}),
        ("a.py:8", "users (column 31)", {"": "set aside by a comment: why not"}),
        ("a.py:1", "users (column 1)", {"stands in": re.compile("the code itself"), "verdict": "stays as it is"}),
    ],
)
def test_a_name(project: Path, where: str, name: str, facts: dict[str, str | re.Pattern[str]]) -> None:
    code, out, err = sr(project, "explain", where)
    assert (code, err) == (0, "")
    first = out.split("\n\n")[1].splitlines()
    assert first[0] == name
    told = {line[2:12].strip(): line[13:] for line in first[1:]}
    for heading, expected in facts.items():
        if isinstance(expected, str):
            assert told[heading] == expected
        else:
            assert expected.match(told[heading])


def test_a_line_without_names(project: Path) -> None:
    assert sr(project, "explain", "a.py:2")[1] == "a.py:2: def f(db, t):\n\nnothing here names a relation that moves\n"


def test_a_code(project: Path) -> None:
    _, out, _ = sr(project, "explain", "dynamic-relation")
    assert " ".join(out.split()).startswith(f"dynamic-relation: {CODES['dynamic-relation']} ")
    assert "schema-rewrite: ignore" in " ".join(out.split())
    assert "    cursor.execute(f'TRUNCATE {table}')\n" in out
    assert max(map(len, out.splitlines())) < 80


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("dynamic-relatio", "is neither FILE:LINE nor a code of a finding; did you mean dynamic-relation?"),
        ("a.py", "is neither FILE:LINE nor a code of a finding, such as app/db.py:42"),
        ("a.py:99", "a.py has 9 lines, and no line 99"),
        ("b.py:1", "b.py: No such file or directory"),
    ],
)
def test_mistakes(project: Path, what: str, error: str) -> None:
    code, out, err = sr(project, "explain", what)
    assert (code, out) == (2, "")
    assert error in err


@pytest.mark.parametrize("tree", trees(), ids=lambda tree: tree.name)
def test_every_finding_of_a_run_is_explained(tree: Path) -> None:
    """With its code, message, reason and edits: explain and --check have one answer, and the same one."""
    root = tree / "before"
    checked = checked_with_links(Task(root, rules_for(root)), Search(["."], INCLUDE), Means(jobs=1))
    told = 0
    for result in checked.report.results:
        source = (root / result.path).read_bytes()
        file = read(result.path, source, rules_for(root))
        context = checked.linked.context(result.path) if checked.linked else ALONE
        explained = {item.span: item.facts for item in explain(file, context, result, Span(0, len(source)))}
        for finding in result.findings:
            facts = explained[finding.span]
            assert ("verdict", f"{finding.code}: {finding.message}") in facts
            assert ("because", finding.reason) in facts or not finding.reason
            assert sum(heading == "edit" for heading, _ in facts) >= len(finding.edits)
            told += 1
    assert told or tree.name in ("constants", "owned")


@pytest.mark.parametrize("tree", trees(), ids=lambda tree: tree.name)
def test_a_line_is_explained_as_check_tells_it(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command, asked for the first place of each code in a project."""
    root = tmp_path / "project"
    shutil.copytree(tree / "before", root)
    if not (root / "pyproject.toml").exists():
        put(root, "pyproject.toml", "[tool.schema-rewrite]\n")
    monkeypatch.chdir(root)
    rules = str(tree / "rules.toml")
    places: dict[str, tuple[str, int, str]] = {}
    for result in run_tree(root, rules_for(tree / "before")).values():
        for finding in result.findings:
            line = Lines.of(result.before).place(finding.span.start).line
            places.setdefault(finding.code, (result.path, line, finding.message))
    for code, (path, line, message) in places.items():
        done = CliRunner().invoke(explain_command, [f"{path}:{line}", "--rules", rules])
        assert done.exit_code == 0, done.output
        assert f"{code}: {message}" in done.output


def test_every_code_has_a_meaning() -> None:
    """Those of findings, and those of the audit's warnings by number and by word."""
    for code in (*CODES, *(name for each in audit.codes().values() for name in (each.number, each.word))):
        done = CliRunner().invoke(explain_command, [code])
        assert done.exit_code == 0
        assert code in done.output
