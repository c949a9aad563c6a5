"""Names of relations that a query hands to functions as text, which the server does not resolve. Asks no server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.relation import split_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LITERAL = re.compile(r"('(?:[^']|'')*')")
_TAKES_A_NAME = re.compile(
    r"\b(?:to_regclass|pg_get_serial_sequence|has_(?:table|any_column|column|sequence)_privilege)\([^()]*\Z"
)
"""The text before such a constant: within the arguments of a function that reads one as a relation's name."""


@dataclass(frozen=True, slots=True)
class Layouts:
    """What names mean before the move and after it: the relations that are there, and where those that move go."""

    before: frozenset[tuple[str, ...]]
    moved: Mapping[tuple[str, ...], tuple[str, ...]]
    search_path: tuple[str, ...]

    @classmethod
    def of(cls, before: Iterable[str], moved: Mapping[str, str], search_path: Iterable[str]) -> Layouts:
        """From qualified names, as the server quotes them."""
        pairs = {split_identifier(old): split_identifier(new) for old, new in moved.items()}
        return cls(frozenset(map(split_identifier, before)), pairs, tuple(search_path))

    def same_relation(self, old: str, new: str) -> bool:
        """Whether a name before the move and one after it mean one relation; equal ones do where it means none."""
        was, now = self._meant(old, self.before), self._meant(new, self._after)
        return old == new if was is None else self.moved.get(was, was) == now

    @property
    def _after(self) -> frozenset[tuple[str, ...]]:
        return frozenset(self.moved.get(one, one) for one in self.before)

    def _meant(self, text: str, there: frozenset[tuple[str, ...]]) -> tuple[str, ...] | None:
        name = split_identifier(text)
        names = [name] if len(name) == 2 else [(schema, *name) for schema in self.search_path]
        return next((one for one in names if one in there), None)


def same_query(before: str, after: str, layouts: Layouts) -> bool:
    """Whether two queries, as the server writes them, are equal but for constants that name the same relation.

    >>> layouts = Layouts.of(["public.t", "public.u"], {"public.t": "app.t"}, ["public"])
    >>> same_query("SELECT to_regclass('t'::text)", "SELECT to_regclass('app.t'::text)", layouts)
    True
    >>> same_query("SELECT to_regclass('t'::text)", "SELECT to_regclass('t'::text)", layouts)  # it finds nothing now
    False
    >>> same_query("SELECT 't'::text", "SELECT 'app.t'::text", layouts)
    False
    """
    old, new = _LITERAL.split(before), _LITERAL.split(after)
    if old[::2] != new[::2]:
        return False
    for at in range(1, len(old), 2):
        names = _TAKES_A_NAME.search("".join(old[:at])) is not None
        if not (layouts.same_relation(_text(old[at]), _text(new[at])) if names else old[at] == new[at]):
            return False
    return True


def _text(literal: str) -> str:
    return literal[1:-1].replace("''", "'")
