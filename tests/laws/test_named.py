"""Law 7, named files: a file named on the command line is told what a run over its whole project tells of it."""

from __future__ import annotations

import os
import shutil
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from helpers.cases import rules_for
from helpers.paths import FIXTURES

from schema_rewriter.cli.config import INCLUDE
from schema_rewriter.rules import parse_rules
from schema_rewriter.run import Task, run
from schema_rewriter.run.subset import Subset

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schema_rewriter.finding import FileResult, Report

ALL = os.environ.get("SCHEMA_REWRITE_ALL") == "1"
PROJECTS = sorted(path.parent for path in (FIXTURES / "projects").glob("*/rules.toml"))


def some_pairs(paths: Sequence[str]) -> list[tuple[str, ...]]:
    """Each file with the one after it and with the one farthest from it, in the order of their paths; or all pairs."""
    if ALL:
        return [*combinations(paths, 2)]
    steps = {1, len(paths) // 2} - {0}
    found = {tuple(sorted((at, (at + step) % len(paths)))) for at in range(len(paths)) for step in steps}
    return [(paths[one], paths[other]) for one, other in sorted(found) if one != other]


def copied(tree: Path, to: Path) -> Task:
    shutil.copytree(tree / "before", to, dirs_exist_ok=True)
    return Task(to, rules_for(tree / "rules.toml"))


def judged(task: Task, paths: Sequence[str], cache: Path | None = None) -> Report:
    return run(task, paths, include=INCLUDE, project=["."], jobs=1, cache=cache)


def told(report: Report) -> dict[str, FileResult]:
    return {result.path: result for result in report.results}


@pytest.mark.parametrize("tree", PROJECTS, ids=lambda tree: tree.name)
def test_each_file_and_each_pair_is_told_what_the_run_tells(tree: Path, tmp_path: Path) -> None:
    """Named alone without a cache, and alone and in pairs with one; and nothing of other files."""
    task, cache = copied(tree, tmp_path / "in"), tmp_path / "cache"
    whole = run(task, ["."], include=INCLUDE, jobs=1)
    for path in whole.paths:
        assert told(judged(task, [path])) == {other: one for other, one in told(whole).items() if other == path}
    for some in [*((path,) for path in whole.paths), *some_pairs(whole.paths)]:
        report = judged(task, some, cache)
        assert told(report) == {path: result for path, result in told(whole).items() if path in some}, some
        assert report.paths == tuple(path for path in whole.paths if path in some)


NAMES = b'EVENTS = "events"\n'
USE = b'import names\n\n\ndef f(cur):\n    cur.execute(f"SELECT * FROM {names.EVENTS} WHERE id = 1")\n'
RULES = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["events"]\n'


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """A project of two files, one of which tells what the name in the other one is."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "names.py").write_bytes(NAMES)
    (root / "use.py").write_bytes(USE)
    return Task(root, parse_rules(RULES, "rules.toml"))


def edits(report: Report) -> dict[str, int]:
    return {result.path: len(result.applied) for result in report.results if result.applied}


def test_with_a_cache_files_that_change_go_and_come_are_seen(task: Task, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for turn in range(2):
        assert edits(judged(task, ["names.py"], cache)) == {"names.py": 1}
        (task.root / "use.py").rename(task.root / "used.py")
        assert edits(judged(task, ["names.py"], cache)) == {"names.py": 1}
        (task.root / "used.py").unlink()
        assert edits(judged(task, ["names.py"], cache)) == {}
        (task.root / "use.py").write_bytes(USE.replace(b"EVENTS", b"OTHERS") + b"# %d\n" % turn)
        assert edits(judged(task, ["names.py"], cache)) == {}
        (task.root / "use.py").write_bytes(USE)


def test_a_file_outside_of_the_root_has_nothing_around_it(task: Task, tmp_path: Path) -> None:
    (tmp_path / "names.py").write_bytes(NAMES)
    assert edits(judged(task, [str(tmp_path / "names.py")])) == {}
    assert edits(judged(task, [str(tmp_path / "names.py"), "names.py"]))["names.py"] == 1


def test_a_directory_is_a_project_of_its_own(task: Task) -> None:
    (task.root / "sub").mkdir()
    (task.root / "sub/names.py").write_bytes(NAMES)
    (task.root / "use.py").write_bytes(USE.replace(b"names", b"sub.names"))
    assert edits(judged(task, ["sub"])) == {}
    assert edits(judged(task, ["sub/names.py"])) == {"sub/names.py": 1}


def test_what_is_excluded_tells_nothing_but_is_judged_where_it_is_named(task: Task) -> None:
    def over(path: str, exclude: str, *, named: bool = False) -> Report:
        return run(task, [path], include=INCLUDE, exclude=[exclude], exclude_named=named, project=["."], jobs=1)

    assert edits(over("names.py", "use.py")) == {}
    assert edits(over("names.py", "names.py")) == {"names.py": 1}
    report = over("names.py", "names.py", named=True)
    assert (report.read, report.results) == (0, ())


def test_what_is_staged_is_judged_with_the_rest_around_it(task: Task) -> None:
    """Of the files that git speaks of, those that are named; all of them as git holds them."""
    real = {name: str((task.root / name).resolve()) for name in ("names.py", "use.py")}
    other = {real["names.py"]: NAMES + b"# staged\n", real["use.py"]: USE.replace(b"EVENTS", b"OTHERS")}
    staged = Subset(other.keys(), other)
    assert edits(run(task, ["names.py"], include=INCLUDE, project=["."], jobs=1, subset=staged)) == {}
    one = Subset([real["names.py"]], {real["names.py"]: NAMES + b"# staged\n"})
    report = run(task, ["names.py"], include=INCLUDE, project=["."], jobs=1, subset=one)
    assert [result.after for result in report.results] == [b'EVENTS = "app.events"\n# staged\n']
    assert run(task, ["use.py"], include=INCLUDE, project=["."], jobs=1, subset=one).results == ()


def test_a_note_tells_of_a_file_that_was_not_named(task: Task) -> None:
    (task.root / "q.sql").write_bytes(b"select * from events;\n")
    (task.root / "use.py").write_bytes(b'def f(cur):\n    cur.execute(open("q.sql").read())\n')
    (result,) = judged(task, ["use.py"]).results
    assert [finding.message for finding in result.findings] == ["reads q.sql, which has 1 finding"]


def test_an_error_of_a_file_that_was_not_named_is_for_who_names_it(task: Task) -> None:
    (task.root / "broken.py").write_bytes(b"def events(:\n")
    assert judged(task, ["names.py"]).errors == 0
    assert judged(task, ["."]).errors == 1
