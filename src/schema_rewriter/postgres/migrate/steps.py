"""One step of a migration, and the functions that steps call. Knows no phase, no format and no rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a statement, the one that undoes it, and a boolean expression that is true once it is done.

    Each statement runs by itself, outside a transaction, and does nothing where it was done before. An empty `up`,
    `down` or `check` says that there is nothing. `note` tells a reader why. A statement may call the functions of
    functions/, which the session makes first (`session_functions`).
    """

    title: str
    up: str
    down: str = ""
    check: str = ""
    note: str = ""


def session_functions(statements: Iterable[str]) -> tuple[str, ...]:
    """The statements that make the functions which these call, each after those that it calls itself."""
    made: dict[str, str] = {}
    seen: set[str] = set()

    def make(text: str) -> None:
        for name in (call[0] or call[1] for call in _CALL.findall(text)):
            if name not in seen and name in _sources():
                seen.add(name)
                make(_sources()[name])
                made[name] = _sources()[name]

    for statement in statements:
        make(statement)
    return tuple(made.values())


_CALL = re.compile(r"pg_temp\.sr_(\w+)\(|(?<=\(')(\w+)(?=',)")
"""A call of a function of functions/, or the action that a call of sr_retry names first."""


@cache
def _sources() -> dict[str, str]:
    folder = resources.files(__package__).joinpath("functions")
    return {file.name.removesuffix(".sql"): file.read_text("utf-8").strip() for file in folder.iterdir()}
