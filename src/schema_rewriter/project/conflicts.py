"""Definitions of all files that contradict each other once the rules hold: of one relation, of one index name.

Pure: definitions and rules in, values out that a file's context carries; what they mean for a file's own texts is told
by `clashes`. Source: PostgreSQL manual, CREATE TABLE and CREATE INDEX (IF NOT EXISTS compares nothing but the name).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.project.definitions import is_test
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schema_rewriter.project.definitions import DefinitionSite
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Conflict:
    """Definitions of the relation that ends up as `target`, of which no two say the same, in path order.

    `altered` are columns that ALTER TABLE adds, drops or changes somewhere: in them, definitions may differ, and if it
    adds or drops constraints (`constrained`) in these.
    """

    target: Relation
    places: tuple[DefinitionSite, ...]
    altered: frozenset[str] = frozenset()
    constrained: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The names that a file must hold one of to be concerned."""
        return frozenset((self.target.name, *(item.what.relation.name for item in self.places)))


@dataclass(frozen=True, slots=True)
class IndexConflict:
    """Indexes of one name that end up in one schema, and are not the same index.

    The places are those of the indexes, or of tables whose indexes or sequences get that name by the server.
    """

    name: Relation
    places: tuple[DefinitionSite, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names that a file must hold one of to be concerned."""
        written = (w.name if isinstance(w := item.what, sql.Index) else w.relation.name for item in self.places)
        return frozenset((self.name.name, *written))


@dataclass(frozen=True, slots=True)
class Difference:
    """What two definitions say otherwise, each entry as a person may read it; empty where they agree."""

    only_first: tuple[str, ...] = ()
    only_second: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.only_first or self.only_second or self.changed)


def final(relation: Relation, path: str, rules: RuleSet) -> Relation | None:
    """Where a relation is after the move, as SQL in the file `path` names it; None if the rules do not concern it."""
    return rules.target(relation, path) or (relation if rules.is_target(relation) else None)


def _in_order(defined: Iterable[DefinitionSite]) -> list[DefinitionSite]:
    """Definitions by path and line, without those of tests: what a test makes for itself says nothing of the others."""
    known = (item for item in defined if not is_test(item.path))
    return sorted(known, key=lambda item: (item.path, item.line))


def conflicts(defined: Iterable[DefinitionSite], rules: RuleSet) -> tuple[Conflict, ...]:
    """The relations with definitions that differ, in the order of their names."""
    tables: dict[Relation, list[DefinitionSite]] = {}
    altered: dict[Relation, set[str]] = {}
    constrained: set[Relation] = set()
    for item in _in_order(defined):
        target = final(item.what.relation, item.path, rules)
        if target is None:
            continue
        if isinstance(item.what, sql.Dropped) and target in tables:
            tables[target] = [one for one in tables[target] if one.path != item.path]
        elif isinstance(item.what, sql.Table) and item.what.columns:
            tables.setdefault(target, []).append(item)
        elif isinstance(item.what, sql.AlteredTable):
            altered.setdefault(target, set()).update(item.what.columns)
            constrained.update({target} if item.what.constrains else ())
    found: list[Conflict] = []
    for target in sorted(tables, key=str):
        changes = frozenset(altered.get(target, ()))
        distinct: list[DefinitionSite] = []
        for item in tables[target]:
            if all(difference(item, other, changes, target in constrained) for other in distinct):
                distinct.append(item)
        if len(distinct) > 1:
            found.append(Conflict(target, tuple(distinct), changes, target in constrained))
    return tuple(found)


def difference(
    one: DefinitionSite, other: DefinitionSite, altered: frozenset[str] = frozenset(), constrained: bool = False
) -> Difference:
    """What two definitions of a table say otherwise. Of a model, clauses and constraints are not known.

    Left out is what ALTER TABLE changes elsewhere: in `altered` columns, and in constraints if it is `constrained`.
    """
    first, second = one.what, other.what
    if not isinstance(first, sql.Table) or not isinstance(second, sql.Table):
        return Difference()
    mine, theirs = ({column.name: column for column in table.columns} for table in (first, second))
    in_sql = one.kind == other.kind == "SQL"
    changed: list[str] = []
    for name in mine.keys() & theirs.keys() - altered:
        a, b = mine[name], theirs[name]
        if a.type and b.type and not _equal_types(a.type, b.type, in_sql=in_sql):
            changed.append(f"{name} is {a.type} here, {b.type} there")
        elif in_sql and a.clauses != b.clauses:
            changed.append(f"{name} is {_said(a.clauses)} here, {_said(b.clauses)} there")
    if in_sql and first.whole and second.whole:
        for where, constraints in (
            ("here", first.constraints - second.constraints),
            ("there", second.constraints - first.constraints),
        ):
            left = (each for each in sorted(constraints) if altered.isdisjoint(_WORD.findall(each)))
            changed += [f"{constraint} only {where}" for constraint in left if not constrained]
    return Difference(
        tuple(name for name in mine if name not in theirs and name not in altered) if second.whole else (),
        tuple(name for name in theirs if name not in mine and name not in altered) if first.whole else (),
        tuple(sorted(changed)),
    )


_WORD = re.compile(r"\w+")


def _equal_types(one: str, other: str, *, in_sql: bool) -> bool:
    """A model says integer where the table has a serial column."""
    return one == other or (not in_sql and _SERIAL.get(one, one) == _SERIAL.get(other, other))


_SERIAL = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}


def _said(clauses: Sequence[str]) -> str:
    return ", ".join(clauses) or "plain"


def lacking(conflict: Conflict, words: frozenset[str]) -> tuple[tuple[DefinitionSite, tuple[str, ...]], ...]:
    """The definitions without columns that a statement names, with these; words that no definition knows are none."""
    tables = [item.what for item in conflict.places if isinstance(item.what, sql.Table)]
    every = {column.name for table in tables for column in table.columns}
    found: list[tuple[DefinitionSite, tuple[str, ...]]] = []
    for item in conflict.places:
        if isinstance(item.what, sql.Table) and item.what.whole:
            own = {column.name for column in item.what.columns}
            if missing := tuple(sorted((words & every) - own - conflict.altered)):
                found.append((item, missing))
    return tuple(found)


def index_name(index: sql.Index, path: str, rules: RuleSet) -> Relation | None:
    """Where an index ends up: in the schema of its table, under the name that the rules give it, if they do."""
    table = final(index.relation, path, rules)
    if table is None:
        return None
    source = rules.source(index.relation)
    moved = rules.target(Relation(source.schema, index.name), path) if source else None
    return Relation(table.schema, moved.name if moved else index.name)


def index_conflicts(defined: Iterable[DefinitionSite], rules: RuleSet) -> tuple[IndexConflict, ...]:
    """The index names that stand for several indexes in a schema that relations move to."""
    named: dict[Relation, list[DefinitionSite]] = {}
    for item in _in_order(defined):
        if isinstance(item.what, sql.Index) and (name := index_name(item.what, item.path, rules)):
            named.setdefault(name, []).append(item)
        elif isinstance(item.what, sql.Dropped):
            for name, items in named.items():
                named[name] = [one for one in items if not _is_gone(one, item, item.what)]
    found: list[IndexConflict] = []
    for name in sorted(named, key=str):
        distinct: dict[tuple[Relation | None, str], DefinitionSite] = {}
        for item in named[name]:
            what = item.what.what if isinstance(item.what, sql.Index) else ""
            distinct.setdefault((final(item.what.relation, item.path, rules), what), item)
        if len(distinct) > 1:
            found.append(IndexConflict(name, tuple(distinct.values())))
    return tuple(found)


def _is_gone(item: DefinitionSite, drop: DefinitionSite, what: sql.Dropped) -> bool:
    """Whether a DROP further down in a script takes an index away, by its name or with its table."""
    index = item.what
    if not isinstance(index, sql.Index) or item.path != drop.path:
        return False
    return what.relation.name == (index.name if what.kind == "index" else index.relation.name)


def implied_conflicts(
    defined: Iterable[DefinitionSite], owned: Iterable[tuple[str, str, Relation]], rules: RuleSet
) -> tuple[IndexConflict, ...]:
    """The names that the server gave to indexes or sequences of tables of several schemas that move into one.

    `owned` are path, name and relation of all that belongs to a relation. Such a name moves with its table, unchanged
    (manual, ALTER TABLE .. SET SCHEMA), even where the table gets another one.
    """
    if len({move.relation.schema for move in rules.moves}) < 2:
        return ()
    tables: dict[Relation, DefinitionSite] = {}
    for item in _in_order(defined):
        source = rules.source(item.what.relation)
        if source is not None and isinstance(item.what, sql.Table):
            tables.setdefault(source, item)
    named: dict[Relation, dict[Relation, DefinitionSite]] = {}
    for path, name, owner in owned:
        source, target = rules.source(owner), rules.target(owner, path)
        if source in tables and target is not None and name.startswith(f"{source.name}_"):
            named.setdefault(Relation(target.schema, name), {})[source] = tables[source]
    return tuple(
        IndexConflict(name, tuple(named[name][source] for source in sorted(named[name], key=str)))
        for name in sorted(named, key=str)
        if len({source.schema for source in named[name]}) > 1
    )
