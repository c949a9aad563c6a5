"""The symbols of a run: what slots hold, and how classes hang together; knows the facts of all files, and no values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.project.flow.resolution import Resolution

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.bindings import Node


class SymbolTable(Resolution):
    """All that the references of a run mean."""

    def __init__(self, every: Iterable[Facts]) -> None:
        super().__init__(every)
        self._join_classes()
        self._index()

    def _join_classes(self) -> None:
        """Put the classes together that inherit from each other."""
        for node, item in self.classes.items():
            for base in item.bases:
                symbol = self.symbol(self.node(node[0], base))
                if symbol is not None and symbol.kind == "class":
                    self._group[self.class_hierarchy(node)] = self.class_hierarchy(symbol.node)
        self._hierarchies = {}
        self._plain.clear()
        for node, item in self.classes.items():
            self._bases.setdefault(self.class_hierarchy(node), []).extend((node[0], base) for base in item.bases)
        self._forget()

    def _index(self) -> None:
        """What tells the classes of slots: annotations, then calls and assignments.

        Slots are taken by the number of their attributes: what `self.a.b` is stands and falls with what `self.a` is.
        What a slot holds is known from then on, so that nothing is asked while the answer is being made.
        """
        typed: dict[int, list[tuple[str, str, str]]] = {}
        flows: dict[int, list[tuple[str, str, str]]] = {}
        for path, names in self.files.items():
            for slot, reference in names.typed:
                typed.setdefault(slot.count("."), []).append((path, slot, reference))
            for call in names.calls:
                self._calls[path, f"{call.slot}@return"] = (path, call.function)
            for edge in names.edges:
                if not edge.read_path and not edge.write_path:
                    flows.setdefault(edge.target.count("."), []).append((path, edge.target, edge.source))
        for _, slots in sorted(typed.items()):
            classes = [(self.node(path, slot), self.symbol(self.node(path, named))) for path, slot, named in slots]
            for node, symbol in classes:
                if symbol is not None and symbol.kind == "class":
                    self._typed.setdefault(node, set()).add(symbol.node)
            self._forget()
        for _, edges in sorted(flows.items()):
            for node, source in [(self.node(path, target), (path, source)) for path, target, source in edges]:
                self._sources.setdefault(node, []).append(source)
            self._forget()

    def lineage(self, node: Node) -> Iterator[Node]:
        """A class and all that it inherits from in the run, itself first."""
        waiting, seen = [node], {node}
        while waiting:
            one = waiting.pop(0)
            yield one
            for base in self.classes[one].bases:
                symbol = self.symbol(self.node(one[0], base))
                if symbol is not None and symbol.kind == "class" and symbol.node not in seen:
                    seen.add(symbol.node)
                    waiting.append(symbol.node)

    def fields(self, node: Node) -> tuple[str, ...]:
        """The fields of a class and its bases, in the order in which its constructor takes them."""
        order: dict[str, None] = {}
        waiting, classes = [node], []
        while waiting:
            one = waiting.pop()
            classes.append(one)
            symbols = [self.symbol(self.node(one[0], base)) for base in self.classes[one].bases]
            waiting += [t.node for t in symbols if t is not None and t.kind == "class" and t.node not in classes]
        for one in reversed(classes):
            order.update(dict.fromkeys(self.classes[one].fields))
        return tuple(order)

    def unresolved_base(self, node: Node) -> str:
        """A base of a class that is not in the run, and may read any attribute of it; "" if there is none."""
        for path, base in self._bases.get(self.class_hierarchy(node), ()):
            name = base.rpartition(":")[2].rpartition(".")[2]
            if name not in _PLAIN and not name.endswith(("Enum", "Error", "Exception", "TestCase")):
                symbol = self.symbol(self.node(path, base))
                if symbol is None or symbol.kind != "class":
                    return name
        return ""

    def is_attribute(self, node: Node) -> bool:
        """Whether a slot is an attribute of a class or of a module, which an object that is not known may be."""
        scope, _, name = node[1].partition(":")
        return name[:1] != "#" and node[0] != "*" and (not scope or (node[0], scope) in self.scopes)


_PLAIN = frozenset(
    "object ABC Protocol Generic NamedTuple TypedDict BaseModel str int float dict list tuple set Thread".split()
)
"""Bases that read no attribute by its name; those that read all fields are seen where the object is handed on."""
