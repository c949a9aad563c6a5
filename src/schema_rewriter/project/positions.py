"""Where the values of a file's expressions get in its SQL: holes, and placeholders. Knows no flow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.finding import Applicability
from schema_rewriter.reading import placeholders
from schema_rewriter.reading.confidence import Confidence
from schema_rewriter.reading.sql_calls import is_message
from schema_rewriter.relation import quote
from schema_rewriter.sql import UnresolvedName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.reading import SqlText
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.text import Hole, MappedText


@dataclass(frozen=True, slots=True)
class Position:
    """Where the values of an expression get in SQL.

    `code` is where it stands in the file, in bytes. `shape` tells how SQL takes it: "bare" takes a name with its schema
    too, "quoted" stands in double quotes, "qualified" behind the schema `schema`, "bound" is bound to a placeholder
    that is read as a relation's name; "" is a message for people. `words` are the names of the rules
    that the texts say themselves. `doubt` tells why it may be no relation after all, `against` why a name there must
    not be changed; "" where nothing does. `other` is another system whose SQL takes it, too.
    """

    code: Span
    shape: str
    schema: str = ""
    words: frozenset[str] = frozenset()
    doubt: str = ""
    against: str = ""
    other: str = ""


@dataclass(slots=True)
class _Sightings:
    """What texts do with one expression: the `shapes` in which SQL takes it, of which "" is none."""

    shapes: set[tuple[str, str]] = field(default_factory=set)
    is_told: bool = False
    words: set[str] = field(default_factory=set)
    doubt: str = ""
    against: str = ""
    other: str = ""

    def position(self, code: Span) -> Position | None:
        """The position that the expression has; None where it is neither in SQL nor in messages alone."""
        taken = next((shape for shape in sorted(self.shapes) if shape[0]), None)
        if taken is None:
            return Position(code, "") if self.is_told and not self.shapes else None
        against = self.against or (_DIFFER if len(self.shapes) > 1 else "")
        return Position(code, *taken, frozenset(self.words), self.doubt, against, self.other)


_BOUND = ("bound", "")
_DIFFER = "the texts that it gets into take it for different things"


def positions(judged: Sequence[SqlText], rules: RuleSet) -> Iterator[Position]:
    """The positions of all expressions in texts: one for each, with what speaks against it where they do not agree."""
    sightings: dict[Span, _Sightings] = {}
    for item in judged:
        _sight(item, rules, sightings)
    for code, seen in sightings.items():
        if (position := seen.position(code)) is not None:
            yield position


def _sight(item: SqlText, rules: RuleSet, sightings: dict[Span, _Sightings]) -> None:
    """Note what one text does with the expressions in its holes."""
    text = item.embedded.text
    found = dict(_dynamic(item))
    is_told = not found and _is_message(item)
    outside = _outside(text) if found else ""
    said = {name for name in rules.names if re.search(rf"\b{re.escape(name)}\b", outside, re.I)} if found else set()
    held = [hole.code for hole in text.holes if hole.code is not None]
    for code in (*held, *(one.code for place in item.embedded.places for one in place.bound)):
        seen = sightings.setdefault(code, _Sightings())
        if is_told:
            seen.is_told = True
            continue
        seen.other = item.engine.other or seen.other
        seen.shapes.add(found.get(code, ("", "")))
        if code in found:
            seen.words |= said if found[code] != _BOUND else set()
            safe = item.confidence.applicability is Applicability.SAFE
            seen.doubt = seen.doubt or ("" if safe else item.confidence.reason)
            seen.against = seen.against or item.doubt


def _is_message(item: SqlText) -> bool:
    """Whether a text goes to people and nowhere else."""
    places = item.embedded.places
    return bool(places) and all(place.kind == "argument" and is_message(place.call) for place in places)


def _outside(text: MappedText) -> str:
    """A text without the code in its holes."""
    written = text.text
    for hole in text.holes:
        written = written[: hole.span.start] + " " * (hole.span.stop - hole.span.start) + written[hole.span.stop :]
    return written


def _dynamic(item: SqlText) -> Iterator[tuple[Span, tuple[str, str]]]:
    """The expressions of a text that are names of relations, each with its shape and its schema.

    In a piece of a statement they are where a word before them says so.
    """
    text, confident = item.embedded.text, item.confidence
    if item.engine.other or confident in (Confidence.NONE, Confidence.QUOTED, Confidence.MIRROR):
        return
    every = item.read.named if item.read else ()
    dynamic = [one for one in every if isinstance(one, UnresolvedName) and one.code == "dynamic-relation"]
    for named in dynamic:
        if confident.is_piece and not confident.reports(text.text, named.span):
            continue
        for hole in text.holes:
            if hole.code is not None and named.span.covers(hole.span) and (shape := shape_of(text, named, hole)):
                yield hole.code, shape
    names = {one.span for one in dynamic if one.is_value}
    for value in placeholders.only_at(item.embedded, names) if names else ():
        yield value.code, _BOUND


def shape_of(text: MappedText, named: UnresolvedName, hole: Hole) -> tuple[str, str] | None:
    """How a hole is all of a relation's name, or its last part behind a schema; None if it is not."""
    before, after = text.text[named.span.start : hole.span.start], text.text[hole.span.stop : named.span.stop]
    if named.is_value:
        return None  # SQL that makes a value, not the name
    bare = not before and not after
    if bare and hole.is_quoted:
        return ("quoted", "")
    if bare:
        return ("bare", "")
    if before == after == '"':
        return ("quoted", "")
    schema = named.relation.schema
    plain = before.removesuffix('"') if after == '"' else before
    if schema is not None and plain in (f"{quote(schema)}.", f'"{schema}".') and after in ("", '"'):
        return ("qualified", schema)
    return None
