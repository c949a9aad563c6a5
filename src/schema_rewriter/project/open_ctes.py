"""The CTEs that other files may put before a file's queries, by the facts of all; knows facts only.

`"WITH events AS (..) " + query`: the query is a constant of a file that this one imports, or comes from one that calls
a function of this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.project.temporary import Links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.project.facts import Facts


def put_before(every: Sequence[Facts]) -> dict[str, tuple[tuple[str, str], ...]]:
    """By file the names that CTEs of other files may have before its queries, each with why."""
    found: dict[str, dict[str, str]] = {}
    links = Links(every)
    for item in (one for one in every if one.open_ctes):
        for other in links.near(item.path):
            for name in item.open_ctes:
                why = f"{item.path} puts a CTE of that name before what it gets, which may be this"
                found.setdefault(other, {}).setdefault(name, why)
    return {path: tuple(sorted(names.items())) for path, names in found.items()}
