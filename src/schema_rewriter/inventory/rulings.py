"""What the boundaries of the rules say of a use; knows no syntax, and no day but the one it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.inventory.uses import IN_CODE
from schema_rewriter.relation import Relation, quote
from schema_rewriter.rules.boundaries import NAME

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from schema_rewriter.inventory.uses import Use
    from schema_rewriter.rules.boundaries import Allowance, Boundary

_OPERATIONS = {"read": "read", "write": "write"}


def operation(use: Use) -> str:
    """What a boundary calls it: read, write, define, or name, where the SQL that it gets into tells what is done."""
    if use.operation == "name" and use.idiom == IN_CODE:
        return NAME
    return _OPERATIONS.get(use.operation, "define")


def after(use: Use) -> Relation:
    """The relation that a use means once all has moved: boundaries speak of that."""
    return use.relation if use.target is None else use.target


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the boundaries of a file say of a use: which it crosses, if any, and which allowances speak of it.

    `passed` are those that would have let it through once; `used` those by which it gets through, each with its
    boundary.
    """

    crossed: Boundary | None = None
    passed: tuple[Allowance, ...] = ()
    used: tuple[tuple[Boundary, Allowance], ...] = ()


def ruling(
    relation: Relation, does: str, path: str, ours: Sequence[Boundary], today: datetime.date | None = None
) -> Ruling:
    """The ruling of the boundaries that hold for a file on what it does with a relation: the first crossed counts.

    `relation` is as it stands after the move. An allowance whose day has passed by `today` counts no more.
    """
    used: list[tuple[Boundary, Allowance]] = []
    for boundary in ours:
        if boundary.permits(relation.schema, does):
            continue
        allowances = boundary.allowances_for(path, relation, does)
        valid = [allowance for allowance in allowances if not allowance.has_passed(today)]
        if not valid:
            return Ruling(boundary, allowances)
        used += [(boundary, allowance) for allowance in valid]
    return Ruling(used=tuple(used))


def reason(boundary: Boundary, relation: Relation, passed: Sequence[Allowance]) -> str:
    """Why a use of a relation crosses a boundary, for people."""
    if passed:
        last = max(passed, key=lambda allowance: str(allowance.until))
        return f"it was allowed until {last.until}; {last.owner} answers for it"
    of = f"{quote(relation.schema)} is not among it" if relation.schema else "the name has no schema"
    paths = ", ".join(boundary.paths)
    known = any(schema == relation.schema for schema, _ in boundary.schemas)
    return f"the boundary of {paths} permits {boundary}" + ("" if known else f"; {of}")
