"""Where what code calls comes from: the dotted name of a library's, by way of imports and objects of the run.

Knows symbols, and no table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.hosts import orm_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schema_rewriter.hosts.orm import Collection, TableName
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.symbols import SymbolTable

OWN = "(own)"
"""The origin of what the run defines itself."""
_DEEPEST = 12


class Origins:
    """Answers where references lead out of the run. `collections` are by the slots that hold them."""

    def __init__(self, symbols: SymbolTable, collections: Mapping[Node, Collection]) -> None:
        self.symbols, self.collections = symbols, collections
        self._packages: dict[str, frozenset[str]] = {}

    def of(self, path: str, reference: str, depth: int = 0) -> str:
        """The dotted name of what a reference means; OWN for what is defined in the run, "" for what is not known.

        What an object has that a call makes is `package.Class().name`.
        """
        if "()" in reference:
            maker, _, behind = reference.partition("()")
            origin = self.of(path, maker, depth + 1)
            return origin if origin == OWN else f"{origin}(){behind}" if origin else ""
        scope, _, rest = reference.partition(":")
        name, *attributes = rest.split(".")
        if not name or depth > _DEEPEST:
            return ""
        node = self.symbols.imported((path, f"{scope}:{name}"), 0)
        if (made := self.collections.get(node)) is not None and made.called:
            return ".".join((f"{self.of(node[0], made.called, depth + 1)}()", *attributes))
        symbol = self.symbols.symbol(node)
        if symbol is not None and symbol.kind == "module":
            inner = ".".join(attributes)
            return self.of(symbol.node[0], f":{inner}", depth + 1) if inner else OWN
        for item in self.symbols.imports.get(node, ()):
            return ".".join(filter(None, (item.module.strip("/").replace("/", "."), item.name, *attributes)))
        if symbol is not None or self.symbols.binds(node):
            return OWN if symbol is not None and not attributes else ""
        return ""

    def packages(self, path: str) -> frozenset[str]:
        """The packages that a file imports from."""
        if path not in self._packages:
            names = self.symbols.files[path]
            self._packages[path] = frozenset(item.module.partition(".")[0] for item in names.imports)
        return self._packages[path]

    def takes_table(self, path: str, name: TableName) -> bool:
        """Whether a call that names a table is one of an ORM's, as its row has it."""
        row = orm_rows.rows()[name.row]
        if row.is_option:
            return not row.packages.isdisjoint(self._bases((path, name.home)))
        origin = self.of(path, name.called) if name.called else ""
        package = origin.partition(".")[0].removesuffix("()")
        if origin == OWN or (package in orm_rows.others() and package not in row.packages):
            return False
        if "()" not in name.called and ":" in name.called and self.symbols.called(path, name.called) is not None:
            return False
        if package in row.packages:
            return True
        beside = not row.packages.isdisjoint(self.packages(path))
        if row.receivers:
            return self._receives(path, name.called, row.receivers, beside=beside)
        return row.is_sure and (beside or orm_rows.others().isdisjoint(self.packages(path)))

    def _bases(self, node: Node) -> Iterator[str]:
        """The packages of the bases of a class, and of those of the run that it inherits from."""
        for one in self.symbols.lineage(node) if node in self.symbols.classes else ():
            for base in self.symbols.classes[one].bases:
                yield self.of(one[0], base).partition(".")[0]

    def _receives(self, path: str, called: str, receivers: tuple[str, ...], *, beside: bool) -> bool:
        """Whether what a method is called on is so named, and nothing else is known of it."""
        owner = called.rpartition(".")[0].removesuffix(".tables")
        symbol = self.symbols.symbol(self.symbols.node(path, owner)) if owner and "()" not in owner else None
        word = owner.rpartition(":")[2].rpartition(".")[2].strip("_")
        return symbol is None and (f"{word}!" in receivers or (beside and word in receivers))
