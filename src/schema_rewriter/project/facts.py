"""What one file tells the others of its run; a small value, for any process. Knows no other file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_rewriter import hosts, sql
from schema_rewriter.finding import Applicability
from schema_rewriter.hosts.valueflow import NONE, Names
from schema_rewriter.project.definitions import definitions
from schema_rewriter.reading.confidence import Confidence
from schema_rewriter.reading.sql_calls import is_message
from schema_rewriter.relation import quote
from schema_rewriter.sql import UnresolvedName
from schema_rewriter.words import BESIDE_A_HOLE, MAY_STAND_BEFORE_A_HOLE, any_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.project.definitions import Defined
    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.text import Hole, MappedText


@dataclass(frozen=True, slots=True)
class Position:
    """Where the values of an expression get in SQL.

    `scope` and `expression` name it; `count` places of the code put it where a relation's name stands.
    `shape` tells how: "bare" takes a name with its schema too, "quoted" stands in double quotes, "qualified" behind
    the schema `schema`. `words` are the names of the rules that the texts say themselves. `doubt` tells why it may be
    no relation after all, `against` why a name there must not be changed; "" where nothing does. `said` counts the
    places that put it into messages for people; with those alone, `count` is 0 and `shape` is "". `other` is another
    system whose SQL takes it, too.
    """

    scope: str
    expression: str
    count: int
    shape: str
    schema: str = ""
    words: frozenset[str] = frozenset()
    doubt: str = ""
    against: str = ""
    said: int = 0
    other: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file tells.

    `owned` are the indexes and sequences that its DDL makes, with the relations they belong to; `names` is what its
    code does with values, `positions` where these get in SQL. `defined` is what it
    defines of the relations that the rules concern. `temporary` are those of their names under which it makes temporary
    tables, `temporary_holes` the scopes and expressions under whose values it does. `error` tells why it could not be
    asked, or not to the end.
    """

    path: str
    owned: tuple[tuple[str, Relation], ...] = ()
    names: Names = NONE
    positions: tuple[Position, ...] = ()
    defined: tuple[Defined, ...] = ()
    temporary: tuple[str, ...] = ()
    temporary_holes: tuple[tuple[str, str], ...] = ()
    error: str = ""


_DDL = re.compile(rb"\b(?:create|alter)\b", re.IGNORECASE)
_TEMPORARY = re.compile(rb"\b(?:temp|temporary|pg_temp)\b", re.IGNORECASE)
_DYNAMIC = re.compile(
    rb"\b(?:from|join|into|update|table|truncate|only|index|on|view|sequence|"
    rb"analyze|vacuum|cluster|regclass|pg_\w+|\w+val)\b",
    re.IGNORECASE,
)


def facts(file: SourceFile) -> Facts:
    """The facts of a file; none for one that can't be read."""
    owned = _owned(file) if _DDL.search(file.source) else ()
    defined = definitions(file)
    temporary = _temporary(file) if _TEMPORARY.search(file.source) else ()
    names = file.host.names(file.path)
    if names is None:
        return Facts(file.path, owned, defined=defined, temporary=temporary)
    is_dynamic = any(sink.hole for sink in names.sinks) and _is_dynamic(file)
    if not is_dynamic:
        return Facts(file.path, owned, names, (), defined, temporary)
    positioned = tuple(positions(file.filled_texts, file.rules))
    return Facts(file.path, owned, names, positioned, defined, temporary, tuple(_temporary_holes(file)))


def _temporary(file: SourceFile) -> tuple[str, ...]:
    found: set[str] = set()
    for string in file.host.strings:
        if file.rules.mentioned(string.text):
            found |= sql.said_temporary(string.text, string.holes, script=string.script)
    return tuple(sorted(found & file.rules.names))


def _temporary_holes(file: SourceFile) -> Iterator[tuple[str, str]]:
    if not _TEMPORARY.search(file.source):
        return
    found: dict[tuple[str, str], None] = {}
    for text in (item.embedded.text for item in file.filled_texts if item.read):
        made = sql.temporary_holes(text.text, [hole.span for hole in text.holes])
        for hole in text.holes:
            if hole.span in made and hole.source:
                found[hole.scope, hosts.normal(hole.source)] = None
    yield from found


def _is_dynamic(file: SourceFile) -> bool:
    """Whether a text of the file may have a hole where a relation's name stands: a cheap look before the engine's.

    What it overlooks has no position, and so is never taken for a relation.
    """
    return bool(_DYNAMIC.search(file.source)) and any(_takes_name(string.text) for string in file.host.strings)


def _takes_name(text: str) -> bool:
    """Whether a text may be SQL with a hole for a relation: a message "from %s" has neither verb nor capitals."""
    found = _FILLED.search(text)
    return found is not None and (found[0].lstrip(" ,('").split(maxsplit=1)[0].isupper() or bool(_VERB.search(text)))


_VERB = re.compile(rf"\b(?:{any_of(BESIDE_A_HOLE)})\b", re.IGNORECASE)
_FILLED = re.compile(
    rf"\b(?:{any_of(MAY_STAND_BEFORE_A_HOLE)})"
    r"\s+(?:[\"\w]+\.)?\"?(?:\{|%|\Z)|\b(?:from|table|truncate|using|join)\s[^;()]{0,200},\s*(?:\{|%s|%\()|"
    r"'(?:[\"\w]+\.)?\"?(?:\{\w*\}|%s|%\(\w+\)s)\"?'\s*(?:[),]|::)",
    re.IGNORECASE,
)


def _owned(file: SourceFile) -> tuple[tuple[str, Relation], ...]:
    owned: dict[tuple[str, Relation], None] = {}
    temporary: set[str] = set()
    for string in file.host.strings:
        if file.rules.mentioned(string.text) and _DDL.search(string.text.encode("utf-8", "replace")):
            owned.update(dict.fromkeys(sql.ownership(string.text, string.holes, script=string.script)))
            temporary |= sql.temporary(string.text, string.holes, script=string.script)
    return tuple((name, owner) for name, owner in owned if owner.name not in temporary)


@dataclass(slots=True)
class _Sightings:
    """What texts do with one expression as it is written: `shapes` by the number of each of its places in the code."""

    shapes: dict[int, set[tuple[str, str]]] = field(default_factory=dict)
    messages: set[int] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    doubt: str = ""
    against: str = ""
    other: str = ""

    def position(self, scope: str, expression: str) -> Position | None:
        """The position that the expression has; None where it is neither in SQL nor in messages."""
        counts: dict[tuple[str, str], int] = {}
        against = self.against
        for kinds in self.shapes.values():
            taken = [kind for kind in sorted(kinds) if kind[0]]
            if taken:
                counts[taken[0]] = counts.get(taken[0], 0) + 1
            if taken and len(kinds) > 1:
                against = against or _DIFFER
        said = len(self.messages)
        if not counts:
            return Position(scope, expression, 0, "", said=said) if said else None
        if len(counts) > 1:
            against = against or _DIFFER
        shape, schema = next(iter(counts))
        words = frozenset(self.words)
        return Position(
            scope, expression, sum(counts.values()), shape, schema, words, self.doubt, against, said, self.other
        )


_DIFFER = "the texts that it gets into take it for different things"


def positions(judged: Sequence[SqlText], rules: RuleSet) -> Iterator[Position]:
    """The positions of all expressions in texts: one for each, with what speaks against it where they do not agree."""
    sightings: dict[tuple[str, str], _Sightings] = {}
    for item in judged:
        _sight(item, rules, sightings)
    spelt: dict[tuple[str, str], Position] = {}  # one expression may be written in several ways
    made = [seen.position(scope, hosts.normal(source)) for (scope, source), seen in sightings.items()]
    for position in sorted((one for one in made if one is not None), key=lambda one: not one.count):
        key = position.scope, position.expression
        before = spelt.get(key)
        spelt[key] = _joined(before, position) if before is not None else position
    yield from spelt.values()


def _sight(item: SqlText, rules: RuleSet, sightings: dict[tuple[str, str], _Sightings]) -> None:
    """Note what one text does with the expressions in its holes."""
    text = item.embedded.text
    found = dict(_dynamic(item)) if item.read else {}
    is_told = not found and _is_message(item)
    outside = _outside(text) if found else ""
    said = {name for name in rules.names if re.search(rf"\b{re.escape(name)}\b", outside, re.I)} if found else set()
    for hole in text.holes:
        if not hole.source:
            continue
        seen = sightings.setdefault((hole.scope, hole.source), _Sightings())
        if is_told:
            seen.messages.add(hole.number)
            continue
        seen.other = item.engine.other or seen.other
        seen.shapes.setdefault(hole.number, set()).add(found.get(hole, ("", "")))
        if hole in found:
            seen.words |= said
            safe = item.confidence.applicability is Applicability.SAFE
            seen.doubt = seen.doubt or ("" if safe else item.confidence.reason)
            seen.against = seen.against or item.doubt


def _joined(one: Position, other: Position) -> Position:
    """The position of an expression that is written in two ways; `one` is not of messages alone, if any is."""
    against = one.against or other.against
    if other.shape and (one.shape, one.schema) != (other.shape, other.schema):
        against = against or _DIFFER
    return replace(
        one,
        count=one.count + other.count,
        words=one.words | other.words,
        doubt=one.doubt or other.doubt,
        against=against,
        said=one.said + other.said,
        other=one.other or other.other,
    )


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


def _dynamic(item: SqlText) -> Iterator[tuple[Hole, tuple[str, str]]]:
    """The holes of a text that are names of relations, each with its shape and its schema.

    In a piece of a statement they are where a word before them says so.
    """
    text, confident = item.embedded.text, item.confidence
    if item.engine.other or confident in (Confidence.NONE, Confidence.QUOTED, Confidence.MIRROR):
        return
    for named in item.read.named if item.read else ():
        if isinstance(named, UnresolvedName) and named.code == "dynamic-relation":
            if confident.is_piece and not confident.reports(text.text, named.span):
                continue
            for hole in text.holes:
                if named.span.covers(hole.span) and (shape := shape_of(text, named, hole)):
                    yield hole, shape


def shape_of(text: MappedText, named: UnresolvedName, hole: Hole) -> tuple[str, str] | None:
    """How a hole is all of a relation's name, or its last part behind a schema; None if it is not."""
    before, after = text.text[named.span.start : hole.span.start], text.text[hole.span.stop : named.span.stop]
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
