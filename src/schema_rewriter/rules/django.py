"""What rules say of Django, which knows no schemas: how its models find the tables that move. Knows no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.errors import RuleError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

SEARCH_PATH, QUOTED, REPORT = STRATEGIES = ("search_path", "quoted", "report")
"""The search_path of its connections finds them; db_table says the schema, by a trick of quotes; each is told."""


def parse(table: object, origin: str) -> str:
    """The strategy of a rule file's table. Raises RuleError with key and remedy."""
    if not isinstance(table, dict):
        raise RuleError(f'{origin}: django: must be a table; write [django] and below it strategy = "{SEARCH_PATH}"')
    for key in table:
        if key != "strategy":
            raise RuleError(f"{origin}: django.{key}: unknown key; did you mean strategy?")
    strategy = table.get("strategy", "")
    if strategy not in STRATEGIES:
        near = f"; did you mean {nearest(strategy, STRATEGIES)}?" if isinstance(strategy, str) and strategy else ""
        every = ", ".join(f'"{one}"' for one in STRATEGIES)
        raise RuleError(f"{origin}: django.strategy: must be one of {every}{near}")
    return str(strategy)


def merged(every: Iterable[tuple[str, str]]) -> str:
    """One strategy of several, each with its origin. Raises RuleError where they contradict each other."""
    found = ""
    for origin, one in every:
        if one and found not in ("", one):
            raise RuleError(f"{origin}: django.strategy: differs from that of another rule file; make them the same")
        found = one or found
    return found


def model_names(names: Iterable[str]) -> frozenset[str]:
    """What models may be called, in lower case, whose tables, or those of whose fields, have these names.

    A table is called `application_model`, that of a field `application_model_field`, and each part may have a _ in it.
    """
    found: set[str] = set()
    for name in names:
        parts = name.lower().split("_")
        for start in range(1, len(parts)):
            found.update("_".join(parts[start:stop]) for stop in range(start + 1, len(parts) + 1))
    return frozenset(found - {""})
