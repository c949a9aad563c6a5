"""`schema-rewrite undo`: what the last fix changed brought back. Knows not where that is kept."""

from __future__ import annotations

from pathlib import Path

import click

from schema_rewriter import files
from schema_rewriter.cli import config
from schema_rewriter.cli.options import NAME, SETTINGS
from schema_rewriter.cli.output import say

_EPILOG = f"""\b
Examples:
  {NAME} fix src
      make the changes
  {NAME} undo
      make them undone: each file has the bytes that it had before

\b
Only the last change is kept, in .{NAME}-undo, which git ignores: of fix,
fix --interactive or --add-ignores. Where one of its files was changed since,
nothing is undone. Exit codes: 0, or 2 with the reason.
"""


@click.command(short_help="Bring back what the last fix changed.", context_settings=SETTINGS, epilog=_EPILOG)
@click.option("-q", "--quiet", is_flag=True, help="No summary.")
def undo_command(quiet: bool) -> int:
    """Bring back what the last fix of this project changed: all files, or none where one was changed since."""
    from schema_rewriter.files import git
    from schema_rewriter.files.restore import DIRECTORY

    root = config.load(Path.cwd()).root
    kept = (root / DIRECTORY).exists()
    paths = files.undo(root, git.tracked(root, f"{DIRECTORY}/*") if kept else frozenset())
    if not quiet:
        for path in paths:
            say(f"{path}: as it was before")
    return 0
