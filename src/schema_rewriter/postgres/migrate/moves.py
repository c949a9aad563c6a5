"""What moves in a database: the relations of the rules, and what comes along with them. Asks no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.errors import RuleError
from schema_rewriter.relation import Relation, quote
from schema_rewriter.rules import Move

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from schema_rewriter.postgres.catalog import Catalog, CatalogRelation
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class DatabaseMoves:
    """What moves, each relation once, partitions and children included where the catalog has them.

    `warnings` need a person; `notes` are good to know.
    """

    moves: tuple[Move, ...]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def database_moves(rules: RuleSet, catalog: Catalog | None = None) -> DatabaseMoves:
    """What the rules move in a database. Raises RuleError for rules that name two places for one table."""
    chosen: dict[Relation, Move] = {}
    notes: list[str] = []
    for relation in dict.fromkeys(move.relation for move in rules.moves):
        moves = [move for move in rules.moves if move.relation == relation]
        to = _target(relation, moves)
        chosen[relation] = Move(relation, to)
        apart = [move for move in moves if move.to != to]
        notes += [f"{relation} moves to {to}; {m.to} (named in {m.paths[0]}) is made by the new code" for m in apart]
    if catalog is None:  # renames first: sr_retry_with_children looks for the children of an old name
        return DatabaseMoves(
            tuple(sorted(chosen.values(), key=lambda move: move.relation.name == move.to.name)), notes=tuple(notes)
        )
    warnings: list[str] = []
    notes += _add_children(chosen, catalog, warnings)
    for move in chosen.values():
        here, there = catalog.relation(move.relation), catalog.relation(move.to)
        if _is_absent(here) and _is_absent(there):
            notes.append(f"{move.relation} does not exist yet; the rewritten code makes it as {move.to}")
        elif here is not None and not here.mark:
            warnings += _obstacles(move, here, there, catalog)
    notes += _what_stays(chosen, catalog)
    return DatabaseMoves(tuple(chosen.values()), tuple(warnings), tuple(notes))


def _target(relation: Relation, moves: Iterable[Move]) -> Relation:
    """Where a relation goes in the database: as the move says that holds in all files."""
    general = [move.to for move in moves if not move.paths]
    targets = dict.fromkeys(move.to for move in moves)
    if len(targets) > 1 and not general:
        raise RuleError(
            f"move: {relation} moves to {' in some files and to '.join(map(str, targets))} in others; one table "
            "can't go to both: add a move without paths that says where the table goes"
        )
    return general[0] if general else next(iter(targets))


def _add_children(chosen: dict[Relation, Move], catalog: Catalog, warnings: list[str]) -> list[str]:
    """Add the partitions and children of what moves, and theirs; what stays in another schema is a note."""
    notes: dict[str, None] = {}
    grown = True
    while grown:
        grown = False
        moved = {move.to: move for move in chosen.values()}  # one made later is left behind by a parent that has moved
        for entry in catalog.relations:
            parent = next((parent for parent in entry.parents if parent in chosen or parent in moved), None)
            if parent is None or entry.relation in chosen or entry.relation in moved:
                continue
            move = chosen.get(parent) or moved[parent]
            what = f"{entry.relation}, {'a partition' if entry.partition else 'an inheritance child'} of {parent},"
            if entry.relation.schema == move.to.schema:
                continue
            if entry.relation.schema != move.relation.schema:
                notes[f"{what} is in another schema and stays there"] = None
                continue
            chosen[entry.relation] = Move(entry.relation, Relation(move.to.schema, entry.relation.name))
            warnings.append(
                f"{what} moves along; if code names it, add {quote(entry.relation.name)} to `tables` of its move"
            )
            grown = True
    return list(notes)


def _is_absent(entry: CatalogRelation | None) -> bool:
    """Whether there is nothing of that name, or only what a migration left there."""
    return entry is None or bool(entry.mark)


def _obstacles(move: Move, here: CatalogRelation, there: CatalogRelation | None, catalog: Catalog) -> Iterator[str]:
    """What a person must look at before this relation moves."""
    if not _is_absent(there):
        yield f"both {move.relation} and {move.to} exist; resolve this by hand, or the migration stops there"
    if here.extension:
        yield f"{move.relation} belongs to extension {here.extension}; its next update may not find it"
    if here.row_security and catalog.version < 150000:
        yield f"{move.relation} has row level security, which views of this server bypass; use --single-step"
    if here.kind in "Sc":
        yield f"{move.relation} is no table: old code that names it fails between expand and its end"


def _what_stays(chosen: Mapping[Relation, Move], catalog: Catalog) -> Iterator[str]:
    """Sequences and types that tables use from where they are."""
    for sequence in catalog.sequences:
        if sequence.owned_by is None and sequence.relation not in chosen:
            users = [name for name in sequence.defaults if name in chosen]
            yield from (f"sequence {sequence.relation} (default of {u}) stays; it works from there" for u in users[:1])
    for kind in catalog.types:
        users = [name for name in kind.used_by if name in chosen]
        yield from (f"type {kind.name} (column of {name}) stays; it works from there" for name in users[:1])
