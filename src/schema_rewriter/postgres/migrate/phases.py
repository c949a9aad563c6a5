"""What a migration is made of: phases of steps, and what a reader is told of each. Knows no format and no rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.postgres.migrate.steps import session_functions

if TYPE_CHECKING:
    from schema_rewriter.postgres.migrate.steps import Step


@dataclass(frozen=True, slots=True)
class PhaseText:
    """What a phase does and when it may be run, there and on the way back. `when` and `when_down` are whole lines."""

    summary: str
    when: str
    summary_down: str
    when_down: str


PHASE_TEXTS = {
    "prepare": PhaseText(
        "makes the schema, and rights in it",
        "Any time before: changes no table and locks none.",
        "takes back the rights and the schema",
        "After the way back of expand, once no new code runs: takes away what is left.",
    ),
    "expand": PhaseText(
        "moves the tables and leaves views under their old names",
        "Any time, under load: old code goes on through a view under each old name.\n"
        "Until contract, no ALTER TABLE on these tables: the views do not see it. Through a view old code\n"
        "can't COPY, TRUNCATE, CREATE INDEX (many do at start), MERGE (before PostgreSQL 17), nor say\n"
        "nextval of a sequence that moved: schema-rewrite verify tells where.",
        "moves the tables back",
        "Once no new code runs (what still does goes on through views under the new names).",
    ),
    "functions": PhaseText(
        "gives routines bodies that say the new names",
        "After expand. Routines get bodies that say the new names.",
        "gives routines their old bodies",
        "Once no new code runs. Routines get their old bodies.",
    ),
    "grants": PhaseText(
        "gives roles what the rules say",
        "After expand, before new code runs.",
        "takes back what it gave",
        "Before the way back of expand.",
    ),
    "contract": PhaseText(
        "ends the old names",
        "Once no old code runs: old names cease to exist.\n"
        "Who is connected, by what it calls itself:\n"
        "  SELECT application_name, usename, count(*), min(backend_start) FROM pg_catalog.pg_stat_activity\n"
        "  WHERE datname = current_database() GROUP BY 1, 2;",
        "brings the old names back",
        "Any time, under load: old names come back as views, and old code can.",
    ),
    "prepare by search_path": PhaseText(
        "makes the schema, and rights in it; has the search_path find it",
        "Any time before: changes no table and locks none. Sessions that are open keep their search_path, so let all\n"
        "of them begin anew afterwards: restart what runs, or let the pool make new ones.",
        "takes back the rights, the search_path and the schema",
        "After the way back of expand, or, for the search_path alone, once no old code runs.",
    ),
    "expand by search_path": PhaseText(
        "moves the tables, which old code finds by its search_path",
        "Under load, once every session began after prepare: it asks first. Old code goes on by the search_path,\n"
        "unless it writes a schema, sets its own search_path, or makes a table again (CREATE TABLE IF NOT EXISTS\n"
        "of an old name would make an empty one, which hides the moved one).",
        "moves the tables back",
        "Once no new code runs.",
    ),
    "move": PhaseText(
        "moves the tables",
        "For a maintenance window: stop what uses these tables first, start the new code afterwards.\n"
        "All tables move at once, or none does.",
        "moves the tables back",
        "Stop what uses these tables first, start the old code afterwards.",
    ),
}
"""The phases, in their order; `move` is that of a migration in a single step."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Steps that are run together; `name` is one of PHASE_TEXTS.

    `ends` are the old names that it ends, constants of SQL: a tool that runs all there is must not
    come so far unasked. `told` is the key of PHASE_TEXTS where that is not the name.
    """

    name: str
    steps: tuple[Step, ...]
    ends: tuple[str, ...] = ()
    told: str = ""

    @property
    def text(self) -> PhaseText:
        """What a reader is told of it."""
        return PHASE_TEXTS[self.told or self.name]

    def up(self) -> tuple[str, ...]:
        """The statements of the way there, each to be run by itself outside a transaction, in one session."""
        return (*session_functions(self.calls()), *(step.up for step in self.there))

    def calls(self) -> tuple[str, ...]:
        """What the way there asks of the database: its statements, and whether they are done."""
        return tuple(text for step in self.there for text in (step.up, step.check))

    def down(self) -> tuple[str, ...]:
        """The statements of the way back, likewise."""
        statements = tuple(step.down for step in self.back)
        return (*session_functions(statements), *statements)

    @property
    def there(self) -> tuple[Step, ...]:
        """The steps that do something on the way there, in its order."""
        return tuple(step for step in self.steps if step.up)

    @property
    def back(self) -> tuple[Step, ...]:
        """The steps that can be undone, in the order of the way back."""
        return tuple(step for step in reversed(self.steps) if step.down)


@dataclass(frozen=True, slots=True)
class Phases:
    """A migration: its phases in order (the way back is the reverse), what to tell, and what could not be known.

    `warnings` need a person; `notes` are good to know. `unknown` is what only a catalog could have told.
    """

    phases: tuple[Phase, ...]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Phase:
        return next(phase for phase in self.phases if phase.name == name)
