"""What is to be done about each name of a file, over all the texts that its literal may get into.

The verdicts on a name are gathered by the bytes it stands in. Where they contradict each other, a person decides.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.edit import Edit, Span
from schema_rewriter.finding import Applicability, Finding
from schema_rewriter.hosts import normal
from schema_rewriter.project.context import Settled
from schema_rewriter.project.facts import shape_of
from schema_rewriter.reading.confidence import SURE_WEIGHT, Confidence, goes_on
from schema_rewriter.reading.file_scope import FileScope
from schema_rewriter.reading.resolve import Change, decide, start_of
from schema_rewriter.relation import Relation, quote, split_identifier
from schema_rewriter.rewriting.checks.schema_literal import literal_findings
from schema_rewriter.rewriting.checks.search_path import path_findings
from schema_rewriter.sql import Reference, UnresolvedName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.project.context import At, Context, Filled
    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.reading.path_settings import Setting
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.text import Hole, MappedText


Holes = dict[tuple[str, str], "Filled"]
"""What becomes of expressions in SQL, by scope and expression."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """On one name at its bytes: a finding, or None for a name that is right already or stays.

    `weight` tells how sure the text is SQL. `unread`: no parser reads the statement, and nothing else speaks against
    the edit.
    """

    finding: Finding | None
    weight: int
    right: bool = False
    unread: bool = False


def verdicts(file: SourceFile, context: Context, settings: Sequence[Setting] = ()) -> tuple[tuple[Finding, ...], int]:
    """The findings of a file, in the order of their bytes, and how many references were right already.

    `settings` are those of its code that say how names resolve.
    """
    rules, judged = file.rules, file.texts
    holes = {(filled.scope, filled.expression): filled for filled in context.holes}
    gathered: dict[Span, list[_Verdict]] = {}
    around = FileScope([item for item in judged if not item.engine.other], settings, rules)
    for item in judged:
        seen = _left_alone(item, rules) if item.engine.other else _text_verdicts(item, rules, around, holes)
        for span, verdict in (*seen, *_said(item, rules)):
            gathered.setdefault(span, []).append(verdict)
    judged = tuple(item for item in judged if not item.engine.other)
    for span, verdict in _flowing(judged, rules, context):
        gathered.setdefault(span, []).append(verdict)
    for at in context.arguments:
        gathered.setdefault(at.span, []).append(_argument(at))
    findings: list[Finding] = []
    right = 0
    for span in sorted(gathered):
        verdict = _settled(gathered[span])
        right += verdict.right
        findings += [verdict.finding] if verdict.finding else []
    findings += path_findings(judged, settings, rules)
    findings += [finding for item in judged for finding in literal_findings(item, rules)]
    return tuple(sorted(dict.fromkeys(findings), key=lambda f: (f.span, f.code))), right


def _settled(verdicts: Sequence[_Verdict]) -> _Verdict:
    """The one verdict on a name, of those that the texts it stands in gave: the surest texts decide."""
    weight = max(verdict.weight for verdict in verdicts)
    surest = [verdict for verdict in verdicts if verdict.weight == weight]
    stays = [verdict for verdict in surest if verdict.finding is None]
    edits = [verdict for verdict in surest if verdict.finding and verdict.finding.edits]
    if not edits:
        return (stays or surest)[0]
    # Of the texts that branches and loops may make of one literal, not all come to be: one that a parser reads decides.
    read = [verdict for verdict in edits if not verdict.unread]
    edits = [verdict for verdict in edits if not read or not verdict.unread or _edits(verdict) != _edits(read[0])]
    best = min(edits, key=_applicability)
    if best.finding and (stays or len({verdict.finding.edits for verdict in edits if verdict.finding}) > 1):
        reason = "the texts that the code may put it into take it for different things"
        doubtful = replace(best.finding, code="ambiguous-relation", applicability=Applicability.MANUAL, reason=reason)
        return replace(best, finding=doubtful)
    return best


def _edits(verdict: _Verdict) -> tuple[Edit, ...]:
    return verdict.finding.edits if verdict.finding else ()


def _applicability(verdict: _Verdict) -> int:
    return verdict.finding.applicability if verdict.finding else 0


def _text_verdicts(judged: SqlText, rules: RuleSet, around: FileScope, holes: Holes) -> Iterator[tuple[Span, _Verdict]]:
    if judged.read is None:
        return
    text, weight = judged.embedded.text, judged.confidence.weight
    for reference, target, wanted, doubt in decide(judged.read, judged.path, rules):
        span = text.place(Span(start_of(reference), reference.name.stop))
        if span is None:
            continue
        if target is None:
            if rules.is_target(reference.relation):
                yield span, _Verdict(None, weight, right=True)
            continue
        unread = not reference.parsed and judged.confidence is not Confidence.RUN
        listed = judged.confidence is Confidence.FRAGMENT and goes_on(text.text, reference.name)
        told = listed or judged.confidence.tells(text.text, reference.name)
        if (judged.confidence.is_piece or unread) and not told:
            continue
        piece = judged.confidence.is_piece and not around.completes(judged, reference, target)
        if piece and judged.confidence is Confidence.FRAGMENT and _is_lower(text.text, reference):
            continue
        why = doubt or judged.doubt or around.doubt(judged, reference)
        told_as = _reference_finding(judged, reference, target, () if piece else wanted, why, span)
        yield span, _Verdict(told_as, weight, unread=unread and not why)
    for place in judged.read.non_references:
        if (span := text.place(place)) is not None:
            yield span, _Verdict(None, weight)
    for named in judged.read.named:
        if isinstance(named, UnresolvedName) and (finding := _unclear_finding(judged, named, rules, holes)) is not None:
            yield finding.span, _Verdict(finding, weight)


def _is_lower(text: str, reference: Reference) -> bool:
    """Whether the word before a name is in small letters: then it may be a sentence's."""
    before = text[: start_of(reference)].rstrip(' \t\r\n"').rpartition(" ")[2]
    return before.islower()


def _said(judged: SqlText, rules: RuleSet) -> Iterator[tuple[Span, _Verdict]]:
    """The verdict on a string in the code of a template that is the name of a relation that moves."""
    text = judged.embedded.text
    if not any(place.kind == "expression" for place in judged.embedded.places):
        return
    parts = split_identifier(text.text)
    relation = Relation(parts[0] if len(parts) == 2 else None, parts[-1]) if 1 <= len(parts) <= 2 else None
    target = rules.target(relation, judged.path) if relation else None
    if target is not None and (span := text.place(Span(0, len(text.text)))) is not None:
        reason = "the code of the template says the name; what it makes of it is not known"
        message = f"{relation} may name what moves to {target}"
        yield span, _Verdict(Finding("dynamic-relation", message, span, relation, target, reason=reason), 0)


def _left_alone(judged: SqlText, rules: RuleSet) -> Iterator[tuple[Span, _Verdict]]:
    """One note on a text of another system, where it first names a relation that moves."""
    if not judged.confidence.tells_dynamic:
        return
    text = judged.embedded.text
    moving = frozenset(move.relation.name for move in rules.moves)
    names = list(sql.words(text.text, [hole.span for hole in text.holes], moving))
    if names and (span := text.place(names[0][1])) is not None:
        listed = ", ".join(quote(name) for name in dict.fromkeys(name for name, _ in names))
        reason = f"it is run by {judged.engine.other}"
        yield span, _Verdict(Finding("other-dialect", f"names {listed} and stays as it is", span, reason=reason), 0)


def _reference_finding(
    judged: SqlText, reference: Reference, target: Relation, wanted: Sequence[Change], doubt: str, span: Span
) -> Finding:
    text = judged.embedded.text
    written = [text.edit(change.span, change.new) for change in wanted]
    edits = tuple(edit for edit in written if edit is not None)
    code = "unqualified-relation" if reference.schema is None else "old-schema"
    message = f"{reference.relation} moves to {target}"
    if len(edits) < len(written) or text.piece(Span(start_of(reference), reference.name.stop)) is None:
        reason = "the name is split over several literals, or can't be written here; write it in one piece"
        return Finding("unwritable-name", message, span, reference.relation, target, (), Applicability.MANUAL, reason)
    applicability = Applicability.MANUAL if doubt else judged.confidence.applicability
    reason = doubt or judged.confidence.reason
    if reference.owner is not None and judged.confidence.applicability:
        applicability = Applicability.UNSAFE
    elif not reference.parsed and judged.confidence is not Confidence.RUN:
        applicability = min(applicability, Applicability.UNSAFE)
        reason = reason or "this statement could not be parsed"
    if judged.confidence.is_piece:  # without edits its statement may begin with a CTE of that name
        applicability = Applicability.UNSAFE if edits and not doubt else Applicability.MANUAL
        edits = edits if applicability else ()
    if applicability is not Applicability.SAFE:
        code = "ambiguous-relation" if reference.parsed or judged.confidence.is_piece else "unparsed-sql"
        code = "other-dialect" if doubt == sql.NOT_OURS else code
    return Finding(code, message, span, reference.relation, target, edits, applicability, reason)


def _unclear_finding(judged: SqlText, named: UnresolvedName, rules: RuleSet, holes: Holes) -> Finding | None:
    """What to tell of a name whose meaning is open; None if it can't name a relation that moves."""
    text = judged.embedded.text
    relation = named.relation
    span = text.near(named.span)
    if span is None:
        return None
    if named.code == "dynamic-relation":
        if not judged.confidence.tells_dynamic:
            return None
        if relation.schema is not None and not any(m.relation.schema == relation.schema for m in rules.moves):
            return None
        for hole in text.holes:
            if hole.fixed and hole.span == named.span:
                return _fixed(text, hole, rules, judged.path)
            if hole.names and hole.span == named.span:
                return _identifier(judged, hole, rules)
            if not (hole.source and named.span.covers(hole.span) and shape_of(text, named, hole)):
                continue
            filled = holes.get((hole.scope, normal(hole.source)))
            if filled is None:
                break
            if filled.settled is Settled.CLOSED:
                return None
            if filled.settled is Settled.FRONT:
                return _in_front(text, named, hole, filled, rules)
            message = f"{{{hole.expression}}} may move"
            return Finding(named.code, message, text.place(hole.span) or span, reason=filled.reason)
        said = [hole.expression for hole in text.holes if hole.expression and named.span.covers(hole.span)]
        message = f"{{{said[-1]}}} may move" if said else "the name of a relation is known only at run time"
        return Finding(named.code, message, span, reason=named.reason)
    source = rules.source(relation)
    target = rules.target(relation, judged.path) if source else None
    if target is None or not judged.confidence.tells(text.text, named.span):
        return None
    return Finding(
        named.code, f"{relation} may name what moves to {target}", span, relation, target, reason=named.reason
    )


def _fixed(text: MappedText, hole: Hole, rules: RuleSet, path: str) -> Finding | None:
    """The finding on a hole whose names are known and must stay as they are; None if none of them moves."""
    named = [split_identifier(value.text) for value in hole.values]
    relations = [Relation(parts[0] if len(parts) == 2 else None, parts[-1]) for parts in named if 1 <= len(parts) <= 2]
    moving = [str(relation) for relation in relations if rules.target(relation, path) is not None]
    if not moving and len(relations) == len(named):
        return None
    reason = f"it may be {', '.join(moving) or 'anything'}, and {hole.fixed}"
    place = text.near(hole.span) or Span(0, 0)
    return Finding("dynamic-relation", f"{{{hole.expression}}} may move", place, reason=reason)


def _identifier(judged: SqlText, hole: Hole, rules: RuleSet) -> Finding | None:
    """The finding on psycopg's Identifier("events"), which takes the schema as an argument of its own."""
    text, code, names = judged.embedded.text, hole.arguments, hole.names
    holes = [one.span for one in text.holes]
    if code is None or len(names) > 2:
        return None
    relation = Relation(names[0] if len(names) == 2 else None, names[-1])
    target = rules.target(relation, judged.path)
    span = code.place(Span(0, len(code.text)))
    if target is None or target.schema is None or span is None:
        return None
    last = hole.bounds[-1]
    bare = target.schema in rules.bare
    wanted = [code.edit(last, target.name)] if target.name != relation.name else []
    if len(names) == 1 and not bare:
        wanted.append(code.edit(Span(0, 0), f'"{target.schema}", '))
    elif len(names) == 2:
        first = Span(0, last.start - 1) if bare else hole.bounds[0]
        wanted.append(code.edit(first, "" if bare else target.schema))
    edits = tuple(edit for edit in wanted if edit is not None)
    message = f"{relation} moves to {target}"
    if len(edits) < len(wanted) or not set("\"'\\{}").isdisjoint(target.schema + target.name):
        reason = "the name can't be written in this call"
        return Finding("unwritable-name", message, span, relation, target, reason=reason)
    doubt = judged.doubt
    if any(name == relation.name for name, _ in sql.words(text.text, holes, {relation.name})):
        doubt = doubt or f"the statement says {relation.name} itself"
    code_ = "ambiguous-relation" if doubt else "unqualified-relation" if relation.schema is None else "old-schema"
    applicability = Applicability.MANUAL if doubt else judged.confidence.applicability
    reason = doubt or judged.confidence.reason
    return Finding(code_, message, span, relation, target, edits, applicability, reason)


def _flowing(judged: Sequence[SqlText], rules: RuleSet, context: Context) -> Iterator[tuple[Span, _Verdict]]:
    """Verdicts on the literals whose names get into SQL by way of the code."""
    wanted: dict[Span, At] = {at.span: at for at in context.literals}
    if not wanted:
        return
    starts = sorted(wanted)
    for item in judged:
        text = item.embedded.text
        place = text.place(Span(0, len(text.text)))
        if place is None or text.holes:
            continue
        index = bisect_right(starts, Span(place.start, sys.maxsize)) - 1
        if index >= 0 and starts[index].covers(place) and split_identifier(text.text):
            yield place, _literal(text, place, wanted[starts[index]], rules)


def _literal(text: MappedText, span: Span, at: At, rules: RuleSet) -> _Verdict:
    """The verdict on a literal that is a relation's name and nothing else."""
    relation, target = at.relation, at.target
    edit: Edit | None = text.edit(Span(0, 0), f"{quote(target.schema or '')}.")
    qualifier = _QUALIFIER.match(text.text)
    if at.instead:
        edit = text.edit(Span(0, len(text.text)), at.instead)
    elif qualifier is not None and target.name == relation.name:
        bare = target.schema in rules.bare
        edit = text.edit(
            Span(qualifier.start(1), qualifier.end(0 if bare else 1)), "" if bare else quote(target.schema or "")
        )
    elif relation.schema is not None or target.name != relation.name:
        shown = Relation(None, target.name) if target.schema in rules.bare else target
        edit = text.edit(Span(0, len(text.text)), str(shown))
    code = "unqualified-relation" if relation.schema is None else "old-schema"
    finding = Finding(code, f"{relation} moves to {target}", span, relation, target)
    if at.is_manual:
        return _Verdict(replace(finding, code="ambiguous-relation", reason=at.doubt), SURE_WEIGHT)
    if edit is None:
        reason = "the literal can't hold the new name"
        return _Verdict(replace(finding, code="unwritable-name", reason=reason), SURE_WEIGHT)
    if at.doubt:
        finding = replace(finding, code="ambiguous-relation", reason=at.doubt)
    applicability = Applicability.UNSAFE if at.doubt else Applicability.SAFE
    return _Verdict(replace(finding, edits=(edit,), applicability=applicability), SURE_WEIGHT)


_QUALIFIER = re.compile(r'\s*("(?:[^"]|"")*"|[^\s".]+)\s*\.\s*')
"""The schema in front of a name, and its dot."""


def _argument(at: At) -> _Verdict:
    """The verdict on a call of psycopg's Identifier that gets the schema as an argument of its own."""
    finding = Finding("unqualified-relation", f"{at.relation} moves to {at.target}", at.span, at.relation, at.target)
    if not at.instead.isascii() or not set("\"'\\{}").isdisjoint(at.instead):
        reason = "the schema can't be written in this call"
        return _Verdict(replace(finding, code="unwritable-name", reason=reason), SURE_WEIGHT)
    edit = Edit(Span(at.span.start, at.span.start), f'"{at.instead}", '.encode())
    return _Verdict(replace(finding, edits=(edit,), applicability=Applicability.SAFE), SURE_WEIGHT)


def _in_front(text: MappedText, named: UnresolvedName, hole: Hole, filled: Filled, rules: RuleSet) -> Finding | None:
    """The finding on a hole whose values all move to one schema; None where nothing is to do any more."""
    span = text.near(hole.span) or Span(0, 0)
    schema = "" if filled.schema in rules.bare else f"{quote(filled.schema)}."
    old = text.text[named.span.start : hole.span.start].removesuffix('"')
    before = Span(named.span.start, named.span.start + len(old))
    if old == schema:
        return None
    edit = text.edit(before, schema)
    message = f"{{{hole.expression}}} moves to {filled.schema}"
    if edit is None:
        reason = "the schema can't be written in front of it"
        return Finding("unwritable-name", message, span, reason=reason)
    code = "ambiguous-relation" if filled.reason else "unqualified-relation"
    applicability = Applicability.UNSAFE if filled.reason else Applicability.SAFE
    return Finding(code, message, span, None, None, (edit,), applicability, filled.reason)
