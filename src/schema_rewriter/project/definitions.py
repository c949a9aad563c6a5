"""What a file defines: tables, indexes and new names, in SQL and in models; a small value, for any process."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import hosts, sql
from schema_rewriter.reading.engine import other_system
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts import Model
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class DefinitionSite:
    """A definition with its place: the line of the relation's name, from 1 on. `kind` is SQL, or a model's."""

    path: str
    line: int
    what: sql.Definition
    kind: str = "SQL"


_RENAMES = re.compile(r"\brename\s+to\b", re.IGNORECASE)
_TESTS = re.compile(r"(^|/)(tests?|testing|conftest\.py)(/|$)|(^|/)test_[^/]*$|_test\.py$")


def is_test(path: str) -> bool:
    """Whether a file is a test's by its path: what it makes is for itself, and touches everything."""
    return _TESTS.search(path) is not None


_MAKES = re.compile(rb"\b(?:create|alter)\b|__tablename__|\brename_table\b|\bdb_table\b|\bTable\s*\(", re.IGNORECASE)


def definitions(file: SourceFile) -> tuple[DefinitionSite, ...]:
    """All that a file defines of relations that the rules concern. Nothing if it can't be read.

    An index is told by the table it belongs to. What a file of another system's SQL defines is in another database, and
    what other code than Python defines is nothing to hold others against.
    """
    is_told = hosts.kind(file.path).reader in ("code", "document", "settings")
    if not _MAKES.search(file.source) or is_told or other_system(file.path, file.rules):
        return ()
    found = [*_in_sql(file), *_in_models(file)]
    for each in file.host.renames:
        what = sql.Renamed(Relation(each.schema, each.old), each.new, each.span)
        found.append(DefinitionSite(file.path, each.line, what, "Alembic"))
    return tuple(item for item in dict.fromkeys(found) if concerns(item.what, file.path, file.rules))


def concerns(what: sql.Definition, path: str, rules: RuleSet) -> bool:
    """Whether a definition is of a relation that moves, or is where one ends up."""
    relation = what.relation
    if isinstance(what, sql.Renamed) or (isinstance(what, sql.Dropped) and what.kind == "index"):
        return True  # a new name may be the old one of a relation that moves; an index moves by its table's name
    return rules.target(relation, path) is not None or rules.is_target(relation)


def _in_sql(file: SourceFile) -> Iterator[DefinitionSite]:
    lines = file.source.splitlines()
    for string in file.host.strings:
        text, line = string.text, string.line
        if not _MAKES.search(text.encode("utf-8", "replace")):
            continue
        if not file.rules.mentioned(text) and not _RENAMES.search(text):
            continue
        for what in sql.definitions(text, string.holes, script=string.script):
            if isinstance(what, sql.Touched) or (isinstance(what, sql.Dropped) and not string.script):
                continue  # in code, what stands further down may run before
            at = line + text.count("\n", 0, what.span.start)
            name = (what.name if isinstance(what, sql.Index) and what.made else what.relation.name).lower()
            there = lines[at - 1].lower() if at <= len(lines) else b""
            yield DefinitionSite(file.path, at if name.encode("utf-8", "replace") in there else line, what)


def _in_models(file: SourceFile) -> Iterator[DefinitionSite]:
    for model in file.host.models:
        if model.managed:
            yield DefinitionSite(file.path, model.line, as_table(model), model.kind)


def as_table(model: Model) -> sql.Table:
    """What a model defines, as CREATE TABLE would."""
    columns = tuple(sql.Column(name, kind) for name, kind in model.columns)
    return sql.Table(_relation(model), model.span, columns, frozenset(), False, model.whole)


def _relation(model: Model) -> Relation:
    return Relation(model.schema, model.name)
