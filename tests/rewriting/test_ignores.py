"""ignores: comments that set findings aside, written where they hold and change nothing else."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from helpers.cases import pairs, sql_cases, sql_files
from helpers.command import put, sr

from schema_rewriter import FileResult, rewrite
from schema_rewriter.edit import apply
from schema_rewriter.rewriting.ignore_comments import ignore
from schema_rewriter.rules import parse_rules

if TYPE_CHECKING:
    from pathlib import Path

    from schema_rewriter import Finding, RuleSet

RULES = parse_rules('[[move]]\nfrom = "public"\nto = "app"\ntables = ["users", "jobs"]\n', "rules.toml")


def open_in(result: FileResult) -> list[Finding]:
    return [f for f in result.open if not f.is_note and f.code != "unused-suppression"]


def ignored(path: str, source: bytes, rules: RuleSet) -> tuple[bytes, int]:
    """The file with comments for what is open, and how many findings found no place; all others are set aside.

    What files in other languages tell is not counted: their comments are not read.
    """
    before = rewrite(path, source, rules)
    made = ignore(path, source, open_in(before))
    after = apply(source, made.edits)
    again = rewrite(path, after, rules)
    assert len(open_in(again)) <= len(made.left), (path, after.decode("utf-8", "replace"), open_in(again))
    assert len(again.applied) == len(before.applied)
    if path.endswith(".py") and after != source:
        assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(source))
    return after, sum(one.code != "other-file" for one in made.left)


def test_every_open_finding_of_the_fixtures_is_set_aside_and_nothing_else() -> None:
    """Of the SQL cases all that leave one, and each fifth of the others."""
    written = left = 0
    for case in pairs():
        after, without = ignored(case.path, case.before, case.rules)
        written += after != case.before
        left += without
    for file in sql_files():
        cases = sql_cases(file)
        for sql in (case for at, case in enumerate(cases) if case.findings or at % 5 == 0):
            after, without = ignored("case.sql", sql.before.encode(), sql.rules)
            written += after != sql.before.encode()
            left += without
    assert written > 50
    assert left < written / 5  # those in templates


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (
            "a.py",
            'db.execute(f"""\nTRUNCATE {a}\n""")\r\n',
            'db.execute(f"""\nTRUNCATE {a}\n""")  # schema-rewrite: ignore[dynamic-relation]\r\n',
        ),
        (
            "a.py",
            "if x:\n\tdb.execute(f'TRUNCATE {a}') \\\n\t\t.close()\n",
            "if x:\n\t# schema-rewrite: ignore[dynamic-relation]\n\tdb.execute(f'TRUNCATE {a}') \\\n\t\t.close()\n",
        ),
        (
            "a.py",
            "db.execute(f'TRUNCATE {a}')  # schema-rewrite: ignore[old-schema]\n",
            "db.execute(f'TRUNCATE {a}')  # schema-rewrite: ignore[old-schema, dynamic-relation]\n",
        ),
        ("a.sql", "select * frm jobs;", "select * frm jobs; -- schema-rewrite: ignore[unparsed-sql]"),
        (
            "a.sql",
            "select 'a\nb' frm jobs, 'c\nd';\n",
            "-- schema-rewrite: ignore[unparsed-sql]\nselect 'a\nb' frm jobs, 'c\nd';\n",
        ),
        ("a.sql", "select 1, '\n'; select 'a' frm jobs, 'c\nd';\n", None),
    ],
)
def test_where_a_comment_goes(path: str, before: str, after: str | None) -> None:
    made, left = ignored(path, before.encode(), RULES)
    assert made.decode() == (before if after is None else after)
    assert left == (after is None)


def test_the_option_writes_once(tmp_path: Path) -> None:
    put(tmp_path, "rules.toml", '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users", "jobs"]\n')
    file = put(tmp_path, "a.py", "db.execute(f'TRUNCATE {a}')\ndb.execute('select * from jobs')\n")
    command = ("--rules", "rules.toml", "--add-ignores", "a.py")
    code, out, err = sr(tmp_path, *command)
    assert (code, err) == (1, "1 set aside by 1 comment\n")
    assert out.startswith("a.py:2:27: unqualified-relation [*] jobs moves to app.jobs\n1 to qualify, ")
    written = file.read_bytes()
    assert written.startswith(b"db.execute(f'TRUNCATE {a}')  # schema-rewrite: ignore[dynamic-relation]\n")
    assert sr(tmp_path, *command) == (code, out, "")
    assert file.read_bytes() == written
    assert sr(tmp_path, "--rules", "rules.toml", "--add-ignores", "--fix", "a.py")[0] == 2
