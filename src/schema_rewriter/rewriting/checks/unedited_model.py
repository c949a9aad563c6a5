"""Names of tables in models: edited where all that names the table can be; else each place is for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.finding import Applicability, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """The findings on the places at which the models of a file name what moves."""
    for name in context.models:
        code = "unqualified-relation" if name.relation.schema is None else "old-schema"
        finding = Finding(
            code if name.edits else "unedited-model",
            f"{name.relation} moves to {name.target}",
            name.span,
            name.relation,
            name.target,
            name.edits,
            Applicability.SAFE if name.edits else Applicability.MANUAL,
            name.reason,
        )
        yield finding
