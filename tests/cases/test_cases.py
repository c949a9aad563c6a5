"""Every fixture through the one check; and that the fixtures reach every kind of file."""

from __future__ import annotations

import ast
import dataclasses
import os
from typing import TYPE_CHECKING

import pytest
from helpers.cases import (
    CaseError,
    FileCase,
    check,
    check_tree,
    found,
    pairs,
    rules_for,
    run_tree,
    sql_cases,
    sql_files,
    tree_cases,
    tree_files,
    trees,
)
from helpers.paths import FIXTURES
from helpers.spellings import GROUPS, SPELLINGS, VALUES, LeftOutError, has_holes, in_turn, spell

from schema_rewriter import rewrite
from schema_rewriter.run import Task, run

if TYPE_CHECKING:
    from pathlib import Path

ALL = os.environ.get("SCHEMA_REWRITE_ALL") == "1"


def _name(path: Path) -> str:
    return path.relative_to(FIXTURES).as_posix()


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("file", sql_files(), ids=_name)
def test_sql(file: Path, spelling: str, request: pytest.FixtureRequest) -> None:
    """All cases of a file in one spelling; the failure lists each wrong case and what is wrong.

    The second run, and the one back, are shown of each case in SQL and in one spelling of Python.
    """
    wanted = request.config.getoption("--case")
    failures: list[str] = []
    for number, case in enumerate(sql_cases(file)):
        if wanted not in case.name:
            continue
        try:
            path, before, after = spell(case, spelling)
        except LeftOutError:
            continue  # counted by rule in the report's header
        findings = [dataclasses.replace(finding, line=None) for finding in case.findings]
        try:
            again = ALL or spelling in in_turn(number)
            check(path, before, after, findings, case.rules, note=f"{case.origin} {case.name}", again=again)
        except AssertionError as failure:
            failures.append(f"{failure}\n  file: {before!r}")
        except Exception as error:  # noqa: BLE001 - the other cases have their say
            failures.append(f"{case.origin} {case.name}\n  raised {error!r}\n  file: {before!r}")
    if failures:
        pytest.fail(f"{len(failures)} of {len(sql_cases(file))} cases\n" + "\n".join(failures), pytrace=False)


@pytest.mark.parametrize("suffix", VALUES)
@pytest.mark.parametrize("file", sql_files(), ids=_name)
def test_sql_in_values(file: Path, suffix: str) -> None:
    """Each seventh case of a file as a value of JSON, TOML and YAML."""
    for case in sql_cases(file)[:: 7 - len(suffix)]:
        if case.only or has_holes(case) or "\r" in case.before or case.before[0].isspace():
            continue
        before, after = (VALUES[suffix](text).encode() for text in (case.before, case.after))
        findings = [dataclasses.replace(finding, line=None) for finding in case.findings]
        check(f"case.{suffix}", before, after, findings, case.rules, note=f"{case.origin} {case.name}")


def test_spellings_are_python() -> None:
    """What the spellings make is Python that says the SQL of the case, before and after."""
    for case in (case for file in sql_files() for case in sql_cases(file)):
        for name in SPELLINGS:
            if name in ("sql", "fstring") or has_holes(case):
                continue
            try:
                _, *sources = spell(case, name)
            except LeftOutError:
                continue
            values = "()" if name == "percent" else "[]"
            texts = [_evaluate(source, values) for source in sources]
            assert texts == [case.before, case.after], f"{case.origin} {case.name} as {name}"


def _evaluate(source: bytes, values: str) -> str:
    """The text that the file's one call is given."""
    module = ast.parse(source)
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    (call,) = (call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "execute")
    names = {"values": ast.literal_eval(values)}
    code = compile(ast.Expression(call.args[0]), "case", "eval")
    text = eval(code, {"__builtins__": {}}, names)
    return text.decode() if isinstance(text, bytes) else str(text)


def test_every_spelling_takes_most_cases() -> None:
    """A rule that leaves cases out must not grow until a kind of file goes untested."""
    everything = [case for file in sql_files() for case in sql_cases(file)]
    for case in everything:
        assert case.only <= SPELLINGS.keys() | GROUPS.keys(), f"{case.origin}: no such spelling: {set(case.only)}"
    cases = [case for case in everything if not case.only and not has_holes(case)]
    for name in SPELLINGS:
        taken = 0
        for case in cases:
            try:
                spell(case, name)
            except LeftOutError:
                continue
            taken += 1
        assert taken >= 0.8 * len(cases), f"{name} takes only {taken} of {len(cases)}"


@pytest.mark.parametrize("case", pairs(), ids=lambda case: _name(case.home))
def test_pair(case: FileCase, request: pytest.FixtureRequest) -> None:
    """A file of fixtures/python becomes its name.after.py and leaves the findings of name.findings."""
    _check_or_update(case, request)


@pytest.mark.parametrize("tree", trees(), ids=_name)
def test_tree(tree: Path, request: pytest.FixtureRequest) -> None:
    """A run over a tree's before/ makes its after/, and leaves the findings of its `findings`."""
    if request.config.getoption("--update"):
        results = run_tree(tree / "before", rules_for(tree / "before"))
        for case in tree_cases(tree):
            result = results.get(case.path)
            case.expected.parent.mkdir(parents=True, exist_ok=True)
            case.expected.write_bytes(result.after if result and result.changed else case.before)
        # The one list of findings is written by hand: it is short, and each line is a decision.
    assert tree_files(tree / "before") == tree_files(tree / "after")
    check_tree(tree)


def test_helpers_are_listed() -> None:
    """The functions that names get through to SQL, over files and levels, are in the report; others are not."""
    tree = FIXTURES / "projects/helpers"
    report = run(Task(tree / "before", rules_for(tree / "before")), ["."], include=["*.py"], jobs=1)
    assert {(helper.path, helper.name): helper.parameters for helper in report.helpers} == {
        ("store/pool.py", "Pool.insert"): ("table",),
        ("store/pool.py", "Pool.insert_txn"): ("table",),
        ("store/pool.py", "Pool.fetch_all"): ("table",),
        ("store/pool.py", "Pool._fetch"): ("name",),
        ("store/pool.py", "empty"): ("table",),
        ("store/pool.py", "rebuild"): ("table",),
    }


def _check_or_update(case: FileCase, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        _update(case)
    else:
        check(case.path, case.before, case.after, case.findings, case.rules)


def _update(case: FileCase) -> None:
    """Write what the rewriter makes of the file, unless that breaks a law; `git diff` shows what changed."""
    result = rewrite(case.path, case.before, case.rules)
    left = found(result)
    check(case.path, case.before, result.after, left, case.rules)
    if result.after != case.after:
        case.expected.write_bytes(result.after)
    if not result.changed:
        case.expected.unlink(missing_ok=True)
    if sorted(map(str, left)) != sorted(map(str, case.findings)):
        case.notes.write_text("".join(f"{finding}\n" for finding in left), encoding="utf-8")
        if not left:
            case.notes.unlink()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("select 1\n-- case: a\nselect 1", "before the first"),
        ("-- case: a\n-- after\nselect 1", "needs a name and SQL"),
        ("-- case:\nselect 1", "needs a name and SQL"),
        ("-- case: a\nselect 1\n-- after\nselect 1", "needs no `-- after`"),
        ("-- case: a\nselect 1\n-- finding: nonsense", "is no finding"),
        ("-- case: a\nselect 1\n-- case: a\nselect 2", "comes twice"),
    ],
)
def test_a_malformed_case_file_is_refused(
    text: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typing error in a fixture must not become a case that tests nothing."""
    monkeypatch.setattr("helpers.cases.FIXTURES", tmp_path)
    (tmp_path / "rules.toml").write_text('[[move]]\nfrom = "public"\nto = "app"\ntables = ["t"]\n')
    (tmp_path / "bad.sql").write_text(text)
    with pytest.raises(CaseError, match=problem):
        sql_cases(tmp_path / "bad.sql")
