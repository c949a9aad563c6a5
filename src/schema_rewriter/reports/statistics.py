"""How many findings there are, by code and by relation. Knows no single place."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.finding import CODES
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.finding import Finding, Report


@dataclass(frozen=True, slots=True)
class Row:
    """A code with its title, or a relation with its target; `fixable` of the `count` are settled by `--fix`."""

    name: str
    detail: str
    count: int
    fixable: int

    @property
    def mark(self) -> str:
        """A star where `--fix` settles all of them, a dash where it settles some."""
        if not self.fixable:
            return " "
        return "*" if self.fixable == self.count else "-"


def by_code(report: Report) -> list[Row]:
    """A row for each code that was found, the most frequent first."""
    return _rows((finding.code, CODES.get(finding.code, ""), applied) for finding, applied in _findings(report))


def by_relation(report: Report) -> list[Row]:
    """A row for each relation that was named, the most frequent first."""
    return _rows(
        (str(finding.relation), str(finding.target or ""), applied)
        for finding, applied in _findings(report)
        if finding.relation is not None
    )


def render(report: Report) -> str:
    """Both as tables: how many, how many of them `--fix` settles (see Row.mark), and which."""
    parts = [table(by_code(report)), table(by_relation(report))]
    return "\n".join(part for part in parts if part)


def render_json(report: Report) -> str:
    """Both as JSON."""
    document = {
        "version": 1,
        "codes": [{"code": row.name, "count": row.count, "fixable": row.fixable} for row in by_code(report)],
        "relations": [
            {"relation": row.name, "target": row.detail or None, "count": row.count, "fixable": row.fixable}
            for row in by_relation(report)
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def table(rows: Sequence[Row]) -> str:
    """The rows in columns."""
    if not rows:
        return ""
    counts = max(len(str(row.count)) for row in rows)
    names = max(len(visible(row.name)) for row in rows)
    lines = [
        f"{row.count:>{counts}}  [{row.mark}]  {visible(row.name):{names}}  {visible(row.detail)}".rstrip()
        for row in rows
    ]
    return "".join(f"{line}\n" for line in lines)


def _rows(items: Iterator[tuple[str, str, bool]]) -> list[Row]:
    counts: Counter[tuple[str, str]] = Counter()
    fixable: Counter[tuple[str, str]] = Counter()
    for name, detail, applied in items:
        counts[name, detail] += 1
        fixable[name, detail] += applied
    rows = [Row(*key, count, fixable[key]) for key, count in counts.items()]
    return sorted(rows, key=lambda row: (-row.count, row.name, row.detail))


def _findings(report: Report) -> Iterator[tuple[Finding, bool]]:
    for result in report.results:
        applied = frozenset(result.applied)
        for finding in result.open if report.written else result.findings:
            yield finding, finding in applied
