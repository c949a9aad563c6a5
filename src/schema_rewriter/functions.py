"""Which functions take a relation's name, and which take SQL. The data is functions.toml; knows no syntax."""

from __future__ import annotations

import re
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
    document = load_table("schema_rewriter", "functions.toml")
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


def binds_a_name(source: bytes) -> bool:
    """Whether a text may bind a relation's name: `to_regclass(%s)`, `$1::regclass`, `CAST(:name AS regclass)`."""
    for opening in _OPENING.finditer(source):
        word = _WORD.search(source, max(0, opening.start() - 64), opening.start())
        if word is not None and word[1].decode().lower() in functions().first:
            return True
    if b"regclass" in source and _CAST.search(source):
        return True
    return any(end in source and _BEHIND.search(source) for end in (b"_privilege", b"replication_set"))


_PLACEHOLDER = rb"(?:%s|%\(\w+\)s|\$\d+|:\w+|:'\w+')"
_OPENING = re.compile(rb"\((?=\s*" + _PLACEHOLDER + rb"\s*(?:[,):]|\Z))")
_WORD = re.compile(rb"(\w+)\s*\Z", re.ASCII)
_CAST = re.compile(_PLACEHOLDER + rb"\)?\s*(?:::|\bAS\b)[\s\w:.\[]{0,30}\bregclass\b", re.IGNORECASE)
_BEHIND = re.compile(rb"(?:_privilege|replication_set_\w+)\s*\([^()]{0,120}" + _PLACEHOLDER, re.IGNORECASE)
