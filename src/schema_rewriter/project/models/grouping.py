"""What becomes of the models of a run: all edits of one table are made together, or none, and then each is told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_rewriter.project.context import Context, ModelReference
from schema_rewriter.project.models.classes import Classes
from schema_rewriter.project.models.settings import final_names, settings
from schema_rewriter.project.models.sites import Site, sites

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.project.context import LiteralDecision, ToldSetting
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.symbols import SymbolTable
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import Move, RuleSet


@dataclass(frozen=True, slots=True)
class Models:
    """By file: the places at which models name tables that move, in order, and the literals that models take at all.

    `stopped` are the tables, by where they move, whose places are not edited, each with one that can't be.
    `settings` are the places that hold for all models.
    """

    names: dict[str, tuple[ModelReference, ...]] = field(default_factory=dict)
    taken: dict[str, frozenset[Span]] = field(default_factory=dict)
    stopped: dict[Relation, Site] = field(default_factory=dict)
    settings: dict[str, tuple[ToldSetting, ...]] = field(default_factory=dict)


def models(files: Sequence[Facts], symbols: SymbolTable, rules: RuleSet) -> Models:
    """What becomes of the models in some files. Raises FileFaultError."""
    every = [file for file in files if file.orm.classes or file.orm.names or file.orm.collections]
    if not every:
        return Models()
    classes = Classes(every, symbols)
    groups: dict[Relation | Site, list[Site]] = {}
    for site in sites(every, classes, rules):
        groups.setdefault(site if site.is_alone else site.target, []).append(site)
    found: dict[str, set[ModelReference]] = {}
    held: dict[Relation, Site] = {}
    settled = {relation for _, relation in classes.settled()}
    for target, group in groups.items():
        if classes.computing and target not in settled and not any(site.defines for site in group):
            why = f"no class is known to define it, and code of {classes.computing} computes what tables are called"
            group[:] = [replace(site, problem=site.problem or why) for site in group]
        stopped = next((site for site in group if site.problem), None)
        if stopped is not None:
            held[stopped.target] = stopped
        for site in group:
            found.setdefault(site.path, set()).add(_made(site, stopped))
    names = {path: tuple(sorted(names, key=lambda one: (one.span, one.relation))) for path, names in found.items()}
    taken = {file.path: frozenset(_taken(file, classes)) for file in every}
    tables = {site.target for group in groups.values() for site in group if site.defines}
    tables |= {one for one in (*settled, *final_names(every, rules)) if rules.is_target(one)}
    return Models(names, taken, held, _by_path(settings(files, tables, rules)))


def _by_path(found: Iterable[tuple[str, ToldSetting]]) -> dict[str, tuple[ToldSetting, ...]]:
    told: dict[str, tuple[ToldSetting, ...]] = {}
    for path, one in found:
        told[path] = (*told.get(path, ()), one)
    return told


def _taken(file: Facts, classes: Classes) -> Iterator[Span]:
    """The literals that the models of a file take for names."""
    yield from (model.table.span for model in file.orm.classes if model.table is not None and not model.table.pieces)
    for name in file.orm.names:
        if not name.literal.pieces and classes.origins.takes_table(file.path, name):
            yield name.literal.span


def _made(site: Site, stopped: Site | None) -> ModelReference:
    """What is told of a place, of whose table one place can't be edited, if any."""
    if stopped is None:
        return ModelReference(site.span, site.relation, site.target, site.edits, "", site.is_alone)
    if site is stopped or site.problem:
        return ModelReference(
            site.span, site.relation, site.target, (), f"{site.problem}; {site.advice}", site.is_alone
        )
    where = f"{stopped.path}:{stopped.line}"
    reason = f"all edits of a table are made together, and one can't be ({where}: {stopped.problem}); {site.advice}"
    return ModelReference(site.span, site.relation, site.target, (), reason)


def with_models(
    contexts: dict[str, Context],
    files: Sequence[Facts],
    symbols: SymbolTable,
    rules: RuleSet,
    moves: tuple[Move, ...],
) -> dict[str, Context]:
    """The contexts with what becomes of names in models, whose literals are told there and nowhere else."""
    known = models(files, symbols, rules)
    found = dict(contexts)
    for path, taken in known.taken.items():
        old = found.get(path) or Context(moves)
        left = (at for at in old.literals if not any(at.span.covers(span) for span in taken))
        literals = tuple(_held(at, known.stopped.get(at.target)) for at in left)
        found[path] = replace(old, models=known.names.get(path, ()), literals=literals)
    for path, told in known.settings.items():
        found[path] = replace(found.get(path) or Context(moves), model_settings=told)
    return found


def _held(at: LiteralDecision, stopped: Site | None) -> LiteralDecision:
    """A literal that code hands on to a foreign key, told where the table's places are not edited."""
    if stopped is None or not at.is_key:
        return at
    where = f"{stopped.path}:{stopped.line}"
    return replace(at, is_manual=True, doubt=f"all edits of a table are made together, and one can't be ({where})")
