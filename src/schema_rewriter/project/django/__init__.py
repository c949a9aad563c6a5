"""The tables of Django's models, by the facts of all files: which move, where they are told, what finds them.

Knows facts and rules only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.project.context import Context, DjangoCause, DjangoTable
from schema_rewriter.project.django.models import Models, outside
from schema_rewriter.relation import Relation
from schema_rewriter.rules.django import QUOTED, SEARCH_PATH, model_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.symbols import SymbolTable
    from schema_rewriter.rules import Move, RuleSet


@dataclass(frozen=True, slots=True)
class DjangoTables:
    """What the files of a run get told of it, by path."""

    tables: Mapping[str, tuple[DjangoTable, ...]]
    causes: Mapping[str, DjangoCause]

    def told(self, contexts: Mapping[str, Context], moves: tuple[Move, ...]) -> dict[str, Context]:
        """The contexts of these files with it; literals that are names of tables are told there and nowhere else."""
        found: dict[str, Context] = {}
        for path in self.tables.keys() | self.causes.keys():
            tables, own = self.tables.get(path, ()), contexts.get(path) or Context(moves)
            spans = {one.span for one in tables}
            literals = tuple(at for at in own.literals if at.span not in spans)
            found[path] = replace(own, literals=literals, django=tables, django_cause=self.causes.get(path))
        return found


def django_tables(
    files: Sequence[Facts], symbols: SymbolTable, frozen: Collection[str], rules: RuleSet, *, every: bool = False
) -> DjangoTables:
    """The tables of models that move, or all (`every`), and where it is told that Django has to find them.

    What a `db_table` says wrongly is among them, too. The places that tell the cause are the settings of databases;
    the first model where the run has none.
    """
    reader = Models(files, symbols, rules.names)
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
                bases = (base for base in outside(one, symbols) if not base.startswith("django."))
                yield from (base.rpartition(".")[2] for base in bases)


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
            aliases = tuple(dict.fromkeys(one.alias for one in ours))
            yield path, DjangoCause(ours[0].span, names, aliases, ours[0].options, bool(is_set))
            if is_set:
                return
    if not settings and not rules.django:
        path, one = found[0]
        yield path, DjangoCause(one.span, names, (), "none", bool(is_set))


def _may_be_ours(engine: str | None) -> bool:
    """Whether a database may be PostgreSQL's; an engine that code computes may be any."""
    return engine is not None and (not engine or "postg" in engine or "psql" in engine)
