"""The hooks we offer, in a real run of pre-commit in a scratch repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from helpers.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
PACKAGE = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "src")
RULES = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users", "jobs"]\n'
BARE = 'def users(cursor):\n    cursor.execute("SELECT id FROM users")\n'
RIGHT = BARE.replace("FROM users", "FROM app.users")
CONFIG = """\
repos:
  - repo: {source}
    rev: {revision}
    hooks:
      - id: {hook}
        args: [--rules, rules.toml{more}]
"""


class Scratch:
    """A git repository to commit in; all commands run in it, with no settings of the machine's."""

    def __init__(self, home: Path, shared: Path) -> None:
        self.home = home
        home.mkdir()
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PRE_COMMIT"))}
        self.env = kept | {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "PRE_COMMIT_HOME": str(shared),
            **{
                f"GIT_{who}_{what}": "scratch@example.org"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }
        self("git", "init", "--quiet", "--initial-branch=main")

    def __call__(self, *command: str, code: int | None = 0) -> str:
        """The command's output, both streams; AssertionError with it for another exit code (None: any)."""
        done = subprocess.run(command, cwd=self.home, env=self.env, capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        assert code in (None, done.returncode), f"{' '.join(command)}: exit code {done.returncode}\n{output}"
        return output

    def write(self, name: str, text: str, *, stage: bool = True) -> Path:
        """A file of the work tree, staged if not told otherwise."""
        path = self.home / name
        path.write_text(text)
        if stage:
            self("git", "add", name)
        return path

    def pre_commit(self, *, code: int) -> str:
        """A run over what is staged, as `git commit` makes it."""
        return self(sys.executable, "-m", "pre_commit", "run", "--color=never", "--verbose", code=code)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environment that it installs our package into."""
    return tmp_path_factory.mktemp("pre-commit-home")


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Scratch:
    """This work tree's package in a repository of its own: what a user's configuration points at."""
    repository = Scratch(tmp_path_factory.mktemp("source") / "schema-rewrite", shared)
    for name in PACKAGE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, repository.home / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, repository.home / name)
    repository("git", "add", ".")
    repository("git", "commit", "--quiet", "-m", "the package")
    return repository


def test_the_hooks(tmp_path: Path, shared: Path, source: Scratch) -> None:
    """One story, so that one installation does: check fails, fix mends, both pass; unstaged work stays."""
    revision = source("git", "rev-parse", "HEAD").strip()

    def config(hook: str, more: str = "") -> str:
        return CONFIG.format(source=source.home, revision=revision, hook=hook, more=more)

    user = Scratch(tmp_path / "user", shared)
    user.write("rules.toml", RULES)
    other = user.write("other.py", RIGHT)
    user.write(".pre-commit-config.yaml", config("schema-rewrite-check"))
    user("git", "commit", "--quiet", "-m", "a right beginning")

    query = user.write("query.py", BARE)
    script = user.write("script.sql", "DELETE FROM jobs;\n")
    prose = user.write("notes.txt", "SELECT id FROM users\n")
    unstaged = other.read_text() + BARE
    user.write("other.py", unstaged, stage=False)

    output = user.pre_commit(code=1)
    assert "query.py:2:" in output
    assert "script.sql:1:" in output
    assert "other.py" not in output
    assert (query.read_text(), script.read_text()) == (BARE, "DELETE FROM jobs;\n")
    assert other.read_text() == unstaged

    user.write(".pre-commit-config.yaml", config("schema-rewrite-fix"))
    output = user.pre_commit(code=1)
    assert "files were modified by this hook" in output
    assert (query.read_text(), script.read_text()) == (RIGHT, "DELETE FROM app.jobs;\n")
    assert other.read_text() == unstaged
    assert prose.read_text() == "SELECT id FROM users\n"

    user("git", "add", "query.py", "script.sql")
    user.pre_commit(code=0)
    user.write(".pre-commit-config.yaml", config("schema-rewrite-check"))
    user.pre_commit(code=0)

    user("git", "add", "other.py")
    assert "other.py:4:" in user.pre_commit(code=1)

    # What a project excludes stays out, though pre-commit names the file.
    user.write("pyproject.toml", '[tool.schema-rewrite]\nexclude = ["other.py"]\n')
    user.pre_commit(code=0)
    user.write("pyproject.toml", "")

    # Only the lines that the commit changes; and of these only what is staged.
    user("git", "commit", "--quiet", "--no-verify", "-m", "an old finding")
    user.write(".pre-commit-config.yaml", config("schema-rewrite-check", ", --staged"))
    user.write("other.py", unstaged + "# more\n")
    user.pre_commit(code=0)
    user.write("other.py", unstaged + "# more\n" + BARE.replace("users()", "all_users()"))
    user.write("other.py", unstaged + "# more\n" + BARE * 3, stage=False)
    output = user.pre_commit(code=1)
    assert "other.py:7:" in output
    assert "other.py:4:" not in output
    assert "other.py:9:" not in output
    user.write(".pre-commit-config.yaml", config("schema-rewrite-fix", ", --staged"))
    user.write("other.py", unstaged + "# more\n" + BARE)
    user.pre_commit(code=1)
    assert (user.home / "other.py").read_text() == unstaged + "# more\n" + RIGHT


def test_a_wrong_rule_file_stops_the_commit(tmp_path: Path, shared: Path, source: Scratch) -> None:
    """A hook that can't do its work must not pass."""
    user = Scratch(tmp_path / "user", shared)
    user.write("rules.toml", RULES.replace("tables", "table"))
    user.write("query.py", RIGHT)
    revision = source("git", "rev-parse", "HEAD").strip()
    user.write(
        ".pre-commit-config.yaml",
        CONFIG.format(source=source.home, revision=revision, hook="schema-rewrite-check", more=""),
    )
    output = user.pre_commit(code=1)
    assert "rules.toml" in output
    assert "tables" in output
