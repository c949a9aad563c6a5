"""Names by the holes that they get into: which meet there, and what is told of those of one hole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.project.flow.names import Hole, Name


def by_hole(told: Iterable[tuple[Name, str]]) -> dict[Hole, list[tuple[Name, str]]]:
    """The names with what is told of them, by the holes that they get into."""
    found: dict[Hole, list[tuple[Name, str]]] = {}
    for name, reason in told:
        for hole in name.holes:
            found.setdefault(hole, []).append((name, reason))
    return found


def together(group: Sequence[Name]) -> Iterator[list[Name]]:
    """The names in groups: those that get into one hole are in one."""
    above: dict[Hole, Hole] = {}

    def top(hole: Hole) -> Hole:
        while above.setdefault(hole, hole) != hole:
            above[hole] = hole = above[above[hole]]
        return hole

    for name in group:
        first, *others = map(top, sorted(name.holes)) if name.holes else (None,)
        above.update((other, first) for other in others if first is not None)
    groups: dict[Hole, list[Name]] = {}
    alone: list[list[Name]] = []
    for name in group:
        own = next(iter(name.holes), None)
        if own is None:
            alone.append([name])
        else:
            groups.setdefault(top(own), []).append(name)
    yield from groups.values()
    yield from alone
