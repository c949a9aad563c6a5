"""The steps of the relations that move: each moved, kept under its old name by a view, ended. Asks no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.postgres.migrate import schemas
from schema_rewriter.postgres.migrate.quoting import PIN, dollar, literal
from schema_rewriter.postgres.migrate.roles import ALONE
from schema_rewriter.postgres.migrate.steps import Step
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schema_rewriter.postgres.catalog import Catalog
    from schema_rewriter.rules import Move


@dataclass(frozen=True, slots=True)
class TableSteps:
    """The steps of these moves; without a catalog they look at the database when they run."""

    moves: tuple[Move, ...]
    catalog: Catalog | None
    tombstones: bool

    def schemas(self) -> Iterable[Step]:
        """The schemas that relations move into, with rights in them."""
        for schema in dict.fromkeys(move.to.schema or "" for move in self.moves):
            moves = [move for move in self.moves if move.to.schema == schema]
            if all(move.relation.schema == schema for move in moves):
                continue  # renames within a schema
            if self.catalog is None:
                yield schemas.mirror_step(schema, moves)
            else:
                yield schemas.schema_step(schema, moves, self.catalog)

    @property
    def old_names(self) -> tuple[str, ...]:
        """The names that relations have before, as constants of SQL."""
        return tuple(literal(move.relation) for move in self.moves)

    @property
    def names(self) -> tuple[str, ...]:
        """All names that relations have, before and after, as constants of SQL."""
        return tuple(literal(name) for move in self.moves for name in (move.relation, move.to))

    def ready(self) -> Iterable[Step]:
        """Each relation looked at: whether it could be moved."""
        for move in self.moves:
            old, new = literal(move.relation), literal(move.to)
            yield Step(
                f"{move.relation} can move",
                f"SELECT pg_temp.sr_ready({old}, {new});",
                self._call(move, "contract", down=True),
            )

    def expanded(self) -> tuple[Step, ...]:
        """Each moved, with a view under its old name."""
        return tuple(self._moved(move, "expand") for move in self.moves)

    def walked(self) -> tuple[Step, ...]:
        """Each moved, one by one, without a view."""
        return tuple(self._moved(move, "move") for move in self.moves)

    def contracted(self) -> Iterable[Step]:
        """Each view under an old name dropped."""
        action = "tombstone" if self.tombstones else "contract"
        for move in self.moves:
            old = literal(move.relation)
            yield Step(
                f"{move.relation} ends",
                self._call(move, action),
                self._call(move, "compatibility_view"),
                f"pg_temp.sr_kind({old}) IN ('nothing', 'tombstone')",
            )

    def moved(self) -> Iterable[Step]:
        """Each moved without a view, for `at_once`."""
        for move in self.moves:
            old, new, stay = literal(move.relation), literal(move.to), self._stay(move)
            yield Step(
                f"{move.relation} -> {move.to}",
                f"SELECT pg_temp.sr_move_with_children({old}, {new}{stay});",
                f"SELECT pg_temp.sr_move_with_children({new}, {old}{stay});",
                _is_moved(old),
                self._note(move),
            )

    def _moved(self, move: Move, action: str) -> Step:
        old = literal(move.relation)
        return Step(
            f"{move.relation} -> {move.to}",
            self._call(move, action),
            self._call(move, action, down=True),
            _is_moved(old),
            self._note(move),
        )

    def _call(self, move: Move, action: str, *, down: bool = False) -> str:
        old, new = (move.to, move.relation) if down else (move.relation, move.to)
        what = f"{literal(action)}, {literal(old)}, {literal(new)}{self._stay(move)}"
        return f"CALL pg_temp.sr_retry_with_children({what});"

    def _stay(self, move: Move) -> str:
        """The argument for children that are where the relation goes already: on the way back they stay there."""
        entries = self.catalog.relations if self.catalog else ()
        below, grown = {move.relation, move.to}, True
        while grown:
            found = {entry.relation for entry in entries if not below.isdisjoint(entry.parents)} - below
            below, grown = below | found, bool(found)
        moving = {one.to for one in self.moves}
        stay = sorted(name.name for name in below - {move.to} - moving if name.schema == move.to.schema)
        return f", ARRAY[{', '.join(map(literal, stay))}]" if stay else ""

    def _note(self, move: Move) -> str:
        """What goes along, for the reader."""
        entry = self.catalog.relation(move.relation) if self.catalog else None
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
    return f"pg_temp.sr_kind({old}) IN ('nothing', 'compatibility view', 'tombstone')"


def at_once(steps: Sequence[Step], relations: Sequence[str]) -> Step:
    """One step of many that are each a SELECT of a function of ours; a locked table makes all of them wait.

    `relations` are the names that may be locked, as constants of SQL.
    """

    def block(statements: Iterable[tuple[str, str]]) -> str:
        lines = [
            statement.replace("SELECT", "PERFORM", 1) + (f"  -- {visible(note)}" if note and "\n" not in note else "")
            for statement, note in statements
        ]
        text = "\n      ".join((ALONE, *lines))
        return "DO " + dollar(_AT_ONCE.format(pin=PIN, steps=text, names=", ".join(relations)), "sr") + ";"

    return Step(
        "all at once",
        block((step.up, step.note) for step in steps),
        block((step.down, "") for step in reversed(steps)),
        "\n    AND ".join(step.check for step in steps),
        "One statement, hence one transaction. Where it does not get a lock it lets go of all, and tries again.",
    )


_AT_ONCE = """
DECLARE
  at int := 0;  wait pg_catalog.text := pg_temp.sr_lock_setting('lock_timeout');
BEGIN
  {pin}
  LOOP
    at := at + 1;
    BEGIN
      PERFORM set_config('lock_timeout', wait, true);  -- below deadlock_timeout: it is we who give up
      {steps}
      EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF at >= pg_temp.sr_lock_setting('lock_tries')::int THEN RAISE; END IF;
    END;
    PERFORM pg_sleep(least(0.05 * at, extract(epoch FROM pg_temp.sr_lock_setting('lock_pause')::interval))
      * (0.5 + random()));
    wait := pg_temp.sr_lock_wait(ARRAY[{names}]);
  END LOOP;
END
"""
