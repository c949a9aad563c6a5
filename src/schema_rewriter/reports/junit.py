"""The report as JUnit's XML, which every CI server shows: a suite for each file, a failed case for each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from schema_rewriter.reports.located import Page, reported
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.finding import FileResult, Report


def render(report: Report) -> str:
    """The findings as failures, files that could not be judged as errors; a run without either as one passed case."""
    suites = [suite for result in report.results if (suite := _suite(result, written=report.written))]
    tests = sum(count for count, _, _ in suites)
    failures = sum(count for _, count, _ in suites)
    if not suites:
        tests = 1
        passed = '    <testcase name="schema-rewrite" classname="schema-rewrite" time="0"/>\n'
        suites = [(1, 0, _wrapped("schema-rewrite", 1, 0, 0, passed))]
    head = f'<testsuites name="schema-rewrite" tests="{tests}" failures="{failures}" errors="{report.errors}" time="0">'
    if report.notices:
        lines = "".join(f"{escape(visible(notice.message))}\n" for notice in report.notices)
        count, failed, last = suites[-1]
        last = last.removesuffix("  </testsuite>\n")
        suites[-1] = count, failed, f"{last}    <system-err>{lines}</system-err>\n  </testsuite>\n"
    body = "".join(text for _, _, text in suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{body}</testsuites>\n'


def _suite(result: FileResult, *, written: bool) -> tuple[int, int, str] | None:
    """The cases of a file: how many, how many of them failed, and their XML; None for a file without any."""
    cases = list(_cases(result, written=written))
    if not cases:
        return None
    errors = int(result.error is not None)
    return len(cases), len(cases) - errors, _wrapped(result.path, len(cases), len(cases) - errors, errors, *cases)


def _wrapped(name: str, tests: int, failures: int, errors: int, *cases: str) -> str:
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="0" time="0"'
    return f"  <testsuite name={_attribute(name)} {counts}>\n{''.join(cases)}  </testsuite>\n"


def _cases(result: FileResult, *, written: bool) -> Iterator[str]:
    if result.error is not None:
        yield _case(result.path, "opaque-file", 1, "error", result.error, f"{result.path}: {result.error}")
    for item in reported(result, Page.of(result, written=written), written=written):
        place = f"{result.path}:{item.where}"
        name = f"{item.finding.code} {item.where}"
        yield _case(result.path, name, item.start.line, "failure", item.with_places, f"{place}: {item.with_places}")


def _case(path: str, name: str, line: int, kind: str, message: str, text: str) -> str:
    head = f'name={_attribute(name)} classname={_attribute(path)} file={_attribute(path)} line="{line}" time="0"'
    told = f"<{kind} type={_attribute(name.partition(' ')[0])} message={_attribute(message)}>"
    told += f"{escape(visible(text))}</{kind}>"
    return f"    <testcase {head}>\n      {told}\n    </testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(visible(text))
