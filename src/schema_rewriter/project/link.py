"""What each file of a run gets from the others, by the facts of all; knows facts and rules only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_rewriter.finding import Helper
from schema_rewriter.project.conflicts import conflicts, implied_conflicts, index_conflicts
from schema_rewriter.project.context import Context
from schema_rewriter.project.flow import decisions
from schema_rewriter.project.flow.build import build
from schema_rewriter.project.flow.symbols import SymbolTable, stem
from schema_rewriter.project.renames import former
from schema_rewriter.relation import Relation
from schema_rewriter.rules import Move

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from schema_rewriter.project.conflicts import Conflict, IndexConflict
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.symbols import Node
    from schema_rewriter.project.renames import Former
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Linked:
    """The outcome: what each file gets, and what makes further files worth a look.

    `words` are names that such a file says. `shared` are names of code that hold relations' names, each with a word
    that stands in such a file too (its module's name), or "." for an attribute; "*" stands for an import of all names.
    `defined` are functions and classes that it defines. `helpers` are the functions found to take a relation's name.
    """

    moves: tuple[Move, ...] = ()
    contexts: dict[str, Context] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    shared: frozenset[tuple[str, str]] = frozenset()
    defined: frozenset[str] = frozenset()
    helpers: tuple[Helper, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    index_conflicts: tuple[IndexConflict, ...] = ()
    former: tuple[Former, ...] = ()

    def context(self, path: str) -> Context:
        """What the file gets."""
        found = self.contexts.get(path) or Context(self.moves)
        return replace(found, conflicts=self.conflicts, index_conflicts=self.index_conflicts, former=self.former)


def link(every: Iterable[Facts], rules: RuleSet, *, whole: bool = False, values: bool = False) -> Linked:
    """What the files, each by its facts, get from each other.

    `whole`: they are all files of a project. `values`: what expressions in SQL may be is wanted, moved or not.
    """
    files = list(every)
    known = [item for file in files for item in file.defined]
    linked = _linked(files, rules, whole=whole, values=values)
    past = former(known, rules)
    told = index_conflicts(known, rules)
    owned = ((file.path, name, owner) for file in files for name, owner in file.owned)
    implied = implied_conflicts(known, owned, rules)
    return replace(
        linked,
        words=linked.words | {item.old.name for item in past},
        conflicts=conflicts(known, rules),
        index_conflicts=(*told, *(clash for clash in implied if clash.name not in {one.name for one in told})),
        former=past,
    )


def texts(every: Iterable[Facts], rules: RuleSet) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """The literals that are known to get into each hole for a relation's name, by path, scope and expression."""
    files = list(every)
    if not any(item.positions for item in files):
        return {}
    return decisions.texts(files, build(SymbolTable(files), rules.calls), rules)


def _linked(files: list[Facts], rules: RuleSet, *, whole: bool, values: bool) -> Linked:
    """What they get from each other but for what contradicts."""
    moves = _owned_moves(files, rules)
    words = frozenset(name for move in moves for name in (move.relation.name, move.to.name))
    if not any(item.names.births or item.positions for item in files):
        return Linked(moves, words=words)
    graph = build(SymbolTable(files), rules.calls)
    with_owned = replace(rules, moves=rules.moves + moves) if moves else rules
    decided = decisions.decide(files, graph, with_owned, whole=whole, values=values)
    nodes = {node for name in decided.moving for node in name.trace.nodes}
    paths = decided.literals.keys() | decided.holes.keys() | decided.values.keys() | decided.arguments.keys()
    contexts = {
        path: Context(
            moves,
            tuple(decided.literals.get(path, ())),
            tuple(decided.holes.get(path, ())),
            values=tuple(decided.values.get(path, ())),
            arguments=tuple(decided.arguments.get(path, ())),
        )
        for path in paths
    }
    helpers = sorted(
        Helper(path, slot.replace(":", ".").lstrip("."), tuple(sorted(names)))
        for (path, slot), names in decided.helpers.items()
    )
    return Linked(
        moves,
        contexts,
        words,
        frozenset(_shared(files, graph.symbols, nodes)),
        frozenset(graph.unresolved[node] for node in nodes if node in graph.unresolved),
        tuple(helpers),
    )


def _shared(files: Iterable[Facts], symbols: SymbolTable, nodes: Collection[Node]) -> Iterator[tuple[str, str]]:
    """The names of code that other files may take what moves from, each with what such a file says beside it."""
    own: dict[str, set[str]] = {}
    homes: dict[str, set[str]] = {}
    for path, slot in nodes:
        scope, _, name = slot.rpartition(":")
        if name.startswith("#"):
            continue
        if path == "*" or (path, scope) in symbols.scopes:
            yield name, "."
        elif not scope:
            own.setdefault(name, set()).add(stem(path))
            homes.setdefault(path, set()).add(name)
    for item in files:  # what they import, others may import from them, under another name too
        for imported in item.names.imports:
            if imported.name in own:
                own.setdefault(imported.slot.rpartition(":")[2], set()).add(stem(item.path))
            for home in symbols.candidates(imported.module, item.path) if imported.name == "*" else ():
                for name in homes.get(home, ()):
                    own[name].add(stem(item.path))
    yield from (("*", stem(path)) for path in homes)
    for name, stems in own.items():
        yield from ((name, one) for one in stems)


def _owned_moves(every: list[Facts], rules: RuleSet) -> tuple[Move, ...]:
    """The moves of indexes and sequences: as their relation's, where all files agree on that relation."""
    owners: dict[str, dict[Relation, str]] = {}
    for item in every:
        for name, owner in item.owned:
            owners.setdefault(name, {}).setdefault(owner, item.path)
    moves: list[Move] = []
    for name in sorted(owners):
        targets = {rules.target(owner, path) for owner, path in owners[name].items()}
        target = targets.pop() if len(targets) == 1 else None
        source = rules.source(next(iter(owners[name]))) if target else None
        if target is None or source is None or name in rules.names or target.schema == source.schema:
            continue
        paths = next((m.paths for m in rules.moves if m.relation == source and m.to == target), ())
        moves.append(Move(Relation(source.schema, name), Relation(target.schema, name), paths))
    return tuple(moves)
