"""Which files may use which schemas, as the rules say; knows no SQL, no file's content and no clock."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import RuleError, nearest
from schema_rewriter.relation import Relation, quote, split_identifier
from schema_rewriter.rules import globs

if TYPE_CHECKING:
    from collections.abc import Sequence

OPERATIONS = ("read", "write", "define")
"""What code does with a relation; `define` is all DDL, foreign keys and grants included."""

NAME = "name"
"""What code does that has a relation's name and gives it on: any of OPERATIONS, which its SQL tells."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """An exception to a boundary: somebody's, and until the end of a day, if one is told.

    It holds for `relations` (qualified) in files that `paths` match; no paths: in all files of the boundary.
    """

    relations: tuple[Relation, ...]
    operations: tuple[str, ...]
    owner: str
    until: datetime.date | None = None
    paths: tuple[str, ...] = ()

    def has_passed(self, today: datetime.date | None) -> bool:
        """Whether its last day has passed; never without a clock."""
        return self.until is not None and today is not None and today > self.until


@dataclass(frozen=True, slots=True)
class Boundary:
    """What the files that `paths` (globs) match may do in which schema: nothing but this, and what is allowed."""

    paths: tuple[str, ...]
    schemas: tuple[tuple[str, tuple[str, ...]], ...]
    allowances: tuple[Allowance, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether the boundary is one of this file."""
        return globs.matches(path, self.paths)

    def permits(self, schema: str | None, operation: str) -> bool:
        """Whether its files may do this in a schema; allowances are not asked."""
        permitted = dict(self.schemas).get(schema or "", ())
        return operation in permitted or (operation == NAME and bool(permitted))

    def allowances_for(self, path: str, relation: Relation, operation: str) -> tuple[Allowance, ...]:
        """The exceptions that speak of this, those that have passed included."""
        return tuple(
            allowance
            for allowance in self.allowances
            if relation in allowance.relations
            and (operation in allowance.operations or operation == NAME)
            and (not allowance.paths or globs.matches(path, allowance.paths))
        )

    def __str__(self) -> str:
        """What is permitted, as one would say it: `app: read, write; public: read`."""
        return "; ".join(f"{quote(schema)}: {', '.join(operations)}" for schema, operations in self.schemas)


def parse(entries: Any, origin: str) -> tuple[Boundary, ...]:
    """The boundaries of a rule file's `boundary` key. Raises RuleError with file, key and remedy."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RuleError(f"{origin}: boundary: must be an array of tables; write [[boundary]]")
    return tuple(_boundary(entry, f"{origin}: boundary[{number}]") for number, entry in enumerate(entries, 1))


def _boundary(entry: dict[str, Any], where: str) -> Boundary:
    _known(entry, where, ("paths", "schemas", "allow"))
    schemas = entry.get("schemas")
    if not isinstance(schemas, dict):
        raise RuleError(f'{where}.schemas: must be a table, such as schemas = {{ app = ["read", "write"] }}')
    allowed = entry.get("allow", [])
    if not isinstance(allowed, list) or not all(isinstance(each, dict) for each in allowed):
        raise RuleError(f"{where}.allow: must be an array of tables; write [[boundary.allow]]")
    return Boundary(
        _strings(entry, "paths", where),
        tuple((_names(name, f"{where}.schemas", 1)[0], _operations(schemas, name, where)) for name in schemas),
        tuple(_allowance(each, f"{where}.allow[{number}]") for number, each in enumerate(allowed, 1)),
    )


def _allowance(entry: dict[str, Any], where: str) -> Allowance:
    _known(entry, where, ("relations", "operations", "owner", "until", "paths"))
    owner, until = entry.get("owner"), entry.get("until")
    if not isinstance(owner, str) or not owner.strip():
        raise RuleError(f'{where}.owner: must say who answers for it, such as owner = "billing team"')
    if until is not None and (not isinstance(until, datetime.date) or isinstance(until, datetime.datetime)):
        raise RuleError(f"{where}.until: must be a day without quotes, such as until = 2026-12-31")
    names = [_names(name, f"{where}.relations", 2) for name in _strings(entry, "relations", where)]
    paths = _strings(entry, "paths", where) if "paths" in entry else ()
    operations = _operations(entry, "operations", where)
    return Allowance(tuple(Relation(schema, name) for schema, name in names), operations, owner, until, paths)


def _known(entry: dict[str, Any], where: str, keys: Sequence[str]) -> None:
    for key in entry:
        if key not in keys:
            raise RuleError(f"{where}.{key}: unknown key; did you mean {nearest(key, keys)}?")


def _strings(entry: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
        raise RuleError(f'{where}.{key}: must be an array of strings, such as {key} = ["..."]')
    return tuple(value)


def _operations(entry: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RuleError(f'{where}.{key}: must be an array of operations, such as ["read", "write"]')
    for item in value:
        if item not in OPERATIONS:
            raise RuleError(f"{where}.{key}: {item!r} is no operation; did you mean {nearest(item, OPERATIONS)}?")
    return tuple(item for item in OPERATIONS if item in value)


def _names(written: str, where: str, count: int) -> tuple[str, ...]:
    names = tuple(split_identifier(written))
    if len(names) != count:
        what = "the name of a schema" if count == 1 else "a qualified name, such as public.users"
        raise RuleError(f"{where}: {written!r} is not {what}")
    return names
