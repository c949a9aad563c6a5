"""An inventory as text, JSON (inventory.schema.json), CSV or Markdown. Knows no terminal but its width."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from schema_rewriter.reports.tables import aligned, cell, code, files, markdown_table, places
from schema_rewriter.version import VERSION as TOOL_VERSION
from schema_rewriter.visible import visible, visible_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema_rewriter.inventory.join import Entry, Inventory, Summary

VERSION = 1
"""The version of the JSON's shape: it grows when a key changes its meaning or goes, not when one is added."""


def table(inventory: Inventory, width: int = 0, *, summary: bool = False) -> str:
    """Each relation with its places below it, or in one line each; of 0 characters width: as wide as it takes."""
    relations = inventory.relations()
    lines: list[str] = []
    if summary:
        rows = [(str(one.relation), _target(one), *_counted(one), str(len(one.files))) for one in relations]
        lines += aligned([("relation", "moves to", *_OPERATIONS, "files"), *rows], left=2) if rows else []
    by_relation: dict[Any, list[Entry]] = {}
    for entry in inventory.entries:
        by_relation.setdefault(entry.use.relation, []).append(entry)
    for one in () if summary else relations:
        counts = ", ".join(f"{count} {operation}" for operation, count in one.counts)
        arrow = f" -> {one.target}" if one.target else ""
        lines += [f"{visible(f'{one.relation}{arrow}')}  ({counts}; {files(len(one.files))})"]
        lines += _entries(by_relation[one.relation], width)
    if inventory.dynamic:
        lines += ["", f"Names that only the running program knows ({places(len(inventory.dynamic))})"]
        lines += _entries(inventory.dynamic, width)
    if inventory.errors:
        lines += [
            "",
            f"Not read ({files(len(inventory.errors))})",
            *(f"  {visible_path(path)}: {visible(why)}" for path, why in inventory.errors),
        ]
    totals = (
        f"{len(relations)} relation{'s' * (len(relations) != 1)}, {places(len(inventory.entries))}, "
        f"{len(inventory.dynamic)} dynamic, {files(inventory.read)} read"
    )
    return "\n".join([*lines, "", totals] if lines else [totals]) + "\n"


_OPERATIONS = ("define", "write", "read", "drop", "name")


def _target(one: Summary) -> str:
    return str(one.target) if one.target else ""


def _counted(one: Summary) -> tuple[str, ...]:
    counts = dict(one.counts)
    return tuple(str(counts.get(operation, "")) for operation in _OPERATIONS)


def _entries(entries: Sequence[Entry], width: int) -> list[str]:
    rows = [(f"  {visible_path(e.path)}:{e.line}:{e.column}", e.use.operation, e.use.idiom, _note(e)) for e in entries]
    lines = aligned(rows)
    if width and max(map(len, lines)) > width:  # what it is given to is the least
        lines = aligned([(*row[:3], row[3] if row[3].startswith("?") else "") for row in rows])
    return lines


def _note(entry: Entry) -> str:
    through = f"by {entry.through} " if entry.through else ""
    if not entry.use.confident:
        return f"? {through}{entry.use.reason}"
    return through + entry.use.within


def as_json(inventory: Inventory, width: int = 0, *, summary: bool = False) -> str:
    """The inventory for programs, in ASCII."""
    document = {
        "version": VERSION,
        "tool": {"name": "schema-rewrite", "version": TOOL_VERSION},
        "read": inventory.read,
        "relations": [
            {
                "relation": str(one.relation),
                "schema": one.relation.schema,
                "name": one.relation.name,
                "target": _target(one) or None,
                "counts": dict(one.counts),
                "files": [{"path": path, "operations": sorted(operations)} for path, operations in one.files],
            }
            for one in inventory.relations()
        ],
        "uses": [] if summary else [_use(entry) for entry in inventory.entries],
        "dynamic": [_use(entry) for entry in inventory.dynamic],
        "notices": [{"code": n.code, "message": n.message, "what": list(n.what)} for n in inventory.notices],
        "errors": [{"path": path, "error": error} for path, error in inventory.errors],
    }
    return json.dumps(document, indent=2) + "\n"


def _use(entry: Entry) -> dict[str, Any]:
    use = entry.use
    return {
        "relation": None if use.dynamic else str(use.relation),
        "written": None if use.dynamic else str(use.written),
        "target": str(use.target) if use.target else None,
        "path": entry.path,
        "line": entry.line,
        "column": entry.column,
        "span": asdict(use.span),
        "operation": use.operation,
        "idiom": use.idiom,
        "within": use.within,
        "through": entry.through,
        "confident": use.confident,
        "reason": use.reason,
    }


_COLUMNS = "relation target path line column operation idiom within through confident reason".split()


def as_csv(inventory: Inventory, width: int = 0, *, summary: bool = False) -> str:
    """One line a place, with a head; names that are not known are empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if summary:
        writer.writerow(["relation", "target", *_OPERATIONS, "files"])
        writer.writerows(
            [visible(o.relation), visible(_target(o)), *_counted(o), len(o.files)] for o in inventory.relations()
        )
        return out.getvalue()
    writer.writerow(_COLUMNS)
    for entry in (*inventory.entries, *inventory.dynamic):
        row = {**_use(entry), "confident": str(entry.use.confident).lower()}
        row["path"] = visible_path(entry.path)
        writer.writerow("" if row[key] is None else visible(row[key]) for key in _COLUMNS)
    return out.getvalue()


def markdown(inventory: Inventory, width: int = 0, *, summary: bool = False) -> str:
    """A table of the relations, and one of the places of each."""
    head = ("relation", "moves to", *_OPERATIONS, "files")
    rows = [(code(str(o.relation)), code(_target(o)), *_counted(o), str(len(o.files))) for o in inventory.relations()]
    lines = markdown_table(head, rows)
    groups = {} if summary else {code(str(one.relation)): one.relation for one in inventory.relations()}
    for title, relation in groups.items():
        lines += ["", f"## {title}", "", *_places_table([e for e in inventory.entries if e.use.relation == relation])]
    if inventory.dynamic:
        lines += ["", "## Names that only the running program knows", "", *_places_table(inventory.dynamic)]
    for path, error in inventory.errors:
        lines += ["", f"Not read: {code(path)}: {cell(error)}"]
    return "\n".join(lines) + "\n"


def _places_table(entries: Sequence[Entry]) -> list[str]:
    rows = [(code(f"{e.path}:{e.line}"), e.use.operation, e.use.idiom, cell(_note(e))) for e in entries]
    return markdown_table(("place", "operation", "idiom", "within"), rows)


FORMATS: dict[str, Callable[..., str]] = {"table": table, "json": as_json, "csv": as_csv, "markdown": markdown}
"""The values of `--format`."""
