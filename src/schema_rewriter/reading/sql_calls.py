"""What the place of a string in Python code says of it: SQL, perhaps SQL, or prose. The data is sql_calls.toml."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from schema_rewriter.package_data import load_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from schema_rewriter.hosts import Place


class Trust(enum.IntEnum):
    """How far a place vouches for its text being SQL."""

    NEVER = 0  # a docstring
    PROSE = 1  # a log line, a message, a key
    MIRROR = 2  # a pattern, or the beginning of another text: compared with what may be SQL
    UNKNOWN = 3
    NAMED = 4  # bound to a name such as `sql`
    SQL = 5  # passed to a call that runs it
    FILE = 6  # a file of SQL


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    argument: int
    keywords: tuple[str, ...]
    modules: tuple[str, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Calls:
    by_name: dict[str, tuple[_Call, ...]]
    prose: frozenset[str]
    messages: frozenset[str]
    mirrors: frozenset[str]
    shells: frozenset[str]
    prose_names: frozenset[str]
    words: frozenset[str]


@cache
def _calls() -> _Calls:
    document: dict[str, Any] = load_table(__package__, "sql_calls.toml")
    by_name: dict[str, tuple[_Call, ...]] = {}
    for row in document["sql"]:
        modules = (row["module"], *row.get("also", ())) if "module" in row else ()
        call = _Call(
            row["name"],
            row.get("argument", 0),
            tuple(row.get("keywords", ())),
            modules,
            tuple(row.get("as", ())),
        )
        by_name[call.name] = (*by_name.get(call.name, ()), call)
    prose = document["prose"]
    return _Calls(
        by_name,
        frozenset(prose["calls"]),
        frozenset(document["message"]["calls"]),
        frozenset(document["mirror"]["calls"]),
        frozenset(document["shell"]["calls"]),
        frozenset(prose["names"]),
        frozenset(document["names"]["words"]),
    )


def trust(places: Iterable[Place], imports: Collection[str]) -> Trust:
    """The most that any of the places a text gets to says of it; `imports` are the modules its file imports."""
    return max((_trust(place, imports) for place in places), default=Trust.UNKNOWN)


def is_prose(called: str) -> bool:
    """Whether what is passed to a call, by its dotted name, is for people."""
    return _fits_any(called, _calls().prose)


def is_message(called: str) -> bool:
    """Whether a call, by its dotted name, does nothing with what it is passed but tell it: a log, an exception."""
    return _fits_any(called, _calls().messages)


def is_shell(called: str) -> bool:
    """Whether a call, by its dotted name, runs a command."""
    return _is_among(called, _calls().shells)


def _is_among(called: str, names: frozenset[str]) -> bool:
    receiver, _, name = called.rpartition(".")
    return name in names or called in names or f"{receiver}.*" in names


def _fits_any(called: str, names: frozenset[str]) -> bool:
    name = called.rpartition(".")[2]
    return _is_among(called, names) or name.endswith(("Error", "Exception", "Warning"))


def _trust(place: Place, imports: Collection[str]) -> Trust:
    if place.kind == "file":
        return Trust.FILE
    if place.kind in ("docstring", "replaced"):
        return Trust.NEVER
    if place.kind == "key":
        return Trust.PROSE
    calls = _calls()
    if place.kind in ("argument", "expression"):
        receiver, _, name = place.call.rpartition(".")
        for call in calls.by_name.get(name, ()):
            if place.argument in (call.argument, *call.keywords) and _fits(call, receiver, imports):
                return Trust.SQL
        if is_prose(place.call):
            return Trust.PROSE
        if name in calls.mirrors:
            return Trust.MIRROR
    for bound in place.names:
        name = bound.rpartition(".")[2].lower()
        if name in calls.prose_names:
            return Trust.PROSE
        if not calls.words.isdisjoint(re.split("[^a-z]+", name)):
            return Trust.NAMED
    return Trust.UNKNOWN


def _fits(call: _Call, receiver: str, imports: Collection[str]) -> bool:
    """Whether a call of this name, on this receiver, is the one of the module it is limited to."""
    if not call.modules or receiver.rpartition(".")[2] in call.aliases:
        return True
    return any(module.split(".")[0] in call.modules for module in imports)
