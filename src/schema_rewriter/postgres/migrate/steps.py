"""What a migration is made of: steps in phases; and SQL's constants. Knows no format and no rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEEDS = {
    "kind": (),
    "move": ("kind",),
    "stand_in": ("kind",),
    "expand": ("kind", "move", "stand_in"),
    "contract": ("kind",),
    "bury": ("kind", "contract"),
    "ready": ("kind",),
    "patiently": (),
    "descendants": (),
    "family": ("patiently", "descendants"),
    "move_family": ("kind", "move", "descendants"),
    "own": ("kind",),
    "mirror": (),
    "rights": (),
    "routine": (),
    "replace": ("routine",),
    "unschema": (),
}
"""The functions of machinery/, each with those it calls."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a statement, the one that undoes it, and a boolean expression that is true once it is done.

    Each statement runs by itself, outside a transaction, and does nothing where it was done before. An empty `up`,
    `down` or `check` says that there is nothing. `note` tells a reader why; `needs` and `down_needs` are the functions
    of machinery/ that `up` and `check`, and `down`, call.
    """

    title: str
    up: str
    down: str = ""
    check: str = ""
    note: str = ""
    needs: tuple[str, ...] = ()
    down_needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """Steps that are run together. `when` and `when_down` say to a reader what must be so before, in whole lines."""

    name: str
    when: str
    when_down: str
    steps: tuple[Step, ...]

    def up(self) -> tuple[str, ...]:
        """The statements of the way there, each to be run by itself outside a transaction, in one session."""
        return (*machinery(needs(self.there)), *(step.up for step in self.there))

    def down(self) -> tuple[str, ...]:
        """The statements of the way back, likewise."""
        steps = self.back
        return (*machinery(needs(steps, down=True)), *(step.down for step in steps))

    @property
    def there(self) -> tuple[Step, ...]:
        """The steps that do something on the way there, in its order."""
        return tuple(step for step in self.steps if step.up)

    @property
    def back(self) -> tuple[Step, ...]:
        """The steps that can be undone, in the order of the way back."""
        return tuple(step for step in reversed(self.steps) if step.down)


@dataclass(frozen=True, slots=True)
class Phases:
    """A migration: its phases in order (the way back is the reverse), what to tell, and what could not be known.

    `warnings` need a person; `notes` are good to know. `unknown` is what only a catalog could have told.
    """

    phases: tuple[Phase, ...]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Phase:
        return next(phase for phase in self.phases if phase.name == name)


def needs(steps: Iterable[Step], *, down: bool = False) -> list[str]:
    """The functions of machinery/ that these steps call, those of their checks included."""
    found = [need for step in steps for need in (step.down_needs if down else step.needs)]
    return found + (["kind"] if not down and any("sr_kind(" in step.check for step in steps) else [])


def machinery(names: Iterable[str]) -> tuple[str, ...]:
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
    return resources.files(__package__).joinpath("machinery", f"{name}.sql").read_text("utf-8").strip()


def literal(text: object) -> str:
    r"""The string constant of SQL for a text, under whatever setting of standard_conforming_strings.

    >>> literal("it's"), literal(r"a\b")
    ("'it''s'", "E'a\\\\b'")
    """
    doubled = str(text).replace("'", "''")
    return f"'{doubled}'" if "\\" not in doubled else "E'" + doubled.replace("\\", "\\\\") + "'"


def dollar(text: str, tag: str = "definition") -> str:
    """A text in dollar quotes, with underscores behind the tag until it is not in the text."""
    while f"${tag}$" in text:
        tag += "_"
    return f"${tag}${text}${tag}$"
