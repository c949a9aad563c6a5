"""A matrix of packages and schemas as text, JSON (matrix.schema.json), CSV or Markdown. Knows no terminal."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from schema_rewriter.inventory.matrix import ALL
from schema_rewriter.relation import quote
from schema_rewriter.reports.tables import aligned, cell, code, files, markdown_table, places
from schema_rewriter.rules.boundaries import NAME
from schema_rewriter.version import VERSION as TOOL_VERSION
from schema_rewriter.visible import visible, visible_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_rewriter.inventory.matrix import AllowanceUse, Cell, Crossing, Matrix, Row

VERSION = 1
"""The version of the JSON's shape: it grows when a key changes its meaning or goes, not when one is added."""

LETTERS = {"read": "R", "write": "W", "define": "D", NAME: "N"}
_LEGEND = "R read, W write, D define (DDL), N hand on a name in code: how many places."
_CROSSED = "! Some of them cross a boundary."
_UNSURE = "? Names that may be any relation's, or none."


def table(matrix: Matrix, width: int = 0) -> str:
    """Packages in lines, schemas in columns; where that is wider than `width`, each package by itself."""
    lines: list[str] = []
    if matrix.rows:
        rows = [
            (
                visible_path(row.package),
                *(_counts(row, schema) or "." for schema in matrix.schemas),
                *_unsure(row, matrix),
            )
            for row in matrix.rows
        ]
        head = ("package", *map(_schema, matrix.schemas), *(["?"] if _is_unsure(matrix) else []))
        lines = aligned([head, *rows], left=len(head))
        if width and max(map(len, lines)) > width:
            lines = [line for row in matrix.rows for line in _alone(row)]
        lines += ["", *_legend(matrix)]
    if matrix.crossings:
        lines += ["", f"Crosses a boundary ({places(len(matrix.crossings))})"]
        lines += [
            f"  {visible_path(_place(crossing))}: {visible(_sentence(crossing))}" for crossing in matrix.crossings
        ]
    if matrix.excused:
        lines += ["", "Allowances"]
        rows = [
            (f"  {_what(one)}", _where(one), _until(one), _used(one), one.allowance.owner) for one in matrix.excused
        ]
        lines += aligned(rows)
    if matrix.errors:
        lines += ["", f"Not read ({files(len(matrix.errors))})"]
        lines += [f"  {visible_path(path)}: {visible(why)}" for path, why in matrix.errors]
    return "\n".join([*lines, "", _totals(matrix)] if lines else [_totals(matrix)]) + "\n"


def _alone(row: Row) -> Iterator[str]:
    yield visible_path(row.package)
    yield from aligned([(f"  {_schema(schema)}", _counts(row, schema)) for schema in row.cells])
    if row.unsure:
        yield f"  ?  {row.unsure}"


def _totals(matrix: Matrix) -> str:
    packages, schemas = len(matrix.rows), len(matrix.schemas)
    return (
        f"{packages} package{'s' * (packages != 1)}, {schemas} schema{'s' * (schemas != 1)}, "
        f"{len(matrix.crossings)} crossing, {files(matrix.read)} read"
    )


def _legend(matrix: Matrix) -> list[str]:
    return [_LEGEND, *([_CROSSED] if matrix.crossings else []), *([_UNSURE] if _is_unsure(matrix) else [])]


def _schema(name: str) -> str:
    return quote(name) if name else "(no schema)"


def _is_unsure(matrix: Matrix) -> bool:
    return any(row.unsure for row in matrix.rows)


def _unsure(row: Row, matrix: Matrix) -> tuple[str, ...]:
    return (str(row.unsure or "."),) if _is_unsure(matrix) else ()


def _counts(row: Row, schema: str) -> str:
    """Such as `R12 W3!`; empty where the package does not use the schema."""
    found: Cell | None = row.cells.get(schema)
    if found is None:
        return ""
    return " ".join(f"{LETTERS[does]}{count}{'!' * (does in found.crossed)}" for does, count in found.counts.items())


def _place(crossing: Crossing) -> str:
    return f"{crossing.entry.path}:{crossing.entry.line}:{crossing.entry.column}"


def _sentence(crossing: Crossing) -> str:
    return f"may not {crossing.operation} {crossing.relation} here ({crossing.reason})"


def _what(one: AllowanceUse) -> str:
    return f"{', '.join(one.allowance.operations)} {', '.join(map(str, one.allowance.relations))}"


def _where(one: AllowanceUse) -> str:
    return f"in {', '.join(one.allowance.paths or one.boundary.paths)}"


def _until(one: AllowanceUse) -> str:
    if one.allowance.until is None:
        return "no end"
    return f"{'passed on' if one.passed else 'until'} {one.allowance.until}"


def _used(one: AllowanceUse) -> str:
    if one.places or one.passed:
        return places(one.places) if not one.passed else "holds no more"
    return "not used: remove it"


def as_json(matrix: Matrix, width: int = 0) -> str:
    """The matrix for programs, in ASCII."""
    document = {
        "version": VERSION,
        "tool": {"name": "schema-rewrite", "version": TOOL_VERSION},
        "read": matrix.read,
        "schemas": list(matrix.schemas),
        "packages": [
            {
                "package": row.package,
                "schemas": {
                    schema: {**{does: found.counts.get(does, 0) for does in ALL}, "crossed": dict(found.crossed)}
                    for schema, found in row.cells.items()
                },
                "unsure": row.unsure,
            }
            for row in matrix.rows
        ],
        "crossings": [_crossing(crossing) for crossing in matrix.crossings],
        "allowances": [_allowance(one) for one in matrix.excused],
        "errors": [{"path": path, "error": error} for path, error in matrix.errors],
    }
    return json.dumps(document, indent=2) + "\n"


def _crossing(crossing: Crossing) -> dict[str, Any]:
    entry = crossing.entry
    return {
        "path": entry.path,
        "line": entry.line,
        "column": entry.column,
        "operation": crossing.operation,
        "relation": str(crossing.relation),
        "reason": crossing.reason,
    }


def _allowance(one: AllowanceUse) -> dict[str, Any]:
    allowance = one.allowance
    return {
        "relations": list(map(str, allowance.relations)),
        "operations": list(allowance.operations),
        "paths": list(allowance.paths or one.boundary.paths),
        "owner": allowance.owner,
        "until": allowance.until and allowance.until.isoformat(),
        "passed": one.passed,
        "places": one.places,
    }


def as_csv(matrix: Matrix, width: int = 0) -> str:
    """One line for each schema of a package, with a head."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["package", "schema", *ALL, "crossed"])
    for row in matrix.rows:
        for schema, found in row.cells.items():
            counts = [found.counts.get(does, 0) for does in ALL]
            writer.writerow([visible_path(row.package), visible(schema), *counts, sum(found.crossed.values())])
    return out.getvalue()


def markdown(matrix: Matrix, width: int = 0) -> str:
    """A table of packages and schemas, and one of what crosses and of what is allowed."""
    lines = _table(matrix)
    if matrix.crossings:
        rows = [(code(_place(one)), cell(_sentence(one))) for one in matrix.crossings]
        lines += ["", "## Crosses a boundary", "", *markdown_table(("place", "what"), rows)]
    if matrix.excused:
        lines += ["", "## Allowances", "", *_allowed(matrix)]
    for path, error in matrix.errors:
        lines += ["", f"Not read: {code(path)}: {cell(error)}"]
    return "\n".join(lines) + "\n"


def section(matrix: Matrix) -> str:
    """The part of a Markdown report that shows the matrix; the report itself tells what crosses."""
    allowed = ["", *_allowed(matrix)] if matrix.excused else []
    body = "\n".join([*_table(matrix), *allowed])
    return f"\n<details><summary>Packages and schemas</summary>\n\n{body}\n\n</details>\n"


def _table(matrix: Matrix) -> list[str]:
    head = ("package", *(code(_schema(schema)) for schema in matrix.schemas), *(["?"] if _is_unsure(matrix) else []))
    cells = [
        (code(row.package), *(_bold(_counts(row, schema)) for schema in matrix.schemas), *_unsure(row, matrix))
        for row in matrix.rows
    ]
    return [*markdown_table(head, cells), "", " ".join(_legend(matrix))]


def _allowed(matrix: Matrix) -> list[str]:
    rows = [
        tuple(map(cell, (_what(one), _where(one), _until(one), _used(one), one.allowance.owner)))
        for one in matrix.excused
    ]
    return markdown_table(("what", "where", "until", "places", "owner"), rows)


def _bold(counts: str) -> str:
    return " ".join(f"**{count}**" if count.endswith("!") else count for count in counts.split())


FORMATS: dict[str, Callable[..., str]] = {"table": table, "json": as_json, "csv": as_csv, "markdown": markdown}
"""The values of `--format`."""
