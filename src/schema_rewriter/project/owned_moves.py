"""The moves of indexes and sequences, which go with their relations; knows facts and rules only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.relation import Relation
from schema_rewriter.rules import Move

if TYPE_CHECKING:
    from collections.abc import Collection

    from schema_rewriter.project.facts import Facts
    from schema_rewriter.rules import RuleSet


def owned_moves(every: Collection[Facts], rules: RuleSet) -> tuple[Move, ...]:
    """The moves of indexes and sequences: as their relation's, where all files agree on that relation."""
    owners: dict[str, dict[Relation, str]] = {}
    for item in every:
        for name, owner in item.owned:
            owners.setdefault(name, {}).setdefault(owner, item.path)
    _rename(owners, every)
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


def _rename(owners: dict[str, dict[Relation, str]], every: Collection[Facts]) -> None:
    """Give those that files rename their new names, too, which others may rename again."""
    pairs = list(dict.fromkeys(pair for item in every for pair in item.renamed))
    waiting = [(old, new) for old, new in pairs if old in owners]
    for old, new in waiting:  # which grows
        if not owners[old].keys() <= owners.setdefault(new, {}).keys():
            owners[new] |= {owner: path for owner, path in owners[old].items() if owner not in owners[new]}
            waiting += [pair for pair in pairs if pair[0] == new]
