"""Why each name of a stretch of a file is edited, reported or left alone. Decides nothing, prints nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import reading
from schema_rewriter.edit import Span
from schema_rewriter.reading import sql_calls
from schema_rewriter.reading.confidence import Confidence
from schema_rewriter.reading.resolve import start_of
from schema_rewriter.rewriting.rewriter import alone, check, within
from schema_rewriter.sql import Reference, Role, UnresolvedName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.finding import FileResult, Finding
    from schema_rewriter.hosts import Place
    from schema_rewriter.reading import SqlText
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
class _Said:
    """A place of a text, in its characters, that says a name; `name` is None for one that names no relation."""

    item: SqlText
    at: Span
    name: Reference | UnresolvedName | None


def explain(path: str, source: bytes, rules: RuleSet, line: Span) -> tuple[FileResult, list[Explained]]:
    """The result of a file by itself, and all about the names whose bytes begin in `line`, in order."""
    file = reading.read(path, source, rules)
    context = alone(file) if file.error is None else None
    result = check(file, context)
    if context is None:
        return result, []
    file = within(file, context)
    rules, judged = file.rules, file.texts
    said: dict[Span, list[_Said]] = {}
    for item in judged:
        for place in _names(item, rules):
            span = item.embedded.text.place(place.at)
            if span is not None and line.start <= span.start <= line.stop:
                said.setdefault(span, []).append(place)
    for finding in (*result.findings, *(aside.finding for aside in result.suppressed)):
        if line.start <= finding.span.start <= line.stop:
            said.setdefault(finding.span, [])
    taken = list(said)
    for found_name in _words(source, line, rules):
        if not any(span.covers(found_name) for span in taken):
            said[found_name] = []
    return result, [_explained(span, said[span], source, result, rules) for span in sorted(said)]


def _words(source: bytes, line: Span, rules: RuleSet) -> Iterator[Span]:
    """Where the line says one of the names, in whatever code."""
    names = {name.encode() for name in rules.names}
    for word in re.finditer(rb"[\w\x80-\xff$]+", source[line.start : line.stop]):
        if word[0].lower() in names:
            yield Span(line.start + word.start(), line.start + word.end())


def _names(item: SqlText, rules: RuleSet) -> Iterator[_Said]:
    """The places of a text that say a name."""
    if item.read is None:
        for word in re.finditer(r"[\w$]+", item.embedded.text.text):
            if word[0].lower() in rules.names:
                yield _Said(item, Span(*word.span()), None)
        return
    for named in item.read.named:
        at = Span(start_of(named), named.name.stop) if isinstance(named, Reference) else named.span
        yield _Said(item, at, named)
    for place in item.read.non_references:
        yield _Said(item, place, None)


def _explained(span: Span, said: list[_Said], source: bytes, result: FileResult, rules: RuleSet) -> Explained:
    facts: list[tuple[str, str]] = []
    meant: Relation | None = None
    for place in said:
        item, name = place.item, place.name
        facts += [("stands in", _text(place)), *(("place", _place(home)) for home in item.embedded.places)]
        facts.append(("taken for", _TAKEN[item.confidence]))
        if isinstance(name, Reference):
            facts.append(("role", _ROLES[name.role] + ("" if name.parsed else " (by its clause; no parser reads it)")))
            meant = rules.source(name.relation, name.search_path)
            facts.append(("resolves", _resolution(name, meant, rules)))
        elif name is not None:
            facts.append(("role", f"not clear: {name.reason}"))
        elif item.read is not None:
            facts.append(("role", "a column, an alias, a CTE, a temporary table or a function: no relation that moves"))
    if not said and not any(f.span == span for f in result.findings):
        facts.append(("stands in", "the code itself, a comment, or a string that is no SQL"))
    return Explained(span, (*dict.fromkeys(facts), *_verdict(span, said, source, result, rules)), meant)


def _verdict(
    span: Span, said: list[_Said], source: bytes, result: FileResult, rules: RuleSet
) -> Iterator[tuple[str, str]]:
    for finding in result.findings:
        if finding.span == span:
            yield "verdict", f"{finding.code}: {finding.message}"
            yield from _edits(finding, source)
            if finding in result.applied:
                yield "", "--fix makes it"
            elif finding.edits and finding.applicability.name == "UNSAFE":
                yield "", "--unsafe-fixes makes it"
            elif not finding.is_note:
                yield "", "left to a person"
            return
    for aside in result.suppressed:
        if aside.finding.span == span:
            yield "verdict", f"{aside.finding.code}: {aside.finding.message}"
            yield "", f"set aside by a {aside.kind}" + (f": {aside.reason}" if aside.reason else "")
            return
    right = any(isinstance(place.name, Reference) and rules.is_target(place.name.relation) for place in said)
    yield "verdict", "right already" if right else "stays as it is"


def _edits(finding: Finding, source: bytes) -> Iterator[tuple[str, str]]:
    if finding.reason:
        yield "because", finding.reason
    for edit in sorted(finding.edits):
        old = source[edit.span.start : edit.span.stop].decode("utf-8", "replace")
        new = edit.new.decode("utf-8", "replace")
        what = f"insert {new!r}" if not old else f"replace {old!r} by {new!r}" if new else f"remove {old!r}"
        yield "edit", f"{what} at byte {edit.span.start}"


def _text(place: _Said) -> str:
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
}
