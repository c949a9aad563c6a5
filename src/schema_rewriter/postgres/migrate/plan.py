"""From a rule set, and what the catalog says, to the phases of a migration. Pure: asks no database, writes no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.postgres.migrate.grants import granted
from schema_rewriter.postgres.migrate.moves import database_moves
from schema_rewriter.postgres.migrate.phases import Phase, Phases
from schema_rewriter.postgres.migrate.search_path import FRESH, path_step
from schema_rewriter.postgres.migrate.table_steps import TableSteps, at_once
from schema_rewriter.rules import RuleSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.postgres.catalog import Catalog
    from schema_rewriter.postgres.migrate.grants import Granted
    from schema_rewriter.postgres.migrate.steps import Step
    from schema_rewriter.rules import Move

_OFFLINE = (
    "which relations exist: steps for those that do not are skipped, and say so",
    "partitions, inheritance children, statistics and grants: they are looked up when it runs",
    "functions and procedures whose bodies name what moves: they go on through the views, and fail after contract",
    "types and sequences of their own that columns use: they stay where they are",
)
_OFFLINE_GRANTS = "which roles had which rights before: the way back takes what [grants] gave, even if it was there"


def plan(
    rules: RuleSet,
    catalog: Catalog | None = None,
    *,
    single_step: bool = False,
    search_path: bool = False,
    tombstones: bool = False,
) -> Phases:
    """The migration that the rules ask of a database: prepare, expand, functions, grants, contract.

    With a catalog it covers the partitions and children of what the rules name, and the routines. Without one the
    statements look at the catalog themselves. `single_step` makes one phase without views, for one transaction;
    `search_path` makes phases without views, for a database of which `search_path.against` says nothing;
    `tombstones` keeps old names from coming back after contract. Raises RuleError for rules that name two places for
    one table.
    """
    moving = database_moves(rules, catalog)
    tables, grants = TableSteps(moving.moves, catalog, tombstones), granted(rules.grants, moving.moves, catalog)
    functions, by_hand = _functions(moving.moves, rules, catalog)
    if single_step:
        phases = _single_step(tables, functions, grants)
    elif search_path and catalog is not None:
        phases = _by_path(tables, functions, grants, catalog)
    else:
        phases = _phases(tables, functions, grants)
    unknown: tuple[str, ...] = _OFFLINE if catalog is None else ()
    if catalog is None and any(grant.level != "none" for grant in rules.grants):
        unknown += (_OFFLINE_GRANTS,)
    warnings = (*moving.warnings, *by_hand, *grants.warnings)
    return Phases(phases, tuple(dict.fromkeys(warnings)), moving.notes, unknown)


def moves_of(rules: RuleSet, catalog: Catalog | None = None) -> tuple[Move, ...]:
    """What moves in the database, each relation once, partitions and children included where the catalog has them."""
    return database_moves(rules, catalog).moves


def _single_step(tables: TableSteps, functions: Sequence[Step], grants: Granted) -> tuple[Phase, ...]:
    return (
        Phase(
            "move",
            (*tables.schemas(), at_once((*tables.moved(), *functions), tables.names), *grants.give, *grants.take),
        ),
    )


def _phases(tables: TableSteps, functions: tuple[Step, ...], grants: Granted) -> tuple[Phase, ...]:
    phases = (
        Phase("prepare", (*tables.schemas(), *tables.ready())),
        Phase("expand", tables.expanded()),
        Phase("functions", functions),
        Phase("grants", grants.give),
        Phase("contract", (*tables.contracted(), *grants.take), tables.old_names),
    )
    return tuple(phase for phase in phases if phase.steps)


def _by_path(tables: TableSteps, functions: tuple[Step, ...], grants: Granted, catalog: Catalog) -> tuple[Phase, ...]:
    path = path_step(tables.moves, catalog)
    phases = (
        Phase("prepare", (*tables.schemas(), *tables.ready(), path), told="prepare by search_path"),
        Phase("expand", (FRESH, *tables.walked()), told="expand by search_path"),
        Phase("functions", functions),
        Phase("grants", (*grants.give, *grants.take)),
    )
    return tuple(phase for phase in phases if phase.steps)


def _functions(
    moves: tuple[Move, ...], rules: RuleSet, catalog: Catalog | None
) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """The steps that give routines new bodies, and what of them is left to a person."""
    if catalog is None:
        return (), ()
    from schema_rewriter.postgres.migrate import routines

    general = RuleSet(moves, rules.search_path, rules.bare)
    results = routines.rewritten(catalog, general)
    by_hand = tuple(f"{result.routine}: {line}" for result in results for line in result.open)
    return routines.steps(results, general), by_hand
