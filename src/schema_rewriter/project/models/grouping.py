"""What becomes of the models of a run: all edits of one table are made together, or none, and then each is told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_rewriter.project.context import Context, InModel
from schema_rewriter.project.models.classes import Classes
from schema_rewriter.project.models.sites import Site, sites

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.symbols import SymbolTable
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import Move, RuleSet


@dataclass(frozen=True, slots=True)
class Models:
    """By file: the places at which models name tables that move, in order, and the literals that models take at all."""

    names: dict[str, tuple[InModel, ...]] = field(default_factory=dict)
    taken: dict[str, frozenset[Span]] = field(default_factory=dict)


def models(files: Iterable[Facts], symbols: SymbolTable, rules: RuleSet) -> Models:
    """What becomes of the models in some files. Raises FileFaultError."""
    every = [file for file in files if file.orm.classes or file.orm.names or file.orm.collections]
    if not every:
        return Models()
    classes = Classes(every, symbols)
    groups: dict[Relation, list[Site]] = {}
    for site in sites(every, classes, rules):
        groups.setdefault(site.target, []).append(site)
    found: dict[str, set[InModel]] = {}
    for group in groups.values():
        stopped = next((site for site in group if site.problem), None)
        for site in group:
            found.setdefault(site.path, set()).add(_made(site, stopped))
    names = {path: tuple(sorted(names, key=lambda one: (one.span, one.relation))) for path, names in found.items()}
    return Models(names, {file.path: frozenset(_taken(file, classes)) for file in every})


def _taken(file: Facts, classes: Classes) -> Iterator[Span]:
    """The literals that the models of a file take for names."""
    yield from (model.table.span for model in file.orm.classes if model.table is not None)
    yield from (name.literal.span for name in file.orm.names if classes.origins.takes_table(file.path, name))


def _made(site: Site, stopped: Site | None) -> InModel:
    """What is told of a place, of whose table one place can't be edited, if any."""
    if stopped is None:
        return InModel(site.span, site.relation, site.target, site.edits)
    if site is stopped or site.problem:
        return InModel(site.span, site.relation, site.target, (), f"{site.problem}; {site.advice}")
    where = f"{stopped.path}:{stopped.line}"
    reason = f"all edits of a table are made together, and one can't be ({where}: {stopped.problem}); {site.advice}"
    return InModel(site.span, site.relation, site.target, (), reason)


def with_models(
    contexts: dict[str, Context],
    files: Iterable[Facts],
    symbols: SymbolTable,
    rules: RuleSet,
    moves: tuple[Move, ...],
) -> dict[str, Context]:
    """The contexts with what becomes of names in models, whose literals are told there and nowhere else."""
    known = models(files, symbols, rules)
    found = dict(contexts)
    for path, taken in known.taken.items():
        old = found.get(path) or Context(moves)
        literals = tuple(at for at in old.literals if not any(at.span.covers(span) for span in taken))
        found[path] = replace(old, models=known.names.get(path, ()), literals=literals)
    return found
