"""`--fix --interactive`, at a real terminal."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest
from helpers.command import COMMAND, PLAIN, RULES, put, sr

if TYPE_CHECKING:
    from pathlib import Path

pexpect = pytest.importorskip("pexpect", reason="no terminals here")

A = "select * from users;\nselect * from jobs;\nselect * from users, jobs;\n"
B = 'x = "é", "select * from jobs"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    put(tmp_path, "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\n')
    put(tmp_path, "rules.toml", RULES)
    put(tmp_path, "a.sql", A)
    put(tmp_path, "b.py", B)
    return tmp_path


def session(project: Path, keys: str) -> tuple[int | None, str]:
    """The exit code and what the terminal shows without its colours; each key answers one question."""
    command = [*COMMAND[1:], "--fix", "--interactive"]
    terminal = pexpect.spawn(sys.executable, command, cwd=project, env=PLAIN, timeout=60, dimensions=(24, 80))
    shown = b""
    for key in keys:
        terminal.expect(rb"Make this change \[y,n,a,q,e,\?\]\? ")
        shown += terminal.before + terminal.after
        terminal.send(key)
    terminal.expect(pexpect.EOF)
    shown += terminal.before
    terminal.close()
    return terminal.exitstatus, re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", shown.decode()).replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("keys", "code", "a", "b", "told"),
    [
        ("a", 0, A.replace("users", "app.users").replace("jobs", "app.jobs"), B.replace("jobs", "app.jobs"), "5 made"),
        ("ynnnn", 1, A.replace("users", "app.users", 1), B, "1 made, 0 set aside, 4 left"),
        ("yq", 1, A.replace("users", "app.users", 1), B, "1 made, 0 set aside, 4 left"),
        ("q", 1, A, B, "0 made, 0 set aside, 5 left"),
        ("nnnne", 1, A, B[:-1] + "  # schema-rewrite: ignore[unqualified-relation]\n", "0 made, 1 set aside, 4 left"),
        (
            "eynny",
            1,
            A.replace("from users;", "from users; -- schema-rewrite: ignore[unqualified-relation]", 1).replace(
                "from jobs", "from app.jobs", 1
            ),
            B.replace("jobs", "app.jobs"),
            "2 made, 1 set aside, 2 left",
        ),
        ("?xq", 1, A, B, "leave this and all that follow as they are"),
        ("yy\x03", 130, A, B, "interrupted; every file is whole"),
        ("yy\x04", 130, A, B, "interrupted; every file is whole"),
    ],
)
def test_keys(project: Path, keys: str, code: int, a: str, b: str, told: str) -> None:
    exit_code, shown = session(project, keys)
    assert told in shown
    assert (project / "a.sql").read_text() == a
    assert (project / "b.py").read_text() == b
    assert exit_code == code
    assert "(1/5) Make" in shown
    assert "1 | select * from users;\n  |               ^^^^^\n1 + select * from app.users;\n" in shown


def test_without_a_terminal_it_is_refused(project: Path) -> None:
    code, out, err = sr(project, "--fix", "--interactive")
    assert (code, out) == (2, "")
    assert err == "schema-rewrite: error: --interactive asks at a terminal, and there is none; leave it out\n"
    assert (project / "a.sql").read_text() == A
    for args in (["--interactive"], ["--fix", "--interactive", "-"]):
        assert sr(project, *args)[0] == 2
