"""Bodies of routines that the server reads only when they run: which relations they name. Asks no server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.inventory.uses import uses
from schema_rewriter.reading import read

if TYPE_CHECKING:
    from schema_rewriter.inventory.uses import Use
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import RuleSet

_PATH = re.compile(r"\bset\s+search_path\b", re.IGNORECASE)


def unlike(before: str, after: str, rules: RuleSet) -> str:
    """How the relations that a routine names after a rewrite are others than those before it; "" where they are not.

    One with a search_path of its own may mean the right ones by their old names.

    >>> from schema_rewriter.rules import parse_rules
    >>> rules = parse_rules('[[move]]\\nfrom = "public"\\nto = "app"\\ntables = ["t"]', "rules.toml")
    >>> body = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$BEGIN RETURN (SELECT n FROM {}); END$$"
    >>> unlike(body.format("t"), body.format("t"), rules)
    'it still says public.t, which moves to app.t'
    >>> unlike(body.format("t"), body.format("app.u"), rules)
    'it names app.u, not app.t'
    >>> unlike(body.format("t"), body.format("app.t"), rules)
    ''
    """
    if _PATH.search(after):
        return ""
    was, now = _named(before, rules), _named(after, rules)
    stale = sorted({f"{use.relation}, which moves to {use.target}" for use in now if use.confident and use.target})
    if stale:
        return f"it still says {'; '.join(stale)}"
    expected, found = ({use.target or use.relation for use in named} for named in (was, now))
    if expected == found:
        return ""
    others = [_listed(expected - found), _listed(found - expected)]
    if others[0] and others[1]:
        return f"it names {others[1]}, not {others[0]}"
    return f"it names {others[1]} too" if others[1] else f"it names {others[0]} no more"


def _named(text: str, rules: RuleSet) -> list[Use]:
    """What a text names; words that are no names stand in the text before and in the one after."""
    found = uses(read("routine.sql", text.encode("utf-8", "replace"), rules)).found
    return [use for use in found if not use.dynamic]


def _listed(relations: set[Relation]) -> str:
    return ", ".join(map(str, sorted(relations)))
