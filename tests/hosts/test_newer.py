"""Code of newer Pythons is read by any: spelled older, each node at its byte; what has no older spelling is told."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from schema_rewriter import Move, Relation, RuleSet, rewrite
from schema_rewriter.hosts.python.newer import spelled_older
from schema_rewriter.hosts.python.syntax import Syntax

RULES = RuleSet((Move(Relation("public", "users"), Relation("app", "users")),))


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("type X = int\n", "if 1:X = int\n"),
        ("type  X[T: (int, str) = int] = list[T]\n", "if 1: X                      = list[T]\n"),
        ("def f[T](x: T): ...\n", "def f   (x: T): ...\n"),
        ("class A[\n  T,  # é\n](B): ...\n", "class A\\\n         \\\n (B): ...\n"),
        ("try: ...\nexcept A, B.c: ...\n", "try: ...\nexcept A| B.c: ...\n"),
        ('t"{a}"', 'f"{a}"'),
        ('Rt"{a}"', 'Rf"{a}"'),
        ('f"{a["b"]}"', "f\"{a['b']}\""),
        ("""f'{a['b']!r:>{w['c']}}'""", """f'{a["b"]!r:>{w["c"]}}'"""),
        ('f"{"\\n".join(a)} é {b}"', 'f"{____________} é {b}"'),
        ('f"{"it\'s" + a["b"]}"', 'f"{_______________}"'),
        ('f"{f"{a}"}"', "f\"{f'{a}'}\""),
        ('f"{\n  a(\n    b)  # c\n}"', 'f"{   a(     b)      }"'),
    ],
)
def test_what_is_newer_is_spelled_older(newer: str, older: str) -> None:
    assert spelled_older(newer) == older
    assert len(older.encode()) == len(newer.encode()) and ast.parse(older)
    assert Syntax(newer.encode()).tree is not None


@pytest.mark.parametrize("path", sorted(Path(ast.__file__).parent.glob("[a-d]*.py")), ids=lambda path: path.name)
def test_what_every_python_reads_stays_as_it_is(path: Path) -> None:
    source = path.read_text("utf-8")
    assert spelled_older(source) == source


def test_what_has_no_older_spelling_is_told() -> None:
    """Never read by half: what this Python's parser refuses would have no models and no values."""
    result = rewrite("a.py", b'class A: type X = int\ncursor.execute("SELECT * FROM users")\n', RULES)
    if sys.version_info >= (3, 12):
        assert result.edits
    else:
        assert result.error == (
            f"can't be parsed by Python 3.{sys.version_info[1]}, which runs this: line 1, column 15: invalid syntax; "
            "run it by the code's Python"
        )
