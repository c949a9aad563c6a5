"""What gets into a slot: followed backward from there, with the parts that are taken on the way still to be found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.project.flow.graph import access_path
from schema_rewriter.project.flow.trace import DEEPEST_PART, is_odd, is_taken_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import AccessPath, ValueFlowGraph

MOST_WANTED = 20_000
"""How many slots, and parts of them, are looked at for one question; beyond, it is not answered."""

_Wanted = tuple["Node", tuple[str, ...]]
"""A slot, and what is taken of its value before it gets where it is asked for: the first taken first."""


class Fills:
    """Which slots' literals get into some slots, as a whole. `unfollowed` tells why that may not be all; else "".

    A part of a list that is taken by a key, as of a mapping that is made of pairs, is not followed.
    """

    def __init__(self, graph: ValueFlowGraph, slots: Iterable[Node]) -> None:
        self.unfollowed = ""
        self._reads: dict[Node, list[tuple[str, ...]]] = {}
        odd: set[Node] = set()
        waiting: list[_Wanted] = [(slot, ()) for slot in slots]
        seen = set(waiting)
        while waiting:
            node, reads = waiting.pop()
            self._reads.setdefault(node, []).append(reads)
            for source, edge in graph.ins.get(node, ()):
                wanted = _before(edge.read, edge.write, reads)
                if wanted is None:
                    odd |= {source} if _is_odd(edge.write, reads) else set()
                    continue
                if (source, wanted) in seen:
                    continue
                if len(wanted) > DEEPEST_PART or len(seen) >= MOST_WANTED:
                    self.unfollowed = f"values come by more than {MOST_WANTED:,} steps, which are not followed"
                    continue
                seen.add((source, wanted))
                waiting.append((source, wanted))

        if any(graph.literals.keys() & graph.backward(source) for source in odd) or self._has_odd(graph):
            self.unfollowed = self.unfollowed or "a value is taken by its key of what is made of a list"

    def _has_odd(self, graph: ValueFlowGraph) -> bool:
        """Whether a literal itself stands in a list that is asked for a key."""
        return any(
            _is_odd(access_path(literal.write_path), reads)
            for node, every in self._reads.items()
            for _, literal in graph.literals.get(node, ())
            for reads in every
        )

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


def _is_odd(path: AccessPath, reads: tuple[str, ...]) -> bool:
    """Whether, of what stands at a path, something is taken that is not understood."""
    for step, read in zip(path, reads, strict=False):
        if not is_taken_by(step, read):
            return is_odd(step, read)
    return False


def _before(read: str, write: AccessPath, reads: tuple[str, ...]) -> tuple[str, ...] | None:
    """What is taken of an edge's source, of whose target that is taken; None where this edge gives nothing to it."""
    if len(write) > len(reads) or not all(map(is_taken_by, write, reads)):
        return None
    rest = reads[len(write) :]
    if read in ("+", "[:]"):
        return rest or None
    return (read, *rest) if read else rest
