"""Migrations as SQL files: plain, for any client that sends statement by statement, and for psql with its commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.postgres.migrate.quoting import comment, literal
from schema_rewriter.postgres.migrate.scripts.setting import (
    GATE_BACK,
    LOCK_TIMEOUT,
    LOCK_TIMEOUT_BACK,
    LOCK_TIMEOUT_WHY,
    LOCKS_WHY,
    OPEN,
    SEARCH_PATH,
    SEARCH_PATH_WHY,
    SHUT,
    SHUT_BACK,
    SHUT_WHY,
    TIMEOUT,
    TIMEOUT_BACK,
    TIMEOUT_WHY,
    provenance,
)
from schema_rewriter.postgres.migrate.steps import session_functions
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema_rewriter.postgres.migrate.phases import Phase, Phases
    from schema_rewriter.postgres.migrate.scripts.setting import Setting
    from schema_rewriter.postgres.migrate.steps import Step


def sql(phases: Phases, setting: Setting) -> Mapping[str, str]:
    """Files N_phase.up.sql and N_phase.down.sql of statements and comments only."""
    return _files(phases, setting, psql=False)


def psql(phases: Phases, setting: Setting) -> Mapping[str, str]:
    """The same with psql's commands: stops at the first error, and ends with one if something is not done."""
    return _files(phases, setting, psql=True)


def _files(phases: Phases, setting: Setting, *, psql: bool) -> dict[str, str]:
    files = {}
    for number, phase in enumerate(phases.phases, 1):
        for down in (False, True):
            name = f"{number}_{phase.name}.{'down' if down else 'up'}.sql"
            if not down or phase.back:
                files[name] = _phase(name, phase, phases, setting, psql=psql, down=down)
    return files


def _phase(name: str, phase: Phase, phases: Phases, setting: Setting, *, psql: bool, down: bool) -> str:
    steps = phase.back if down else phase.there
    statements = phase.down() if down else phase.up()
    gated = phase.ends if not down else ()
    functions = statements[: len(statements) - len(steps)]
    if gated:
        functions = session_functions([*phase.calls(), *_gate(gated)])
    stop = "" if psql else " -v ON_ERROR_STOP=1"
    lines = [
        *comment([f"{name}: {_summary(phase, down)}", *_when(phase, down), ""]),
        *comment([f"Run it with: psql -X{stop} -f {name} DATABASE"]),
        *comment(["Not within a transaction (psql -1): each statement commits by itself. After an error, or a crash,"]),
        *comment(["run it again: what is done is left alone. Two runners at once do no harm.", ""]),
        *comment(provenance(phases, setting)),
        "",
    ]
    if psql:
        lines += ["\\set ON_ERROR_STOP on", "\\set AUTOCOMMIT on", "\\set QUIET on", "\\pset pager off", ""]
    lines += [f"-- {SEARCH_PATH_WHY}", f"{SEARCH_PATH};", f"-- {TIMEOUT_WHY}", f"{TIMEOUT};"]
    lines += [f"-- {LOCK_TIMEOUT_WHY}", f"{LOCK_TIMEOUT};"]
    lines += [f"-- {LOCKS_WHY}", *(f"{statement};" for statement in setting.locks.statements), ""]
    if functions:
        lines += _rule("Functions for this session (they are gone with it); the steps are below")
        lines += [line for function in functions for line in (function, "")]
    lines += _rule("Steps")
    lines += _gate(gated)
    if psql:
        lines += [f"\\echo '{name}'"]
    lines += _steps(steps, down=down)
    if not down:
        lines += _checked(steps, psql=psql)
    back = [SHUT_BACK, GATE_BACK] if gated else []
    back += [TIMEOUT_BACK, LOCK_TIMEOUT_BACK, "RESET search_path"]
    lines += [*([""] if lines[-1] else []), *(f"{one};" for one in back)]
    return "\n".join(lines) + "\n"


def _gate(ends: Sequence[str]) -> list[str]:
    """What keeps a file from ending names that are used; nothing where it ends none."""
    if not ends:
        return []
    names = ",\n  ".join(ends)
    return [f"-- {SHUT_WHY}", f"{SHUT};", f"SELECT pg_temp.sr_gate(ARRAY[\n  {names}], true), {OPEN};", ""]


def _summary(phase: Phase, down: bool) -> str:
    return phase.text.summary_down if down else phase.text.summary


def _when(phase: Phase, down: bool) -> list[str]:
    return (phase.text.when_down if down else phase.text.when).splitlines()


def _rule(title: str) -> list[str]:
    return [f"-- {title} {'-' * max(3, 115 - len(title))}", ""]


def _steps(steps: Sequence[Step], *, down: bool) -> list[str]:
    lines: list[str] = []
    for step in steps:
        statement = step.down if down else step.up
        note = "" if down else step.note
        if "\n" in statement or "\n" in note:
            lines += [
                *([""] if lines and lines[-1] else []),
                *comment([step.title, *note.splitlines()]),
                statement,
                "",
            ]
        else:
            lines.append(f"{statement}  -- {visible(note)}" if note else statement)
    return lines if lines and not lines[-1] else [*lines, ""]


def _checked(steps: Sequence[Step], *, psql: bool) -> list[str]:
    checks = [f"  ({literal(step.title)}, {step.check})" for step in steps if step.check]
    if not checks:
        return []
    rows = ",\n".join(checks)
    lines = [*_rule("What came of it: each line must say t"), f"SELECT * FROM (VALUES\n{rows}\n) AS step (step, done);"]
    if psql:
        lines += [
            "",
            f"SELECT pg_catalog.bool_and(done) AS all_done FROM (VALUES\n{rows}\n) AS step (step, done) \\gset",
            "\\if :all_done",
            "  \\echo 'done'",
            "\\else",
            "  DO $$BEGIN RAISE EXCEPTION 'schema-rewrite: not everything is done, see the list above'; END$$;",
            "\\endif",
        ]
    return lines
