"""What the files of a run define and import, by slot; and where a name that is imported comes from; knows no value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.project.flow.modules import Modules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.hosts.valueflow import Class, Function, Import, Names
    from schema_rewriter.project.facts import Facts

Node = tuple[str, str]
"""A slot with the path of its file; the path "*" stands for any object that has an attribute of that name."""

DEEPEST = 12
"""How many steps a reference is resolved through; cycles of imports end here."""


class Bindings:
    """The files of a run, with what is defined in them and what they import.

    `scopes` are the classes by the scopes of their bodies, `methods` those of all classes by their names.
    """

    def __init__(self, every: Iterable[Facts]) -> None:
        self.files: dict[str, Names] = {item.path: item.names for item in every}
        self.modules = Modules(self.files)
        self.functions: dict[Node, list[Function]] = {}
        self.classes: dict[Node, Class] = {}
        self.scopes: dict[Node, Node] = {}
        self.imports: dict[Node, list[Import]] = {}
        self.methods: dict[str, list[tuple[str, Function]]] = {}
        self._bound: set[Node] = set()
        for path, names in self.files.items():
            self._bind(path, names)

    def _bind(self, path: str, names: Names) -> None:
        for item in names.classes:
            self.classes[path, item.slot] = item
            self.scopes[path, item.scope] = (path, item.slot)
        for function in names.functions:
            self.functions.setdefault((path, function.slot), []).append(function)
            if (path, function.slot.partition(":")[0]) in self.scopes:
                self.methods.setdefault(function.slot.partition(":")[2], []).append((path, function))
        for bound in (names.literals, names.edges, names.unknown):
            self._bound.update((path, one.target) for one in bound)
        for imported in names.imports:
            self.imports.setdefault((path, imported.slot), []).append(imported)

    def binds(self, node: Node) -> bool:
        """Whether a module binds a name itself."""
        return node in self.functions or node in self.classes or node in self._bound

    def is_bound(self, node: Node) -> bool:
        """Whether a slot gets a value that is no function and no class."""
        return node in self._bound

    def imported(self, node: Node, depth: int) -> Node:
        """Where a name that is imported comes from; the slot itself for one that is not, or from elsewhere."""
        found = self.imports.get(node, ())
        if not found and node[1].startswith(":"):
            return self._starred(node, depth)
        if depth > DEEPEST or not found:
            return node
        origins = {self._origin(item, node, depth) for item in found}
        return origins.pop() if len(origins) == 1 else node

    def _origin(self, item: Import, node: Node, depth: int) -> Node:
        """Where one import takes a name from; the slot that it imports to, where that is no name of a file."""
        path = self.modules.file(item.module, node[0]) if item.name else None
        if path is None or self.modules.file(f"{item.module}.{item.name}".replace("/.", "/"), node[0]) is not None:
            return node
        return self.imported((path, f":{item.name}"), depth + 1)

    def _starred(self, node: Node, depth: int) -> Node:
        """The slot of a name that this module does not bind, and one that it imports all names of does."""
        if self.binds(node):
            return node
        for item in self.imports.get((node[0], ":*"), ()) if depth <= DEEPEST else ():
            path = self.modules.file(item.module, node[0])
            if path is not None and self.binds(found := self.imported((path, node[1]), depth + 1)):
                return found
        return node
