"""`boundary`: which uses of a file cross a boundary of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.finding import Finding
from schema_rewriter.inventory.rulings import after, operation, reason, ruling
from schema_rewriter.inventory.uses import uses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from schema_rewriter.inventory.uses import Use
    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.rules.boundaries import Allowance, Boundary


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """A finding for each use of a file that a boundary of it does not permit, in the order of the file.

    A use that may be none, or whose name only the running program knows, crosses nothing.
    """
    ours = [boundary for boundary in file.rules.boundaries if boundary.holds(file.path)]
    for use in uses(file, context).found if ours else ():
        if use.confident and not use.dynamic:
            ruled = ruling(after(use), operation(use), file.path, ours, today)
            if ruled.crossed:
                yield _finding(use, ruled.crossed, ruled.passed)


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
