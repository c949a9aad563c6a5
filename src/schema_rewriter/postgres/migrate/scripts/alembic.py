"""Migrations as Alembic revisions: one that expands, one that contracts, after the head that is there."""

from __future__ import annotations

import ast
import hashlib
from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import FileError
from schema_rewriter.postgres.migrate.scripts.python import GATE, docstring, text, texts
from schema_rewriter.postgres.migrate.scripts.releases import releases
from schema_rewriter.postgres.migrate.scripts.setting import provenance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_rewriter.postgres.migrate.phases import Phases
    from schema_rewriter.postgres.migrate.scripts.setting import Setting

_RUN = '''
def upgrade() -> None:
    run({gate}FUNCTIONS + UPGRADE)


def downgrade() -> None:
    run(FUNCTIONS + DOWNGRADE)


def run(statements: list[str]) -> None:
    """Run each statement by itself: the steps commit on their own, so that no lock is held for long."""
    context = op.get_context()
    with context.autocommit_block():
        for statement in statements:
            if context.as_sql:  # alembic upgrade --sql
                context.impl.static_output(statement + context.impl.command_terminator)
            else:
                op.execute(text(statement.replace(":", "\\\\:")))  # no :name is a parameter
'''


def alembic(phases: Phases, setting: Setting) -> Mapping[str, str]:
    """A revision for each release. `down_revision` is the head of the existing ones; raises FileError for several."""
    found = releases(phases, setting.locks)
    before = _head(setting)
    files = {}
    for release in found:
        written = "".join(statement for statement, _ in (*release.functions, *release.up))
        revision = hashlib.sha256(f"{before} {release.name} {written}".encode()).hexdigest()[:12]
        head = [
            f"{release.name.capitalize()}: {release.summary}.",
            "",
            *(line for line in release.when),
            "",
            *provenance(phases, setting),
            "",
            f"Revision ID: {revision}",
            f"Revises: {before or ''}".rstrip(),
        ]
        lines = [
            *docstring(head),
            "",
            *(["from os import environ", ""] if release.gated else []),
            "from alembic import op",
            "from sqlalchemy import text",
            "",
            f'revision = "{revision}"',
            f"down_revision = {before and text(before)}",
            "branch_labels = None",
            "depends_on = None",
            "",
            *(GATE if release.gated else ()),
            "# Functions for the session (pg_temp): they are gone with it.",
            *texts("FUNCTIONS", release.functions),
            "",
            *texts("UPGRADE", release.up),
            "",
            *texts("DOWNGRADE", release.down),
            "",
        ]
        files[f"{revision}_schema_rewrite_{release.name}.py"] = "\n".join(lines) + _RUN.replace(
            "{gate}", "GATE + " * release.gated
        )
        before = revision
    return files


def _head(setting: Setting) -> str | None:
    """The one revision that no other revises; None where there is none. A file that can't be read is refused."""
    revisions: dict[str, str] = {}
    revised: set[str] = set()
    for name, source in setting.existing.items():
        values = _values(name, source)
        if isinstance(revision := values.get("revision"), str):
            revisions[revision] = name
            down = values.get("down_revision")
            revised |= {down} if isinstance(down, str) else set(down or ())
    heads = sorted(set(revisions) - revised)
    if len(heads) > 1:
        raise FileError(f"--out: several heads ({', '.join(heads)}); join them first: alembic merge heads")
    return heads[0] if heads else None


def _values(name: str, source: str) -> dict[str, Any]:
    """The constants that a module binds at its top."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise FileError(f"{name}: no Python ({error}); mend it, or name the directory of the revisions") from None
    values = {}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                try:
                    values[target.id] = ast.literal_eval(node.value)
                except ValueError:
                    continue
    return values
