"""The proof of a file's edits, before anything is written; knows hosts and SQL by their questions only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.edit import Span, apply, inverse
from schema_rewriter.reading.resolve import Change, decide
from schema_rewriter.rewriting.checks.schema_literal import literal_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schema_rewriter.edit import Edit
    from schema_rewriter.finding import Finding
    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Disproof:
    """Why edits must not be made: all of them, or those within the bytes of `span`."""

    reason: str
    span: Span | None = None


def disproof(file: SourceFile, after: bytes, applied: Sequence[Finding]) -> Disproof | None:
    """Why edits of a file must not be made; None if they are proved.

    Proved means: undoing them gives the file back; the host's code is the same but for these edits; each statement's
    tree is the same but for the schemas and names of the rules; and a second run would have nothing to do.
    """
    before, rules = file.source, file.rules
    edits = frozenset(edit for finding in applied for edit in finding.edits)
    if apply(after, inverse(before, edits)) != before:
        return Disproof("undoing the edits does not give the file back")
    names = {name: move.relation.name for move in rules.moves for name in (move.relation.name, move.to.name)}
    for item in file.texts:
        if found := _text_disproof(item, edits, names, rules):
            return found
    comments = {edit for finding in applied if finding.code == "unused-suppression" for edit in finding.edits}
    reason = file.host.difference(after, edits - comments)
    return Disproof(reason) if reason else None


def _text_disproof(item: SqlText, edits: frozenset[Edit], names: dict[str, str], rules: RuleSet) -> Disproof | None:
    """Why the edits change what a text says by more than the rules want; None if they do not."""
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
        return None
    script = item.embedded.script
    holes = [hole.span for hole in text.holes]
    new_text, new_holes = _changed(text.text, holes, [*made, *literals])
    if found := sql.difference(*_changed(text.text, holes, literals), new_text, new_holes, names, script):
        return Disproof(found[0], text.place(found[1]))
    again = decide(sql.read(new_text, new_holes, rules.names, script=script, owned=True), item.path, rules)
    if sum(target is not None for _, target, _, _ in again) != left:
        return Disproof("a second run would edit it again", text.place(Span(0, len(text.text))))
    return None


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
