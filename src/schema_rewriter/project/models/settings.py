"""What has to be set beside models whose tables move, by the facts of all files: each told once. Knows no edit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.project.context import ToldSetting
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from schema_rewriter.hosts.orm import ModelSetting
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.rules import RuleSet

_WORDS = frozenset(("create_all", "include_schemas", "context.configure", "sqlite:", "sqlite+"))
_OF_TESTS = re.compile(r"(^|/)(tests?/|test_|conftest)")


def sought(files: Iterable[Facts]) -> frozenset[str]:
    """What other files say that hold for the models of some; nothing where these have none."""
    for file in files:
        classes = (one.table is not None or one.is_named or one.is_table for one in file.orm.classes)
        if file.orm.collections or any(classes) or any(name.metadata for name in file.orm.names):
            return _WORDS
    return frozenset()


def settings(files: Sequence[Facts], tables: Collection[Relation], rules: RuleSet) -> Iterator[tuple[str, ToldSetting]]:
    """Where it is told what the `tables` of models need, by the names that they end with, and by file."""
    if not tables:
        return
    listed = tuple(sorted(tables))
    for kind, choose in (("tables", _making), ("comparison", _comparing), ("engine", _connecting)):
        places = [(file, one) for file in files for one in file.orm.settings if one.kind == kind]
        for first, *others in choose(sorted(places, key=_order)):
            schemas = _lacking(files, tables, rules) if kind == "tables" else _schemas(tables)
            related = tuple((file.path, one.line) for file, one in others)
            if schemas:
                yield first[0].path, ToldSetting(kind, first[1].span, listed, schemas, first[1].owner, related)


_Place = tuple["Facts", "ModelSetting"]


def _order(place: _Place) -> tuple[bool, str, int]:
    """Code before its tests."""
    return bool(_OF_TESTS.search(place[0].path)), place[0].path, place[1].line


def _making(places: list[_Place]) -> Iterator[list[_Place]]:
    """The calls that make tables: one line holds for all of a collection."""
    if places:
        yield places


def _comparing(places: list[_Place]) -> Iterator[list[_Place]]:
    """The calls of each file that compare, where nothing tells them to heed all schemas."""
    for path in dict.fromkeys(file.path for file, _ in places):
        own = [(file, one) for file, one in places if file.path == path]
        is_set = any(one.is_set for _, one in (places if own[0][1].is_open else own))
        if not is_set:
            yield own


def _connecting(places: list[_Place]) -> Iterator[list[_Place]]:
    """The engines of SQLite, where no code gives it other schemas."""
    if places and not any(one.is_set for _, one in places):
        yield places


def _schemas(tables: Iterable[Relation]) -> tuple[str, ...]:
    return tuple(sorted({table.schema for table in tables if table.schema}))


def _lacking(files: Iterable[Facts], tables: Iterable[Relation], rules: RuleSet) -> tuple[str, ...]:
    """The schemas that neither the rules know of nor code creates; what migrations create, `create_all` lacks."""
    created = {name for file in files if file.revision is None for name in file.schemas}
    if "" in created:
        return ()
    return tuple(one for one in _schemas(tables) if one not in created and rules.may_lack(one))


def final_names(files: Iterable[Facts], rules: RuleSet) -> Iterator[Relation]:
    """The tables that calls define under names that relations move to."""
    for file in files:
        for name in file.orm.names:
            if name.metadata and name.slot is not None and name.slot.value:
                found = Relation(name.slot.value, name.literal.text)
                if rules.is_target(found):
                    yield found
