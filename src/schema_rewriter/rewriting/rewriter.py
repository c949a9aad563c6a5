"""The pure centre: the bytes of a file in, edits and findings out, proved. Opens nothing, prints nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter import hosts, project
from schema_rewriter.edit import apply
from schema_rewriter.finding import Applicability, FileResult, Finding
from schema_rewriter.inventory.uses import uses
from schema_rewriter.reading.path_settings import settings_of
from schema_rewriter.reading.resolve import judge_texts
from schema_rewriter.rewriting import suppressions
from schema_rewriter.rewriting.checks.boundary import crossings
from schema_rewriter.rewriting.checks.relation_conflict import clashes
from schema_rewriter.rewriting.checks.renamed_relation import pasts
from schema_rewriter.rewriting.proof import disproof
from schema_rewriter.rewriting.references import verdicts

if TYPE_CHECKING:
    from datetime import date

    from schema_rewriter.edit import Span
    from schema_rewriter.finding import Suppressed
    from schema_rewriter.project import Context
    from schema_rewriter.reading.resolve import SqlText
    from schema_rewriter.rules import RuleSet


def rewrite(
    path: str,
    source: bytes,
    rules: RuleSet,
    *,
    context: Context | None = None,
    threshold: Applicability = Applicability.SAFE,
    chosen: frozenset[Span] | None = None,
    today: date | None = None,
) -> FileResult:
    """What the rules do to one file, whose `path` is POSIX and relative to the project's root.

    `chosen` are the places whose edits are made, where somebody has chosen; None for all.
    `context` is what the file gets from the others of its project (see `project`); without one it stands alone. `today`
    is the day that allowances of boundaries are held against; without one they have no end.

    The edits of all findings that are `wanted` and at least as applicable as `threshold` are in `after`, and proved:
    the code is the same but for the edited strings, each statement the same but for the schemas (and names) of the
    rules, a second run has no more to do than what was not wanted. Edits that do not pass become findings. A file that
    can't be judged has an error.
    """
    found = judgement(path, source, rules, context)
    if isinstance(found, FileResult):
        return found
    rules, judged = found.rules, found.texts
    findings, qualified = verdicts(judged, rules, found.context, settings_of(path, source, judged))
    clashing = clashes(path, source, judged, found.context, rules)
    findings = tuple(sorted((*findings, *clashing), key=lambda f: (f.span, f.code))) if clashing else findings
    if past := pasts(path, source, found.context, rules):
        findings = tuple(sorted((*findings, *past), key=lambda f: (f.span, f.code)))
    if rules.bounds(path):
        crossed = crossings(path, uses(path, source, rules, found.context), rules.boundaries, today)
        findings = tuple(sorted((*findings, *crossed), key=lambda finding: finding.span))
    comments = suppressions.read(path, source, judged) if suppressions.MARK.encode() in source else None
    spoiled: dict[Finding, str] = {}
    while True:
        suppressed: tuple[Suppressed, ...] = ()
        shown = tuple(_unproved(f, spoiled[f]) if f in spoiled else f for f in findings)
        if comments:
            shown, suppressed = comments.sift(source, shown)
            shown = tuple(_unproved(f, spoiled[f]) if f in spoiled else f for f in shown)
        wanted = (f for f in shown if f.edits and f.applicability >= threshold and f.code != UNPROVED)
        applied = tuple(f for f in wanted if chosen is None or f.span in chosen)
        after = apply(source, [edit for finding in applied for edit in finding.edits])
        wrong = disproof(path, source, after, applied, judged, rules) if applied else None
        if wrong is None:
            return FileResult(path, source, after, shown, applied, qualified, parsed=True, suppressed=suppressed)
        here = [f for f in applied if wrong.span is None or wrong.span.overlaps(f.span)]
        spoiled |= dict.fromkeys(here or applied, wrong.reason)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The texts of a file as they were read, the rules as they hold in it, and what it gets from other files."""

    rules: RuleSet
    context: Context
    texts: list[SqlText]


def judgement(path: str, source: bytes, rules: RuleSet, context: Context | None = None) -> Judgement | FileResult:
    """The texts of a file as they are read; a result where it can't be judged."""
    read = hosts.reader(path, source)
    if read is None:
        return FileResult(path, source, source, error="no reader for this kind of file; name .py, .pyi or .sql files")
    hosted = read(source)
    if hosted.error:
        return FileResult(path, source, source, parsed=True, error=hosted.error)
    if context is None:
        values = bool(rules.boundaries)
        context = project.link([project.facts(path, source, rules)], rules, values=values).context(path)
    if context.moves:
        rules = replace(rules, moves=rules.moves + context.moves)
    return Judgement(rules, context, judge_texts(path, hosted, hosted.texts, rules))


def _unproved(finding: Finding, reason: str) -> Finding:
    return replace(finding, code=UNPROVED, applicability=Applicability.MANUAL, reason=reason)


UNPROVED = "unproved-edit"
