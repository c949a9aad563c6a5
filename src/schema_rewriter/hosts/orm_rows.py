"""The calls of ORMs that name tables, as data: orm_calls.toml. Knows no code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from schema_rewriter.package_data import load_table


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of call; see orm_calls.toml."""

    number: int
    packages: frozenset[str]
    arguments: tuple[int, ...]
    keywords: frozenset[str]
    takes: str
    schema: str = ""
    schema_at: int | None = None
    metadata: int | None = None
    mapping: str = ""
    is_sure: bool = False
    receivers: tuple[str, ...] = ()
    is_alone: bool = False
    most: int | None = None
    first: str = ""
    says: str = ""
    along: tuple[str, ...] = ()
    inherits: bool = False
    is_option: bool = False


@dataclass(frozen=True, slots=True)
class Maker:
    """A kind of call that makes a collection: its keywords for a schema, and for a collection that it takes over."""

    schema: str = ""
    metadata: str = ""


@cache
def rows() -> tuple[Row, ...]:
    """All kinds of calls, by their numbers."""
    return tuple(_row(number, row) for number, row in enumerate(_document()["call"]))


@cache
def by_name() -> dict[str, tuple[Row, ...]]:
    """The kinds of calls by the last part of a dotted name, or the last two."""
    found: dict[str, tuple[Row, ...]] = {}
    for row, written in zip(rows(), _document()["call"], strict=True):
        for name in written["names"]:
            found[name] = (*found.get(name, ()), row)
    return found


@cache
def makers() -> dict[str, Maker]:
    """The calls that make collections, by the last part of a dotted name."""
    return {
        name: Maker(row.get("schema", ""), row.get("metadata", ""))
        for row in _document()["collection"]
        for name in row["names"]
    }


@cache
def others() -> frozenset[str]:
    """Packages that have functions of the same names, and mean something else by them."""
    return frozenset(_document()["other"]["packages"])


@cache
def _document() -> dict[str, Any]:
    return load_table(__package__, "orm_calls.toml")


def _row(number: int, row: dict[str, Any]) -> Row:
    return Row(
        number,
        frozenset(row["packages"]),
        tuple(row.get("arguments", (0,))),
        frozenset(row.get("keywords", ())),
        row["takes"],
        row.get("schema", ""),
        row.get("schema_at"),
        row.get("metadata"),
        row.get("mapping", ""),
        row.get("is_sure", False),
        tuple(row.get("receivers", ())),
        row.get("is_alone", False),
        row.get("most"),
        row.get("first", ""),
        row.get("says", ""),
        tuple(row.get("along", ())),
        row.get("inherits", False),
        any(" " in name for name in row["names"]),
    )
