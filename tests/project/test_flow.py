"""Names that flow, where a fixture would be too large: bounds are said, never passed over in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema_rewriter.project.flow import graph, trace
from schema_rewriter.rules import parse_rules
from schema_rewriter.run import Task, run

if TYPE_CHECKING:
    from pathlib import Path

    from schema_rewriter import RuleSet
    from schema_rewriter.finding import FileResult


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch) -> int:
    """A bound on what is followed that is reached within a second."""
    most = 250
    assert most < graph.MOST_STATES
    for module in (graph, trace):
        monkeypatch.setattr(module, "MOST_STATES", most)
    return most


@pytest.fixture
def rules() -> RuleSet:
    """Two tables that move."""
    return parse_rules('[[move]]\nfrom = "public"\nto = "app"\ntables = ["users", "events"]\n', "rules.toml")


def outcome(root: Path, rules: RuleSet, **files: str) -> dict[str, FileResult]:
    """The results of a run over files of these stems."""
    for stem, text in files.items():
        (root / f"{stem}.py").write_text(text, "utf-8")
    report = run(Task(root, rules), ["."], include=["*.py"], jobs=1)
    return {result.path: result for result in report.results}


def test_a_name_that_is_handed_on_too_often_is_said(tmp_path: Path, rules: RuleSet, most: int) -> None:
    """The hole at the end of a chain that is longer than the bound is a finding; that of a shorter one is closed."""
    for length in (50, most + 10):
        steps = "".join(f"N{n} = N{n - 1}\n" for n in range(1, length))
        text = f'N0 = "users"\n{steps}\n\ndef go(cur):\n    cur.execute(f"SELECT * FROM {{N{length - 1}}}")\n'
        result = outcome(tmp_path, rules, chain=text)["chain.py"]
        if length == 50:
            assert [finding.code for finding in result.applied] == ["unqualified-relation"]
            assert result.open == ()
        else:
            assert [finding.code for finding in result.findings] == ["dynamic-relation"]


def test_a_name_with_too_many_uses_is_said(tmp_path: Path, rules: RuleSet, most: int) -> None:
    """A literal that gets to more places than are followed is not edited, and no hole that it may get to is silent."""
    count = most + 10
    steps = "".join(f"    n{n} = NAME\n    cur.execute(f'TABLE {{n{n}}}')\n" for n in range(count))
    result = outcome(tmp_path, rules, fan=f'NAME = "users"\n\n\ndef go(cur):\n{steps}')["fan.py"]
    assert result.after.startswith(b'NAME = "users"')
    assert {finding.code for finding in result.open} == {"dynamic-relation"}
    assert len(result.open) >= 10
    assert len(result.findings) == count


def test_a_module_of_many_lines_is_followed(tmp_path: Path, rules: RuleSet) -> None:
    """Length alone is no bound."""
    functions = "".join(f"def f{n}(cur, x):\n    y = x\n    return [y, {n}]\n\n\n" for n in range(3_000))
    text = f'TABLE = "users"\n\n\n{functions}def go(cur):\n    cur.execute(f"DELETE FROM {{TABLE}}")\n'
    assert text.count("\n") > 10_000
    result = outcome(tmp_path, rules, long=text)["long.py"]
    assert result.after.startswith(b'TABLE = "app.users"')
    assert result.open == ()


def test_helpers_of_many_levels_in_as_many_files_are_found(tmp_path: Path, rules: RuleSet) -> None:
    """A name gets through one file after the other, none of which says a relation's name."""
    files = {
        f"level_{n}": f"from level_{n + 1} import f{n + 1}\n\n\ndef f{n}(cur, t):\n    f{n + 1}(cur, t)\n"
        for n in range(12)
    }
    files["level_12"] = 'def f12(cur, t):\n    cur.execute(f"DELETE FROM {t}")\n'
    files["start"] = 'from level_0 import f0\n\n\ndef go(cur):\n    f0(cur, "users")\n'
    results = outcome(tmp_path, rules, **files)
    assert b'"app.users"' in results["start.py"].after
    assert all(result.open == () for result in results.values())
