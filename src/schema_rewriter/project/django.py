"""The tables of Django's models, by the facts of all files: which move, where they are told, what finds them.

Sources: Django's documentation, "Table names", "Meta inheritance", `db_table` of ManyToManyField; names that are too long
are cut as `django.db.backends.utils.truncate_name` does it. Knows facts and rules only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from hashlib import md5
from typing import TYPE_CHECKING

from schema_rewriter.hosts.django import ABSTRACT, FIELDS, META, PROXY, UNMANAGED
from schema_rewriter.project.context import DjangoCause, DjangoTable
from schema_rewriter.relation import Relation
from schema_rewriter.rules.django import QUOTED, SEARCH_PATH, model_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from schema_rewriter.hosts.django import ManyToMany, ModelClass, Operation
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.symbols import SymbolTable
    from schema_rewriter.rules import RuleSet

_BASES = re.compile(
    r"django\.(?:contrib\.gis\.)?db\.models\.(?:base\.)?Model|django\.contrib\.\w+\.(?:models|base_\w+)\.\w+(?<!Manager)"
)
"""Bases from Django that make a class a model."""
_LONGEST = 63
"""How many bytes of a name PostgreSQL keeps."""
_QUOTED = re.compile(r'"?([^".]+)"\."([^"]+)"?')
"""A `db_table` that says a schema: it gets into double quotes as it is, unless it begins and ends with one."""


@dataclass(frozen=True, slots=True)
class DjangoTables:
    """What the files of a run get told of it, by path."""

    tables: Mapping[str, tuple[DjangoTable, ...]] = field(default_factory=dict)
    causes: Mapping[str, DjangoCause] = field(default_factory=dict)


@dataclass(slots=True)
class _State:
    """A model as the migrations of its application leave it: its `db_table`, and the tables of its fields."""

    name: str
    table: str | None
    fields: dict[str, str | None] = field(default_factory=dict)


def django_tables(
    files: Sequence[Facts], symbols: SymbolTable, frozen: Collection[str], rules: RuleSet, *, every: bool = False
) -> DjangoTables:
    """The tables of models that move, or all (`every`), and where it is told that Django has to find them.

    What a `db_table` says wrongly is among them, too. The places that tell the cause are the settings of databases;
    the first model where the run has none.
    """
    if not any(item.django.models for item in files):
        return DjangoTables()
    reader = _Reader(files, symbols, rules.names)
    tables: dict[str, tuple[DjangoTable, ...]] = {}
    for item in files:
        if item.path not in frozen:
            models = (list(reader.tables(item.path, model)) for model in item.django.models)
            judged = [one for found in models for one in _judged(found, item.path, rules)]
            told = tuple(one for one in judged if every or one.target is not None)
            if told:
                tables[item.path] = told
    moving = [(path, one) for path, some in tables.items() for one in some if one.target is not None]
    return DjangoTables(tables, dict(_causes(files, moving, rules)))


def _judged(found: Sequence[DjangoTable], path: str, rules: RuleSet) -> Iterator[DjangoTable]:
    """The tables of one model with what becomes of them; its own come before those of its fields."""
    own: DjangoTable | None = None
    fields: list[DjangoTable] = []
    for one in (replace(one, target=_target(one, path, rules)) for one in reversed(found)):
        if "." in one.model:
            fields.append(one)
            continue
        own, home = one, one.target.schema if one.target is not None else None
        named = [each for each in fields if each.form == "implicit"]
        apart = [each.model for each in named if each.target is None or each.target.schema != home]
        yield replace(own, apart=apart[0] if apart and home is not None else "")
        for each in fields:
            along = each.form == "implicit" and home is not None and each.model not in apart
            yield replace(each, is_along=along and (own.form == "quoted" or rules.django == QUOTED))
        fields = []


def _target(table: DjangoTable, path: str, rules: RuleSet) -> Relation | None:
    """Where a table moves; for a name with a dot in it, what it was meant to be."""
    target = rules.target(table.relation, path)
    if target is None and table.form == "written" and "." in table.relation.name:
        schema, _, name = table.relation.name.partition(".")
        meant = Relation(schema, name)
        return meant if rules.is_target(meant) else rules.target(meant, path)
    return target


def unresolved(files: Iterable[Facts], symbols: SymbolTable, rules: RuleSet) -> Iterator[str]:
    """The bases, by their names, of classes that may be the models of tables that move: they tell labels."""
    wanted = model_names(rules.names)
    for item in files:
        for model in item.django.models:
            if model.name.lower() not in wanted and model.table is None:
                continue
            for one in symbols.lineage((item.path, model.slot)) if (item.path, model.slot) in symbols.classes else ():
                bases = (base for base in _outside(one, symbols) if not base.startswith("django."))
                yield from (base.rpartition(".")[2] for base in bases)


def _outside(node: Node, symbols: SymbolTable) -> Iterator[str]:
    """The dotted names of the bases of a class that are not in the run."""
    for base in symbols.classes[node].bases:
        symbol = symbols.symbol(symbols.node(node[0], base))
        if symbol is not None and symbol.kind == "class":
            continue
        spelt = base.rpartition(":")[2]
        head, _, rest = spelt.partition(".")
        came = symbols.imports.get((node[0], f":{head}"), ())
        yield ".".join(part for part in (came[0].module, came[0].name, rest) if part) if came else spelt


class _Reader:
    """The models of a run. Classes are named by their nodes, applications by their folders."""

    def __init__(self, files: Sequence[Facts], symbols: SymbolTable, moving: Collection[str]) -> None:
        self._symbols, self._moving = symbols, moving
        self._models: dict[Node, ModelClass] = {
            (item.path, model.slot): model for item in files for model in item.django.models
        }
        self._labels = _labels(files)
        self._states = _states(files)

    def tables(self, path: str, model: ModelClass) -> Iterator[DjangoTable]:
        """The tables that a class has: its own, and one for each of its fields that has one. None for what is no model."""
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
            relation = _relation(name)
            form = "quoted" if relation.schema is not None else "implicit" if table is None else "written"
            yield DjangoTable(model.span, relation, None, model.name, form, is_managed)
            for one, home in self._fields(lineage, state):
                if one.table != "":
                    own = _relation(one.table if one.table is not None else _cut(f"{_unquoted(name)}_{one.name}"))
                    shape = "implicit" if one.table is None else "quoted" if own.schema is not None else "written"
                    span = one.span if home == node else model.span
                    yield DjangoTable(span, own, None, f"{model.name}.{one.name}", shape, is_managed)

    def _implicit(self, model: ModelClass, folder: str, label: str | None) -> list[str]:
        """The names that Django may give to a model's table; where the label is not known, those of what moves."""
        end = f"_{model.name.lower()}"
        labels = {label} if label is not None else self._labels.get(folder, {folder.rpartition("/")[2]})
        if "" in labels:
            return sorted(name for name in self._moving if name.endswith(end))
        return [_cut(f"{one}{end}") for one in sorted(labels)]

    def _fields(self, lineage: Sequence[Node], state: _State | None) -> Iterator[tuple[ManyToMany, Node]]:
        """The fields with tables that a class has itself or by an abstract base, and those that migrations alone tell."""
        from schema_rewriter.hosts.django import ManyToMany

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

    def _is_model(self, lineage: Sequence[Node], state: _State | None) -> bool:
        outside = {base for node in lineage for base in _outside(node, self._symbols)}
        if any(_BASES.fullmatch(base) for base in outside):
            return True
        return bool(outside) and (state is not None or any(self._is_told(self._models[node]) for node in lineage))

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


def _labels(files: Sequence[Facts]) -> dict[str, frozenset[str]]:
    """The labels of applications by their folders: "" where code computes one."""
    found: dict[str, set[str]] = {}
    for item in files:
        folder = item.path.rpartition("/")[0]
        for one in item.django.applications:
            if one.label is None and not one.name:
                continue
            found.setdefault(folder, set()).add(
                one.label if one.label is not None else (one.name or "").rpartition(".")[2]
            )
    for item in files:
        if item.django.operations or item.path.endswith(("/models.py", "/models/__init__.py")):
            folder = item.path.rpartition("/")[0]
            home = folder.rpartition("/")[0] if not item.path.endswith("/models.py") else folder
            if home:
                found.setdefault(home, {home.rpartition("/")[2]})
    return {folder: frozenset(labels) for folder, labels in found.items()}


def _states(files: Sequence[Facts]) -> dict[tuple[str, str], _State]:
    """The models that migrations make, by the folder of their application and their names in lower case."""
    states: dict[tuple[str, str], _State] = {}
    for item in sorted(files, key=lambda one: one.path):
        home = item.path.rpartition("/")[0].rpartition("/")[0]
        for one in item.django.operations:
            _apply(one, home, states)
    return states


def _apply(one: Operation, home: str, states: dict[tuple[str, str], _State]) -> None:
    """Do what a step of a migration does."""
    key = (home, one.model.lower())
    if one.kind == "CreateModel":
        states[key] = _State(one.model, one.table)
    elif one.kind == "RenameModel" and key in states:
        states[home, one.name.lower()] = replace(states.pop(key), name=one.name)
    elif one.kind == "DeleteModel":
        states.pop(key, None)
    elif key in states and one.kind == "AlterModelTable":
        states[key].table = one.name or None
    elif key in states and one.kind == "AddField":
        states[key].fields[one.name] = one.table
    elif key in states and one.kind == "RemoveField":
        states[key].fields.pop(one.name, None)
    elif key in states and one.kind == "RenameField" and one.name in states[key].fields:
        states[key].fields[one.table or ""] = states[key].fields.pop(one.name)


def _causes(
    files: Sequence[Facts], moving: Sequence[tuple[str, DjangoTable]], rules: RuleSet
) -> Iterator[tuple[str, DjangoCause]]:
    """Where it is told that names without a schema have to be found: at the databases of settings, or a model."""
    found = [(path, one) for path, one in moving if one.relation.schema is None and "." not in one.relation.name]
    if not found or rules.django not in ("", SEARCH_PATH):
        return
    names = tuple(dict.fromkeys(str(one.relation) for _, one in found))
    is_set = next((item.path for item in files if item.says_path), "")
    if is_set and rules.django:
        return
    settings = [(item.path, [one for one in item.django.databases if _may_be_ours(one.engine)]) for item in files]
    settings = [(path, ours) for path, ours in settings if ours]
    for path, ours in settings:
        if not is_set or path == is_set or is_set not in dict(settings):
            aliases = tuple(one.alias for one in ours)
            yield path, DjangoCause(ours[0].span, names, aliases, ours[0].options, bool(is_set))
            if is_set:
                return
    if not settings and not rules.django:
        path, one = found[0]
        yield path, DjangoCause(one.span, names, (), "none", bool(is_set))


def _may_be_ours(engine: str | None) -> bool:
    """Whether a database may be PostgreSQL's; an engine that code computes may be any."""
    return engine is not None and (not engine or "postg" in engine or "psql" in engine)


def _relation(written: str) -> Relation:
    found = _QUOTED.fullmatch(written)
    return Relation(found[1], found[2]) if found else Relation(None, written.strip('"'))


def _unquoted(name: str) -> str:
    return name[1:-1] if name.startswith('"') and name.endswith('"') else name


def _cut(name: str) -> str:
    """A name as Django writes it: a long one ends with a digest of all of it."""
    schema, joint, bare = name.rpartition('"."')
    if len(bare) <= _LONGEST:
        return name
    digest = md5(bare.encode(), usedforsecurity=False).hexdigest()[:4]
    return f"{schema}{joint}{bare[: _LONGEST - 4]}{digest}"
