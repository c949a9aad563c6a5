"""Findings of one cause as one finding, with the other places related to it. Knows no format.

It is asked after suppressions, baselines and changed lines are: these speak of each place by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter.finding import Related

if TYPE_CHECKING:
    from schema_rewriter.finding import FileResult, Finding
    from schema_rewriter.relation import Relation
    from schema_rewriter.reports.located import Page

ONE_CAUSE = frozenset(("relation-conflict",))
"""The codes whose findings on one relation have one cause in a file: two definitions, and what fails by them."""


def by_cause(result: FileResult, *, written: bool) -> FileResult:
    """The result of a file, in which the first finding of such a cause tells of the others."""
    groups: dict[tuple[str, Relation | None], list[Finding]] = {}
    for finding in result.findings:
        if finding.code in ONE_CAUSE and not finding.edits:
            groups.setdefault((finding.code, finding.target), []).append(finding)
    several = [group for group in groups.values() if len(group) > 1]
    if not several:
        return result
    from schema_rewriter.reports.located import Page

    page = Page.of(result, written=written)
    leads = {group[0]: _lead(group, result.path, page) for group in several}
    told = {finding for group in several for finding in group[1:]}
    changed = result.on_changed_lines
    on = {leads[group[0]] for group in several if not changed.isdisjoint(group)}
    return replace(
        result,
        findings=tuple(leads.get(finding, finding) for finding in result.findings if finding not in told),
        on_changed_lines=frozenset(changed.difference(told, leads) | on),
    )


def _lead(group: list[Finding], path: str, page: Page) -> Finding:
    first, *others = group
    places = (Related(path, page.locate(each).start.line, _said(each)) for each in others)
    return replace(first, related=(*first.related, *places))


def _said(finding: Finding) -> str:
    return finding.message + (f" ({finding.reason})" if finding.reason else "")
