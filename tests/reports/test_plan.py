"""`schema-rewrite plan`: what a move comes to, on one screen and as Markdown."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from helpers.command import put, sr
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from pathlib import Path

RULES = """
[[move]]
from = "public"
to = "app"
tables = ["users", "orders", "never"]
"""

TEXT = """\
3 relations move from public to app.

  relation       moves to    files  fix does  for you
  public.users   app.users       2         3
  public.orders  app.orders      1         1
  nothing to do for public.never

4 files read, 2 to change, 1 with something for you, 1 not judged.
  src/bad.py: can't be parsed as Python: line 1, column 5: invalid syntax

To decide (1 cause, 4 places)
  1. dynamic-relation, 4 places: only the running program knows this name
     src/a.py:2:32, src/a.py:3:32, src/a.py:4:32 and 1 more
     Look where the expression comes from, and see that it is qualified there.

Database
  Before the changed code runs: prepare and expand of the migration, after which old and new code both work.
  Once no old code runs: contract, which ends the old names.

Next
  schema-rewrite diff                               read the changes
  schema-rewrite fix                                make them; undo takes them back
  schema-rewrite check                              what is left for a person, with file and line
  schema-rewrite audit --dsn DSN                    what stands in the way in the database
  schema-rewrite migrate --dsn DSN --out migration  the migration, as files to read and run
"""


def project(root: Path) -> Path:
    put(root, "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\n')
    put(root, "rules.toml", RULES)
    lines = "".join("    db.execute(f'select * from {name}')\n" for _ in range(4))
    put(root, "src/a.py", f"def f(db, name):\n{lines}    db.execute('select * from users, public.orders')\n")
    put(root, "src/b.sql", "select * from users; select * from public.users; select * from app.orders;\n")
    put(root, "src/bad.py", "def\u0020(: 'users'\n")
    put(root, "src/none.py", "x = 1\n")
    return root


def test_on_one_screen(tmp_path: Path) -> None:
    root = project(tmp_path)
    before = {path: path.read_bytes() for path in root.rglob("*.*") if path.is_file()}
    code, out, err = sr(root, "plan", "--no-cache", "src")
    assert (code, out) == (2, TEXT)
    assert err.startswith("schema-rewrite: warning: 1 relation of the rules is named by no file: public.never; ")
    assert {path: path.read_bytes() for path in root.rglob("*.*") if path.is_file()} == before


def test_nothing_left(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "src/bad.py").unlink()
    (root / "src/a.py").unlink()
    sr(root, "fix")
    code, out, err = sr(root, "plan")
    assert (code, err) == (0, "schema-rewrite: warning: " + err.partition("warning: ")[2])
    assert out.startswith(
        "3 relations move from public to app.\n\n  nothing to do for public.never, public.orders, public.users\n"
    )
    assert "schema-rewrite fix" not in out
    assert "To decide" not in out


def test_as_markdown_that_says_no_more_than_it_means(tmp_path: Path) -> None:
    root = project(tmp_path)
    put(root, "src/a|b`<img>.py", "def f(db, name):\n    db.execute(f'select * from {name}, users')\n")
    put(root, "src/x\n# y.py", "(: 'users'\n")
    code, out, _ = sr(root, "plan", "--output-format", "markdown", "src")
    assert code == 2
    tokens = MarkdownIt("commonmark").enable("table").parse(out)
    kinds = {token.type for token in tokens} | {inner.type for token in tokens for inner in token.children or ()}
    assert "html_inline" not in kinds
    assert "html_block" not in kinds
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    assert headings == [
        "3 relations move from public to app",
        "To decide (1 cause, 5 places)",
        "Database",
        "Next",
    ]
