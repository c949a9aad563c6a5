"""What a statement comes to mean, without an error, where a view stands in a table's place. Asks no server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.relation import fold

if TYPE_CHECKING:
    from collections.abc import Collection

_IDENTIFIER = r"(?:\w+|\"(?:[^\"]|\"\")+\")"
_OF = rf"\s*\(\s*'(?:{_IDENTIFIER}\s*\.\s*)?(?P<name>{_IDENTIFIER})'"
_FORMS = (
    (re.compile(rf"\bpg_get_serial_sequence{_OF}", re.IGNORECASE), "pg_get_serial_sequence of a view is NULL"),
    (re.compile(rf"\bpg_(?:(?:total_)?relation|table|indexes)_size{_OF}", re.IGNORECASE), "the size of a view is 0"),
)
_ONLY = re.compile(rf"\bonly\s*\(?\s*(?:{_IDENTIFIER}\s*\.\s*)?(?P<name>{_IDENTIFIER})", re.IGNORECASE)


def changed_meaning(statement: str, moving: Collection[str], parents: Collection[str]) -> str:
    """What the statement comes to mean; "" if nothing is known to change. `parents` are tables with children.

    >>> changed_meaning("DELETE FROM ONLY public.t", {"t"}, {"t"})
    'through a view ONLY reaches the rows of children too, without an error'
    >>> changed_meaning("SELECT pg_relation_size('t')", {"t"}, set())
    'the size of a view is 0, without an error'
    """
    for form, meaning in _FORMS:
        if any(fold(found["name"]) in moving for found in form.finditer(statement)):
            return f"{meaning}, without an error"
    if any(fold(found["name"]) in moving and fold(found["name"]) in parents for found in _ONLY.finditer(statement)):
        return "through a view ONLY reaches the rows of children too, without an error"
    return ""
