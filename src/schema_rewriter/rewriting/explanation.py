"""Why each name of a line is edited, reported or left alone: a run's result, with what led to it. Decides nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.finding import Applicability
from schema_rewriter.project.context import HoleOutcome
from schema_rewriter.reading import sql_calls
from schema_rewriter.reading.confidence import Confidence
from schema_rewriter.reading.resolve import start_of
from schema_rewriter.rewriting.rewriter import within
from schema_rewriter.sql import Reference, Role, UnresolvedName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.finding import FileResult, Finding
    from schema_rewriter.hosts import Place
    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Explained:
    """A name, its bytes in the file, and what is to be said of it: pairs of a heading and a sentence.

    `source` is the relation that moves and that it means, None where it means none.
    """

    span: Span
    facts: tuple[tuple[str, str], ...]
    source: Relation | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """A place of a text, in its characters, that says a name; `name` is None for one that names no relation."""

    item: SqlText
    at: Span
    name: Reference | UnresolvedName | None


def explain(file: SourceFile, context: Context, result: FileResult, line: Span) -> list[Explained]:
    """All about the names, and the findings of `result`, whose bytes begin in `line`, in order.

    `context` is what the file gets from its project, by which `result` was found.
    """
    file = within(file, context)
    named: dict[Span, list[_Named]] = {}
    for item in file.texts:
        for place in _names(item, file.rules):
            span = item.embedded.text.place(place.at)
            if span is not None and line.start <= span.start <= line.stop:
                named.setdefault(span, []).append(place)
    for finding in (*result.findings, *(aside.finding for aside in result.suppressed)):
        if line.start <= finding.span.start <= line.stop:
            named.setdefault(finding.span, [])
    taken = list(named)
    for word in _words(file, line):
        if not any(span.covers(word) for span in taken):
            named[word] = []
    explainer = _Explainer(file, context, result)
    return [explainer.explained(span, named[span]) for span in sorted(named)]


def _words(file: SourceFile, line: Span) -> Iterator[Span]:
    """Where the line says one of the names, in whatever code."""
    names = {name.encode() for name in file.rules.names}
    for word in re.finditer(rb"[\w\x80-\xff$]+", file.source[line.start : line.stop]):
        if word[0].lower() in names:
            yield Span(line.start + word.start(), line.start + word.end())


def _names(item: SqlText, rules: RuleSet) -> Iterator[_Named]:
    """The places of a text that say a name."""
    if item.read is None:
        for word in re.finditer(r"[\w$]+", item.embedded.text.text):
            if word[0].lower() in rules.names:
                yield _Named(item, Span(*word.span()), None)
        return
    for named in item.read.named:
        at = Span(start_of(named), named.name.stop) if isinstance(named, Reference) else named.span
        yield _Named(item, at, named)
    for place in item.read.non_references:
        yield _Named(item, place, None)


@dataclass(frozen=True, slots=True)
class _Explainer:
    """What is said of names, of one file: by its texts, by its project, by its result."""

    file: SourceFile
    context: Context
    result: FileResult

    def explained(self, span: Span, places: list[_Named]) -> Explained:
        """All about the name in `span`, which stands at some places of texts."""
        facts: list[tuple[str, str]] = []
        meant: Relation | None = None
        for place in places:
            facts += self._by_text(place)
            if isinstance(place.name, Reference):
                meant = self.file.rules.source(place.name.relation, place.name.search_path)
        if not places and not any(finding.span == span for finding in self.result.findings):
            facts.append(("stands in", "the code itself, a comment, or a string that is no SQL"))
        facts += self._by_project(span)
        return Explained(span, (*dict.fromkeys(facts), *self._verdicts(span, places)), meant)

    def _by_text(self, place: _Named) -> Iterator[tuple[str, str]]:
        """What the text of a place says."""
        item, name = place.item, place.name
        yield "stands in", _text(place)
        yield from (("place", _place(home)) for home in item.embedded.places)
        yield "taken for", _TAKEN[item.confidence]
        if item.engine.reason:
            yield "run by", item.engine.reason
        if isinstance(name, Reference):
            yield "role", _ROLES[name.role] + ("" if name.parsed else " (by its clause; no parser reads it)")
            meant = self.file.rules.source(name.relation, name.search_path)
            yield "resolves", _resolution(name, meant, self.file.rules)
        elif name is not None:
            yield "role", f"not clear: {name.reason}"
            yield from self._values(place, name)
        elif item.read is not None:
            yield "role", "a column, an alias, a CTE, a temporary table or a function: no relation that moves"

    def _values(self, place: _Named, name: UnresolvedName) -> Iterator[tuple[str, str]]:
        """What the project knows of the values that a hole in a text may have."""
        for hole in place.item.embedded.text.holes:
            if not (hole.code is not None and name.span.covers(hole.span)):
                continue
            for filled in self.context.holes:
                if filled.code != hole.code:
                    continue
                if filled.settled is HoleOutcome.CLOSED:
                    yield "values", "all are known; where one of them moves, its literal is told, or needs no change"
                elif filled.settled is HoleOutcome.FRONT:
                    yield "values", f"all are known, and move to {filled.schema}, which is written in front"
                else:
                    yield "values", filled.reason

    def _by_project(self, span: Span) -> Iterator[tuple[str, str]]:
        """What the project says of the file, and of a literal: that the code puts it where a relation's name stands."""
        if frozen := self.context.frozen:
            asked = "may be a migration that has run; [history] in the rules must say it"
            yield (
                "history",
                asked if frozen.is_asked else f"a migration that has run{frozen.tool and f' ({frozen.tool})'}",
            )
        if any(literal.span.covers(span) for literal in (*self.context.literals, *self.context.arguments)):
            yield "reaches", "a relation's name: the code puts it into SQL, or gives it to what takes a relation"

    def _verdicts(self, span: Span, places: list[_Named]) -> Iterator[tuple[str, str]]:
        """Each finding at the name, as the run tells it; else why there is none."""
        told = [finding for finding in self.result.findings if finding.span == span]
        aside = [item for item in self.result.suppressed if item.finding.span == span]
        for finding in told:
            yield "verdict", f"{finding.code}: {finding.message}"
            yield from _edits(finding, self.file.source)
            yield from _made(finding, is_applied=finding in self.result.applied)
            if finding.proved_by:
                yield "proved by", " and ".join(_PROVERS[name] for name in finding.proved_by)
        for item in aside:
            yield "verdict", f"{item.finding.code}: {item.finding.message}"
            yield "", f"set aside by a {item.kind}" + (f": {item.reason}" if item.reason else "")
        if not told and not aside:
            rules = self.file.rules
            right = any(isinstance(place.name, Reference) and rules.is_target(place.name.relation) for place in places)
            yield "verdict", "right already" if right else "stays as it is"


_PROVERS = {"sqlglot": "sqlglot", "postgresql": "PostgreSQL's own parser", "tokens": "the words of the statement"}


def _made(finding: Finding, *, is_applied: bool) -> Iterator[tuple[str, str]]:
    """Who makes the edits of a finding."""
    if is_applied:
        yield "", "--fix makes it"
    elif finding.edits and finding.applicability is Applicability.UNSAFE:
        yield "", "--unsafe-fixes makes it"
    elif not finding.is_note:
        yield "", "left to a person"


def _edits(finding: Finding, source: bytes) -> Iterator[tuple[str, str]]:
    if finding.reason:
        yield "because", finding.reason
    for one in finding.related:
        yield "also", f"{one.path}:{one.line}: {one.message}"
    for edit in sorted(finding.edits):
        old = source[edit.span.start : edit.span.stop].decode("utf-8", "replace")
        new = edit.new.decode("utf-8", "replace")
        what = f"insert {new!r}" if not old else f"replace {old!r} by {new!r}" if new else f"remove {old!r}"
        yield "edit", f"{what} at byte {edit.span.start}"


def _text(place: _Named) -> str:
    """The text around a name."""
    text = place.item.embedded.text.text
    start, stop = max(0, place.at.start - _AROUND), place.at.stop + _AROUND
    cut = " ".join(text[start:stop].split())
    return f"{'...' if start else ''}{cut}{'...' if stop < len(text) else ''}"


_AROUND = 40


def _place(place: Place) -> str:
    """What a place of a text is, and what it says of it."""
    bound = f" bound to {', '.join(place.names)}" if place.names else ""
    if place.kind == "argument":
        which = place.argument if isinstance(place.argument, str) else f"argument {place.argument + 1}"
        return f"{which} of {place.call}(){bound}: {_TRUSTED[sql_calls.trust([place], ())]}"
    what = {"file": "the file", "docstring": "a docstring", "key": "a key", "operand": "an operand"}.get(place.kind)
    return f"{what or f'a {place.kind}'}{bound}: {_TRUSTED[sql_calls.trust([place], ())]}"


def _resolution(name: Reference, meant: Relation | None, rules: RuleSet) -> str:
    path = rules.search_path if name.search_path is None else name.search_path
    by = "is written with its schema" if name.schema else f"by the search_path ({', '.join(path)})"
    if rules.is_target(name.relation):
        return f"{name.relation} is where a move ends"
    return (
        f"{name.relation} {by}, and is {meant}, which moves" if meant else f"{name.relation} {by}: nothing that moves"
    )


_TRUSTED = {
    sql_calls.Trust.NEVER: "no SQL",
    sql_calls.Trust.PROSE: "for messages, logs or keys",
    sql_calls.Trust.MIRROR: "compared with what may be SQL",
    sql_calls.Trust.UNKNOWN: "says nothing of the text",
    sql_calls.Trust.NAMED: "its name is one for SQL",
    sql_calls.Trust.SQL: "runs SQL",
    sql_calls.Trust.FILE: "SQL by its suffix",
}
_TAKEN = {
    Confidence.NONE: "prose: it stands at no place for SQL and does not read as a statement",
    Confidence.PIECE: "a piece of a statement, by its look",
    Confidence.FRAGMENT: "a piece of a statement: it begins with a clause",
    Confidence.CUT: "a piece of a statement, at a place for SQL",
    Confidence.QUOTED: "SQL by its look, at a place for prose",
    Confidence.MIRROR: "SQL by its look, compared with other SQL",
    Confidence.LOOK: "SQL by its look, and it may be a sentence",
    Confidence.SURE: "SQL, by its look",
    Confidence.RUN: "SQL, by its place",
}
_ROLES = {
    Role.READ: "a relation that the statement reads",
    Role.WRITE: "a relation that the statement writes",
    Role.DEFINE: "a relation that the statement makes or alters",
    Role.DROP: "a relation that the statement drops",
    Role.NAME: "a relation that the statement names",
    Role.OWNER: "a source of the query, as the owner of a column: it follows the relation's own place",
    Role.COLUMN: "the relation of a column that is written with its schema",
    Role.TYPE: "a row type",
    Role.INDEX: "the name of an index that the statement makes: it has the schema of its table",
}
