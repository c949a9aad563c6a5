"""Names of tables in models: edited where all that names the table can be; else each place is for a person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.finding import Applicability, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.reading.engine import Engine


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """The findings on the places at which the models of a file name what moves, and calls of drivers and dataframes."""
    for name in context.models:
        code = "unqualified-relation" if name.relation.schema is None else "old-schema"
        finding = Finding(
            code if name.edits else "name-in-code" if name.is_call else "unedited-model",
            f"{name.relation} moves to {name.target}",
            name.span,
            name.relation,
            name.target,
            name.edits,
            Applicability.SAFE if name.edits else Applicability.MANUAL,
            name.reason,
        )
        engine = _engine(file, name.span) if name.is_call else None
        if engine is None or not engine.reason or any(one in engine.reason for one in _FRAMES):
            yield finding
        elif not engine.other:  # another system's table is none of ours
            applicability = min(finding.applicability, Applicability.UNSAFE)
            reason = finding.reason or engine.doubt
            yield replace(finding, code="uncertain-dialect", applicability=applicability, reason=reason)


_FRAMES = ("Polars", "Spark", "pyspark")
"""Systems whose frames are handed to a database, too: that they are there tells nothing of it."""


def _engine(file: SourceFile, span: Span) -> Engine | None:
    """The system that the text of a literal is given to; None where no text is known there."""
    for item in file.texts:
        place = item.embedded.text.place(Span(0, len(item.embedded.text.text)))
        if place is not None and span.covers(place):
            return item.engine
    return None
