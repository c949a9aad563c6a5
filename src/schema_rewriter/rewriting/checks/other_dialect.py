"""`other-dialect`: SQL that another system runs, and that names a relation that moves. It stays, and a note says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.finding import Finding
from schema_rewriter.relation import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.reading import SqlText
    from schema_rewriter.rules import RuleSet


def notes(text: SqlText, rules: RuleSet) -> Iterator[Finding]:
    """One note on a text of another system, where it first names a relation that moves."""
    if not text.confidence.reports_dynamic:
        return
    mapped = text.embedded.text
    moving = frozenset(move.relation.name for move in rules.moves)
    names = list(sql.words(mapped.text, [hole.span for hole in mapped.holes], moving))
    if names and (span := mapped.place(names[0][1])) is not None:
        listed = ", ".join(quote(name) for name in dict.fromkeys(name for name, _ in names))
        yield Finding("other-dialect", f"names {listed} and stays as it is", span, reason=text.engine.reason)
