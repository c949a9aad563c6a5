"""What is released together, for tools that run migrations with a release: first expand, later contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.postgres.migrate.scripts.setting import (
    GATE_BACK,
    GATE_WHY,
    LOCK_TIMEOUT,
    LOCK_TIMEOUT_BACK,
    LOCK_TIMEOUT_WHY,
    LOCKS_WHY,
    RESTORE,
    SAVE,
    SEARCH_PATH,
    SEARCH_PATH_WHY,
    TIMEOUT,
    TIMEOUT_BACK,
    TIMEOUT_WHY,
)
from schema_rewriter.postgres.migrate.steps import session_functions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.postgres.migrate.phases import Phase, Phases
    from schema_rewriter.postgres.migrate.scripts.setting import Locks

Statements = tuple[tuple[str, str], ...]
"""Statements without a semicolon at their end, each with a comment."""


@dataclass(frozen=True, slots=True)
class Release:
    """Statements of one migration of a tool, each to be run by itself: functions, the way there, the way back.

    The functions set the session's search_path; both ways end with the one that was before. `gated`: its way there
    stops unless the session says that old names may end.
    """

    name: str
    summary: str
    when: tuple[str, ...]
    functions: Statements
    up: Statements
    down: Statements
    gated: bool = False


def releases(phases: Phases, locks: Locks) -> tuple[Release, ...]:
    """Two releases, or one of a migration in a single step."""
    last = [phase for phase in phases.phases if phase.name == "contract"]
    first = [phase for phase in phases.phases if phase.name != "contract"]
    if not last:
        return (_release("move", "tables move to another schema, with a maintenance window", first, locks),)
    return (
        _release("expand", "tables move to another schema, views stay under their old names", first, locks),
        _release("contract", "the views under the old names go", last, locks),
    )


def _release(name: str, summary: str, phases: Sequence[Phase], locks: Locks) -> Release:
    steps = [step for phase in phases for step in phase.there]
    back = [step for phase in reversed(phases) for step in phase.back]
    ends = [name for phase in phases for name in phase.ends]
    listed = ",\n    ".join(ends)
    gate = ((f"SELECT pg_temp.sr_gate(ARRAY[\n    {listed}])", GATE_WHY), (GATE_BACK, "")) if ends else ()
    calls = (*(text for phase in phases for text in phase.calls()), *(step.down for step in back))
    functions = session_functions((*calls, *(statement for statement, _ in gate)))
    when = (
        phases[-1].text.when
        if name != "expand"
        else "Before the new code, under load. Old code goes on through the views."
    )
    down = phases[-1].text.when_down if name != "expand" else "Once no new code runs."
    path = ((SAVE, ""), (SEARCH_PATH, SEARCH_PATH_WHY))
    settings = zip(locks.statements, (LOCKS_WHY, "", "", ""), strict=True)
    wait = ((TIMEOUT, TIMEOUT_WHY), (LOCK_TIMEOUT, LOCK_TIMEOUT_WHY), *settings)
    back_to_before = ((TIMEOUT_BACK, ""), (LOCK_TIMEOUT_BACK, ""), (RESTORE, ""))
    return Release(
        name,
        summary,
        (*when.splitlines(), "The way back: " + down.replace("\n", " ")),
        (*path, *((bare(function), "") for function in functions)),
        (*wait, *gate, *((bare(step.up), step.note) for step in steps), *back_to_before),
        (*wait, *((bare(step.down), "") for step in back), *back_to_before),
        bool(ends),
    )


def bare(statement: str) -> str:
    """Without the semicolon, and without the comment above a function, as drivers and tools want it."""
    statement = statement.strip()
    while statement.startswith("--"):
        statement = statement.partition("\n")[2]
    return statement.removesuffix(";")
