"""A finding code is a word, a function in a file of its own, cases in the fixtures, and a text for people."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from helpers.paths import FIXTURES

from schema_rewriter import CODES
from schema_rewriter.rewriting import checks, file_checks

ELSEWHERE = {
    "unqualified-relation": "rewriting.references",  # what is found on a name in SQL is arbitrated by its bytes
    "old-schema": "rewriting.references",
    "possible-sql": "rewriting.references",  # by how sure it is that a text is SQL
    "sql-fragment": "rewriting.references",
    "uncertain-relation": "rewriting.references",
    "uncertain-dialect": "rewriting.checks.identifiers",
    "unparsed-sql": "rewriting.references",
    "unwritable-name": "rewriting.references",
    "unproved-edit": "rewriting.rewriter",  # of any edit
    "unused-suppression": "rewriting.suppressions",  # of comments
    "opaque-file": "reports.gitlab",  # a file's error, where a report has findings only
    "linked-file": "run.linked_files",  # of several files
    "unread-file": "run.linked_files",
    "stale-baseline": "run.baseline",  # of the baseline
}
"""The codes that are no question of one file, or share one with others: where their finding is made."""

WITHOUT_FIXTURE = {
    "old-schema": "its edits are made in every file that says public.users",
    "opaque-file": "an error, not a finding: tests/reports/test_reports.py",
    "linked-file": "of a run: tests/run/test_links.py",
    "unread-file": "of a run: tests/run/test_links.py",
    "boundary": "of rules: tests/rewriting/test_boundaries.py",
    "stale-baseline": "of a baseline: tests/run/test_baseline.py",
}


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_its_file(code: str) -> None:
    """The one in checks/ that bears its name, or another that is named here, says it."""
    name = (
        f"{checks.__name__}.{code.replace('-', '_')}" if code not in ELSEWHERE else f"schema_rewriter.{ELSEWHERE[code]}"
    )
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert f'"{code}"' in Path(module.__file__).read_text("utf-8")


def test_each_check_of_a_file_is_asked() -> None:
    """A file in checks/ with a function `check` is one of CHECKS."""
    asked = {check.__module__ for check in file_checks.CHECKS}
    named = (f"{checks.__name__}.{code.replace('-', '_')}" for code in CODES.keys() - ELSEWHERE.keys())
    assert asked == {name for name in named if hasattr(importlib.import_module(name), "check")}


def test_each_code_has_cases() -> None:
    """Somewhere in the fixtures the finding stays open, or it is said why not."""
    texts = [path.read_text("utf-8") for path in (*FIXTURES.rglob("*findings"), *FIXTURES.glob("sql/**/*.sql"))]
    seen = {code for text in texts for code in re.findall(r"[a-z]+(?:-[a-z]+)+", text)} | {"boundary"}
    assert CODES.keys() - seen == WITHOUT_FIXTURE.keys() - {"boundary"}
