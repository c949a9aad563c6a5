"""Every command of the README and of the pages in docs/ runs, in a shell, as a reader would type it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from helpers import server as servers
from helpers.paths import FIXTURES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
PROJECTS = {"boundaries": FIXTURES / "inventory" / "project"}
"""Where the commands of a page run, if it is not the project in fixtures/pages."""
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`(schema-rewrite [^`\n]+)`")
NOT_RUN = {
    "pipx install schema-rewrite": "takes the package from an index that has it",
    'schema-rewrite verify --schema-from "alembic upgrade head" app': "needs a history; tests/postgres has one",
    "cd your-project": "stands for a project of the reader's",
}
BEGIN = (
    "git init -q -b main && git add -A && git commit -qm begin && git update-ref refs/remotes/origin/main HEAD",
    "echo 'SELECT 1 FROM events;' >staged.sql && git add staged.sql",
)
"""A branch with something staged."""
INSTEAD = {
    "--window 600": "--window 1",
    "FILE:LINE": "app/db.py:5",
    "db.py:42": "db.py:5",
    "explain CODE": "explain old-schema",
}
"""What no test has the time for, and what stands for something else."""


@dataclass(frozen=True)
class Command:
    """A line of a page, and what it prints there, "" where the page does not tell."""

    line: str
    output: str = ""


def blocks(text: str) -> Iterator[list[Command]]:
    """The commands of a page's blocks: each line without its comment, or the lines behind a `$` with their outputs."""
    for block in BLOCK.findall(text):
        if block.startswith("$ "):
            told = (one.partition("\n") for one in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:])
            yield [Command(line, output) for line, _, output in told]
        else:
            yield [Command(re.split(r"\s+# ", line)[0]) for line in block.splitlines()]


def named(text: str) -> Iterator[str]:
    """The commands in a page's sentences; one that is but named is asked for its help."""
    for line in SPAN.findall(text):
        is_name = re.fullmatch(r"schema-rewrite [a-z]+", line)
        yield f"{line} --help" if is_name else line


@dataclass(frozen=True)
class World:
    """A project in a repository of git, and a database that has its tables."""

    root: Path
    environment: dict[str, str]

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """What a shell does with a line, with nobody to answer questions."""
        for words, others in INSTEAD.items():
            line = line.replace(words, others)
        return subprocess.run(
            ["sh", "-c", line], cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def does(self, command: Command) -> None:
        """See that a command runs, and prints what the page says."""
        if command.line in NOT_RUN:
            return
        if command.line.startswith("export "):
            name, _, value = command.line.removeprefix("export ").partition("=")
            self.environment[name] = value
            return
        if command.line == "schema-rewrite init src":
            (self.root / "rules.toml").unlink()
        done = self.run(command.line)
        told = done.stdout + done.stderr
        assert done.returncode in (0, 1), f"{command.line}\n{told}"
        assert "Traceback" not in told, command.line
        assert not command.output or told == command.output


def world(root: Path, project: Path, dsn: str) -> World:
    """The project's files, committed, as they are on the branch that they came from."""
    shutil.copytree(project, root, ignore=shutil.ignore_patterns("broken.py"))  # it is for other tests
    shutil.copytree(project, root.parent / "app-before" / "app")
    service = root.parent / "service.conf"
    told = psycopg.conninfo.conninfo_to_dict(dsn)
    service.write_text("[app]\n" + "".join(f"{key}={value}\n" for key, value in told.items() if value))
    tools = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PGSERVICEFILE": str(service),
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@localhost",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@localhost",
    }  # fmt: skip
    made = World(root, environment)
    for line in BEGIN:
        begun = made.run(line)
        assert begun.returncode == 0, begun.stderr
    return made


@pytest.fixture
def dsn(server: servers.Server) -> str:
    """A database that has the tables of the project."""
    name = servers.create_database(server)
    with psycopg.connect(name, autocommit=True) as connection:
        connection.execute((FIXTURES / "pages" / "schema.sql").read_bytes())
    return name


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_run(page: Path, tmp_path: Path, dsn: str) -> None:
    """One after the other, as they stand there: none is misused or fails, and they print what the page says."""
    text = page.read_text("utf-8")
    project = PROJECTS.get(page.stem, FIXTURES / "pages")
    made = world(tmp_path / "page" / "project", project, dsn)
    for number, block in enumerate(blocks(text)):
        if block[0].output:
            made = world(tmp_path / str(number) / "project", project, dsn)
        for command in block:
            made.does(command)
    for line in named(text):
        made.does(Command(line))


def test_what_is_not_run_stands_somewhere() -> None:
    """An exception that no page needs any more goes."""
    lines = {command.line for page in PAGES for block in blocks(page.read_text("utf-8")) for command in block}
    assert NOT_RUN.keys() <= lines
    assert len(lines) > 30
