"""The classes of a run that are models of Django's, and the tables that they have.

Sources: Django's documentation, "Table names", "Meta inheritance", `db_table` of ManyToManyField.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.hosts.django import ABSTRACT, FIELDS, META, PROXY, UNMANAGED, ManyToMany
from schema_rewriter.project.context import DjangoTable
from schema_rewriter.project.django.applications import labels, states
from schema_rewriter.project.django.table_names import cut, unquoted
from schema_rewriter.project.django.table_names import relation as relation_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.hosts.django import ModelClass
    from schema_rewriter.project.django.applications import State
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.symbols import SymbolTable

_BASES = re.compile(
    r"django\.(?:contrib\.gis\.)?db\.models\.(?:base\.)?Model|django\.contrib\.\w+\.(?:models|base_\w+)\.\w+(?<!Manager)"
)
"""Bases from Django that make a class a model."""


def outside(node: Node, symbols: SymbolTable) -> Iterator[str]:
    """The dotted names of the bases of a class that are not in the run."""
    for base in symbols.classes[node].bases:
        symbol = symbols.symbol(symbols.node(node[0], base))
        if symbol is not None and symbol.kind == "class":
            continue
        spelt = base.rpartition(":")[2]
        head, _, rest = spelt.partition(".")
        came = symbols.imports.get((node[0], f":{head}"), ())
        yield ".".join(part for part in (came[0].module, came[0].name, rest) if part) if came else spelt


class Models:
    """The models of a run. Classes are named by their nodes, applications by their folders."""

    def __init__(self, files: Sequence[Facts], symbols: SymbolTable, moving: Collection[str]) -> None:
        self._symbols, self._moving = symbols, moving
        self._models: dict[Node, ModelClass] = {
            (item.path, model.slot): model for item in files for model in item.django.models
        }
        self._labels = labels(files)
        self._states = states(files)

    def tables(self, path: str, model: ModelClass) -> Iterator[DjangoTable]:
        """The tables that a class has, if it is a model: its own, and one for each of its fields that has one."""
        node = (path, model.slot)
        if ABSTRACT in model.traits or PROXY in model.traits or node not in self._symbols.classes:
            return
        lineage = [one for one in self._symbols.lineage(node) if one in self._models]
        folder = self._folder(path)
        state = self._states.get((folder, model.name.lower()))
        if not self._is_model(lineage, state):
            return
        table = self._option(lineage, "table")
        if table is None and state is not None:
            table = state.table
        if table == "":
            return  # only the running program knows it
        is_managed = UNMANAGED not in model.traits
        for name in [table] if table is not None else self._implicit(model, folder, self._option(lineage, "label")):
            relation = relation_of(name)
            form = "quoted" if relation.schema is not None else "implicit" if table is None else "written"
            yield DjangoTable(model.span, relation, None, model.name, form, is_managed)
            for one, home in self._fields(lineage, state):
                if one.table != "":
                    own = relation_of(one.table if one.table is not None else cut(f"{unquoted(name)}_{one.name}"))
                    shape = "implicit" if one.table is None else "quoted" if own.schema is not None else "written"
                    span = one.span if home == node else model.span
                    yield DjangoTable(span, own, None, f"{model.name}.{one.name}", shape, is_managed)

    def _implicit(self, model: ModelClass, folder: str, label: str | None) -> list[str]:
        """The names that Django may give to a model's table; where the label is not known, those of what moves."""
        end = f"_{model.name.lower()}"
        labels = {label} if label is not None else self._labels.get(folder, {folder.rpartition("/")[2]})
        if "" in labels:
            return sorted(name for name in self._moving if name.endswith(end))
        return [cut(f"{one}{end}") for one in sorted(labels)]

    def _fields(self, lineage: Sequence[Node], state: State | None) -> Iterator[tuple[ManyToMany, Node]]:
        """The fields with tables: of the class, of its abstract bases, and those that migrations alone tell."""
        own: set[str] = set()
        for node in lineage:
            if node == lineage[0] or ABSTRACT in self._models[node].traits:
                for one in self._models[node].fields:
                    if one.name not in own:
                        own.add(one.name)
                        yield one, node
        for name, table in state.fields.items() if state is not None else ():
            if name not in own:
                yield ManyToMany(name, table, self._models[lineage[0]].span), lineage[0]

    def _is_model(self, lineage: Sequence[Node], state: State | None) -> bool:
        bases = {base for node in lineage for base in outside(node, self._symbols)}
        if any(_BASES.fullmatch(base) for base in bases):
            return True
        return bool(bases) and (state is not None or any(self._is_told(self._models[node]) for node in lineage))

    def _is_told(self, model: ModelClass) -> bool:
        return FIELDS in model.traits or model.table is not None

    def _option(self, lineage: Sequence[Node], name: str) -> str | None:
        """What the Meta of a class says, or that of the abstract classes that it inherits it from."""
        for node in lineage:
            model = self._models[node]
            if node == lineage[0] or ABSTRACT in model.traits:
                said: str | None = getattr(model, name)
                if said is not None or META in model.traits:
                    return said
        return None

    def _folder(self, path: str) -> str:
        """The folder of the application that a module belongs to."""
        folder = path.rpartition("/")[0]
        above = folder
        while above:
            if above in self._labels:
                return above
            above = above.rpartition("/")[0]
        return folder.rpartition("/")[0] if folder.rpartition("/")[2] == "models" else folder
