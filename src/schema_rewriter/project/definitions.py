"""What a file defines: tables, indexes and new names, in SQL and in models; a small value, for any process."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import hosts, sql
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts.python.models import Model
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition with its place: the line of the relation's name, from 1 on. `kind` is SQL, or a model's."""

    path: str
    line: int
    what: sql.Definition
    kind: str = "SQL"


_RENAMES = re.compile(r"\brename\s+to\b", re.IGNORECASE)
_MAKES = re.compile(rb"\b(?:create|alter)\b|__tablename__|\brename_table\b|\bdb_table\b|\bTable\s*\(", re.IGNORECASE)


def definitions(path: str, source: bytes, rules: RuleSet | None = None) -> tuple[Defined, ...]:
    """All that a file defines of relations that the rules concern; without rules, of all. Nothing if it can't be read.

    An index is told by the table it belongs to. What a file of another system's SQL defines is in another database.
    """
    told = rules.dialect(path) if rules is not None else None
    if not _MAKES.search(source) or (hosts.dialect(path) if told is None else told):
        return ()
    found = [*_in_sql(path, source, rules), *_in_models(path, source)]
    for schema, old, new, line, span in hosts.renames(path, source):
        found.append(Defined(path, line, sql.Renamed(Relation(schema, old), new, span), "Alembic"))
    return tuple(item for item in dict.fromkeys(found) if rules is None or concerns(item.what, path, rules))


def concerns(what: sql.Definition, path: str, rules: RuleSet) -> bool:
    """Whether a definition is of a relation that moves, or is where one ends up."""
    relation = what.relation
    if isinstance(what, sql.Renamed):
        return True  # its new name may be the old one of a relation that moves
    return rules.target(relation, path) is not None or rules.is_target(relation)


def _in_sql(path: str, source: bytes, rules: RuleSet | None) -> Iterator[Defined]:
    lines = source.splitlines()
    for text, holes, script, line in hosts.located(path, source):
        if not _MAKES.search(text.encode("utf-8", "replace")):
            continue
        if rules and not rules.mentioned(text) and not _RENAMES.search(text):
            continue
        for what in sql.definitions(text, holes, script=script):
            if isinstance(what, sql.Touched):
                continue
            at = line + text.count("\n", 0, what.span.start)
            name = (what.name if isinstance(what, sql.Index) and what.made else what.relation.name).lower()
            there = lines[at - 1].lower() if at <= len(lines) else b""
            yield Defined(path, at if name.encode("utf-8", "replace") in there else line, what)


def _in_models(path: str, source: bytes) -> Iterator[Defined]:
    for model in hosts.models(path, source):
        if model.managed:
            yield Defined(path, model.line, as_table(model), model.kind)


def as_table(model: Model) -> sql.Table:
    """What a model defines, as CREATE TABLE would."""
    columns = tuple(sql.Column(name, kind) for name, kind in model.columns)
    return sql.Table(_relation(model), model.span, columns, frozenset(), False, model.whole)


def _relation(model: Model) -> Relation:
    return Relation(model.schema, model.name)
