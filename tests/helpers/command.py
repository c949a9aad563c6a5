"""The command as a user runs it: a process in a directory with files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from helpers import preloaded

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = dict(os.environ)
"""The environment of the tests, out of which conftest.py keeps all that is somebody's own."""
RULES = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users", "jobs"]\n'
COMMAND = (sys.executable, "-m", "schema_rewriter")
MAIN = f'{preloaded.BEGIN}; import runpy; runpy.run_module("schema_rewriter", run_name="__main__", alter_sys=True)'
"""What `-m schema_rewriter` comes to."""
ALL = ("schema_rewriter.*", "libcst.native", "libcst.metadata", "rich.console", "sqlglot.dialects.postgres", "psycopg")


def sr(cwd: Path, *args: str | Path, stdin: bytes = b"", env: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `schema-rewrite`."""
    code, out, err = preloaded.run(MAIN, [str(arg) for arg in args], cwd, PLAIN | (env or {}), ALL, stdin)
    assert b"Traceback" not in err, err.decode()
    return code, out.decode(), err.decode()


def put(root: Path, path: str, source: bytes | str) -> Path:
    """Write a file; its path."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(source.encode() if isinstance(source, str) else source)
    return root / path
