"""Which slot a reference of some file means, and which module, class or function it holds; knows no values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.project.flow.bindings import DEEPEST
from schema_rewriter.project.flow.hierarchies import Hierarchies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.hosts.valueflow import Function
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.bindings import Node

ABOVE = "super()"
"""Stands behind a class, in a reference, for what its bases have."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a slot holds: a module (by its path), a class, an instance of one, or functions.

    `skip`: how many arguments stand before those of the parameters, in a call of it.
    """

    kind: str
    node: Node
    functions: tuple[tuple[str, Function], ...] = ()
    skip: int = 0


_ABSENT = Symbol("", ("", ""))


class Resolution(Hierarchies):
    """Resolves references, by what is known of the classes of slots (`_typed`) and of what they get (`_sources`)."""

    def __init__(self, every: Iterable[Facts]) -> None:
        super().__init__(every)
        self._bases: dict[Node, list[tuple[str, str]]] = {}
        self._typed: dict[Node, set[Node]] = {}
        self._sources: dict[Node, list[tuple[str, str]]] = {}
        self._calls: dict[Node, tuple[str, str]] = {}
        self._plain: dict[Node, Node] = {}
        self._nodes: dict[tuple[str, str, int], Node] = {}
        self._symbols: dict[tuple[Node, int], Symbol | None] = {}
        self._callees: dict[tuple[str, str, int], Symbol | None] = {}

    def _forget(self) -> None:
        """What was resolved so far is to be resolved anew: more is known."""
        self._nodes.clear()
        self._symbols.clear()
        self._callees.clear()

    def node(self, path: str, reference: str, depth: int = 0) -> Node:
        """The slot that a reference means; that of any object with the attribute, where the object is not known."""
        node = (path, reference)
        known = self._plain.get(node)
        if known is not None:
            return known
        if "." not in reference.partition(":")[2]:  # what such a name means, no knowledge of slots changes
            known = self._plain[node] = self._named_slot(node)
            return known
        key = (path, reference, depth)
        known = self._nodes.get(key)
        if known is None:
            known = self._nodes[key] = self._node(*key)
        return known

    def _named_slot(self, node: Node) -> Node:
        scope, _, name = node[1].partition(":")
        if name[:1] == "#":
            return node
        return self.own(self.imported(node, 0) if not scope or node in self.imports else node)

    def _node(self, path: str, reference: str, depth: int) -> Node:
        scope, _, rest = reference.partition(":")
        name, *attributes = rest.split(".")
        own = f"{scope}:{name}" if attributes else reference
        node = self.own(self.imported((path, own), depth))
        if attributes and self.symbol(node, depth + 1) is None:
            node, attributes = self._spelt(path, node, attributes, depth)
        for attribute in attributes:
            symbol = self.symbol(node, depth + 1)
            if symbol is None:
                return ("*", attributes[-1])
            if symbol.kind == "module":
                node = self.own(self.imported((symbol.node[0], f":{attribute}"), depth + 1))
            elif symbol.kind in ("class", "instance"):
                node = self.attribute(symbol.node, attribute)
            elif not (symbol.kind == "member" and attribute == "value"):
                return ("*", attributes[-1])
        return node

    def _spelt(self, path: str, node: Node, attributes: list[str], depth: int) -> tuple[Node, list[str]]:
        """The name behind a module that is spelt in full, and what follows it: packages may be no files of the run."""
        for item in self.imports.get(node, ()):
            for end in range(len(attributes) - 1, 0, -1) if not item.name else ():
                home = self.modules.file(".".join((item.module, *attributes[:end])), path)
                if home is not None:
                    return self.own(self.imported((home, f":{attributes[end]}"), depth + 1)), attributes[end + 1 :]
        return node, attributes

    def symbol(self, node: Node, depth: int = 0) -> Symbol | None:
        """What a slot holds, where that is one symbol only."""
        if depth > DEEPEST or node[0] == "*":
            return None
        key = (node, depth)
        known = self._symbols.get(key, _ABSENT)
        if known is _ABSENT:
            known = self._symbols[key] = self._symbol(node, depth)
        return known

    def _symbol(self, node: Node, depth: int) -> Symbol | None:
        if node in self.classes:
            return Symbol("class", node)
        if node in self.functions:
            return Symbol("function", node, tuple((node[0], function) for function in self.functions[node]))
        for item in self.imports.get(node, ()):
            module = f"{item.module}.{item.name}".replace("/.", "/") if item.name else item.module
            if (path := self.modules.file(module, node[0])) is not None:
                return Symbol("module", (path, ":"))
        if (typed := self._typed.get(node)) is not None:
            is_one = len({self.class_hierarchy(one) for one in typed}) == 1
            return Symbol("instance", next(iter(typed))) if is_one else None
        owner = self.scopes.get((node[0], node[1].partition(":")[0]))
        if owner is not None and self.is_enum(owner):
            return Symbol("member", node)
        folder, init, _ = node[0].rpartition("__init__.py")
        if init and node[1].startswith(":") and not self.is_bound(node):
            for path in (f"{folder}{node[1][1:]}.py", f"{folder}{node[1][1:]}/__init__.py"):
                if path in self.files:
                    return Symbol("module", (path, ":"))
        found = {self._source(path, source, depth + 1) for path, source in self._sources.get(node, ())}
        return found.pop() if len(found) == 1 else None

    def _source(self, path: str, reference: str, depth: int) -> Symbol | None:
        """What a reference that flows into a slot holds."""
        call = self._calls.get((path, reference))
        if call is None:
            return self.symbol(self.node(path, reference, depth), depth)
        called = self.called(*call, depth)
        if called is None:
            return None
        if called.kind == "class":
            return Symbol("instance", called.node)
        if called.kind != "function" or len(called.functions) != 1:
            return None
        ((home, function),) = called.functions
        return self.symbol((home, f"{function.scope}:return"), depth + 1)

    def is_enum(self, node: Node) -> bool:
        """Whether a class is an enum: it finds its members by their values, too."""
        return any(base.endswith("Enum") for _, base in self._bases.get(self.class_hierarchy(node), ()))

    def is_model(self, node: Node) -> bool:
        """Whether a class is one of Pydantic's, which says what messages and settings look like."""
        return any(base.endswith("BaseModel") for _, base in self._bases.get(self.class_hierarchy(node), ()))

    def called(self, path: str, reference: str, depth: int = 0) -> Symbol | None:
        """What is called: functions, or a class."""
        key = (path, reference, depth)
        known = self._callees.get(key, _ABSENT)
        if known is _ABSENT:
            known = self._callees[key] = self._called(path, reference, depth)
        return known

    def _called(self, path: str, reference: str, depth: int) -> Symbol | None:
        base, dot, name = reference.rpartition(".")
        if base.endswith(f".{ABOVE}"):
            own = self.symbol(self.node(path, base.removesuffix(f".{ABOVE}"), depth), depth + 1)
            above = self.nearest(own.node, name, above=True) if own is not None and own.kind == "class" else ()
            return Symbol("function", own.node, tuple(above)) if own is not None and above else None
        if dot and ":" in base:
            owner = self.symbol(self.node(path, base, depth), depth + 1)
            if owner is None:
                return None
            if owner.kind == "class" and name.startswith("__") and (given := self.nearest(owner.node, name)):
                return Symbol("function", owner.node, tuple(given), 1)
            if owner.kind in ("class", "instance"):
                found = self.methods_of(owner.node, name)
                return Symbol("function", owner.node, found) if found else None
        symbol = self.symbol(self.node(path, reference, depth), depth + 1)
        return symbol if symbol is not None and symbol.kind in ("class", "function") else None

    def nearest(self, node: Node, name: str, *, above: bool = False) -> list[tuple[str, Function]]:
        """The functions that a class has under a name: its own (unless `above`), else those of its nearest bases."""
        found: list[tuple[str, Function]] = []
        waiting, seen = [(node, above)], {node}
        while waiting:
            one, skipped = waiting.pop()
            item = self.classes[one]
            own = () if skipped else self.functions.get((one[0], f"{item.scope}:{name}"), ())
            found += [(one[0], function) for function in own]
            for base in () if own else item.bases:
                symbol = self.symbol(self.node(one[0], base))
                if symbol is not None and symbol.kind == "class" and symbol.node not in seen:
                    seen.add(symbol.node)
                    waiting.append((symbol.node, False))
        return found
