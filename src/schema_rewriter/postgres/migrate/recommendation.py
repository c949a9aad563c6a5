"""Which way to move fits a database: with views, while old code runs, or in one step; and why. Asks no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.postgres.silent import changed_meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.postgres.catalog import Catalog
    from schema_rewriter.rules import Move

VIEWS, SINGLE_STEP = "views", "--single-step"


@dataclass(frozen=True, slots=True)
class Recommendation:
    """VIEWS or SINGLE_STEP; `reasons` speak against views, each in a line."""

    mode: str
    reasons: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """What a person is told."""
        if self.mode == VIEWS:
            yield "views, the default: nothing in this database speaks against them, and nobody has to stop"
            return
        yield f"{SINGLE_STEP}, in a maintenance window: old code would not go on through views as it was, because"
        yield from (f"  - {reason}" for reason in self.reasons)


def recommended(moves: Sequence[Move], catalog: Catalog) -> Recommendation:
    """The mode that fits what moves now. What only the code says (TRUNCATE, COPY ..) is `verify`'s to find."""
    reasons = tuple(_against_views(moves, catalog))
    return Recommendation(SINGLE_STEP if reasons else VIEWS, reasons)


def _against_views(moves: Sequence[Move], catalog: Catalog) -> Iterator[str]:
    here = [entry for move in moves if (entry := catalog.relation(move.relation)) and not entry.mark]
    for entry in here:
        if entry.row_security and catalog.version < 150000:
            yield f"{entry.relation} has row level security, which a view of this server would bypass"
        if entry.kind in "Sc":
            kind = "sequence" if entry.kind == "S" else "type"
            yield f"{entry.relation} is a {kind}: nothing can stand under its old name"
    names = {entry.relation.name for entry in here if entry.kind in "rpf"}
    parents = {parent.name for entry in catalog.relations if not entry.partition for parent in entry.parents}
    for routine in catalog.routines:
        if said := changed_meaning(routine.source, names, parents):
            yield f"{routine}: {said}"
