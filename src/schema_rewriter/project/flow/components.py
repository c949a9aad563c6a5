"""Slots that hold the same values, taken together: the components of a graph's edges that hand on all of a value.

Whatever gets into one slot of a component gets into all of it. A component is worked out when a value first gets there,
and then serves all values: the parameter that many callers fill is followed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.project.flow.graph import FlowEdge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import SinkUse, ValueFlowGraph


@dataclass(frozen=True, slots=True)
class Component:
    """Some slots and what leads away from them.

    `following` are the components that get all of the value, `doubts` why one of these edges may be none; `parts` are
    the edges that take or fill a part, each with the path of its slot's file.
    """

    nodes: tuple[Node, ...]
    following: tuple[int, ...]
    doubts: frozenset[str]
    parts: tuple[tuple[str, FlowEdge], ...]
    uses: tuple[SinkUse, ...]
    quotes: tuple[Node, ...]


class Components:
    """The components of a graph without the slots that are `barred`, by number."""

    def __init__(self, graph: ValueFlowGraph, barred: Collection[Node] = ()) -> None:
        self.graph = graph
        self.barred = barred
        self.made: list[Component] = []
        self._of: dict[Node, int] = {}

    def of(self, node: Node) -> int:
        """The number of a slot's component."""
        found = self._of.get(node)
        if found is None:
            self._find(node)
            found = self._of[node]
        return found

    def _outs(self, node: Node) -> Iterator[FlowEdge]:
        """The edges away from a slot; an attribute may be that of any object, too."""
        yield from self.graph.outs.get(node, ())
        if self.graph.symbols.is_attribute(node):
            yield FlowEdge("", ("*", node[1].partition(":")[2]), ())

    def _whole(self, node: Node) -> Iterator[Node]:
        """The slots that get all of a slot's value."""
        for out in self._outs(node):
            if not out.read and not out.write and out.target not in self.barred:
                yield out.target

    def _find(self, root: Node) -> None:
        """Work out the components of all that a slot's value gets to as a whole (Tarjan's algorithm, as a loop)."""
        index = {root: 0}
        low = {root: 0}
        open_nodes = [root]
        is_open = {root}
        walk = [(root, self._whole(root))]
        while walk:
            node, targets = walk[-1]
            for target in targets:
                if target in self._of:
                    continue
                if target not in index:
                    index[target] = low[target] = len(index)
                    open_nodes.append(target)
                    is_open.add(target)
                    walk.append((target, self._whole(target)))
                    break
                if target in is_open:
                    low[node] = min(low[node], index[target])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[node])
                if low[node] == index[node]:
                    at = len(open_nodes) - 1
                    while open_nodes[at] != node:
                        at -= 1
                    nodes = tuple(open_nodes[at:])
                    del open_nodes[at:]
                    is_open.difference_update(nodes)
                    self._make(nodes)

    def _make(self, nodes: tuple[Node, ...]) -> None:
        """Note a component; all that it leads to are noted already."""
        number = len(self.made)
        self._of.update(dict.fromkeys(nodes, number))
        following: dict[int, None] = {}
        doubts: set[str] = set()
        parts: list[tuple[str, FlowEdge]] = []
        for node in nodes:
            for out in self._outs(node):
                if out.target in self.barred:
                    continue
                if out.read or out.write:
                    parts.append((node[0], out))
                    continue
                following[self._of[out.target]] = None
                if out.doubt:
                    doubts.add(out.doubt)
        following.pop(number, None)
        uses = dict.fromkeys(use for node in nodes for use in self.graph.uses.get(node, ()))
        quotes = tuple(node for node in nodes if node in self.graph.quotes)
        self.made.append(
            Component(nodes, tuple(following), frozenset(doubts), tuple(dict.fromkeys(parts)), tuple(uses), quotes)
        )
