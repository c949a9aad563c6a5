"""The texts of a file that are SQL as far as can be told, and the statements they hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter import hosts, sql
from schema_rewriter.edit import Span
from schema_rewriter.inventory.uses.carriers import within
from schema_rewriter.reading import sql_calls
from schema_rewriter.reading.confidence import Confidence, confidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts import Embedded
    from schema_rewriter.rules import RuleSet
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


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a file that may be SQL, how sure that is, and why PostgreSQL does not run it, if that is known."""

    embedded: Embedded
    confidence: Confidence
    foreign: str


def texts(path: str, source: bytes, rules: RuleSet | None = None) -> list[Text] | str:
    """The texts of a file that are SQL as far as can be told; the reason why a file can't be read."""
    told = rules.dialect(path) if rules else None
    dialect = hosts.dialect(path) if told is None else told
    read = hosts.reader(path, source)
    if read is None:
        return "no reader for this kind of file; name .py, .pyi or .sql files"
    hosted = read(source)
    if hosted.error:
        return hosted.error
    foreign = sql_calls.foreign(hosted.imports) if told is None else ""
    found = []
    for embedded in hosted.texts:
        confident = confidence(embedded.text, sql_calls.trust(embedded.places, hosted.imports), None)
        if confident is not Confidence.NONE:
            other = dialect or embedded.dialect
            found.append(Text(embedded, confident, f"it is run by {other}" if other else foreign))
    return found


def statements(path: str, source: bytes) -> tuple[Extracted, ...]:
    """Every statement of SQL that a file holds, variants each on their own; () for a file that can't be read."""
    found = texts(path, source)
    if isinstance(found, str):
        return ()
    return tuple(statement for text in found for statement in _cut(text))


def _cut(text: Text) -> Iterator[Extracted]:
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
