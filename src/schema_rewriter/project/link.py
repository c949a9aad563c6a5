"""What each file of a run gets from the others, by the facts of all; knows facts and rules only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.project.context import Context
from schema_rewriter.relation import Relation
from schema_rewriter.ruleset import Move

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.project.facts import Facts
    from schema_rewriter.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Linked:
    """The outcome: contexts by path, and `words` whose files are worth a look too."""

    moves: tuple[Move, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """Names that a file may hold one of, and then gets something from others."""
        return frozenset(move.relation.name for move in self.moves) | frozenset(move.to.name for move in self.moves)

    def context(self, path: str) -> Context:
        """What the file gets."""
        return Context(self.moves)


def link(every: Iterable[Facts], rules: RuleSet) -> Linked:
    """What the files, each by its facts, get from each other."""
    return Linked(_owned_moves(list(every), rules))


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
