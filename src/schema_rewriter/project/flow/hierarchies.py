"""Which classes inherit from each other: an attribute of one may be that of any; knows no value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.project.flow.bindings import Bindings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.hosts.valueflow import Function
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.bindings import Node


class Hierarchies(Bindings):
    """The classes of a run by their hierarchies.

    `_group` leads from each class to one that it inherits from, or that such a class is joined with.
    """

    def __init__(self, every: Iterable[Facts]) -> None:
        super().__init__(every)
        self._group: dict[Node, Node] = {}
        self._hierarchies: dict[Node, Node] | None = None
        self._named: dict[str, dict[Node, tuple[tuple[str, Function], ...]]] = {}

    def class_hierarchy(self, node: Node) -> Node:
        """One class for all that inherit from each other: an attribute of one may be that of any."""
        known = self._hierarchies
        if known is None:  # classes are still being joined
            return self._top(node)
        top = known.get(node)
        if top is None:
            top = known[node] = self._top(node)
        return top

    def _top(self, node: Node) -> Node:
        while node in self._group and self._group[node] != node:
            node = self._group[node]
        return node

    def attribute(self, owner: Node, name: str) -> Node:
        """The slot of an attribute of a class or its instances."""
        top = self.class_hierarchy(owner)
        return (top[0], f"{self.classes[top].scope}:{name}")

    def own(self, node: Node) -> Node:
        """A slot of a class's body as that of its hierarchy; one without a name is no attribute."""
        scope, _, name = node[1].partition(":")
        if name[:1] == "#":
            return node
        owner = self.scopes.get((node[0], scope))
        if owner is None or self.class_hierarchy(owner) == owner:
            return node
        return self.attribute(owner, name)

    def methods_of(self, owner: Node, name: str) -> tuple[tuple[str, Function], ...]:
        """The methods of that name of a class's hierarchy, each with the path of its file."""
        named = self._named.get(name)
        if named is None:
            named = self._named[name] = {}
            for home, function in self.methods.get(name, ()):
                hierarchy = self.class_hierarchy(self.scopes[home, function.slot.partition(":")[0]])
                named[hierarchy] = (*named.get(hierarchy, ()), (home, function))
        return named.get(self.class_hierarchy(owner), ())
