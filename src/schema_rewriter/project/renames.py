"""Names that relations had before a statement somewhere renamed them to one that moves; knows facts and rules only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.project.definitions import DefinitionSite
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Rename:
    """`old` becomes `new` at a place, line from 1 on; under some name it ends up as `target`."""

    old: Relation
    new: str
    target: Relation
    path: str
    line: int

    def means(self, relation: Relation) -> bool:
        """Whether a name, as written, may be the old one."""
        return relation.name == self.old.name and relation.schema in (None, self.old.schema)


def former(defined: Iterable[DefinitionSite], rules: RuleSet) -> tuple[Rename, ...]:
    """The old names of relations that move, and the older ones of these; none that the rules move themselves."""
    renames = sorted(
        ((item, item.what) for item in defined if isinstance(item.what, sql.Renamed)),
        key=lambda pair: (pair[0].path, pair[0].line),
    )
    found: dict[Relation, Rename] = {}
    before = -1
    while len(found) > before:
        before = len(found)
        for item, renamed in renames:
            new = Relation(renamed.relation.schema, renamed.name)
            later = next((each for each in found.values() if each.means(new)), None)
            source = rules.source(new)
            target = rules.target(new, item.path) or (later.target if later else None)
            schema = source.schema if source else later.old.schema if later else None
            old = Relation(renamed.relation.schema or schema, renamed.relation.name)
            if target is None or old in found or rules.target(old, item.path) or rules.is_target(old):
                continue
            found[old] = Rename(old, renamed.name, target, item.path, item.line)
    return tuple(found[old] for old in sorted(found, key=str))


def is_before(path: str, other: str) -> bool:
    """Whether a file of a folder of migrations runs before another one of it, as their names sort; numbers count."""
    folder, _, name = path.rpartition("/")
    its_folder, _, its_name = other.rpartition("/")
    return folder == its_folder and _order(name) < _order(its_name)


def _order(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name) if part]
