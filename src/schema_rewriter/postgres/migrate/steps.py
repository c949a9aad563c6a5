"""One step of a migration, and the functions that steps call. Knows no phase, no format and no rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEEDS = {
    "kind": (),
    "remote_name": (),
    "move": ("kind", "remote_name"),
    "compatibility_view": ("kind",),
    "expand": ("kind", "move", "compatibility_view"),
    "contract": ("kind",),
    "gate": ("kind",),
    "tombstone": ("kind", "contract"),
    "ready": ("kind",),
    "fresh": (),
    "lock_setting": (),
    "lock_wait": ("lock_setting",),
    "blockers": (),
    "retry": ("lock_setting", "lock_wait", "blockers"),
    "descendants": (),
    "retry_with_children": ("retry", "descendants"),
    "move_with_children": ("kind", "move", "descendants"),
    "change_owner": ("kind",),
    "make_schema": (),
    "grant": (),
    "find_routine": (),
    "replace_routine": ("find_routine",),
    "drop_schema": (),
}
"""The functions of functions/, each with those it calls."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a statement, the one that undoes it, and a boolean expression that is true once it is done.

    Each statement runs by itself, outside a transaction, and does nothing where it was done before. An empty `up`,
    `down` or `check` says that there is nothing. `note` tells a reader why; `needs` and `down_needs` are the functions
    of functions/ that `up` and `check`, and `down`, call.
    """

    title: str
    up: str
    down: str = ""
    check: str = ""
    note: str = ""
    needs: tuple[str, ...] = ()
    down_needs: tuple[str, ...] = ()


def needs(steps: Iterable[Step], *, down: bool = False) -> list[str]:
    """The functions of functions/ that these steps call, those of their checks included."""
    found = [need for step in steps for need in (step.down_needs if down else step.needs)]
    return found + (["kind"] if not down and any("sr_kind(" in step.check for step in steps) else [])


def session_functions(names: Iterable[str]) -> tuple[str, ...]:
    """The statements that make these functions and those they need, in the order of _NEEDS."""
    wanted: set[str] = set()
    todo = list(names)
    while todo:
        if (name := todo.pop()) not in wanted:
            wanted.add(name)
            todo += _NEEDS[name]
    return tuple(_source(name) for name in sorted(wanted, key=_ORDER.__getitem__))


_ORDER = {name: at for at, name in enumerate(_NEEDS)}


@cache
def _source(name: str) -> str:
    return resources.files(__package__).joinpath("functions", f"{name}.sql").read_text("utf-8").strip()
