"""The proof: each statement means the same relations and columns before the move and after it, or it is told why not.

In one database: the old texts on the old layout; the migration's first half, and which of the old texts break while
its views stand; its second half, the new texts on the new layout, and the control that the old ones fail there; then
the way back, and the catalogs are compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.errors import DatabaseError
from schema_rewriter.postgres.connection import driver
from schema_rewriter.postgres.silent import changed_meaning
from schema_rewriter.postgres.verify import layout, probe
from schema_rewriter.postgres.verify.bodies import unlike
from schema_rewriter.postgres.verify.constants import Layouts, same_query
from schema_rewriter.postgres.verify.template import Template, template
from schema_rewriter.relation import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema_rewriter.postgres.connection import Connection
    from schema_rewriter.postgres.verify.claims import Claim, Written
    from schema_rewriter.postgres.verify.layout import Migration
    from schema_rewriter.postgres.verify.probe import Existing, Shape
    from schema_rewriter.rules import RuleSet

PROVED, DIFFERS, INVALID, UNVERIFIED = "proved", "differs", "already invalid", "not verifiable"
STATUSES = (PROVED, DIFFERS, INVALID, UNVERIFIED)
"""proved: the same objects. differs: the rewrite is wrong. already invalid: PostgreSQL refuses the statement as it was
before. not verifiable: it can't be probed, for the reason given."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a claim. `window` says how the old statement fails while compatibility views stand, or is empty."""

    claim: Claim
    status: str
    reason: str = ""
    window: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """All results, in the order of the claims; `unlike` are lines of the catalog that the way back did not restore."""

    results: tuple[Result, ...]
    unlike: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 if a statement differs or the way back does not lead back, else 0."""
        return 1 if self.unlike or any(result.status == DIFFERS for result in self.results) else 0


@dataclass(frozen=True, slots=True)
class _Probed:
    """A statement that the old layout takes: how its holes are filled, and what it came to."""

    template: Template
    choice: tuple[int, ...]
    shape: Shape
    existing: Existing | None
    question: bool


def prove(
    connection: Connection, claims: Sequence[Claim], rules: RuleSet, migration: Migration, *, make_roles: bool = False
) -> Proof:
    """The proof of the claims on the layout that the connection's database has; it is as it was afterwards.

    `make_roles`: roles that a statement names may be made. Raises DatabaseError where the migration itself fails.
    """
    probe.prepare(connection)
    path = ", ".join(quote(schema) for schema in rules.search_path)
    connection.execute(f"SET search_path = {path}".encode())
    connection.execute(b"SET statement_timeout = '30s'")
    start = layout.everything(connection)
    probed = [_before(connection, claim, make_roles) for claim in claims]
    old_names, parents = layout.names(connection), layout.parents(connection)
    moving = {move.relation.name for move in rules.moves}
    _run(connection, migration.expand, "expand")
    windows = [
        _window(connection, first) or changed_meaning(claim.text, moving, parents)
        if isinstance(first, _Probed) and claim.changed
        else ""
        for claim, first in zip(claims, probed, strict=True)
    ]
    _run(connection, migration.contract, "contract")
    new_names = layout.names(connection)
    names = {old: new_names[oid] for oid, old in old_names.items() if new_names.get(oid, old) != old}
    renamed = {old: new for old, new in names.items() if old.rpartition(".")[2] != new.rpartition(".")[2]}
    layouts = Layouts.of(old_names.values(), names, rules.search_path)
    for old, new in renamed.items():  # the server names indexes, constraints and sequences by their table
        names[f"{old.rpartition('.')[2]}_"] = f"{new.rpartition('.')[2]}_"
    results = [
        first if isinstance(first, Result) else _after(connection, claim, first, names, renamed, layouts, rules)
        for claim, first in zip(claims, probed, strict=True)
    ]
    results = [
        replace(result, window=window) if result.status == PROVED else result
        for result, window in zip(results, windows, strict=True)
    ]
    _run(connection, migration.down, "down")
    unlike = tuple(sorted(start ^ layout.everything(connection)))
    return Proof(tuple(results), unlike)


def _run(connection: Connection, statements: Sequence[str], step: str) -> None:
    psycopg = driver()
    for statement in statements:
        try:
            connection.execute(statement.encode())
        except psycopg.Error as error:
            said = " ".join(str(error).split())
            raise DatabaseError(
                f"the migration fails on this schema, step {step}: {said}; in: {statement[:120]}"
            ) from None


def _before(connection: Connection, claim: Claim, make_roles: bool) -> Result | _Probed:
    """The old statement on the old layout: how it can be probed, or why it can't."""
    if claim.before is None or claim.after is None:
        side = "before" if claim.before is None else "after"
        return Result(claim, UNVERIFIED if claim.doubt else DIFFERS, f"the code {side} has no statement for it")
    first: Shape | None = None
    for question in (False, True) if "?" in claim.before.text else (False,):
        made = _template(claim.before, question)
        if made.impossible:
            return Result(claim, UNVERIFIED, "a name, or a list of assignments, that only the program knows")
        for choice in made.choices():
            text, count = made.filled(choice)
            existing = probe.existing(connection, text)
            shape = _shape(connection, text, count, existing)
            for _ in range(_ROLES if make_roles else 0):
                if (role := _MISSING_ROLE.fullmatch(shape.said)) is None:
                    break
                connection.execute(f"CREATE ROLE {quote(role[1])}".encode())
                shape = _shape(connection, text, count, existing)
            if shape.valid:
                return _Probed(made, choice, shape, existing, question)
            first = first or shape
    said = first.said if first else ""
    if claim.doubt:
        return Result(claim, UNVERIFIED, claim.doubt)
    if first and (first.state in _OUTSIDE or _MISSING_ROLE.fullmatch(said)):
        return Result(claim, UNVERIFIED, said)
    if made.slots and any(slot.fillings and slot.fillings[0] != "$#" for slot in made.slots):
        return Result(claim, UNVERIFIED, f"no filling of its holes makes it a statement: {said}")
    return Result(claim, INVALID, said)


_MISSING_ROLE = re.compile(r'role "(.+)" does not exist')
_ROLES = 8
"""How many roles are made for one statement at most."""
_REACHES_OUT = "SR001"
_OUTSIDE = frozenset(f"{_REACHES_OUT} 42501 57014 0A000 25001 25P01 34000 3B001 26000 2D000 42710 42701 22021".split())
"""What a statement meets because it is asked on its own, in a block of its own, where all that it makes is there."""


def _template(written: Written, question: bool = False) -> Template:
    return template(written.text, written.holes, script=written.script, question=question)


def _shape(connection: Connection, text: str, count: int, existing: Existing | None, *, shallow: bool = False) -> Shape:
    if "\0" in text or text != text.encode(errors="replace").decode():
        return probe.Shape("22021", "it holds what is no character of PostgreSQL")
    if probe.is_query(text):
        shape = probe.query(connection, text, count, shallow=shallow)
        if shape.state not in ("0A000", "42601") or count:
            return shape
        made = probe.created_by_select(text)
        return shape if made is None else probe.command(connection, made, None)
    if not _is_blind(text) and probe.reaches_out(text):
        return probe.Shape(_REACHES_OUT, "running it might do what can't be undone: files, programs, other databases")
    return probe.command(connection, text, existing)


def _after(
    connection: Connection,
    claim: Claim,
    probed: _Probed,
    names: Mapping[str, str],
    renamed: Mapping[str, str],
    layouts: Layouts,
    rules: RuleSet,
) -> Result:
    """The new statement on the new layout, against the old one; and the old one there, which must fail."""
    assert claim.before is not None and claim.after is not None
    made = _template(claim.after, probed.question)
    if len(made.slots) != len(probed.template.slots):
        return Result(claim, DIFFERS, "it has not the same holes and placeholders")
    if [slot.name for slot in made.slots] != [slot.name for slot in probed.template.slots]:
        return Result(claim, DIFFERS, "its placeholders are others, or stand in another order")
    made = replace(made, slots=probed.template.slots)
    text, count = made.filled(probed.choice)
    shape, expected = _shape(connection, text, count, probed.existing), probed.shape.renamed(names)
    if not shape.valid:
        return Result(claim, DIFFERS, f"after the move: {shape.said}")
    if shape.objects != expected.objects:
        others = _with_names(connection, shape.objects ^ expected.objects)
        return Result(claim, DIFFERS, f"it means other objects: {others}")
    if shape.made != expected.made:
        return Result(claim, DIFFERS, f"it makes {_listed(shape.made)}, not {_listed(expected.made)}")
    # Under a new name columns are written with other owners: then the objects must do.
    if not same_query(expected.body, shape.body, layouts) and not any(name in probed.shape.body for name in renamed):
        return Result(claim, DIFFERS, "the server reads it as another query of the same objects")
    if _is_blind(text) and not made.slots and (said := unlike(claim.before.text, claim.after.text, rules)):
        return Result(claim, DIFFERS, f"of the body: {said}")
    if claim.changed:
        return _control(connection, claim, probed, shape, text_names=shape.body != expected.body)
    if _is_blind(text):
        return Result(claim, UNVERIFIED, _BLIND)
    return Result(claim, PROVED)


def _control(connection: Connection, claim: Claim, probed: _Probed, shape: Shape, *, text_names: bool) -> Result:
    """Whether the old statement fails on the new layout, without which the proof of the new one proves nothing.

    `text_names`: the two differ in names that are texts, which are no error where they find nothing.
    """
    old, count = probed.template.filled(probed.choice)
    control = _shape(connection, old, count, probed.existing, shallow=True)
    if control.valid:
        control = _shape(connection, old, count, probed.existing)
    if control.valid and (control.objects, control.made) == (shape.objects, shape.made):
        if _is_blind(old) and not _READ_WHEN_MADE.search(old):
            return Result(claim, UNVERIFIED, _BLIND)
        if not text_names:
            return Result(claim, DIFFERS, "the old statement works on the new layout too: the proof proves nothing")
    elif control.valid and probe.is_query(old):
        return Result(claim, DIFFERS, "the old statement finds other relations of these names (W14)")
    return Result(claim, PROVED)


_BLIND = "the bodies of such routines are read only when they run"


def _is_blind(text: str) -> bool:
    return re.match(r"\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\b", text, re.IGNORECASE) is not None


_READ_WHEN_MADE = re.compile(r"\blanguage\s+'?sql\b|\bbegin\s+atomic\b", re.IGNORECASE)


def _window(connection: Connection, probed: _Probed) -> str:
    """How the old statement fails where views stand under the old names; "" if it works."""
    text, count = probed.template.filled(probed.choice)
    made = probe.makes(text)
    if probed.existing is not None:
        if made is None or not made[1]:
            return ""  # it makes what is there: it fails in any case
        shape = probe.command(connection, text, None)
    else:
        shape = _shape(connection, text, count, probed.existing, shallow=True)
    return shape.said


def _with_names(connection: Connection, lines: frozenset[str]) -> str:
    """Lines of a shape with names for OIDs, some of them."""

    def named(found: re.Match[str]) -> str:
        row = connection.execute(
            "SELECT %s::pg_catalog.oid::pg_catalog.regclass::pg_catalog.text", [int(found[0])]
        ).fetchone()
        return str(row[0]) if row else found[0]

    shown = sorted({re.sub(r"(?<![\w.])\d{5,}(?![\w.])", named, line) for line in lines})
    return ", ".join(shown[:4]) + (", .." if len(shown) > 4 else "")


def _listed(made: frozenset[str]) -> str:
    return ", ".join(sorted(line.removeprefix("name ") for line in made)) or "nothing"
