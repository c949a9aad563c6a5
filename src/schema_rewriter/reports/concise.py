"""The report for people: a line for each finding; and the summary. Knows no terminal and no colour."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from schema_rewriter.visible import visible, visible_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.finding import FileResult, Report


_LEFT_OUT = {"ignored": "ignored", "baseline": "in the baseline", "unchanged": "known before"}


def render(report: Report) -> str:
    """`path:line:col: code message` for each finding, a line for a file written or not judged."""
    return "".join(f"{line}\n" for result in report.results for line in _lines(result, written=report.written))


def summary(report: Report) -> str:
    """What the run counted, in one line."""
    changed = f"{report.changed} {'changed' if report.written else 'to change'}"
    counts = [
        f"{report.to_qualify} {'qualified' if report.written else 'to qualify'}",
        f"{report.qualified} already qualified",
        f"{report.need_person} {'needs' if report.need_person == 1 else 'need'} a person",
        *([f"{report.suppressed_by_comments} suppressed"] if report.suppressed_by_comments else []),
        f"{_files(report.read)} read",
        f"{report.parsed} parsed",
        changed,
    ]
    if report.notes:
        counts.insert(3, f"{report.notes} note{'s' * (report.notes != 1)}")
    counts += [f"{count} {_LEFT_OUT[why]}" for why, count in report.left_out]
    if report.errors:
        counts.append(f"{report.errors} not judged")
    return ", ".join(counts)


_FEW = 5
"""How many findings a person looks at one by one; more are better told by their causes."""


def steps(report: Report, fix: str, explain: str, plan: str) -> list[str]:
    """What to do next, a line for each of those who can: the commands that make the changes, and tell what is left."""
    made = [f"[*] {report.to_qualify} fixable: {fix}"] if report.to_qualify and not report.written else []
    first = next(((result, one) for result in report.results for one in result.open if not one.is_note), None)
    if first is None:
        return made
    if report.need_person > _FEW:
        return [*made, f"{report.need_person} for you, by cause: {plan}"]
    from schema_rewriter.reports.located import Page

    result, finding = first
    line = Page.of(result, written=report.written).locate(finding).start.line
    return [*made, f"{report.need_person} for you: {explain} {quote(f'{visible_path(result.path)}:{line}')}"]


def heads(result: FileResult, *, written: bool) -> Iterator[str]:
    """What is told of the file as a whole: why it could not be judged, how much was written."""
    if result.error is not None:
        yield f"{visible_path(result.path)}: error: {visible(result.error)}"
    if written and result.changed:
        count = len(result.applied)
        yield f"{visible_path(result.path)}: {count} reference{'s' * (count != 1)} qualified"


def _lines(result: FileResult, *, written: bool) -> Iterator[str]:
    yield from heads(result, written=written)
    if result.open if written else result.findings:
        from schema_rewriter.reports.located import Page, reported  # a run without findings starts the faster

        path = visible_path(result.path)
        for item in reported(result, Page.of(result, written=written), written=written):
            place = f"{path}:{item.where}"
            yield f"{place}: {item.finding.code} {item.mark}{item.with_places}"


def _files(count: int) -> str:
    return f"{count} file{'s' * (count != 1)}"
