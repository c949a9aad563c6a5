"""From a rule set, and what the catalog says, to the phases of a migration. Pure: asks no database, writes no file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.errors import RuleError
from schema_rewriter.postgres.migrate import schemas
from schema_rewriter.postgres.migrate.grants import granted
from schema_rewriter.postgres.migrate.roles import LOCK
from schema_rewriter.postgres.migrate.steps import Phase, Phases, Step, dollar, literal
from schema_rewriter.relation import Relation, quote
from schema_rewriter.rules import Move, RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schema_rewriter.postgres.catalog import Catalog

_OFFLINE = (
    "which relations exist: steps for those that do not are skipped, and say so",
    "partitions, inheritance children, statistics and grants: they are looked up when it runs",
    "functions and procedures whose bodies name what moves: they go on through the stand-ins, and fail after contract",
    "types and sequences of their own that columns use: they stay where they are",
)


@dataclass(frozen=True, slots=True)
class _Moves:
    """What moves in the database: each relation once; what came along; what is to be told of it."""

    moves: tuple[Move, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def plan(
    rules: RuleSet, catalog: Catalog | None = None, *, single_step: bool = False, tombstones: bool = False
) -> Phases:
    """The migration that the rules ask of a database: prepare, expand, functions, grants, contract.

    With a catalog it covers the partitions and children of what the rules name, and the routines. Without one the
    statements look at the catalog themselves. `single_step` makes one phase without stand-ins, for one transaction;
    `tombstones` keeps old names from coming back after contract. Raises RuleError for rules that name two places for
    one table.
    """
    moving = _moving(rules, catalog)
    steps, grants = _Steps(moving.moves, rules, catalog, tombstones), granted(rules.grants, moving.moves, catalog)
    functions, by_hand = steps.functions()
    warnings = (*moving.warnings, *by_hand, *grants.warnings)
    if single_step:
        phase = Phase(
            "move",
            "For a maintenance window: stop what uses these tables first, start the new code afterwards.\n"
            "All tables move at once, or none does.",
            "Stop what uses these tables first, start the old code afterwards.",
            (*steps.schemas(), _at_once((*steps.moved(), *functions)), *grants.give, *grants.take),
        )
        phases: tuple[Phase, ...] = (phase,)
    else:
        phases = tuple(
            phase
            for phase in (
                Phase(
                    "prepare",
                    "Any time before: changes no table and locks none.",
                    "After the way back of expand, once no new code runs: takes away what is left.",
                    (*steps.schemas(), *steps.ready()),
                ),
                Phase(
                    "expand",
                    "Any time, under load: old code goes on through a view under each old name.\n"
                    "Until contract, no ALTER TABLE on these tables: the views do not see it. Through a view old code\n"
                    "can't COPY, TRUNCATE, CREATE INDEX (many do at start), MERGE (before PostgreSQL 17), nor say\n"
                    "nextval of a sequence that moved: schema-rewrite verify tells where.",
                    "Once no new code runs (what still does goes on through views under the new names).",
                    steps.expanded(),
                ),
                Phase(
                    "functions",
                    "After expand. Routines get bodies that say the new names.",
                    "Once no new code runs. Routines get their old bodies.",
                    functions,
                ),
                Phase("grants", "After expand, before new code runs.", "Before the way back of expand.", grants.give),
                Phase(
                    "contract",
                    "Once no old code runs: old names cease to exist.\n"
                    "Who is connected, by what it calls itself:\n"
                    "  SELECT application_name, usename, count(*), min(backend_start) FROM pg_stat_activity\n"
                    "  WHERE datname = current_database() GROUP BY 1, 2;",
                    "Any time, under load: old names come back as views, and old code can.",
                    (*steps.contracted(), *grants.take),
                ),
            )
            if phase.steps
        )
    unknown: tuple[str, ...] = _OFFLINE if catalog is None else ()
    if catalog is None and any(grant.level != "none" for grant in rules.grants):
        unknown += ("which roles had which rights before: the way back takes what [grants] gave, even if it was there",)
    return Phases(phases, tuple(dict.fromkeys(warnings)), moving.notes, unknown)


def moves_of(rules: RuleSet, catalog: Catalog | None = None) -> tuple[Move, ...]:
    """What moves in the database, each relation once, partitions and children included where the catalog has them."""
    return _moving(rules, catalog).moves


# ---------------------------------------------------------------------------------------------- what moves


def _moving(rules: RuleSet, catalog: Catalog | None) -> _Moves:
    warnings: list[str] = []
    notes: list[str] = []
    chosen: dict[Relation, Move] = {}
    for relation in dict.fromkeys(move.relation for move in rules.moves):
        moves = [move for move in rules.moves if move.relation == relation]
        general = [move for move in moves if not move.paths]
        targets = dict.fromkeys(move.to for move in moves)
        if len(targets) > 1 and not general:
            raise RuleError(
                f"move: {relation} moves to {' in some files and to '.join(map(str, targets))} in others; one table "
                "can't go to both: add a move without paths that says where the table goes"
            )
        to = general[0].to if general else next(iter(targets))
        chosen[relation] = Move(relation, to)
        apart = [move for move in moves if move.to != to]
        notes += [f"{relation} moves to {to}; {m.to} (named in {m.paths[0]}) is made by the new code" for m in apart]
    if catalog is not None:
        _close(chosen, catalog, warnings, notes)
    ordered = sorted(chosen.values(), key=lambda move: move.relation.name == move.to.name)  # renames first: see family
    return _Moves(tuple(ordered if catalog is None else chosen.values()), tuple(warnings), tuple(notes))


def _close(chosen: dict[Relation, Move], catalog: Catalog, warnings: list[str], notes: list[str]) -> None:
    """Add the partitions and children of what moves, tell what is not there and what stays."""
    grown = True
    while grown:
        grown = False
        for entry in catalog.entries:
            parent = next((parent for parent in entry.parents if parent in chosen), None)
            if parent is None or entry.relation in chosen:
                continue
            what = f"{entry.relation}, {'a partition' if entry.partition else 'an inheritance child'} of {parent},"
            if entry.relation.schema != parent.schema:
                note = f"{what} is in another schema and stays there"
                if note not in notes:
                    notes.append(note)
                continue
            chosen[entry.relation] = Move(entry.relation, Relation(chosen[parent].to.schema, entry.relation.name))
            warnings.append(
                f"{what} moves along; if code names it, add {quote(entry.relation.name)} to `tables` of its move"
            )
            grown = True
    for relation, move in chosen.items():
        here, there = catalog.entry(relation), catalog.entry(move.to)
        if (here is None or here.marked) and (there is None or there.marked):
            notes.append(f"{relation} does not exist yet; the rewritten code makes it as {move.to}")
        elif here is not None and not here.marked:
            if there is not None and not there.marked:
                warnings.append(
                    f"both {relation} and {move.to} exist; resolve this by hand, or the migration stops there"
                )
            if here.extension:
                warnings.append(f"{relation} belongs to extension {here.extension}; its next update may not find it")
            if here.row_security and catalog.version < 150000:
                warnings.append(
                    f"{relation} has row level security, which views of this server bypass; use --single-step"
                )
            if here.kind in "Sc":
                warnings.append(f"{relation} is no table: old code that names it fails between expand and its end")
    for sequence in catalog.sequences:
        if sequence.owned_by is None and sequence.relation not in chosen:
            users = [name for name in sequence.defaults if name in chosen]
            notes += [f"sequence {sequence.relation} (default of {u}) stays; it works from there" for u in users[:1]]
    for kind in catalog.types:
        users = [name for name in kind.used_by if name in chosen]
        notes += [f"type {kind.name} (column of {name}) stays; it works from there" for name in users[:1]]


# ---------------------------------------------------------------------------------------------- its steps


@dataclass(frozen=True, slots=True)
class _Steps:
    moves: tuple[Move, ...]
    rules: RuleSet
    catalog: Catalog | None
    tombstones: bool

    def schemas(self) -> Iterable[Step]:
        for schema in dict.fromkeys(move.to.schema or "" for move in self.moves):
            moves = [move for move in self.moves if move.to.schema == schema]
            if all(move.relation.schema == schema for move in moves):
                continue  # renames within a schema
            if self.catalog is None:
                yield schemas.mirror_step(schema, moves)
            else:
                yield schemas.schema_step(schema, moves, self.catalog)

    def ready(self) -> Iterable[Step]:
        for move in self.moves:
            old, new = literal(move.relation), literal(move.to)
            yield Step(
                f"{move.relation} can move",
                f"SELECT pg_temp.sr_ready({old}, {new});",
                self._call("contract", new, old),
                needs=("ready",),
                down_needs=("contract", *self._patience()),
            )

    def expanded(self) -> tuple[Step, ...]:
        return tuple(self._moved(move, "expand") for move in self.moves)

    def contracted(self) -> Iterable[Step]:
        action = "bury" if self.tombstones else "contract"
        for move in self.moves:
            old, new = literal(move.relation), literal(move.to)
            yield Step(
                f"{move.relation} ends",
                self._call(action, old, new),
                self._call("stand_in", old, new),
                f"pg_temp.sr_kind({old}) IN ('nothing', 'tombstone')",
                needs=(action, *self._patience()),
                down_needs=("stand_in", *self._patience()),
            )

    def moved(self) -> Iterable[Step]:
        """Without stand-ins, for `_at_once`."""
        for move in self.moves:
            old, new = literal(move.relation), literal(move.to)
            action = "move" if self.catalog is not None else "move_family"
            yield Step(
                f"{move.relation} -> {move.to}",
                f"SELECT pg_temp.sr_{action}({old}, {new});",
                f"SELECT pg_temp.sr_{action}({new}, {old});",
                _is_moved(old),
                self._note(move),
                needs=(action,),
                down_needs=(action,),
            )

    def functions(self) -> tuple[tuple[Step, ...], tuple[str, ...]]:
        if self.catalog is None:
            return (), ()
        from schema_rewriter.postgres.migrate import routines

        general = RuleSet(self.moves, self.rules.search_path, self.rules.bare)
        results = routines.rewritten(self.catalog, general)
        by_hand = tuple(f"{result.routine}: {line}" for result in results for line in result.open)
        return routines.steps(results, general), by_hand

    def _moved(self, move: Move, action: str) -> Step:
        old, new = literal(move.relation), literal(move.to)
        return Step(
            f"{move.relation} -> {move.to}",
            self._call(action, old, new),
            self._call(action, new, old),
            _is_moved(old),
            self._note(move),
            needs=(action, *self._patience()),
            down_needs=(action, *self._patience()),
        )

    def _patience(self) -> tuple[str, ...]:
        return ("patiently",) if self.catalog is not None else ("family",)

    def _call(self, action: str, old: str, new: str) -> str:
        return f"CALL pg_temp.sr_{self._patience()[0]}({literal(action)}, {old}, {new});"

    def _note(self, move: Move) -> str:
        """What goes along, for the reader."""
        entry = self.catalog.entry(move.relation) if self.catalog else None
        if self.catalog is None or entry is None:
            return "" if self.catalog is None else "not there yet: skipped"
        told = []
        if statistics := [s.name.name for s in self.catalog.statistics if s.on == move.relation]:
            told.append(f"with statistics {', '.join(statistics)}")
        if sequences := [s.relation.name for s in self.catalog.sequences if s.owned_by == move.relation]:
            told.append(f"with {', '.join(sequences)}")
        if entry.kind in "vmSfc":
            kinds = {"v": "view", "m": "materialized view", "S": "sequence", "f": "foreign table", "c": "type"}
            told.append(f"a {kinds[entry.kind]}")
        return ", ".join(told)


def _is_moved(old: str) -> str:
    return f"pg_temp.sr_kind({old}) IN ('nothing', 'stand-in', 'tombstone')"


def _at_once(steps: Sequence[Step]) -> Step:
    """One step of many that are each a SELECT of a function of ours; a locked table makes all of them wait."""

    def block(statements: Iterable[tuple[str, str]]) -> str:
        lines = [
            statement.replace("SELECT", "PERFORM", 1) + (f"  -- {note}" if note and "\n" not in note else "")
            for statement, note in statements
        ]
        text = "\n      ".join((LOCK, *lines))
        return "DO " + dollar(_AT_ONCE.format(steps=text), "sr") + ";"

    return Step(
        "all at once",
        block((step.up, step.note) for step in steps),
        block((step.down, "") for step in reversed(steps)),
        "\n    AND ".join(step.check for step in steps),
        "One statement, hence one transaction. Where it does not get a lock it lets go of all, and tries again.",
        tuple(dict.fromkeys(need for step in steps for need in step.needs)),
        tuple(dict.fromkeys(need for step in steps for need in step.down_needs)),
    )


_AT_ONCE = """
DECLARE
  at int := 0;
BEGIN
  LOOP
    at := at + 1;
    BEGIN
      PERFORM set_config('lock_timeout', '200ms', true);  -- below deadlock_timeout: it is we who give up
      {steps}
      EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF at >= 100 THEN RAISE; END IF;
    END;
    PERFORM pg_sleep(least(0.05 * at, 1.0) * (0.5 + random()));
  END LOOP;
END
"""
