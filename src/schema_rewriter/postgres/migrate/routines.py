"""Routines of the database whose bodies name what moves: rewritten by the same engine as files. Makes steps of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import apply
from schema_rewriter.postgres.migrate.quoting import dollar, literal
from schema_rewriter.postgres.migrate.steps import Step
from schema_rewriter.relation import split_identifier
from schema_rewriter.rewriting.rewriter import rewrite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.postgres.catalog import Catalog, Routine
    from schema_rewriter.rules import RuleSet

_FILE = "catalog.sql"
"""The path under which the engine reads a definition; the rules have no paths here."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A routine after the move: its definition with the new body, that with the old one, and what is left open.

    Both definitions have the header of the new layout, in which they are run. `open` is in words, a line each.
    """

    routine: Routine
    definition: str
    restored: str
    source: str
    open: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether the body needs another text; a header alone follows by itself."""
        return self.source != self.routine.source


def rewritten(catalog: Catalog, rules: RuleSet) -> tuple[Rewritten, ...]:
    """The routines that name what moves. Those of extensions are left out, they are not ours to change.

    `rules` must have no paths. A routine with a search_path of its own is read under that.
    """
    candidates = (r for r in catalog.routines if r.extension is None and rules.mentioned(r.definition))
    results = (_rewritten(routine, rules) for routine in candidates)
    return tuple(result for result in results if result.changed or result.open)


def says_schema(found: Rewritten, rules: RuleSet) -> str:
    """The first name of a relation that moves which the routine's body writes with its schema; "" if it writes none."""
    result = rewrite(_FILE, found.routine.definition.encode(), rules)
    return next((str(one.relation) for one in result.findings if one.code == "old-schema" and one.relation), "")


def _rewritten(routine: Routine, rules: RuleSet) -> Rewritten:
    before = routine.definition.encode()
    body = routine.source.encode()
    start = before.rindex(body)
    tail = before[start + len(body) :]
    result = rewrite(_FILE, before, replace(rules, search_path=_search_path(routine, rules)))
    edits = [edit for finding in result.applied for edit in finding.edits if edit.span.stop <= start]
    header = apply(before[:start], edits)
    after = result.after[len(header) : len(result.after) - len(tail)]
    lines = body.count(b"\n")
    told = [result.error] if result.error else []
    for finding in result.open:
        if finding.span.start >= start:
            line = before.count(b"\n", start, finding.span.start) + 1
            told.append(
                f"line {line} of {lines + 1}: {finding.message}" + (f" ({finding.reason})" if finding.reason else "")
            )
    return Rewritten(
        routine,
        result.after.decode().rstrip(),
        (header + body + tail).decode().rstrip(),
        after.decode(),
        tuple(told),
    )


def _search_path(routine: Routine, rules: RuleSet) -> tuple[str, ...]:
    for setting in routine.settings:
        name, _, value = setting.partition("=")
        if name == "search_path":
            parts = (split_identifier(part) for part in value.split(","))
            return tuple(part[0] for part in parts if len(part) == 1)
    return rules.search_path


def steps(results: Iterable[Rewritten], rules: RuleSet) -> tuple[Step, ...]:
    """A step for each routine that has another body after the move."""
    moved = {str(move.relation): str(move.to) for move in rules.moves}
    return tuple(_step(result, moved) for result in results if result.changed)


def _step(result: Rewritten, moved: dict[str, str]) -> Step:
    arguments = []
    for argument in result.routine.arguments:
        name = argument.removesuffix("[]")
        arguments.append(moved.get(name, name) + argument[len(name) :])
    routine = literal(f"{result.routine.name}({', '.join(arguments)})")
    was, becomes = literal(_digest(result.routine.source)), literal(_digest(result.source))
    return Step(
        f"body of {result.routine}",
        f"SELECT pg_temp.sr_replace_routine({routine}, {was}, {becomes},\n{dollar(result.definition)});",
        f"SELECT pg_temp.sr_replace_routine({routine}, {becomes}, {was},\n{dollar(result.restored)});",
        f"EXISTS (SELECT FROM pg_catalog.pg_proc WHERE oid = pg_temp.sr_find_routine({routine}) "
        f"AND pg_catalog.md5(prosrc) = {becomes})",
        note="\n".join(f"by hand: {line}" for line in result.open),
    )


def _digest(source: str) -> str:
    return hashlib.md5(source.encode(), usedforsecurity=False).hexdigest()
