"""Which functions take a relation's name, and which take SQL. The data is functions.toml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from schema_rewriter.package_data import load_table

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Functions:
    """The names of functions, without a schema, by what they take: see functions.toml."""

    first: frozenset[str]
    second: frozenset[str]
    page_first: frozenset[str]
    called: frozenset[str]
    bare: frozenset[str]
    from_end: Mapping[str, int]
    here: frozenset[str]
    elsewhere: frozenset[str]


@cache
def functions() -> Functions:
    """The table, read once."""
    document = load_table(__package__, "functions.toml")
    relation, sql = document["relation"], document["sql"]

    def listed(words: str) -> frozenset[str]:
        return frozenset(words.split())

    return Functions(
        listed(relation["first"]),
        listed(relation["second"]),
        listed(relation["page-first"]),
        listed(relation["called"]),
        listed(relation["bare"]),
        relation["from-end"],
        listed(sql["here"]),
        listed(sql["elsewhere"]),
    )
