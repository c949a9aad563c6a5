"""SQL that a database keeps or has just run, as text: the old names in it. Opens no connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.rewriting import rewriter

if TYPE_CHECKING:
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class OldNames:
    """What a text names of relations that move by their old names.

    `relations` are those that it names and that the same engine as for code rewrites; `doubts` say, each in a line,
    what it leaves to a person. `says_new`: it names one by its new name.
    """

    relations: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    says_new: bool = False


def old_names(text: str, rules: RuleSet) -> OldNames:
    """What a text of SQL statements says; nothing if it names no relation that moves.

    >>> from schema_rewriter.rules import parse_rules
    >>> rules = parse_rules('[[move]]\\nfrom = "public"\\nto = "app"\\ntables = ["events"]', "rules.toml")
    >>> old_names("SELECT 'events' FROM events e, app.events", rules)
    OldNames(relations=('public.events',), doubts=(), says_new=True)
    """
    if not rules.mentioned(text):
        return OldNames()
    result = rewriter.rewrite("statement.sql", text.encode("utf-8", "replace"), rules)
    if result.error:
        return OldNames((), (result.error,))
    named = {finding.relation for finding in result.applied if finding.relation}
    old = sorted({str(rules.source(relation) or relation) for relation in named})
    doubts = [f"{finding.message}: {finding.reason}" if finding.reason else finding.message for finding in result.open]
    doubts += [f"a comment keeps it from being rewritten: {one.finding.message}" for one in result.suppressed]
    return OldNames(tuple(old), tuple(dict.fromkeys(doubts)), result.qualified > 0)
