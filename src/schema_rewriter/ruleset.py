"""The rule set: which relation moves where; its reading and checking. Knows neither SQL nor the files it holds for."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from schema_rewriter import globs
from schema_rewriter.errors import RuleError
from schema_rewriter.relation import OWNED_ENDS, Relation, clip, fold, quote, split_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.boundary import Boundary

_WORD = re.compile(r"\w+")
SCHEMA_FILE = "rules.schema.json"
"""The JSON Schema of the format, shipped beside this module."""


@dataclass(frozen=True, slots=True)
class Move:
    """One relation's way: from `relation` to `to`, in all files or only in those that `paths` match.

    Both are qualified. `paths` are globs (see globs.py) relative to the project's root.
    """

    relation: Relation
    to: Relation
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """Whose SQL the files hold that `paths` (globs) match; `name` is that of a system, "" PostgreSQL's."""

    name: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Takes:
    """A function or method that takes a relation's name: by position `argument`, or as `keyword`.

    `name` is the end of the dotted name it is called by; `*` in it stands for any part of a word. `schema` is the
    keyword by which it takes the schema; then the name has none. "" for one that takes a name with its schema.
    """

    name: str
    argument: int = 0
    keyword: str = ""
    schema: str = ""

    def fits(self, called: str) -> bool:
        """Whether a call by this dotted name is meant."""
        if "*" in self.name:
            return _pattern(self.name).search(called) is not None
        return called == self.name or called.endswith(f".{self.name}")


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(r"(?:\A|\.)" + r"\w*".join(map(re.escape, name.split("*"))) + r"\Z")


_OURS = frozenset(("postgresql", "postgres", "pg"))


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role may do in a schema, once all has moved: `level` is one of LEVELS. The role "public" is PUBLIC."""

    role: str
    schema: str
    level: str


LEVELS = ("none", "read", "write", "owner")
"""The levels of a grant, each with all that the one before it has."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What moves where, and how names resolve. Checked when made: raises RuleError for moves that contradict.

    `search_path` tells how an unqualified name resolves before the move. `bare` holds schemas that are not written
    out, because the search_path finds them (the way back: see `inverse`). `dialects` tell whose SQL files hold; the
    last that matches a file wins. `boundaries` tell which files may use which schemas, once all has moved. `grants`
    matter to migrations only. `calls` take names of relations.
    """

    moves: tuple[Move, ...] = ()
    search_path: tuple[str, ...] = ("public",)
    bare: frozenset[str] = frozenset()
    dialects: tuple[Dialect, ...] = ()
    grants: tuple[Grant, ...] = ()
    calls: tuple[Takes, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    _by_source: dict[Relation, tuple[Move, ...]] = field(init=False, repr=False, compare=False)
    _targets: frozenset[Relation] = field(init=False, repr=False, compare=False)
    _words: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_source: dict[Relation, tuple[Move, ...]] = {}
        for move in sorted(self.moves, key=lambda move: not move.paths):
            by_source[move.relation] = (*by_source.get(move.relation, ()), move)
        object.__setattr__(self, "_by_source", by_source)
        object.__setattr__(self, "_targets", frozenset(move.to for move in self.moves))
        words = (_WORD.search(name.lower()) for name in self.names)
        object.__setattr__(self, "_words", frozenset(word[0] if word else "" for word in words))
        _check(self)

    @property
    def names(self) -> frozenset[str]:
        """The bare names that a file must hold one of to be worth a look: of all sources and targets, folded."""
        return frozenset(name for move in self.moves for name in (move.relation.name, move.to.name))

    def mentioned(self, text: str) -> bool:
        """Whether a text says a word of one of the names, in whatever case; never wrongly False."""
        words, lower = self._words, text.lower()
        found = _WORD.findall(lower)
        if any((word if len(word) < 16 else clip(word)) in words for word in found):
            return True
        if not any(end in lower for end in OWNED_ENDS):
            return False
        return any(word.endswith(OWNED_ENDS) and word.startswith(tuple(words)) for word in found)

    def source(self, relation: Relation, search_path: tuple[str, ...] | None = None) -> Relation | None:
        """The relation that moves and that `relation`, qualified or not, means; None if it means no such one.

        An unqualified name means the first schema of the search_path in which a relation of that name moves.
        """
        path = self.search_path if search_path is None else search_path
        for schema in path if relation.schema is None else (relation.schema,):
            if (candidate := Relation(schema, relation.name)) in self._by_source:
                return candidate
        return None

    def target(self, relation: Relation, path: str, search_path: tuple[str, ...] | None = None) -> Relation | None:
        """Where `relation`, as some SQL in the file `path` names it, is after the move; None if it stays."""
        source = self.source(relation, search_path)
        for move in self._by_source.get(source, ()) if source else ():
            if not move.paths or globs.matches(path, move.paths):
                return move.to
        return None

    def is_target(self, relation: Relation) -> bool:
        """Whether a qualified name is one that some move ends at."""
        return relation in self._targets

    def dialect(self, path: str) -> str | None:
        """The system whose SQL the file `path` holds, "" for PostgreSQL; None where the rules do not tell."""
        for dialect in reversed(self.dialects):
            if globs.matches(path, dialect.paths):
                return dialect.name
        return None

    def inverse(self) -> RuleSet:
        """The rules of the way back, without grants. A schema of the search_path is not written out again."""
        moves = tuple(Move(move.to, move.relation, move.paths) for move in self.moves)
        bare = frozenset(schema for schema in self.search_path if schema is not None)
        bare -= {move.relation.schema for move in moves if move.relation.schema}
        return replace(self, moves=moves, bare=bare, grants=(), boundaries=())

    def bounds(self, path: str) -> bool:
        """Whether a boundary holds for the file, so that all its relations matter, moved or not."""
        return any(bound.holds(path) for bound in self.boundaries)

    def to_toml(self) -> str:
        """The rule set as a rule file says it, every move written out."""
        lines = [f"search_path = {_toml_list(quote(name) for name in self.search_path)}"]
        if self.bare:
            lines.append(f"bare = {_toml_list(quote(name) for name in sorted(self.bare))}")
        groups: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = {}
        for move in self.moves:
            renamed = move.to.name if move.to.name != move.relation.name else ""
            key = (move.relation.schema or "", move.to.schema or "", renamed, move.paths)
            groups.setdefault(key, []).append(move.relation.name)
        for (old, new, renamed, paths), names in groups.items():
            lines += ["", "[[move]]", f"from = {toml(quote(old))}", f"to = {toml(quote(new))}"]
            lines += [f"tables = {_toml_list(quote(name) for name in names)}"]
            lines += [f"rename = {toml(quote(renamed))}"] if renamed else []
            lines += [f"paths = {_toml_list(paths)}"] if paths else []
        for dialect in self.dialects:
            lines += ["", "[[dialect]]", f"name = {toml(dialect.name or 'postgresql')}"]
            lines += [f"paths = {_toml_list(dialect.paths)}"]
        for call in self.calls:
            lines += ["", "[[call]]", f"name = {toml(call.name)}", f"argument = {call.argument}"]
            lines += [f"keyword = {toml(call.keyword)}"] if call.keyword else []
            lines += [f"schema = {toml(call.schema)}"] if call.schema else []
        for role in dict.fromkeys(grant.role for grant in self.grants):
            lines += ["", f"[grants.{_toml_key(quote(role))}]"]
            lines += [f"{_toml_key(quote(g.schema))} = {toml(g.level)}" for g in self.grants if g.role == role]
        for bound in self.boundaries:
            schemas = (f"{_toml_key(quote(name))} = {_toml_list(operations)}" for name, operations in bound.schemas)
            lines += ["", "[[boundary]]", f"paths = {_toml_list(bound.paths)}", f"schemas = {{ {', '.join(schemas)} }}"]
            for allowance in bound.allowances:
                lines += ["", "[[boundary.allow]]", f"relations = {_toml_list(map(str, allowance.relations))}"]
                lines += [f"operations = {_toml_list(allowance.operations)}", f"owner = {toml(allowance.owner)}"]
                lines += [f"until = {allowance.until}"] if allowance.until else []
                lines += [f"paths = {_toml_list(allowance.paths)}"] if allowance.paths else []
        return "\n".join(lines) + "\n"


def parse(text: str, origin: str) -> RuleSet:
    """The rule set that a TOML text says; `origin` names it in errors. Raises RuleError with key and remedy."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{origin}: not TOML: {error}") from None
    reader = _Reader(origin)
    reader.known(document, "", ("search_path", "bare", "move", "dialect", "call", "grants", "boundary", "$schema"))
    path = tuple(reader.name(name, "search_path") for name in reader.strings(document, "search_path", "", ["public"]))
    bare = frozenset(reader.name(name, "bare") for name in reader.strings(document, "bare", "", []))
    tables = reader.tables(document, "move")
    moves = [move for number, entry in enumerate(tables, 1) for move in reader.moves(entry, f"move[{number}]")]
    systems = enumerate(reader.tables(document, "dialect"), 1)
    dialects = tuple(reader.dialect(entry, f"dialect[{number}]") for number, entry in systems)
    named = enumerate(reader.tables(document, "call"), 1)
    calls = tuple(reader.call(entry, f"call[{number}]") for number, entry in named)
    boundaries: tuple[Boundary, ...] = ()
    if "boundary" in document:
        from schema_rewriter import boundary

        boundaries = boundary.parse(document["boundary"], origin)
    if not moves and not boundaries:
        raise RuleError(f"{origin}: move: missing; a rule set needs at least one [[move]]")
    grants = tuple(reader.grants(document.get("grants", {})))
    try:
        return RuleSet(tuple(moves), path, bare, dialects, grants, calls, boundaries)
    except RuleError as error:
        raise RuleError(f"{origin}: {error}") from None


def merge(rule_sets: Iterable[tuple[str, RuleSet]]) -> RuleSet:
    """One rule set of several, each with its origin. Raises RuleError where they contradict each other."""
    named = list(rule_sets)
    first_origin, first = named[0]
    for origin, other in named[1:]:
        if other.search_path != first.search_path:
            raise RuleError(f"{origin}: search_path: differs from that of {first_origin}; make them the same")
        try:
            moves, dialects = first.moves + other.moves, first.dialects + other.dialects
            bounds = first.boundaries + other.boundaries
            first = replace(first, moves=moves, bare=first.bare | other.bare, dialects=dialects, boundaries=bounds)
            first = replace(first, grants=tuple(dict.fromkeys(first.grants + other.grants)))
            first = replace(first, calls=tuple(dict.fromkeys(first.calls + other.calls)))
        except RuleError as error:
            raise RuleError(f"{origin} (after {first_origin}): {error}") from None
    return first


def _check(rules: RuleSet) -> None:
    """Raise RuleError for moves that no file could obey. What a rename split may come together on the way back."""
    sources: dict[Relation, Relation] = {}
    for move in rules.moves:
        if move.relation == move.to:
            raise RuleError(f"move: {move.relation} moves onto itself; change its `to` or give it a `rename`")
        if sources.setdefault(move.to, move.relation) != move.relation and move.to.schema not in rules.bare:
            raise RuleError(f"move: {sources[move.to]} and {move.relation} both move onto {move.to}; rename one")
        if move.to in rules._by_source:
            raise RuleError(f"move: {move.to} is a target and moves itself; name where {move.relation} ends up")
    levels: dict[tuple[str, str], str] = {}
    for grant in rules.grants:
        if levels.setdefault((grant.role, grant.schema), grant.level) != grant.level:
            one = levels[grant.role, grant.schema]
            raise RuleError(
                f"grants.{quote(grant.role)}.{quote(grant.schema)}: is {one} here and {grant.level} there; keep one"
            )
    for schema in dict.fromkeys(grant.schema for grant in rules.grants):
        owners = [grant.role for grant in rules.grants if grant.schema == schema and grant.level == "owner"]
        if len(owners) > 1 or "public" in owners:
            raise RuleError(f"grants: schema {quote(schema)} needs one role as its owner, not {', '.join(owners)}")
    for relation, moves in rules._by_source.items():
        for number, move in enumerate(moves):
            for other in moves[:number]:
                if _meet(move, other):
                    where = "in every file" if not move.paths else f"in {move.paths[0]} and {other.paths[0]}"
                    raise RuleError(f"move: {relation} moves twice {where}; keep one move or make their paths apart")


def _meet(one: Move, other: Move) -> bool:
    """Whether neither of two moves of one relation is the more special one in some file."""
    if bool(one.paths) != bool(other.paths):
        return False
    return not one.paths or any(globs.overlap(a, b) for a in one.paths for b in other.paths)


@dataclass(frozen=True, slots=True)
class _Reader:
    origin: str

    def fail(self, key: str, problem: str) -> RuleError:
        return RuleError(f"{self.origin}: {key}: {problem}")

    def known(self, table: dict[str, Any], where: str, keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                from difflib import get_close_matches

                near = get_close_matches(key, keys, 1, 0.0)[0]
                raise self.fail(f"{where}.{key}".lstrip("."), f"unknown key; did you mean {near}?")

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
        if key in table and key != "bare" and (not value or (key == "paths" and not all(value))):
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
        self.known(table, where, ("name", "argument", "keyword", "schema"))
        name = self.string(table, "name", where)
        if not all(part.replace("*", "x").isidentifier() for part in name.split(".")) or not name.strip("*."):
            raise self.fail(
                f"{where}.name",
                f'{name!r} is no dotted name; write it as it is called, such as "db.insert" or "simple_*"',
            )
        argument = table.get("argument", 0)
        if not isinstance(argument, int) or isinstance(argument, bool) or argument < 0:
            raise self.fail(f"{where}.argument", "must be a position, 0 for the first argument behind self")
        keywords = {key: self.string(table, key, where) if key in table else "" for key in ("keyword", "schema")}
        for key, word in keywords.items():
            if key in table and not word.isidentifier():
                raise self.fail(
                    f"{where}.{key}", f'must be a keyword, such as {key} = "{"table" if key == "keyword" else key}"'
                )
        return Takes(name, argument, **keywords)

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


def toml(text: str) -> str:
    """A string as TOML writes it."""
    if '"' in text or "\\" in text:
        return f"'{text}'" if "'" not in text else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f'"{text}"'


def _toml_key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else toml(text)


def _toml_list(items: Iterable[str]) -> str:
    return "[" + ", ".join(toml(item) for item in items) + "]"
