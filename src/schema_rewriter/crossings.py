"""Which uses of a file cross a boundary of the rules; knows no syntax, and no day but the one it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.finding import Finding
from schema_rewriter.relation import Relation, quote

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator, Sequence

    from schema_rewriter.boundary import Allowance, Boundary
    from schema_rewriter.uses import Use, Uses

_OPERATIONS = {"read": "read", "write": "write"}


def operation(use: Use) -> str:
    """What a boundary calls it: read, write, or define."""
    return _OPERATIONS.get(use.operation, "define")


def after(use: Use) -> Relation:
    """The relation that a use means once all has moved: boundaries speak of that."""
    return use.relation if use.target is None else use.target


def crossings(
    path: str, uses: Uses, boundaries: Sequence[Boundary], today: datetime.date | None = None
) -> tuple[Finding, ...]:
    """A finding for each use of a file that a boundary of it does not permit, in the order of the file.

    A use is judged by where its relation stands after the move. An allowance whose day has passed by `today` counts no
    more. A use that may be none, or whose name only the running program knows, crosses nothing.
    """
    ours = [boundary for boundary in boundaries if boundary.holds(path)]
    return tuple(_crossed(path, uses, ours, today)) if ours else ()


def _crossed(path: str, uses: Uses, ours: Sequence[Boundary], today: datetime.date | None) -> Iterator[Finding]:
    for use in uses.found:
        if not use.confident or use.dynamic:
            continue
        relation, does = after(use), operation(use)
        for boundary in ours:
            if boundary.permits(relation.schema, does):
                continue
            allowances = boundary.allowances_for(path, relation, does)
            if not allowances or all(allowance.has_passed(today) for allowance in allowances):
                message = f"may not {does} {relation} here"
                yield Finding(
                    "boundary",
                    message,
                    use.span,
                    use.relation,
                    use.target,
                    reason=_reason(boundary, relation, allowances),
                )
                break


def _reason(boundary: Boundary, relation: Relation, passed: Sequence[Allowance]) -> str:
    if passed:
        last = max(passed, key=lambda allowance: str(allowance.until))
        return f"it was allowed until {last.until}; {last.owner} answers for it"
    of = f"{quote(relation.schema)} is not among it" if relation.schema else "the name has no schema"
    paths = ", ".join(boundary.paths)
    known = any(schema == relation.schema for schema, _ in boundary.schemas)
    return f"the boundary of {paths} permits {boundary}" + ("" if known else f"; {of}")
