"""What the files of a run define and import, by slot; knows no value and resolves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.project.flow.modules import Modules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.hosts.valueflow import Class, Function, Import, Names
    from schema_rewriter.project.facts import Facts

Node = tuple[str, str]
"""A slot with the path of its file; the path "*" stands for any object that has an attribute of that name."""


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
