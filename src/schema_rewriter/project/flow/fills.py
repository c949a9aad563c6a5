"""What gets into a slot: followed backward from there, with the parts that are taken on the way still to be found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.project.flow.graph import access_path
from schema_rewriter.project.flow.trace import DEEPEST_PART, is_taken_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.project.flow.graph import AccessPath, ValueFlowGraph
    from schema_rewriter.project.flow.symbols import Node

MOST_WANTED = 20_000
"""How many slots, and parts of them, are looked at for one question; beyond, it is not answered."""

_Wanted = tuple["Node", tuple[str, ...]]
"""A slot, and what is taken of its value before it gets where it is asked for: the first taken first."""


class Fills:
    """Which slots' literals get into some slots, as a whole. `is_complete`: all ways to them were followed."""

    def __init__(self, graph: ValueFlowGraph, slots: Iterable[Node]) -> None:
        self.is_complete = True
        self._reads: dict[Node, list[tuple[str, ...]]] = {}
        waiting: list[_Wanted] = [(slot, ()) for slot in slots]
        seen = set(waiting)
        while waiting:
            node, reads = waiting.pop()
            self._reads.setdefault(node, []).append(reads)
            for source, edge in graph.ins.get(node, ()):
                wanted = _before(edge.read, edge.write, reads)
                if wanted is None or (source, wanted) in seen:
                    continue
                if len(wanted) > DEEPEST_PART or len(seen) >= MOST_WANTED:
                    self.is_complete = False
                    continue
                seen.add((source, wanted))
                waiting.append((source, wanted))

    @property
    def nodes(self) -> Iterable[Node]:
        """The slots from which something gets there."""
        return self._reads.keys()

    def takes(self, node: Node, write: str) -> bool:
        """Whether what is written to a part of a slot gets there."""
        path = access_path(write)
        return any(
            len(reads) == len(path) and all(map(is_taken_by, path, reads)) for reads in self._reads.get(node, ())
        )


def _before(read: str, write: AccessPath, reads: tuple[str, ...]) -> tuple[str, ...] | None:
    """What is taken of an edge's source, of whose target that is taken; None where this edge gives nothing to it."""
    if len(write) > len(reads) or not all(map(is_taken_by, write, reads)):
        return None
    rest = reads[len(write) :]
    if read in ("+", "[:]"):
        return rest or None
    return (read, *rest) if read else rest
