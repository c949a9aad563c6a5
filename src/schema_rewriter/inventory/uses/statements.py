"""The statements of SQL that a file holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.edit import Span
from schema_rewriter.inventory.uses.carriers import within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.reading.confidence import Confidence
    from schema_rewriter.text import Hole


@dataclass(frozen=True, slots=True)
class Extracted:
    """A statement of SQL that a file holds, or one variant of it.

    `text` is what the program sends, with each hole as the code writes it; `holes` are in characters of it. `span` is
    where it stands, in bytes of the file (from its first piece to its last). `script`: psql reads it. A text whose
    `confidence` is a piece is no whole statement.
    """

    text: str
    holes: tuple[Hole, ...]
    span: Span
    script: bool
    confidence: Confidence
    within: str = ""


def statements(file: SourceFile) -> tuple[Extracted, ...]:
    """Every statement of SQL that a file holds, variants each on their own; () for a file that can't be read."""
    return tuple(statement for text in file.candidates for statement in _cut(text))


def _cut(text: SqlText) -> Iterator[Extracted]:
    mapped = text.embedded.text
    masked = sql.mask(mapped.text, [hole.span for hole in mapped.holes])
    for statement in sql.statements(masked, script=text.embedded.script):
        at = statement.span
        place = mapped.place(at)
        if place is None or (text.embedded.script and not sql.is_verb(statement)):
            continue
        holes = tuple(
            replace(hole, span=Span(hole.span.start - at.start, hole.span.stop - at.start))
            for hole in mapped.holes
            if at.covers(hole.span)
        )
        written = mapped.text[at.start : at.stop]
        yield Extracted(written, holes, place, text.embedded.script, text.confidence, within(text.embedded))
