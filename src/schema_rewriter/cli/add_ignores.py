"""`--add-ignores`: comments for what is left to a person, written all or none. Knows not where they are put."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema_rewriter import files
from schema_rewriter.edit import apply
from schema_rewriter.rewriting.ignore_comments import ignore

if TYPE_CHECKING:
    from schema_rewriter.finding import Report


def add(report: Report, root: Path) -> bool:
    """Write a comment for each finding that is left to a person; whether there was one to write."""
    changes: list[files.Change] = []
    left = count = written = 0
    for result in report.results:
        findings = [f for f in result.open if not f.is_note and f.code != "unused-suppression"]
        ignored = ignore(result.path, result.before, findings)
        if ignored.edits:
            changes.append(files.Change(Path(result.path), result.before, apply(result.before, ignored.edits)))
        written += len(ignored.edits)
        left += len(ignored.left)
        count += len(findings) - len(ignored.left)
    files.write_and_keep(changes, root)
    if changes or left:
        click.echo(f"{count} set aside by {written} comment{'s' * (written != 1)}", err=True)
    if left:
        click.echo(f"{left} could not be: no comment can stand there", err=True)
    return bool(changes)
