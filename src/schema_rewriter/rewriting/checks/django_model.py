"""`django-model`: a model has a table that moves; its connections find it, which is told elsewhere, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.finding import Finding
from schema_rewriter.rewriting.checks.django_table import is_renamed, is_wrong

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """A note for each table that a model names without a schema, as long as the rules do not say how it is found."""
    for one in context.django if not file.rules.django else ():
        if one.target is None or one.relation.schema is not None or is_wrong(one) or is_renamed(one):
            continue
        message = f"{one.model} is the table {one.relation}, which moves to {one.target}"
        reason = "a model names no schema: the search_path of Django's connections finds it"
        yield Finding("django-model", message, one.span, one.relation, one.target, reason=reason)
