"""The systems that run SQL, and what in paths, code and URLs tells which one it is. The data is engines.toml.

A system is told by its name for people; "" is PostgreSQL, None is "not told".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from schema_rewriter.package_data import load_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

OURS = ""
"""PostgreSQL."""

ANY = "*"
"""Whatever system a library for many of them is connected to."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """What tells of the systems, each table from what is seen to the system's name."""

    words: dict[str, str]
    common: frozenset[str]
    files: dict[str, str]
    suffixes: frozenset[str]
    modules: dict[str, str]
    aside: frozenset[str]
    types: dict[str, str]
    urls: dict[str, str]
    clients: dict[str, str]
    methods: dict[str, str]
    globals: dict[str, str]
    magics: dict[str, str]
    gateways: frozenset[str]
    any: frozenset[str]
    frames: frozenset[str]
    keeps: frozenset[str]
    results: frozenset[str]
    leaves: frozenset[str]
    near: frozenset[str]


@cache
def _tables() -> _Tables:
    document: dict[str, Any] = load_table(__package__, "engines.toml")
    rows = [(OURS if row["name"] == "PostgreSQL" else row["name"], row) for row in document["engine"]]

    def table(key: str) -> dict[str, str]:
        return {seen: name for name, row in rows for seen in row.get(key, ())}

    words, modules = table("words"), table("modules")
    common = [row.get("words", []) + row.get("files", []) for _, row in rows if row.get("is_common")]
    aside = [f"{module}.{name}" for _, row in rows for name in row.get("aside", ()) for module in row["modules"]]
    return _Tables(
        words=words,
        common=frozenset(word for listed in common for word in listed),
        files=words | table("files"),
        suffixes=frozenset(table("suffixes")),
        modules=modules,
        aside=frozenset(aside),
        types=table("types"),
        urls=table("urls"),
        clients=table("clients"),
        methods=table("methods"),
        globals=table("globals"),
        magics=table("magics"),
        gateways=frozenset(name for name, row in rows if row.get("is_gateway")),
        any=frozenset(document["libraries"]["any"]),
        frames=frozenset(document["libraries"]["frames"]),
        keeps=frozenset(document["objects"]["keeps"]),
        results=frozenset(document["objects"]["results"]),
        leaves=frozenset(document["objects"]["leaves"]),
        near=frozenset(document["near"]["words"]),
    )


def by_word(word: str) -> str | None:
    """The system that a word of code stands for: a constant, a key, a flag without what is around it."""
    return _tables().words.get(word.lower())


def by_file_word(word: str) -> str | None:
    """The system that a word in the name of a file or a folder stands for."""
    return _tables().files.get(word)


def is_common(word: str) -> bool:
    """Whether a system's word is an everyday word too, and tells it only beside a word of databases."""
    return word in _tables().common


def is_near(words: Iterable[str]) -> bool:
    """Whether one of some words is about databases."""
    return not _tables().near.isdisjoint(words)


def is_suffix(word: str) -> bool:
    """Whether a file with this suffix holds a system's statements, without .sql beside it."""
    return word in _tables().suffixes


def by_module(dotted: str) -> str | None:
    """The system whose driver a module is, or whatever is named behind it: the longest known beginning decides."""
    tables = _tables()
    if dotted in tables.aside:
        return None
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        if (system := tables.modules.get(".".join(parts[:end]))) is not None:
            return system
    return ANY if parts[0] in tables.any else None


def by_type(name: str) -> str | None:
    """The system that the name of a class tells, wherever the class comes from."""
    tables = _tables()
    if (known := tables.types.get(name)) is not None:
        return known
    words = _words(name)
    seen = _seen(words)
    found = {tables.words[word] for word in seen if not (is_common(word) and len(words) > 1 and not is_near(words))}
    return next(iter(found)) if len(found) == 1 else None


def _words(name: str) -> list[str]:
    """The words of a name in camel case, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*", name)]


def _seen(words: Sequence[str]) -> list[str]:
    """The words of systems among some words, two of which may make one: My, SQL."""
    return [word for word in (*words, *map("".join, pairwise(words))) if word in _tables().words]


def by_class(name: str) -> str | None:
    """The system that the name of a class of one's own tells: by an everyday word only beside one of databases.

    So SqliteWriter and OracleStore tell one, and Spark and OracleOfDelphi tell none.
    """
    words = _words(name)
    everyday = all(is_common(word) for word in _seen(words))
    return by_type(name) if is_near(words) or not everyday else None


def by_url(text: str) -> str | None:
    """The system that a URL, or the DSN of an ODBC driver, names."""
    tables = _tables()
    if text.startswith(":memory:"):
        return tables.urls[":memory:"]
    if driver := re.search(r"driver\s*=\s*\{?([^;}]*)", text, re.IGNORECASE):
        words = re.findall("[a-z]+", driver[1].lower())
        return next((tables.words[word] for word in (*words, "".join(words[-2:])) if word in tables.words), None)
    scheme = re.match(r"(?:jdbc:)?([a-z][\w.]*)(?:\+\w+)?:(?://|[/\w]|\Z)", text)
    return tables.urls.get(scheme[1]) if scheme and ("//" in text or text.startswith("jdbc:")) else None


def by_client(service: str) -> str | None:
    """The system behind a service of boto3.client(), session.resource() and the like."""
    return _tables().clients.get(service)


def by_method(name: str) -> str | None:
    """The system of which alone objects have a method."""
    return _tables().methods.get(name)


def by_global(name: str) -> str | None:
    """The system of an object that a notebook finds bound."""
    return _tables().globals.get(name)


def by_magic(name: str) -> str | None:
    """The system that runs a cell or a line of a notebook with this magic."""
    return _tables().magics.get(name)


def is_gateway(system: str) -> bool:
    """Whether a driver for many systems goes by this name: who runs the SQL is not certain."""
    return system in _tables().gateways


def keeps(called: str) -> bool:
    """Whether a call, by its dotted name, gives back what it gets, perhaps in a wrapping."""
    kept = _tables().keeps
    return called in kept or called.rpartition(".")[2] in kept


def is_result(method: str) -> bool:
    """Whether what a method of a connection returns is no connection: rows, a frame, a job."""
    return method in _tables().results


def leaves(attribute: str) -> bool:
    """Whether behind an attribute of a system's object another system may read the text: spark.read.jdbc(..)."""
    return attribute in _tables().leaves


def drivers(modules: Collection[str]) -> list[tuple[str, str]]:
    """The drivers among some modules, each with its system, sorted by name; those for any system too."""
    found: dict[str, str] = {}
    for module in modules:
        system = by_module(module)
        if system is not None and module.split(".")[0] not in _tables().frames:
            found[module.split(".")[0] if by_module(module.split(".")[0]) == system else module] = system
    return sorted(found.items())


def uses_postgresql(modules: Collection[str]) -> bool:
    """Whether one of some modules is a driver of PostgreSQL's, or of any system's."""
    return any(by_module(module) in (OURS, ANY) for module in modules)


def uses_any(modules: Collection[str]) -> bool:
    """Whether one of some modules may run SQL on PostgreSQL: its drivers, those for any system, frames."""
    return uses_postgresql(modules) or any(module.split(".")[0] in _tables().frames for module in modules)


def may_tell(source: bytes) -> bool:
    """Whether code with these bytes may name another system than PostgreSQL, or test for PostgreSQL."""
    lowered = source.lower()
    return any(word in lowered for word in _telling())


@cache
def _telling() -> tuple[bytes, ...]:
    """A word of everything in code that tells of another system, in lower case, and of tests for PostgreSQL."""
    tables = _tables()
    tellers = (
        tables.words, tables.modules, tables.types, tables.urls, tables.clients, tables.methods, tables.globals,
    )  # fmt: skip
    seen = {word.rpartition(".")[2].lower() for table in tellers for word, name in table.items() if name != OURS}
    return tuple(sorted(word.encode() for word in {*seen, "postgres"}))
