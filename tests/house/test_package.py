"""What a user installs: the wheel's contents, its version, its types."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from typing import TYPE_CHECKING

import pytest
from helpers.paths import ROOT

import schema_rewriter

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = ROOT / "src"

PROGRAM = """
from schema_rewriter import Applicability, FileResult, Finding, Move, Relation, RuleSet, rewrite

rules = RuleSet((Move(Relation("public", "users"), Relation("app", "users")),))
result: FileResult = rewrite("query.sql", b"select * from users", rules)
findings: tuple[Finding, ...] = result.findings
safe: list[Finding] = [finding for finding in findings if finding.applicability is Applicability.SAFE]
text: bytes = result.after
code: int = rewrite("a.py", b"", rules)  # the one mistake
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the work tree as pip builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = (
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--quiet",
        "--wheel-dir",
        folder,
        ROOT,
    )
    # What is built without isolation takes what is installed; pip refuses constraints for anything else.
    environment = {name: value for name, value in os.environ.items() if name != "PIP_BUILD_CONSTRAINT"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_all_of_the_package(wheel: Path) -> None:
    """Every module, py.typed and every data file, and nothing else but the metadata."""
    names = zipfile.ZipFile(wheel).namelist()
    metadata = [name for name in names if ".dist-info/" in name]
    inside = [path.relative_to(SOURCE) for path in (SOURCE / "schema_rewriter").rglob("*") if path.is_file()]
    expected = {path.as_posix() for path in inside if "__pycache__" not in path.parts}
    assert set(names) - set(metadata) == expected
    assert "schema_rewriter/py.typed" in expected
    assert any(name.endswith("/licenses/LICENSE") for name in metadata)


def test_one_version() -> None:
    """pyproject.toml, the package and the changelog agree."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert schema_rewriter.__version__ == project["version"]
    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_public_names_are_all_there() -> None:
    """Every name in `__all__` exists; a class or function says what it is."""
    for name in schema_rewriter.__all__:
        public = getattr(schema_rewriter, name)
        assert not callable(public) or public.__doc__, name


@pytest.mark.slow
def test_a_typed_program_checks_against_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """mypy --strict sees the installed package's types: it accepts the program but for its one mistake."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    (tmp_path / "program.py").write_text(PROGRAM)
    command = (
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir",
        tmp_path / "cache",
        "program.py",
    )
    environment = os.environ | {"MYPYPATH": str(tmp_path / "site")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    errors = [line for line in done.stdout.splitlines() if re.match(r"program\.py:\d+: error:", line)]
    assert len(errors) == 1, done.stdout + done.stderr
    assert "program.py:9: error: Incompatible types in assignment" in errors[0]
