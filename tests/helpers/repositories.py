"""Git repositories that tools are run in, and the files that action.yml and examples/ offer for them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from helpers.command import PLAIN, put
from helpers.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CI, MANY = ROOT / "examples" / "ci", ROOT / "examples" / "many-repositories"
IDENTITY = {f"GIT_{who}_{what}": "me@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
BARE, RIGHT = "select * from users;\n", "select * from app.users;\n"


def run(where: Path, *command: str | Path, env: dict[str, str], code: int = 0) -> str:
    """The command's output, both streams."""
    done = subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == code, f"{command}: exit code {done.returncode}\n{output}"
    return output


def repository(folder: Path, **files: str) -> Path:
    """A git repository with one commit."""
    env = PLAIN | IDENTITY
    put(folder, "README", folder.name)
    for name, text in files.items():
        put(folder, name, text)
    run(folder, "git", "init", "--quiet", "--initial-branch=main", env=env)
    run(folder, "git", "add", ".", env=env)
    run(folder, "git", "commit", "--quiet", "-m", "begin", env=env)
    return folder
