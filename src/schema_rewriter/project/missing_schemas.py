"""Schemas that tables move to and that nothing in the run creates; and which schemas a file creates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.project.conflicts import final
from schema_rewriter.words import MAKES_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from schema_rewriter.project.definitions import DefinitionSite
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class MissingSchema:
    """A schema that nothing creates. `place` makes the table by which it is told, `others` one of each other file."""

    schema: str
    place: DefinitionSite
    others: tuple[DefinitionSite, ...] = ()


_IN_CODE = re.compile(r"""\bCreateSchema\s*\(\s*(?:name\s*=\s*)?(?:["'](?P<name>\w+)["'])?""")


def made_schemas(file: SourceFile) -> tuple[str, ...]:
    """The schemas that a file creates: by SQL, in bodies and strings too, by SQLAlchemy, by our own migrations."""
    if not re.search(MAKES_SCHEMA, file.source):
        return ()
    found = {name for each in file.host.strings for name in sql.made_schemas(each.text, each.holes, script=each.script)}
    if b"CreateSchema" in file.source:
        found |= {call["name"] or "" for call in _IN_CODE.finditer(file.source.decode("utf-8", "replace"))}
    return tuple(sorted(found))


def missing_schemas(
    defined: Iterable[DefinitionSite], created: Collection[str], rules: RuleSet
) -> tuple[MissingSchema, ...]:
    """The schemas in which statements make tables and that are not among those created, in the order of their names.

    What creates a schema that only the running program knows ("") may create any.
    """
    places: dict[str, list[DefinitionSite]] = {}
    for schema, item in _made(defined, rules):
        places.setdefault(schema, []).append(item)
    found: list[MissingSchema] = []
    for schema in sorted(places.keys() - set(created) if "" not in created else ()):
        items = sorted(places[schema], key=_order)
        first = {item.path: item for item in reversed(items)}
        others = tuple(first[path] for path in sorted(first) if path != items[0].path)
        found.append(MissingSchema(schema, items[0], others))
    return tuple(found)


def _made(defined: Iterable[DefinitionSite], rules: RuleSet) -> Iterator[tuple[str, DefinitionSite]]:
    """The statements that make tables, each with the schema that it needs and the rules know no maker of."""
    for item in defined:
        if isinstance(item.what, sql.Table) and item.kind == "SQL":
            target = final(item.what.relation, item.path, rules)
            if target is not None and target.schema is not None and rules.may_lack(target.schema):
                yield target.schema, item


def _order(item: DefinitionSite) -> tuple[bool, list[str], int]:
    """Files of SQL first: they are run, while a string may be a sentence."""
    return not item.path.lower().endswith(".sql"), item.path.split("/"), item.line
