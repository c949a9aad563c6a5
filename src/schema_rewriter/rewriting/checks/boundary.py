"""`boundary`: which uses of a file cross a boundary of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.finding import Finding
from schema_rewriter.inventory.rulings import after, operation, reason, ruling

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from schema_rewriter.inventory.uses import Use, Uses
    from schema_rewriter.rules.boundaries import Allowance, Boundary


def crossings(
    path: str, uses: Uses, boundaries: Sequence[Boundary], today: datetime.date | None = None
) -> tuple[Finding, ...]:
    """A finding for each use of a file that a boundary of it does not permit, in the order of the file.

    A use that may be none, or whose name only the running program knows, crosses nothing.
    """
    ours = [boundary for boundary in boundaries if boundary.holds(path)]
    found = []
    for use in uses.found if ours else ():
        if use.confident and not use.dynamic:
            ruled = ruling(after(use), operation(use), path, ours, today)
            found += [_finding(use, ruled.crossed, ruled.passed)] if ruled.crossed else []
    return tuple(found)


def _finding(use: Use, crossed: Boundary, passed: Sequence[Allowance]) -> Finding:
    relation = after(use)
    return Finding(
        "boundary",
        f"may not {operation(use)} {relation} here",
        use.span,
        use.relation,
        use.target,
        reason=reason(crossed, relation, passed),
    )
