"""Which package does what in which schema, once all has moved, and where that crosses a boundary of the rules.

Pure: an inventory in, counts out. Knows no format, and no day but the one it is told.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.inventory.join import packaging
from schema_rewriter.inventory.rulings import after, operation, reason, ruling
from schema_rewriter.rules.boundaries import NAME, OPERATIONS

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Mapping, Sequence

    from schema_rewriter.inventory.join import Entry, Inventory
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules.boundaries import Allowance, Boundary

ALL = (*OPERATIONS, NAME)
"""What is counted."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How many places of a package do what in one schema, by operation; `crossed` are those that may not."""

    counts: Mapping[str, int]
    crossed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A package, with a cell for each schema that it uses; `unsure` counts names that may be any relation's, or none.

    A schema that is not known is "".
    """

    package: str
    cells: Mapping[str, Cell]
    unsure: int = 0


@dataclass(frozen=True, slots=True)
class Crossing:
    """A place that crosses a boundary, for people: what it may not do, and why."""

    entry: Entry
    relation: Relation
    operation: str
    reason: str


@dataclass(frozen=True, slots=True)
class AllowanceUse:
    """An allowance of a boundary, and how many places get through by it; `passed`: its last day is over."""

    boundary: Boundary
    allowance: Allowance
    places: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """The packages in the order of their paths, the schemas in that of their names; what crosses, by path and line."""

    schemas: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    excused: tuple[AllowanceUse, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    read: int = 0


def matrix(
    inventory: Inventory, boundaries: Sequence[Boundary] = (), *, depth: int = 0, today: datetime.date | None = None
) -> Matrix:
    """What the files of an inventory do, by package and schema; paths are relative to the project's root.

    A package is a directory, or `depth` levels of it below what all files share. Counted is where a relation stands
    after the move. `today` is the day that allowances are held against; without one they have no end.
    """
    package = packaging([entry.path for entry in (*inventory.entries, *inventory.dynamic)], depth)
    counted = _counted(inventory, boundaries, package, today)
    rows = tuple(_row(name, counted) for name in sorted(counted.cells))
    return Matrix(
        tuple(sorted({schema for row in rows for schema in row.cells})),
        rows,
        tuple(sorted(counted.crossings, key=lambda one: (one.entry.path, one.entry.line, one.entry.column))),
        tuple(
            AllowanceUse(boundary, allowance, counted.allowed[boundary, allowance], allowance.has_passed(today))
            for boundary in boundaries
            for allowance in boundary.allowances
        ),
        inventory.errors,
        inventory.read,
    )


@dataclass(slots=True)
class _Counted:
    """What is counted: by package and schema the operations, those that cross, what is unsure; and allowances used."""

    cells: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    crossed: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    unsure: Counter[str] = field(default_factory=Counter)
    crossings: list[Crossing] = field(default_factory=list)
    allowed: Counter[tuple[Boundary, Allowance]] = field(default_factory=Counter)


def _counted(
    inventory: Inventory, boundaries: Sequence[Boundary], package: Callable[[str], str], today: datetime.date | None
) -> _Counted:
    targets = {e.use.relation: e.use.target for e in inventory.entries if e.use.target and not e.through}
    counted = _Counted()
    holding: dict[str, list[Boundary]] = {}
    for entry in (*inventory.entries, *inventory.dynamic):
        use, name = entry.use, package(entry.path)
        cells = counted.cells.setdefault(name, {})
        if use.dynamic or not use.confident:
            counted.unsure[name] += 1
            continue
        # An index or a sequence moves with its relation.
        relation = targets.get(use.relation, use.relation) if entry.through else after(use)
        schema, does = relation.schema or "", operation(use)
        cells.setdefault(schema, Counter())[does] += 1
        if entry.path not in holding:
            holding[entry.path] = [boundary for boundary in boundaries if boundary.holds(entry.path)]
        ruled = ruling(relation, does, entry.path, holding[entry.path], today)
        counted.allowed.update(ruled.used)
        if ruled.crossed is not None:
            counted.crossed.setdefault((name, schema), Counter())[does] += 1
            counted.crossings.append(Crossing(entry, relation, does, reason(ruled.crossed, relation, ruled.passed)))
    return counted


def _row(name: str, counted: _Counted) -> Row:
    cells = {
        schema: Cell(_ordered(found), _ordered(counted.crossed.get((name, schema), {})))
        for schema, found in sorted(counted.cells[name].items())
    }
    return Row(name, cells, counted.unsure[name])


def _ordered(counts: Mapping[str, int]) -> dict[str, int]:
    return {does: counts[does] for does in ALL if counts.get(does)}
