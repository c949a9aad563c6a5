"""Tab in real shells."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from helpers.command import PLAIN, RULES, put, sr

from schema_rewriter.cli.commands import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
SETUP = {
    "bash": 'PS1="ready> "; eval "$(schema-rewrite completion bash)"',
    "zsh": 'PS1="ready> "; autoload -Uz compinit; compinit -u -D; eval "$(schema-rewrite completion zsh)"',
}


def environment(folder: Path) -> dict[str, str]:
    """One with our command on the PATH, whatever is installed."""
    command = put(folder, "bin/schema-rewrite", f'#!/bin/sh\nexec {sys.executable} -m schema_rewriter "$@"\n')
    command.chmod(0o755)
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return PLAIN | {"PATH": path, "HOME": str(folder), "TERM": "dumb", "XDG_CONFIG_HOME": str(folder)}


class Shell:
    """An interactive shell in a terminal."""

    def __init__(self, name: str, folder: Path) -> None:
        import pty

        self.parent, child = pty.openpty()
        self.process = subprocess.Popen(
            SHELLS[name], stdin=child, stdout=child, stderr=child, cwd=folder, env=environment(folder),
            start_new_session=True,
        )  # fmt: skip
        os.close(child)
        self.shown = ""
        self.type(SETUP[name] + "; echo set''up\n", "setup\r\n")

    def type(self, keys: str, until: str) -> str:
        """What the terminal shows after these keys, up to a text that must come."""
        begin, end = len(self.shown), time.monotonic() + 60
        os.write(self.parent, keys.encode())
        while until not in self.shown[begin:]:
            assert time.monotonic() < end, f"no {until!r} in {self.shown[begin:]!r}"
            if select.select([self.parent], [], [], 1)[0]:
                self.shown += os.read(self.parent, 65536).decode("utf-8", "replace")
        return self.shown[begin:]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.parent)


@pytest.mark.skipif(os.name != "posix", reason="needs terminals")
@pytest.mark.parametrize("name", SHELLS)
def test_tab(tmp_path: Path, name: str) -> None:
    """Commands, their own options, finding codes and paths; each is the only one, so that Tab writes it out."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed here")
    put(tmp_path, "rules.toml", RULES)
    put(tmp_path, "queries/one.sql", "select * from users")
    shell = Shell(name, tmp_path)
    try:
        shell.type("schema-rewrite comple\t", "completion")
        shell.type("\x15schema-rewrite rules --inv\t", "--inverse")
        shell.type("\x15schema-rewrite --select old\t", "old-schema")
        shell.type("\x15schema-rewrite --rules rul\t", "rules.toml")
        shown = shell.type("\x15schema-rewrite --rules rules.toml que\t", "queries")
        assert "unqualified-relation" in shell.type("one\t\n", "to qualify"), shown
    finally:
        shell.close()


def test_fish(tmp_path: Path) -> None:
    """Fish itself tells what Tab would offer."""
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed here")
    put(tmp_path, "rules.toml", RULES)

    def offered(line: str) -> list[str]:
        program = f"schema-rewrite completion fish | source; complete -C '{line}'"
        command = ["fish", "--no-config", "-c", program]
        done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, check=True)
        return [row.split("\t")[0] for row in done.stdout.decode().splitlines()]

    assert offered("schema-rewrite comple") == ["completion"]
    assert offered("schema-rewrite rules --inv") == ["--inverse"]
    assert offered("schema-rewrite --rules rul") == ["rules.toml"]


@pytest.mark.parametrize(
    ("words", "begun", "expected"),
    [
        ([], "", {*COMMANDS}),
        ([], "ru", {"rules"}),
        (["rules"], "--inv", {"--inverse"}),
        (["--fix"], "--unsafe", {"--unsafe-fixes"}),
        (["--rules", "rules.toml", "--select"], "old", {"old-schema"}),
        (["--output-format"], "sa", {"sarif"}),
        (["completion"], "z", {"zsh"}),
        (["--rules", "rules"], "", set()),
    ],
)
def test_answers(tmp_path: Path, words: list[str], begun: str, expected: set[str]) -> None:
    env = {
        "COMP_WORDS": " ".join(["schema-rewrite", *words, begun]),
        "COMP_CWORD": str(len(words) + 1),
        "_SCHEMA_REWRITE_COMPLETE": "bash_complete",
    }
    code, out, err = sr(tmp_path, env=env)
    assert (code, err) == (0, "")
    plain = {line.removeprefix("plain,") for line in out.splitlines() if line.startswith("plain,")}
    assert {item for item in plain if item.startswith(begun)} == plain
    assert expected <= plain
    assert (plain == expected) is (begun != "" or not expected) or words == []


def test_questions_that_no_shell_asks(tmp_path: Path) -> None:
    for question in ("bash_what", "tcsh_complete", "bash"):
        assert sr(tmp_path, env={"_SCHEMA_REWRITE_COMPLETE": question}) == (1, "", "")
    assert "complete" in sr(tmp_path, env={"_SCHEMA_REWRITE_COMPLETE": "bash_source"})[1]
    assert sr(tmp_path, "completion", "tcsh")[0] == 2
