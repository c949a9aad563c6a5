"""The reading of rule files: TOML as a rule set, or one line that names the key and the remedy."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import RuleError, nearest
from schema_rewriter.relation import Relation, fold, quote, split_identifier
from schema_rewriter.rules.django import parse as parse_django
from schema_rewriter.rules.history import NO_HISTORY
from schema_rewriter.rules.history import parse as parse_history
from schema_rewriter.rules.rules import LEVELS, Dialect, Grant, Move, RuleSet, Takes

if TYPE_CHECKING:
    from schema_rewriter.rules.boundaries import Boundary

_OURS = frozenset(("postgresql", "postgres", "pg"))

_KEYS = tuple(
    "search_path bare existing_schemas move dialect call grants boundary history generated django $schema".split()
)
_MAY_BE_EMPTY = ("bare", "existing_schemas")


def parse_rules(text: str, origin: str) -> RuleSet:
    """The rule set that a TOML text says; `origin` names it in errors. Raises RuleError with key and remedy."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{origin}: not TOML: {error}") from None
    reader = _Reader(origin)
    reader.known(document, "", _KEYS)
    path = tuple(reader.name(name, "search_path") for name in reader.strings(document, "search_path", "", ["public"]))
    bare, existing = (
        frozenset(reader.name(name, key) for name in reader.strings(document, key, "", []))
        for key in ("bare", "existing_schemas")
    )
    tables = reader.tables(document, "move")
    moves = [move for number, entry in enumerate(tables, 1) for move in reader.moves(entry, f"move[{number}]")]
    systems = enumerate(reader.tables(document, "dialect"), 1)
    dialects = tuple(reader.dialect(entry, f"dialect[{number}]") for number, entry in systems)
    named = enumerate(reader.tables(document, "call"), 1)
    calls = tuple(reader.call(entry, f"call[{number}]") for number, entry in named)
    boundaries: tuple[Boundary, ...] = ()
    if "boundary" in document:
        from schema_rewriter.rules.boundaries import parse as parse_boundaries

        boundaries = parse_boundaries(document["boundary"], origin)
    history = parse_history(document["history"], origin) if "history" in document else NO_HISTORY
    strategy = parse_django(document["django"], origin) if "django" in document else ""
    if not moves and not boundaries:
        raise RuleError(f"{origin}: move: missing; a rule set needs at least one [[move]]")
    grants = tuple(reader.grants(document.get("grants", {})))
    try:
        made = tuple(reader.strings(document, "generated", "", []))
        return RuleSet(tuple(moves), path, bare, dialects, grants, calls, boundaries, history, made, strategy, existing)
    except RuleError as error:
        raise RuleError(f"{origin}: {error}") from None


@dataclass(frozen=True, slots=True)
class _Reader:
    origin: str

    def fail(self, key: str, problem: str) -> RuleError:
        return RuleError(f"{self.origin}: {key}: {problem}")

    def known(self, table: dict[str, Any], where: str, keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                raise self.fail(f"{where}.{key}".lstrip("."), f"unknown key; did you mean {nearest(key, keys)}?")

    def tables(self, document: dict[str, Any], key: str) -> list[dict[str, Any]]:
        entries = document.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise self.fail(key, f"must be an array of tables; write [[{key}]]")
        return entries

    def strings(self, table: dict[str, Any], key: str, where: str, default: list[str] | None) -> list[str]:
        value = table.get(key, default)
        place = f"{where}.{key}".lstrip(".")
        if value is None:
            raise self.fail(place, f'missing; write {key} = ["..."]')
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fail(place, f'must be an array of strings, such as {key} = ["..."]')
        if key in table and key not in _MAY_BE_EMPTY and (not value or (key == "paths" and not all(value))):
            raise self.fail(place, "must not be empty")
        return value

    def string(self, table: dict[str, Any], key: str, where: str) -> str:
        value = table.get(key)
        if value is None:
            raise self.fail(f"{where}.{key}", f'missing; write {key} = "..."')
        if not isinstance(value, str):
            raise self.fail(f"{where}.{key}", f'must be a string, such as {key} = "..."')
        return value

    def name(self, written: str, key: str) -> str:
        """The folded name of one identifier, spelled as in SQL."""
        parts = split_identifier(written)
        if not parts and '"' not in written and written.strip():
            quoted = '"' + written + '"'
            raise self.fail(key, f"{written!r} is no plain name; in quotes it would be '{quoted}'")
        if len(parts) != 1:
            what = "has a dot: put the schema into `from`" if len(parts) > 1 else "is no name"
            raise self.fail(key, f"{written!r} {what}")
        if not written.strip().startswith('"') and re.search("[A-Z]", written):
            raise self.fail(
                key,
                f"{written!r} could mean {fold(written)!r} or '\"{written}\"' (quoted); write the one you mean",
            )
        return parts[0]

    def dialect(self, table: dict[str, Any], where: str) -> Dialect:
        self.known(table, where, ("name", "paths"))
        name = self.string(table, "name", where).strip().lower()
        if not name:
            raise self.fail(f"{where}.name", 'must not be empty; write name = "sqlite"')
        return Dialect("" if name in _OURS else name, tuple(self.strings(table, "paths", where, None)))

    def call(self, table: dict[str, Any], where: str) -> Takes:
        self.known(table, where, ("name", "argument", "keyword", "schema", "sql"))
        name = self.string(table, "name", where)
        if not all(part.replace("*", "x").isidentifier() for part in name.split(".")) or not name.strip("*."):
            raise self.fail(
                f"{where}.name",
                f'{name!r} is no dotted name; write it as it is called, such as "db.insert" or "simple_*"',
            )
        place = "sql" if "sql" in table else "argument"
        argument = table.get(place, 0)
        if not isinstance(argument, int) or isinstance(argument, bool) or argument < 0:
            raise self.fail(f"{where}.{place}", "must be a position, 0 for the first argument behind self")
        if place == "sql" and (other := next((key for key in ("argument", "schema") if key in table), None)):
            raise self.fail(f"{where}.{other}", "says where a relation's name is; a call with sql takes SQL")
        keywords = {key: self.string(table, key, where) if key in table else "" for key in ("keyword", "schema")}
        for key, word in keywords.items():
            if key in table and not word.isidentifier():
                raise self.fail(
                    f"{where}.{key}", f'must be a keyword, such as {key} = "{"table" if key == "keyword" else key}"'
                )
        return Takes(name, argument, **keywords, is_sql=place == "sql")

    def grants(self, table: object) -> list[Grant]:
        if not isinstance(table, dict) or not all(isinstance(schemas, dict) for schemas in table.values()):
            raise self.fail("grants", 'must be a table of each role; write [grants.app] and below it cyrex = "read"')
        grants: list[Grant] = []
        for role, schemas in table.items():
            for schema, level in schemas.items():
                if level not in LEVELS:
                    known = ", ".join(f'"{name}"' for name in LEVELS)
                    raise self.fail(f"grants.{role}.{schema}", f"must be one of {known}")
                where = f"grants.{role}"
                grants.append(Grant(self.name(role, where), self.name(schema, f"{where}.{schema}"), level))
        return grants

    def moves(self, table: dict[str, Any], where: str) -> list[Move]:
        self.known(table, where, ("from", "to", "tables", "rename", "paths"))
        old = self.name(self.string(table, "from", where), f"{where}.from")
        new = self.name(self.string(table, "to", where), f"{where}.to")
        names = [self.name(name, f"{where}.tables") for name in self.strings(table, "tables", where, None)]
        for name in names:
            if names.count(name) > 1:
                raise self.fail(f"{where}.tables", f"{quote(name)} stands there twice; remove one")
        paths = tuple(self.strings(table, "paths", where, []))
        renamed: str | None = None
        if "rename" in table:
            renamed = self.name(self.string(table, "rename", where), f"{where}.rename")
            if len(names) != 1:
                raise self.fail(f"{where}.rename", f"needs exactly one table, not {len(names)}; give each its own move")
        if old == new and renamed is None:
            raise self.fail(f"{where}.to", f"is the same as from ({quote(old)}); change one, or add a rename")
        return [Move(Relation(old, name), Relation(new, renamed or name), paths) for name in names]
