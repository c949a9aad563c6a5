"""What one file tells the others of its run; a small value, for any process. Knows no other file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.finding import Applicability
from schema_rewriter.hosts.django import NO_DJANGO, DjangoFile
from schema_rewriter.hosts.orm import NONE as NO_ORM
from schema_rewriter.hosts.orm import Orm
from schema_rewriter.hosts.valueflow import NONE, Names
from schema_rewriter.project.definitions import definitions
from schema_rewriter.project.history.recognition import revision
from schema_rewriter.project.missing_schemas import made_schemas
from schema_rewriter.reading.confidence import Confidence
from schema_rewriter.reading.engine import other_system
from schema_rewriter.reading.sql_calls import is_message
from schema_rewriter.relation import quote
from schema_rewriter.sql import UnresolvedName
from schema_rewriter.words import BESIDE_A_HOLE, MAY_STAND_BEFORE_A_HOLE, any_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.project.definitions import DefinitionSite
    from schema_rewriter.project.history.recognition import Revision
    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.text import Hole, MappedText


@dataclass(frozen=True, slots=True)
class Position:
    """Where the values of an expression get in SQL.

    `code` is where it stands in the file, in bytes. `shape` tells how SQL takes it: "bare" takes a name with its schema
    too, "quoted" stands in double quotes, "qualified" behind the schema `schema`; "" is a message for people. `words`
    are the names of the rules that the texts say themselves. `doubt` tells why it may be no relation after all,
    `against` why a name there must not be changed; "" where nothing does. `other` is another system whose SQL takes it,
    too.
    """

    code: Span
    shape: str
    schema: str = ""
    words: frozenset[str] = frozenset()
    doubt: str = ""
    against: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file tells.

    `owned` are the indexes and sequences that its DDL makes, with the relations they belong to; `names` is what its
    code does with values, `positions` where these get in SQL. `defined` is what it defines of the relations that the
    rules concern. `temporary` are those of their names under which it makes temporary tables, `temporary_holes` the
    expressions under whose values it does. `open_ctes` are those of their names that it gives to CTEs
    of a WITH whose query other code puts behind it. `revision` tells that it is a migration, or may be. `django` is
    what it says in Django's terms; `says_path`: it says a search_path with all schemas that relations move to. `orm` is
    what it tells an ORM of tables. `error` tells why it could not be asked, or not to the end. `schemas` are those that
    it creates, "" for one that only the running program knows.
    """

    path: str
    owned: tuple[tuple[str, Relation], ...] = ()
    names: Names = NONE
    positions: tuple[Position, ...] = ()
    defined: tuple[DefinitionSite, ...] = ()
    temporary: tuple[str, ...] = ()
    temporary_holes: tuple[Span, ...] = ()
    open_ctes: tuple[str, ...] = ()
    revision: Revision | None = None
    django: DjangoFile = NO_DJANGO
    says_path: bool = False
    orm: Orm = NO_ORM
    error: str = ""
    schemas: tuple[str, ...] = ()


_DDL = re.compile(rb"\b(?:create|alter)\b", re.IGNORECASE)
_TEMPORARY = re.compile(rb"\b(?:temp|temporary|pg_temp)\b", re.IGNORECASE)
_WITH = re.compile(rb"\bwith\b", re.IGNORECASE)
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
    ctes = _open_ctes(file) if _WITH.search(file.source) else ()
    names = file.host.names(file.path)
    known = revision(file, names)
    found = Facts(file.path, owned, names or NONE, (), defined, temporary, open_ctes=ctes, revision=known)
    found = replace(found, django=file.host.django, says_path=_says_path(file), orm=_orm(file))
    found = replace(found, schemas=made_schemas(file))
    if names is None or not any(sink.hole for sink in names.sinks) or not _is_dynamic(file):
        return found
    positioned = tuple(positions(file.filled_texts, file.rules))
    return replace(found, positions=positioned, temporary_holes=tuple(_temporary_holes(file)))


def _says_path(file: SourceFile) -> bool:
    """Whether a search_path with all schemas that relations move to stands in a file."""
    schemas = {(move.to.schema or "").encode() for move in file.rules.moves}
    return any(all(one in found[0] for one in schemas) for found in _PATH.finditer(file.source))


_PATH = re.compile(rb"(?i:search[-_]path|currentSchema)[^\n]{0,200}")


def _orm(file: SourceFile) -> Orm:
    """What a file tells an ORM, without the names that mean nothing to the rules."""
    orm = file.host.orm if not other_system(file.path, file.rules) else NO_ORM
    names = tuple(one for one in orm.names if one.literal.pieces or file.rules.mentioned(one.literal.text))
    return replace(orm, names=names) if names != orm.names else orm


def _open_ctes(file: SourceFile) -> tuple[str, ...]:
    found: set[str] = set()
    for string in () if file.host.is_text else file.host.strings:
        if _WITH.search(string.text.encode("utf-8", "replace")) and file.rules.mentioned(string.text):
            found.update(sql.open_ctes(string.text, string.holes, file.rules.names))
    return tuple(sorted(found))


def _temporary(file: SourceFile) -> tuple[str, ...]:
    found: set[str] = set()
    for string in file.host.strings:
        if file.rules.mentioned(string.text):
            found |= sql.said_temporary(string.text, string.holes, script=string.script)
    return tuple(sorted(found & file.rules.names))


def _temporary_holes(file: SourceFile) -> Iterator[Span]:
    if not _TEMPORARY.search(file.source):
        return
    found: dict[Span, None] = {}
    for text in (item.embedded.text for item in file.filled_texts if item.read):
        made = sql.temporary_holes(text.text, [hole.span for hole in text.holes])
        for hole in text.holes:
            if hole.span in made and hole.code is not None:
                found[hole.code] = None
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
    found = dict(_dynamic(item)) if item.read else {}
    is_told = not found and _is_message(item)
    outside = _outside(text) if found else ""
    said = {name for name in rules.names if re.search(rf"\b{re.escape(name)}\b", outside, re.I)} if found else set()
    for hole in text.holes:
        if hole.code is None:
            continue
        seen = sightings.setdefault(hole.code, _Sightings())
        if is_told:
            seen.is_told = True
            continue
        seen.other = item.engine.other or seen.other
        seen.shapes.add(found.get(hole, ("", "")))
        if hole in found:
            seen.words |= said
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
