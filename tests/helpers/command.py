"""The command as a user runs it: a process in a directory with files."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = {
    **{key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}
RULES = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users", "jobs"]\n'
COMMAND = (sys.executable, "-m", "schema_rewriter")


def sr(cwd: Path, *args: str | Path, stdin: bytes = b"", env: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `schema-rewrite`."""
    done = subprocess.run(
        [*COMMAND, *args], cwd=cwd, input=stdin, capture_output=True, env=PLAIN | (env or {}), check=False
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def put(root: Path, path: str, source: bytes | str) -> Path:
    """Write a file; its path."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(source.encode() if isinstance(source, str) else source)
    return root / path
