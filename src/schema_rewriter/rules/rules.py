"""The values of a rule set, and what contradicts in one. Knows no TOML, no SQL and not the files it holds for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

from schema_rewriter import wildcards
from schema_rewriter.errors import RuleError
from schema_rewriter.relation import OWNED_ENDS, Relation, clip, quote
from schema_rewriter.rules import globs
from schema_rewriter.rules.django import merged as merged_django
from schema_rewriter.rules.history import NO_HISTORY, History, merged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.rules.boundaries import Boundary

_WORD = re.compile(r"\w+")


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
    """A function or method that takes a relation's name, or with `is_sql` SQL: by position `argument`, or as `keyword`.

    `name` is the end of the dotted name it is called by; `*` in it stands for any part of a word. `schema` is the
    keyword by which it takes the schema; then the name has none. "" for one that takes a name with its schema.
    """

    name: str
    argument: int = 0
    keyword: str = ""
    schema: str = ""
    is_sql: bool = False

    def fits(self, called: str) -> bool:
        """Whether a call by this dotted name is meant."""
        if "*" in self.name:
            return _pattern(self.name).search(called) is not None
        return called == self.name or called.endswith(f".{self.name}")


@cache
def _pattern(name: str) -> re.Pattern[str]:
    tokens = [wildcards.STAR if char == "*" else wildcards.one(char) for char in name]
    return re.compile(r"(?:\A|\.)" + wildcards.part(tokens, gap=r"\w") + r"\Z")


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

    `search_path` tells how an unqualified name resolves before the move. `existing` are schemas that something else
    than the files of a run creates. `bare` holds schemas that are not written
    out, because the search_path finds them (the way back: see `inverse`). `dialects` tell whose SQL files hold; the
    last that matches a file wins. `boundaries` tell which files may use which schemas, once all has moved. `grants`
    matter to migrations only. `calls` take names of relations, or SQL. `generated` are globs of files that programs
    make, with a "!" in front of files that are none. `history` tells what becomes of migrations that
    have run, `django` how its models find what moves: one of `django.STRATEGIES`, "" for nothing said.
    """

    moves: tuple[Move, ...] = ()
    search_path: tuple[str, ...] = ("public",)
    bare: frozenset[str] = frozenset()
    dialects: tuple[Dialect, ...] = ()
    grants: tuple[Grant, ...] = ()
    calls: tuple[Takes, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    history: History = NO_HISTORY
    generated: tuple[str, ...] = ()
    django: str = ""
    existing: frozenset[str] = frozenset()
    _by_source: dict[Relation, tuple[Move, ...]] = field(init=False, repr=False, compare=False)
    _targets: frozenset[Relation] = field(init=False, repr=False, compare=False)
    _names: frozenset[str] = field(init=False, repr=False, compare=False)
    _words: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_source: dict[Relation, tuple[Move, ...]] = {}
        for move in sorted(self.moves, key=lambda move: not move.paths):
            by_source[move.relation] = (*by_source.get(move.relation, ()), move)
        object.__setattr__(self, "_by_source", by_source)
        object.__setattr__(self, "_targets", frozenset(move.to for move in self.moves))
        names = frozenset(name for move in self.moves for name in (move.relation.name, move.to.name))
        object.__setattr__(self, "_names", names)
        words = (_WORD.search(name.lower()) for name in names)
        object.__setattr__(self, "_words", frozenset(word[0] if word else "" for word in words))
        _check(self)

    @property
    def names(self) -> frozenset[str]:
        """The bare names that a file must hold one of to be worth a look: of all sources and targets, folded."""
        return self._names

    @property
    def relation_calls(self) -> tuple[Takes, ...]:
        """The calls that take names of relations."""
        return tuple(call for call in self.calls if not call.is_sql)

    def runs(self, called: str, argument: int | str) -> bool:
        """Whether a call by this dotted name runs that argument as SQL."""
        return any(
            call.is_sql and argument in (call.argument, call.keyword or None) and call.fits(called)
            for call in self.calls
        )

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

    @property
    def widened_path(self) -> tuple[str, ...]:
        """The search_path that finds what moves by its bare name, too: the schemas that it moves to come last."""
        targets = dict.fromkeys(move.to.schema for move in self.moves if move.to.schema)
        return (*self.search_path, *(schema for schema in targets if schema not in self.search_path))

    def is_target(self, relation: Relation) -> bool:
        """Whether a qualified name is one that some move ends at."""
        return relation in self._targets

    def may_lack(self, schema: str) -> bool:
        """Whether relations move to a schema that nothing which the rules know of creates, or uses before."""
        if schema in self.existing or schema in self.search_path:
            return False
        moving = [(move.relation.schema, move.to.schema) for move in self.moves]
        return any(schema == to for _, to in moving) and all(schema != old for old, _ in moving)

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
        existing = self.existing | {move.to.schema for move in moves if move.to.schema}
        return replace(self, moves=moves, bare=bare, grants=(), boundaries=(), existing=existing)

    def bounds(self, path: str) -> bool:
        """Whether a boundary holds for the file, so that all its relations matter, moved or not."""
        return any(bound.holds(path) for bound in self.boundaries)


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
            first = replace(first, generated=first.generated + other.generated)
            first = replace(first, existing=first.existing | other.existing)
        except RuleError as error:
            raise RuleError(f"{origin} (after {first_origin}): {error}") from None
    strategy = merged_django((origin, rules.django) for origin, rules in named)
    return replace(first, history=merged((origin, rules.history) for origin, rules in named), django=strategy)


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
    _check_grants(rules.grants)
    for relation, moves in rules._by_source.items():
        for one, other in combinations(moves, 2):
            if _meet(one, other):
                where = "in every file" if not other.paths else f"in {other.paths[0]} and {one.paths[0]}"
                raise RuleError(f"move: {relation} moves twice {where}; keep one move or make their paths apart")


def _check_grants(grants: tuple[Grant, ...]) -> None:
    """Raise RuleError for a role with two levels in a schema, and for a schema without exactly one owner."""
    levels: dict[tuple[str, str], str] = {}
    for grant in grants:
        if levels.setdefault((grant.role, grant.schema), grant.level) != grant.level:
            one = levels[grant.role, grant.schema]
            raise RuleError(
                f"grants.{quote(grant.role)}.{quote(grant.schema)}: is {one} here and {grant.level} there; keep one"
            )
    for schema in dict.fromkeys(grant.schema for grant in grants):
        owners = [grant.role for grant in grants if grant.schema == schema and grant.level == "owner"]
        if len(owners) > 1 or "public" in owners:
            raise RuleError(f"grants: schema {quote(schema)} needs one role as its owner, not {', '.join(owners)}")


def _meet(one: Move, other: Move) -> bool:
    """Whether neither of two moves of one relation is the more special one in some file."""
    if bool(one.paths) != bool(other.paths):
        return False
    return not one.paths or any(globs.overlap(a, b) for a in one.paths for b in other.paths)
