"""The classes of a run that are tables: how each is called, what gives it its schema. Knows no rules and no edits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.project.models.origins import Origins
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.hosts.orm import Collection, TableClass, Text
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.symbols import SymbolTable

_CAMEL = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")
"""Where Flask-SQLAlchemy puts an underscore into the name of a class (its model.py, camel_to_snake_case)."""
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class TableNaming:
    """How a table is called; `literal` says it, None where the name of the class does; `doubt` speaks against it."""

    name: str
    literal: Text | None = None
    doubt: str = ""


class Classes:
    """The classes and collections of a run."""

    def __init__(self, files: Iterable[Facts], symbols: SymbolTable) -> None:
        self.symbols = symbols
        self.models: dict[Node, TableClass] = {}
        self.collections: dict[Node, Collection] = {}
        for file in files:
            self.models.update({(file.path, one.slot): one for one in file.orm.classes})
            for made in file.orm.collections:
                self.collections[symbols.imported((file.path, made.slot), 0)] = made
        self.origins = Origins(symbols, self.collections)
        self._texts: dict[Node, set[str | None]] = {}
        for path, names in symbols.files.items():
            for literal in names.literals:
                self._texts.setdefault((path, literal.target), set()).add(None if literal.write_path else literal.text)
            for target in (*(one.target for one in names.unknown), *(one.target for one in names.edges)):
                self._texts.setdefault((path, target), set()).add(None)
        self._called: dict[Node, TableNaming | None] = {}

    def lineage(self, node: Node) -> Iterator[Node]:
        """A class and those of the run that it inherits from, itself first."""
        return (
            (one for one in self.symbols.lineage(node) if one in self.models)
            if node in self.symbols.classes
            else iter((node,))
        )

    def is_base(self, node: Node) -> bool:
        """Whether another class of the run inherits from a class."""
        return any(one != node and node in self.lineage(one) for one in self.models)

    def called(self, node: Node) -> TableNaming | None:
        """How the table of a class is called; None for a class that has none of its own."""
        if node not in self._called:
            self._called[node] = None  # of a class that inherits from itself
            self._called[node] = self._name(node)
        return self._called[node]

    def _name(self, node: Node) -> TableNaming | None:
        own = self.models[node]
        if own.is_abstract or own.is_tableless:
            return None
        if own.table is not None and own.table.pieces:
            text = self.text(node[0], own.table.pieces)
            return TableNaming(text, own.table) if text is not None else self._computed(own, own)
        if own.table is not None:
            return TableNaming(own.table.text, own.table)
        if own.is_named:
            return self._computed(own, own)
        above = list(self.lineage(node))[1:]
        mapped = any(self.called(one) is not None for one in above)
        for one in above:
            base = self.models[one]
            if base.is_named and base.table is not None and not base.table.pieces:
                if self.called(one) is None:
                    return TableNaming(base.table.text)
            elif base.is_named and not base.is_tableless:
                return self._computed(base, own)
        if own.is_table and not mapped:
            return TableNaming(own.name.text.lower())
        if self.is_flask(node) and (own.has_key or (not mapped and any(self.models[one].has_key for one in above))):
            return TableNaming(_CAMEL.sub(r"_\1", own.name.text).lower().lstrip("_"))
        return None

    def _computed(self, base: TableClass, own: TableClass) -> TableNaming | None:
        """The name that the function of a class makes for another one, or itself."""
        if base.naming is None:
            plain = _CAMEL.sub(r"_\1", own.name.text).lower()
            return TableNaming(plain, None, f"code of {base.name.text} computes the name of its table")
        pieces = [how if kind == "text" else _cased(own.name.text, how) for kind, how in base.naming]
        return TableNaming("".join(pieces))

    def settled(self) -> Iterator[tuple[str, Relation]]:
        """The tables that classes define with a schema of their own, by the file of the class."""
        for node in self.models:
            called, home = self.called(node), self.source_of_args(node)
            args = self.models[home] if home is not None else None
            told = args.args.value if args is not None and args.args is not None else None
            schema = told or (self.constant(home[0], args.constant) if args and home else None) or self.schema_of(node)
            if called is not None and schema:
                yield node[0], Relation(schema, called.name)

    @property
    def computing(self) -> str:
        """A class of which code computes what tables are called, which is not understood; "" if there is none."""
        return next(
            (
                one.name.text
                for one in self.models.values()
                if one.is_named and one.table is None and one.naming is None and not one.is_tableless
            ),
            "",
        )

    def is_flask(self, node: Node) -> bool:
        """Whether Flask-SQLAlchemy names the table of a class."""
        return any(
            ((origin := self.origins.of(one[0], base)).startswith("flask_sqlalchemy.") and origin.endswith("Model"))
            or ((origin.endswith(".db.Model") or base.endswith(":db.Model")) and not origin.startswith("("))
            for one in self.lineage(node)
            for base in self.models[one].bases
        )

    def source_of_args(self, node: Node) -> Node | None:
        """The class whose table arguments a class has: its own, or a mixin's, not those of a table that it inherits."""
        for one in self.lineage(node):
            if self.models[one].has_args and (one == node or self.called(one) is None):
                return one
        return None

    def constant(self, path: str, reference: str) -> str | None:
        """The text that a name of a module always holds; None where that is not known."""
        node = self.symbols.node(path, reference) if reference else ("", "")
        found = self._texts.get(node, set())
        return next(iter(found)) if len(found) == 1 else None

    def text(self, path: str, pieces: tuple[tuple[str, str], ...]) -> str | None:
        """What code puts together of texts and names, of constants and of tables; None where that is not known."""
        found: list[str] = []
        for kind, said in pieces:
            text: str | None = said if kind == "text" else self.constant(path, said)
            owner = said.removesuffix(".__tablename__")
            if text is None and owner != said:
                node = self.symbols.imported((path, owner), 0)
                called = self.called(node) if node in self.models else None
                text = called.name if called is not None and not called.doubt else None
            if text is None:
                return None
            found.append(text)
        return "".join(found)

    # -- collections

    def schema_of(self, node: Node) -> str | None:
        """The schema that the collection of a class gives to its tables; "" for none, None if it is not known."""
        for one in self.lineage(node):
            own = self.collections.get((one[0], f"{self.models[one].scope}:metadata"))
            if own is not None:
                return self._schema(one[0], own, 0)
            for slot in (f"{one[1]}", f"{one[1]}.metadata"):
                if (set_on := self.collections.get((one[0], slot))) is not None:
                    return self._schema(one[0], set_on, 0)
            for base in self.models[one].bases:
                found = self.collection(one[0], base)
                if found is not None:
                    return self._schema(*found, 0)
        return ""

    def schema_at(self, path: str, reference: str) -> str | None:
        """The schema that a collection gives to its tables, by a reference to it, or to a class or object with one."""
        found = self.collection(path, reference)
        if found is not None:
            return self._schema(*found, 0)
        base = reference
        while "." in base.partition(":")[2]:
            base = base.rpartition(".")[0]
            node = self.symbols.imported((path, base), 0)
            if node in self.models:
                return self.schema_of(node)
        return ""

    def collection(self, path: str, reference: str) -> tuple[str, Collection] | None:
        """The collection, with its file, that a reference means, or that of the object at its beginning."""
        while True:
            node = self.symbols.imported((path, reference), 0)
            if (found := self.collections.get(node)) is not None:
                return node[0], found
            found = self.collections.get(self.symbols.node(path, reference))
            if found is not None:
                return self.symbols.node(path, reference)[0], found
            if "." not in reference.partition(":")[2]:
                return None
            reference = reference.rpartition(".")[0]

    def _schema(self, path: str, made: Collection, depth: int) -> str | None:
        if not made.metadata or depth > _DEEPEST:
            return made.schema
        found = self.collection(path, made.metadata)
        return self._schema(*found, depth + 1) if found is not None else made.schema


def _cased(name: str, how: str) -> str:
    return name.lower() if how == "lower" else name.upper() if how == "upper" else name
