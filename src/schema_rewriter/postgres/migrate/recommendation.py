"""Which way to move fits a database: with views, by the search_path, or in one step; and why. Asks no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.postgres.migrate.search_path import against
from schema_rewriter.postgres.silent import changed_meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.postgres.catalog import Catalog
    from schema_rewriter.rules import Move

VIEWS, SEARCH_PATH, SINGLE_STEP = "views", "--search-path", "--single-step"


@dataclass(frozen=True, slots=True)
class Recommendation:
    """VIEWS, SEARCH_PATH or SINGLE_STEP; `reasons` speak against views, `more` against the search_path, in lines."""

    mode: str
    reasons: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """What a person is told."""
        if self.mode == VIEWS:
            yield "views, the default: nothing in this database speaks against them, and nobody has to stop"
            return
        if self.mode == SEARCH_PATH:
            yield (
                f"{SEARCH_PATH}, without views and while old code runs, if no code writes the old schema (it looks): "
                "old code would not go on through views as it was, because"
            )
        else:
            yield f"{SINGLE_STEP}, in a maintenance window: old code would not go on through views as it was, because"
        yield from (f"  - {reason}" for reason in self.reasons)
        if self.more:
            yield f"and not {SEARCH_PATH}, because"
            yield from (f"  - {reason}" for reason in self.more)


def recommended(moves: Sequence[Move], catalog: Catalog) -> Recommendation:
    """The mode that fits what moves now. What only the code says (TRUNCATE, COPY ..) is `verify`'s to find."""
    if not (reasons := tuple(_against_views(moves, catalog))):
        return Recommendation(VIEWS)
    more = tuple(against(moves, catalog))
    return Recommendation(SINGLE_STEP if more else SEARCH_PATH, reasons, more)


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
