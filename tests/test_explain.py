"""`schema-rewrite explain`: what it tells of a line and of a code, as a user reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from test_cli import put, sr

from schema_rewriter import CODES

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
