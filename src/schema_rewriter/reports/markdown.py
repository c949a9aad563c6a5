"""The report as Markdown: for a pull request's comment, or the summary of a CI job. Short, however long the run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.codes import codes
from schema_rewriter.reports.concise import summary
from schema_rewriter.reports.located import Located, Page, reported
from schema_rewriter.reports.statistics import Row, by_code, by_relation
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.finding import FileResult, Report

CAP = 200
"""How many findings are listed in full; GitHub cuts a summary at a mebibyte, a comment at 65,536 characters."""


def render(report: Report) -> str:
    """The counts, what could not be judged, what needs a person, and what `--fix` does, by file."""
    parts = [f"## schema-rewrite\n\n{summary(report)}\n"]
    if errors := [r for r in report.results if r.error is not None]:
        lines = [f"- {_code(r.path)}: {_text(r.error or '')}" for r in errors]
        parts.append("### Not judged\n\n" + "\n".join(lines) + "\n")
    if report.notices:
        parts.append("### Of the run\n\n" + "\n".join(f"- {_text(one.message)}" for one in report.notices) + "\n")
    if rows := by_code(report):
        parts.append("### Findings\n\n" + _table(("", "code", "says"), [_code_row(row) for row in rows]))
    if rows := by_relation(report):
        cells = [(f"{row.count:,}", _code(row.name), _code(row.detail)) for row in rows]
        parts.append("### Relations\n\n" + _table(("", "relation", "moves to"), cells))
    pages = [(result, Page.of(result, written=report.written)) for result in report.results]
    items = [(result, item) for result, page in pages for item in reported(result, page, written=True)]
    parts += _listed("Needs a person", [pair for pair in items if not pair[1].finding.is_note])
    parts += _listed("Notes", [pair for pair in items if pair[1].finding.is_note])
    changed = [(f"{len(r.applied):,}", _code(r.path)) for r in report.results if r.changed]
    if changed:
        title = "Changed files" if report.written else "Files that `--fix` changes"
        table = _table(("edits", "file"), changed[:CAP]) + _more(len(changed))
        parts.append(f"<details><summary>{_html(title)}</summary>\n\n{table}\n</details>\n")
    return "\n".join(parts)


def _code_row(row: Row) -> tuple[str, str, str]:
    return f"{row.count:,}", _code(row.name), _text(codes()[row.name].title)


def _listed(title: str, items: Sequence[tuple[FileResult, Located]]) -> Iterator[str]:
    if items:
        cells = [(_code(f"{r.path}:{i.where}"), _code(i.finding.code), _text(i.with_places)) for r, i in items[:CAP]]
        yield f"### {title}\n\n" + _table(("where", "code", "what"), cells) + _more(len(items))


def _more(count: int) -> str:
    return f"\n... and {count - CAP:,} more\n" if count > CAP else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---:" if head[0] in ("", "edits") and at == 0 else "---" for at in range(len(head))], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#!|~&])")


def _text(text: str) -> str:
    """A text that is shown as it is, in a cell of a table."""
    return _MARKUP.sub(r"\\\1", visible(" ".join(text.split())))


def _code(text: str) -> str:
    """A text as code, in a cell of a table: in as many backticks as it needs."""
    text = visible(" ".join(text.split())).replace("|", "\\|")
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{ticks} {text} {ticks}" if "`" in text else f"`{text}`"


def _html(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", text)
