"""What one file tells the others of its run; a small value, for any process. Knows no other file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import hosts, sql

if TYPE_CHECKING:
    from schema_rewriter.relation import Relation
    from schema_rewriter.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file tells.

    `owned` are the indexes and sequences that its DDL makes, with the relations they belong to.
    """

    path: str
    owned: tuple[tuple[str, Relation], ...] = ()


_DDL = re.compile(rb"\b(?:create|alter)\b", re.IGNORECASE)


def facts(path: str, source: bytes, rules: RuleSet) -> Facts:
    """The facts of a file, whose `path` is POSIX and relative to the root; none for one that can't be read."""
    return Facts(path, _owned(path, source, rules) if _DDL.search(source) else ())


def _owned(path: str, source: bytes, rules: RuleSet) -> tuple[tuple[str, Relation], ...]:
    owned: dict[tuple[str, Relation], None] = {}
    temporary: set[str] = set()
    for text, holes, script in hosts.strings(path, source):
        if rules.mentioned(text) and _DDL.search(text.encode("utf-8", "replace")):
            owned.update(dict.fromkeys(sql.ownership(text, holes, script=script)))
            temporary |= sql.temporary(text, holes, script=script)
    return tuple((name, owner) for name, owner in owned if owner.name not in temporary)
