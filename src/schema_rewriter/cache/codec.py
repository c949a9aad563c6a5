"""Values of this program as JSON and back: plain values and the classes listed here, and nothing else.

Not pickle, nor marshal: what comes from a file can make nothing but these. Equal values give equal texts (a set's
members are sorted), so a text stands for its value where one is compared or hashed.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from enum import Enum
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_CLASSES = {
    "rules.boundaries": "Allowance Boundary",
    "rules.history": "Folder History",
    "edit": "Edit Span",
    "finding": "Applicability Finding Helper Related Suppressed",
    "hosts.django": "Application Database DjangoFile ManyToMany ModelClass Operation",
    "hosts.orm": "Collection ModelSetting Orm TableClass TableName Text",
    "hosts.slot": "Slot",
    "hosts.valueflow": (
        "Call Callback Class Composed Edge Function Import LiteralSource Names Part Quote "
        "Reflection Replaced Sink Unknown"
    ),
    "hosts.python.paths": "Link",
    "inventory.join": "Entry Surveyed",
    "project.conflicts": "Conflict IndexConflict",
    "project.missing_schemas": "MissingSchema",
    "project.context": (
        "Context DjangoCause DjangoTable Frozen HoleDecision HoleOutcome LiteralDecision ModelReference PossibleNames"
        " Replacement ToldSetting"
    ),
    "project.definitions": "DefinitionSite",
    "project.facts": "Facts",
    "project.history": "Revision",
    "project.positions": "Position",
    "project.renames": "Rename",
    "project.link": "Linked Wanted",
    "relation": "Relation",
    "rules": "Dialect Grant Move RuleSet Takes",
    "sql": "AlteredTable Column Dropped Index Renamed Table Touched",
    "inventory.uses.use": "Use",
}
"""The modules of the classes, imported where the first of a value is met: a run without candidates needs no engine."""
_HOME = {name: module for module, names in _CLASSES.items() for name in names.split()}
CLASSES = tuple(_HOME)
"""The names of the classes."""
_PLAIN = frozenset((str, int, bool, type(None)))


def text(value: object) -> str:
    """The value as one line of ASCII. Raises TypeError for one of a class that is not listed."""
    return json.dumps(_shape(value), separators=(",", ":"))


def value(text: str | bytes) -> Any:
    """The value that a text stands for. Raises ValueError for one that stands for none."""
    try:
        return _made(json.loads(text))
    except (TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ValueError(f"no value: {error}") from None


def _shape(value: object) -> object:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, tuple):
        return ["", *map(_shape, value)]
    if isinstance(value, frozenset):
        return ["set", *sorted(map(_shape, value), key=json.dumps)]
    if isinstance(value, dict):
        return ["dict", *sorted(([_shape(one), _shape(other)] for one, other in value.items()), key=json.dumps)]
    if isinstance(value, bytes):
        return ["bytes", value.decode("latin-1")]
    if isinstance(value, date):
        return ["date", value.isoformat()]
    if kind.__name__ not in _HOME or kind is not class_of(kind.__name__):
        raise TypeError(f"{kind.__qualname__} is not known to the cache's codec")
    if isinstance(value, Enum):
        return [kind.__name__, value.value]
    return [kind.__name__, *(_shape(getattr(value, name)) for name in _names(kind))]


@cache
def class_of(name: str) -> Any:
    """The class of a name. Raises KeyError."""
    return getattr(import_module(f"schema_rewriter.{_HOME[name]}"), name)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.init)


_MAKERS: dict[str, Callable[..., object]] = {
    "": lambda *items: items,
    "set": lambda *items: frozenset(items),
    "bytes": lambda text: text.encode("latin-1"),
    "date": date.fromisoformat,
}


@cache
def _maker(name: str) -> Any:
    return _MAKERS.get(name) or class_of(name)


def _made(shape: Any) -> Any:
    if type(shape) is not list:
        if isinstance(shape, (dict, float)):
            raise TypeError("an object or a fraction")
        return shape
    if shape[0] == "dict":
        return {_made(one): _made(other) for one, other in shape[1:]}
    return _maker(shape[0])(*[_made(item) if type(item) is list else item for item in shape[1:]])
