"""What is to be done about each name of a file, over all the texts that its literal may get into.

The verdicts on a name are gathered by the bytes it stands in. Where they contradict each other, a person decides.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.edit import Span
from schema_rewriter.finding import Applicability, Finding
from schema_rewriter.reading.arbitration import DISAGREE, Verdict, Verdicts
from schema_rewriter.reading.confidence import SURE_WEIGHT, Confidence, goes_on
from schema_rewriter.reading.file_scope import FileScope
from schema_rewriter.reading.joints import longer, put_behind
from schema_rewriter.reading.path_settings import settings_of
from schema_rewriter.reading.resolve import Change, decide, start_of
from schema_rewriter.reading.source_file import PARTS_REPLACED
from schema_rewriter.rewriting.checks import dynamic_relation, other_dialect, sql_fragment
from schema_rewriter.rewriting.checks.identifiers import doubtful_code, with_schema
from schema_rewriter.rewriting.checks.name_in_code import literal_findings
from schema_rewriter.sql import Reference, UnresolvedName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.edit import Edit
    from schema_rewriter.project import Context
    from schema_rewriter.project.context import Replacement
    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.reading.arbitration import Arbitrated
    from schema_rewriter.relation import Relation
    from schema_rewriter.rewriting.checks.dynamic_relation import Holes
    from schema_rewriter.rules import RuleSet


def name_findings(file: SourceFile, context: Context) -> tuple[list[Finding], int]:
    """The findings on the names of a file, and how many references were right already."""
    rules = file.rules
    holes = {filled.code: filled for filled in context.holes}
    ours = [item for item in file.texts if not item.engine.other]
    scope = FileScope(ours, settings_of(file), rules, context.temporary, context.ctes)
    verdicts: Verdicts[Finding] = Verdicts()
    edited: dict[Span, set[int]] = {}
    for number, item in enumerate(file.texts):
        if item.engine.other:
            verdicts.extend(_on(other_dialect.notes(item, rules), 0))
        else:
            for span, verdict in _text_verdicts(item, rules, scope, holes, context.replaced):
                verdicts.add(span, verdict)
                if _edits(verdict):
                    edited.setdefault(span, set()).add(number)
        verdicts.extend(_on(dynamic_relation.names_in_templates(item, rules), 0))
        if not item.engine.other:
            verdicts.extend(_on(sql_fragment.joined(item, rules), -1))
    verdicts.extend(_on(literal_findings(ours, context.literals, rules), SURE_WEIGHT))
    verdicts.extend(_on(map(with_schema, context.arguments), SURE_WEIGHT))
    verdicts.extend(_in_longer_names(file, edited))
    verdicts.extend(_glued(file, edited, context.glued))
    decided = [_decided(one) for one in verdicts.arbitrated()]
    return [*_once(decided)], sum(verdict.is_right for verdict in decided)


def _in_longer_names(file: SourceFile, edited: dict[Span, set[int]]) -> Iterator[tuple[Span, Verdict[Finding]]]:
    """The names that are parts of longer ones in texts other than those, by number, in which they would be edited."""
    places = sorted(edited)
    for number, item in enumerate(file.texts if len(file.texts) > 1 else ()):
        for stretch in () if item.engine.other else item.embedded.text.stretches:
            first, last = (bisect_left(places, Span(end, end)) for end in (stretch.start, stretch.stop))
            for span in places[first:last]:
                if number not in edited[span] and (name := longer(item.embedded.text, span)):
                    yield span, Verdict(None, file.looks(item).weight, longer=name)


def _glued(
    file: SourceFile, edited: dict[Span, set[int]], glued: Sequence[tuple[Span, str]]
) -> Iterator[tuple[Span, Verdict[Finding]]]:
    """The names at the ends of literals to which other code, in whatever function or file, puts more."""
    places = sorted(edited) if glued else []
    for literal, how in glued:
        first, last = (bisect_left(places, Span(end, end)) for end in (literal.start, literal.stop))
        for span in places[first:last]:
            if not file.source[span.stop : literal.stop].strip(b"'\"\\"):
                weight = max(file.looks(file.texts[number]).weight for number in edited[span])
                name = file.source[span.start : span.stop].decode("utf-8", "replace")
                yield span, Verdict(None, weight, longer=f"{name}{how}")


def _once(decided: Sequence[Verdict[Finding]]) -> Iterator[Finding]:
    """The findings; on a part of a longer name, or a name in code, only where nothing else is told of that."""
    found = [verdict.value for verdict in decided if verdict.value and not verdict.longer]
    edited = [one.span for one in found if one.edits]
    for one in found:
        if one.code != "name-in-code" or not any(span.covers(one.span) and span != one.span for span in edited):
            yield one
    for verdict in decided:
        if verdict.value and verdict.longer and not any(one.span.overlaps(verdict.value.span) for one in found):
            yield verdict.value


def _on(findings: Iterable[Finding], weight: int) -> Iterator[tuple[Span, Verdict[Finding]]]:
    return ((finding.span, Verdict(finding, weight)) for finding in findings)


def _decided(given: Arbitrated[Finding]) -> Verdict[Finding]:
    """The one verdict on a name, of those of the surest texts."""
    edits = [verdict for verdict in given.values if _edits(verdict)]
    part_of = next((verdict.longer for verdict in given.stays if verdict.longer), "")
    if not edits:
        return ([verdict for verdict in given.stays if not verdict.longer] or given.values or given.stays)[0]
    # Of the texts that branches and loops may make of one literal, not all come to be: one that a parser reads decides.
    read = [verdict for verdict in edits if not verdict.is_unread]
    edits = [verdict for verdict in edits if not read or not verdict.is_unread or _edits(verdict) != _edits(read[0])]
    best = min(edits, key=lambda verdict: verdict.value.applicability if verdict.value else 0)
    if best.value and (given.stays or len(set(map(_edits, edits))) > 1):
        reason = put_behind(part_of) if part_of else DISAGREE
        doubtful = replace(best.value, code="uncertain-relation", applicability=Applicability.MANUAL, reason=reason)
        return replace(best, value=doubtful, longer=part_of)
    return best


def _edits(verdict: Verdict[Finding]) -> tuple[Edit, ...]:
    return verdict.value.edits if verdict.value else ()


def _text_verdicts(
    item: SqlText, rules: RuleSet, scope: FileScope, holes: Holes, replaced: Sequence[Replacement]
) -> Iterator[tuple[Span, Verdict[Finding]]]:
    """What one text says of each of its names, with the bytes of the name."""
    if item.read is None:
        return
    text, weight = item.embedded.text, item.confidence.weight
    for reference, target, wanted, doubt in decide(item.read, item.path, rules):
        span = text.place(Span(start_of(reference), reference.name.stop))
        if span is None:
            continue
        if target is not None:
            why = (
                doubt
                or item.doubt
                or scope.doubt(item, reference)
                or _is_replaced(text.text, reference, span, replaced)
            )
            verdict = _on_reference(item, reference, target, wanted, why, span, scope)
            if verdict is not None:
                yield span, verdict
        elif rules.is_target(reference.relation):
            yield span, Verdict(None, weight, is_right=True)
    for place in item.read.non_references:
        if (span := text.place(place)) is not None:
            yield span, Verdict(None, weight)
    for named in item.read.named:
        if isinstance(named, UnresolvedName):
            finding = dynamic_relation.unresolved(item, named, rules, holes)
            if finding is not None:
                yield finding.span, Verdict(finding, weight)


def _is_replaced(text: str, reference: Reference, span: Span, replaced: Sequence[Replacement]) -> str:
    """Why a name is another one when the text is run; "" if it is not."""
    name = Span(start_of(reference), reference.name.stop)
    return PARTS_REPLACED if any(one.span.covers(span) and one.changes(text, name) for one in replaced) else ""


def _on_reference(
    item: SqlText,
    reference: Reference,
    target: Relation,
    wanted: Sequence[Change],
    doubt: str,
    span: Span,
    scope: FileScope,
) -> Verdict[Finding] | None:
    """What a text says of a reference that moves; None where it is not sure enough to be worth telling."""
    text, confidence = item.embedded.text.text, item.confidence
    is_unread = not reference.parsed and confidence is not Confidence.RUN
    if confidence.is_piece or is_unread:
        listed = confidence is Confidence.FRAGMENT and goes_on(text, reference.name)
        if not (listed or confidence.reports(text, Span(start_of(reference), reference.name.stop))):
            return None
    piece = confidence.is_piece and not scope.completes(item, reference, target)
    if piece and confidence is Confidence.FRAGMENT and _is_lower(text, reference):
        return None
    finding = _reference_finding(item, reference, target, () if piece else wanted, doubt, span)
    return Verdict(finding, confidence.weight, is_unread=is_unread and not doubt)


def _is_lower(text: str, reference: Reference) -> bool:
    """Whether the word before a name is in small letters: then it may be a sentence's."""
    before = text[: start_of(reference)].rstrip(' \t\r\n"').rpartition(" ")[2]
    return before.islower()


def _reference_finding(
    item: SqlText, reference: Reference, target: Relation, wanted: Sequence[Change], doubt: str, span: Span
) -> Finding:
    text = item.embedded.text
    written = [text.edit(change.span, change.new) for change in wanted]
    edits = tuple(edit for edit in written if edit is not None)
    message = f"{reference.relation} moves to {target}"
    if len(edits) < len(written) or text.piece(Span(start_of(reference), reference.name.stop)) is None:
        reason = "the name is split over several literals, or can't be written here; write it in one piece"
        return Finding("unwritable-name", message, span, reference.relation, target, reason=reason)
    applicability, reason = _trusted(item, reference, doubt, has_edits=bool(edits))
    if item.confidence.is_piece and not applicability:
        edits = ()
    code = _code(item, reference, doubt, applicability)
    return Finding(code, message, span, reference.relation, target, edits, applicability, reason)


def _trusted(item: SqlText, reference: Reference, doubt: str, *, has_edits: bool) -> tuple[Applicability, str]:
    """How far the edits of a reference may be trusted, and why not further."""
    confidence = item.confidence
    reason = doubt or confidence.reason
    if confidence.is_piece:  # without edits its statement may begin with a CTE of that name
        return (Applicability.UNSAFE if has_edits and not doubt else Applicability.MANUAL), reason
    applicability = Applicability.MANUAL if doubt else confidence.applicability
    if reference.owner is not None and confidence.applicability:
        applicability = Applicability.UNSAFE
    elif not reference.parsed and confidence is not Confidence.RUN:
        return min(applicability, Applicability.UNSAFE), reason or "this statement could not be parsed"
    return applicability, reason


def _code(item: SqlText, reference: Reference, doubt: str, applicability: Applicability) -> str:
    if applicability is Applicability.SAFE:
        return "unqualified-relation" if reference.schema is None else "old-schema"
    if doubt == sql.NOT_OURS:
        return "other-dialect"
    if item.confidence is Confidence.PATTERN:
        return "sql-fragment"
    if not (reference.parsed or item.confidence.is_piece):
        return "unparsed-sql"
    if doubt:
        return doubtful_code(item, doubt)
    return "sql-fragment" if item.confidence.is_piece else "possible-sql"
