"""The pure centre: the bytes of a file in, edits and findings out, proved. Opens nothing, prints nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import project, reading
from schema_rewriter.edit import apply
from schema_rewriter.finding import Applicability, FileResult, Finding
from schema_rewriter.rewriting import suppressions
from schema_rewriter.rewriting.checks import generated_file, other_file
from schema_rewriter.rewriting.file_checks import CHECKS, history_findings
from schema_rewriter.rewriting.proof import DisproofError, prove
from schema_rewriter.rewriting.references import name_findings

if TYPE_CHECKING:
    from datetime import date

    from schema_rewriter.edit import Span
    from schema_rewriter.finding import Suppressed
    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile
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
    file = reading.read(path, source, rules)
    return check(file, context, threshold=threshold, chosen=chosen, today=today)


def check(
    file: SourceFile,
    context: Context | None = None,
    *,
    threshold: Applicability = Applicability.SAFE,
    chosen: frozenset[Span] | None = None,
    today: date | None = None,
) -> FileResult:
    """What the rules do to a file that was read; see `rewrite`."""
    path, source = file.path, file.source
    if context is None:
        context = alone(file)
    if context.frozen is not None:
        return FileResult(path, source, source, tuple(history_findings(file, context.frozen)))
    if file.error is not None:
        return FileResult(path, source, source, parsed=file.is_known, error=file.error)
    file = within(file, context)
    findings, qualified = findings_of(file, context, today)
    findings = other_file.instead(file, findings)
    if findings and (made := generated_file.why(file)):
        findings = generated_file.instead(findings, made, path)
    comments = suppressions.read(file, file.texts) if suppressions.MARK.encode() in source else None
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
        try:
            proved = prove(file, after, applied) if applied else ()
        except DisproofError as wrong:
            here = [f for f in applied if wrong.span is None or wrong.span.overlaps(f.span)]
            spoiled |= dict.fromkeys(here or applied, wrong.reason)
            continue
        by = {finding: finding for finding in proved}
        shown = tuple(by.get(finding, finding) for finding in shown)
        return FileResult(path, source, after, shown, proved, qualified, parsed=True, suppressed=suppressed)


def findings_of(file: SourceFile, context: Context, today: date | None = None) -> tuple[tuple[Finding, ...], int]:
    """All findings on a file, in the order of its bytes, and how many of its references were right already."""
    found, qualified = name_findings(file, context)
    for ask in CHECKS:
        found += ask(file, context, today)
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: (finding.span, finding.code))), qualified


def alone(file: SourceFile) -> Context:
    """What a file gets from itself, where it stands alone."""
    return project.link([project.facts(file)], file.rules, values=bool(file.rules.boundaries)).context(file.path)


def within(file: SourceFile, context: Context) -> SourceFile:
    """A file under the rules as they hold in it: with the moves of indexes and sequences that move with a relation."""
    rules = file.rules
    return file.under(replace(rules, moves=rules.moves + context.moves)) if context.moves else file


def _unproved(finding: Finding, reason: str) -> Finding:
    return replace(finding, code=UNPROVED, applicability=Applicability.MANUAL, reason=reason)


UNPROVED = "unproved-edit"
