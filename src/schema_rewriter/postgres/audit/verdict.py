"""Where a database stands between its old layout and the new one: values and judgement. Asks no server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.postgres.audit.codes import codes
from schema_rewriter.postgres.catalog import TABLE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schema_rewriter.postgres.audit.usage import Unknown, Usage
    from schema_rewriter.postgres.catalog import Catalog, CatalogRelation
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import Move, RuleSet

PLACES = {
    "not yet": "it stands under its old name",
    "half": "it stands in one schema, something of it in the other",
    "view": "it has moved; a compatibility view stands under the old name",
    "reverse view": "it has moved back; a compatibility view stands under the new name",
    "moved": "it has moved; nothing stands under the old name",
    "tombstone": "it has moved; a type keeps the old name from being used again",
    "twin": "two relations stand, one under each name",
    "missing": "it does not exist under either name",
}
"""Where a relation of the rules can be."""

VERDICTS = ("ready to expand", "ready to contract", "done", "not ready", "unknown")
"""What may be done next."""


@dataclass(frozen=True, slots=True)
class AuditWarning:
    """One thing of the database that the move can trip over; `stops` is the step that must wait for it, or empty.

    `code` is the number of one of `codes()`.
    """

    code: str
    subject: str
    message: str
    stops: str = ""

    @property
    def word(self) -> str:
        """The code as a word."""
        return codes()[self.code].word

    def __str__(self) -> str:
        return f"{codes()[self.code]}: {self.message}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one relation of the rules is; `note` tells more, in words.

    `old_rows` and `new_rows` are counted for twins only, up to survey.COUNTED; None where they were not.
    """

    relation: str
    target: str
    place: str
    note: str = ""
    old_rows: int | None = None
    new_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """All that was found, and the verdict: one of VERDICTS, with the reasons why it is not a better one.

    `standby`: the server replays another one, whose sessions are not seen here.
    """

    database: str
    version: int
    role: str
    places: tuple[Place, ...]
    warnings: tuple[AuditWarning, ...]
    usage: Usage
    verdict: str
    reasons: tuple[str, ...]
    standby: bool = False

    @property
    def exit_code(self) -> int:
        """0 if the next step may be made, or none is left; 1 if a person has something to do first."""
        return 1 if self.verdict in ("not ready", "unknown") else 0


def places(catalog: Catalog, rules: RuleSet, rows: Mapping[Relation, int]) -> tuple[Place, ...]:
    """Where each relation of the rules is; `rows` are the numbers of rows, where they were counted."""
    seen: dict[tuple[str, str], Place] = {}
    for move in rules.moves:
        key = (str(move.relation), str(move.to))
        if key not in seen:
            seen[key] = _place(move, catalog, rows)
    return tuple(seen.values())


def twins(catalog: Catalog, rules: RuleSet) -> Iterator[CatalogRelation]:
    """The tables whose rows tell which of two is the one that an old client made again."""
    for move in rules.moves:
        old, new = catalog.relation(move.relation), catalog.relation(move.to)
        if _is_own(old) and _is_own(new):
            yield from (stored for stored in (old, new) if stored and stored.kind in TABLE_KINDS)


def _place(move: Move, catalog: Catalog, rows: Mapping[Relation, int]) -> Place:
    old, new = catalog.relation(move.relation), catalog.relation(move.to)
    place, note = _state(old, new)
    old_rows = rows.get(move.relation)
    new_rows = rows.get(move.to)
    if place == "twin" and old and new:
        note = f"{move.relation} ({_rows(old, old_rows)}) and {move.to} ({_rows(new, new_rows)})"
        empty = [str(stored.relation) for stored, count in ((old, old_rows), (new, new_rows)) if count == 0]
        if len(empty) == 1:
            note += f": {empty[0]} was made again, empty, by code that did not find its table"
    stored = new if place in ("moved", "view", "tombstone") else old
    if place in ("moved", "view", "tombstone", "not yet", "reverse view") and stored:
        behind = [str(below.relation) for below in _below(stored, catalog) if _left_behind(below, stored, move)]
        if behind:
            place, note = "half", f"{stored.relation} without {', '.join(behind)}"
    return Place(str(move.relation), str(move.to), place, note, old_rows, new_rows)


def _state(old: CatalogRelation | None, new: CatalogRelation | None) -> tuple[str, str]:
    if _is_own(old) and _is_own(new):
        assert old is not None and new is not None
        if old.kind == "v" and new.relation in old.reads:
            return "view", "a view, but not one that the migration made"
        return "twin", ""
    if _is_own(new):
        if old is None:
            return "moved", ""
        if old.is_tombstone:
            return "tombstone", ""
        return ("view", "") if old.is_compatibility_view else ("moved", "a type has the old name")
    if _is_own(old):
        if new is not None and new.is_compatibility_view:
            return "reverse view", ""
        return "not yet", ""
    return "missing", ""


def _is_own(stored: CatalogRelation | None) -> bool:
    """Whether it is a relation that moves, not a stand-in for one."""
    return stored is not None and stored.kind != "c" and not stored.is_compatibility_view


def _below(stored: CatalogRelation, catalog: Catalog) -> Iterator[CatalogRelation]:
    for below in catalog.relations:
        if stored.relation in below.parents:
            yield below
            yield from _below(below, catalog)


def _left_behind(below: CatalogRelation, stored: CatalogRelation, move: Move) -> bool:
    """Whether a partition or child is in the schema of the two that its parent is not in."""
    schemas = {move.relation.schema, move.to.schema} - {stored.relation.schema}
    return below.relation.schema in schemas


def _rows(stored: CatalogRelation, count: int | None) -> str:
    if stored.kind not in TABLE_KINDS:
        return "not a table"
    return "rows not counted" if count is None else f"{count} row{'s' if count != 1 else ''}"


def verdict(
    places: tuple[Place, ...], warnings: tuple[AuditWarning, ...], usage: Usage, standing: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """What may be done next, and why no more than that.

    `standing` say which views were made on a compatibility view. What is not seen is not known to be gone.
    """
    found = {place.place for place in places}
    if found <= {"missing"}:
        return "not ready", (NOTHING,)
    reasons = [f"two relations for one: {place.note}" for place in places if place.place == "twin"]
    step = "expand" if found & {"not yet", "half", "reverse view"} else "contract"
    reasons += [str(warning) for warning in warnings if warning.stops == step]
    if step == "expand":
        return ("not ready", tuple(reasons)) if reasons else ("ready to expand", ())
    if "view" not in found:
        return ("not ready", tuple(reasons)) if reasons else ("done", ())
    reasons += standing
    for user in usage.users:
        who = f"{user.role} ({user.application or 'no application_name'}, pid {user.pid})"
        reasons.append(f"{who} still says {', '.join(user.relations)}")
    reasons += usage.statements
    if reasons:
        return "not ready", tuple(reasons)
    if usage.standby:
        return "unknown", ("this is a standby: who uses old names on the primary is not seen here; audit that too",)
    if usage.unknown:
        return "unknown", tuple(_unknown(usage.unknown))
    return "ready to contract", ()


NOTHING = "none of the relations exists: new code makes them in the new schema, nothing is to move"


def _unknown(sessions: tuple[Unknown, ...]) -> Iterator[str]:
    if hidden := [one for one in sessions if one.hidden]:
        roles = ", ".join(sorted({one.role for one in hidden}))
        yield (
            f"what {_number(hidden)} of {roles} ran is hidden from this role, and may say an old name: audit as a "
            "superuser, or as a member of pg_read_all_stats"
        )
    if silent := [one for one in sessions if not one.hidden]:
        told = sorted({f"{one.role} ({one.application or 'no application_name'}): {one.why}" for one in silent})
        more = f"; and {len(told) - 3} more" if len(told) > 3 else ""
        yield (
            f"{_number(silent)} may run old code: {'; '.join(told[:3])}{more}. Watch for longer (--window), say which "
            "application_name only new code has (--deployed), or end what is not needed"
        )


def _number(sessions: Sequence[Unknown]) -> str:
    return f"{len(sessions)} session{'s' * (len(sessions) > 1)}"


EXPECTED = {
    "expanded": "new code can run: every relation stands under its new name, and who uses it may",
    "unused": "contract can run: nobody was seen to use an old name, and nobody is there who might",
    "contracted": "no old name stands any more",
}
"""What a pipeline may expect of a database before it goes on."""


def unmet(audit: Audit, expected: str) -> tuple[str, ...]:
    """Why the database is not in the state that is expected, one of EXPECTED; nothing where it is."""
    if {place.place for place in audit.places} <= {"missing"}:
        return (NOTHING,)
    if expected == "unused":
        return () if audit.verdict in ("ready to contract", "done") else (f"it is {audit.verdict}", *audit.reasons)
    right = {"moved", "tombstone", "missing"} | ({"view"} if expected == "expanded" else set())
    reasons = [
        f"{place.relation} -> {place.target}: {place.note or PLACES[place.place]}"
        for place in audit.places
        if place.place not in right
    ]
    if expected == "expanded":
        reasons += [str(warning) for warning in audit.warnings if warning.code == "W06"]
    return tuple(reasons)
