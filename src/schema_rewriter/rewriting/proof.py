"""The proof of a file's edits, before anything is written; knows hosts and SQL by their questions only."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.edit import Span, apply, inverse
from schema_rewriter.reading.resolve import Change, decide
from schema_rewriter.rewriting.checks.schema_literal import literal_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from schema_rewriter.edit import Edit
    from schema_rewriter.finding import Finding
    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.rules import RuleSet


class DisproofError(Exception):
    """Edits must not be made: all of them, or those within the bytes of `span`."""

    def __init__(self, reason: str, span: Span | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span


def prove(file: SourceFile, after: bytes, applied: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings whose edits are made, each with what vouches for its statements. Raises DisproofError.

    Proved means: undoing them gives the file back; the host's code is the same but for these edits; each statement's
    tree is the same but for the schemas and names of the rules; and a second run would have nothing to do.
    """
    before, rules = file.source, file.rules
    edits = frozenset(edit for finding in applied for edit in finding.edits)
    if apply(after, inverse(before, edits)) != before:
        raise DisproofError("undoing the edits does not give the file back")
    names = {name: move.relation.name for move in rules.moves for name in (move.relation.name, move.to.name)}
    by: dict[Edit, frozenset[str]] = {}
    for item in file.texts:
        for edit, parsers in _vouched(item, edits, names, rules):
            by[edit] = parsers & by.get(edit, parsers)
    comments = {edit for finding in applied if finding.code == "unused-suppression" for edit in finding.edits}
    if reason := file.host.difference(after, edits - comments):
        raise DisproofError(reason)
    return tuple(replace(finding, proved_by=_of_all(by, finding.edits)) for finding in applied)


def _of_all(by: Mapping[Edit, frozenset[str]], edits: Iterable[Edit]) -> tuple[str, ...]:
    """What vouches for all edits that are part of a statement."""
    found = [by[edit] for edit in edits if edit in by]
    return tuple(sorted(frozenset.intersection(*found))) if found else ()


def _vouched(
    item: SqlText, edits: frozenset[Edit], names: dict[str, str], rules: RuleSet
) -> Iterator[tuple[Edit, frozenset[str]]]:
    """The edits of a text, each with what vouches for its statement.

    Raises DisproofError where they change what the text says by more than the rules want.
    """
    made: list[Change] = []
    left = 0
    text = item.embedded.text
    for reference, target, changes, _ in decide(item.read, item.path, rules):
        if target is None:
            continue
        if reference.owner is not None:
            names = names | {target.name: target.name}
        if {text.edit(change.span, change.new) for change in changes} <= edits:
            made += changes
        else:
            left += 1
    literals = [change for _, changes, _ in literal_changes(item, rules) for change in changes]
    literals = [change for change in literals if text.edit(change.span, change.new) in edits]
    if not made and not literals:
        return
    script = item.embedded.script
    holes = [hole.span for hole in text.holes]
    new_text, new_holes = _changed(text.text, holes, [*made, *literals])
    places = sorted((change.span.start, edit) for change in made if (edit := text.edit(change.span, change.new)))
    schemas = {schema for move in rules.moves for schema in (move.relation.schema, move.to.schema) if schema}
    old = _changed(text.text, holes, literals)
    for found in sql.compared(old, (new_text, new_holes), names, schemas, script=script):
        if found.problem:
            raise DisproofError(found.problem, text.place(found.span))
        # Where a schema as a string changed too, statements no longer stand where they were: each speaks for all.
        within = slice(None) if literals else _between(places, found.span)
        yield from ((edit, frozenset(found.by)) for _, edit in places[within])
    again = decide(sql.read(new_text, new_holes, rules.names, script=script, owned=True), item.path, rules)
    if sum(target is not None for _, target, _, _ in again) != left:
        raise DisproofError("a second run would edit it again", text.place(Span(0, len(text.text))))


def _between(places: Sequence[tuple[int, Edit]], span: Span) -> slice:
    """Which of these places, in order, lie in a span."""
    return slice(*(bisect_left(places, at, key=itemgetter(0)) for at in (span.start, span.stop)))


def _changed(text: str, holes: Sequence[Span], changes: Iterable[Change]) -> tuple[str, list[Span]]:
    """A text and its holes after the changes."""
    parts: list[str] = []
    shifts: list[tuple[int, int]] = []
    at = shift = 0
    for change in sorted(set(changes), key=lambda change: change.span):
        parts += [text[at : change.span.start], change.new]
        at = change.span.stop
        shift += len(change.new) - (change.span.stop - change.span.start)
        shifts.append((change.span.start, shift))
    moved: list[Span] = []
    for hole in holes:
        by = max((entry for entry in shifts if entry[0] <= hole.start), default=(0, 0))[1]
        moved.append(Span(hole.start + by, hole.stop + by))
    return "".join([*parts, text[at:]]), moved
