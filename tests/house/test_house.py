"""The house keeps its measures: short functions, classes and modules, and no circle of imports between files."""

from __future__ import annotations

import ast
import os
import subprocess
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.paths import TESTS

import schema_rewriter

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(schema_rewriter.__file__).parent
FUNCTION, CLASS, MODULE = 50, 200, 300
"""The most lines of each."""


def name_of(path: Path) -> str:
    """The dotted name of a module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text("utf-8"))


def imported(name: str) -> Iterator[str]:
    """The modules of the package that a module imports, anywhere in it, for types too."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else str(node.module)


def test_no_file_imports_itself_by_way_of_others() -> None:
    graph = {name: {other for other in imported(name) if other != name} for name in MODULES}
    assert sum(map(len, graph.values())) > len(MODULES)  # imports are seen
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_a_circle_is_seen() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_longer_than_a_page(name: str) -> None:
    assert len(MODULES[name].read_text("utf-8").splitlines()) <= MODULE
    for node in ast.walk(tree(name)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            most = CLASS if isinstance(node, ast.ClassDef) else FUNCTION
            assert (node.end_lineno or 0) - node.lineno + 1 <= most, node.name


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: path.relative_to(TESTS).as_posix())
def test_no_test_module_is_imported(path: Path) -> None:
    """What tests share is in helpers/; what stands in a room is free to change."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not str(node.module).rpartition(".")[2].startswith("test_")
        elif isinstance(node, ast.Import):
            assert not any(alias.name.rpartition(".")[2].startswith("test_") for alias in node.names)


def test_each_room_of_the_tests_is_one_of_the_package_or_of_what_all_rooms_do_together() -> None:
    rooms = {path.name for path in TESTS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms - {path.name for path in PACKAGE.iterdir()} == {"helpers", "laws", "cases", "house", "integrations"}


def test_no_settings_of_a_person_or_a_machine_reach_the_tests(tmp_path: Path) -> None:
    """Of git, of PostgreSQL and of our own."""
    known = subprocess.run(["git", "config", "--list"], cwd=tmp_path, capture_output=True, check=True).stdout
    assert known == b""
    assert not list(Path.home().glob(".*"))
    assert not [name for name in os.environ if name.startswith(("PG", "GITHUB_"))]
    assert {name for name in os.environ if name.startswith("GIT_")} == {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"}
