"""Which calls and names take a relation by its name, and no SQL. The data is relation_calls.toml. Knows no rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from schema_rewriter.engines import uses_any
from schema_rewriter.package_data import load_table
from schema_rewriter.reading.sql_calls import is_prose

if TYPE_CHECKING:
    from collections.abc import Collection

    from schema_rewriter.relation import Relation


@dataclass(frozen=True, slots=True, order=True)
class RelationParameter:
    """What takes a relation by its name: `what`, for people.

    `schema` is the keyword by which a call takes the schema, `beside` the name in the same class that holds it;
    `remedy` what to do where that is not known, a template. `is_column`: it takes `relation.column`. `is_known`: a
    row of the data knows it; else its words tell. `by_path`: it is right where Django's connections find what moves.
    """

    what: str
    schema: str = ""
    beside: str = ""
    remedy: str = ""
    is_column: bool = False
    is_known: bool = False
    by_path: bool = False

    def advice(self, target: Relation) -> str:
        """What a person does, where the relation moves to `target`."""
        if self.schema:
            return f"give {self.what} {self.schema}={target.schema!r}"
        if self.remedy:
            said = self.remedy.format(schema=target.schema, name=target.name, relation=target)
            return f"{self.what} takes it as a relation: {said}"
        if self.what.endswith("()"):
            finds = f"see that it finds {target}; a [[call]] in the rules settles it"
            return f"by its name {self.what} takes a relation; {finds}"
        return f"by its name {self.what} holds a relation, but no SQL is seen to take it; see that {target} is found"


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    arguments: tuple[str, ...]
    packages: frozenset[str]
    parameter: RelationParameter

    def fits(self, called: str, packages: Collection[str]) -> bool:
        named = called == self.name or called.endswith(f".{self.name}")
        return named and (not self.packages or not self.packages.isdisjoint(packages))


@dataclass(frozen=True, slots=True)
class _Data:
    calls: dict[str, tuple[_Row, ...]]
    bound: dict[str, RelationParameter]
    others: tuple[_Row, ...]
    words: dict[str, frozenset[str]]


@cache
def _data() -> _Data:
    document: dict[str, Any] = load_table(__package__, "relation_calls.toml")
    calls: dict[str, tuple[_Row, ...]] = {}
    for row in document["call"]:
        name, remedy = row["name"], row.get("remedy", "")
        parameter = RelationParameter(
            f"{name}()",
            row.get("schema", ""),
            "",
            remedy,
            row.get("is_column", False),
            is_known=True,
            by_path=row.get("by_path", False),
        )
        keys = (*map(str, row.get("arguments", [0])), *row.get("keywords", ()))
        last = name.rpartition(".")[2]
        calls[last] = (*calls.get(last, ()), _Row(name, keys, frozenset(row.get("packages", ())), parameter))
    bound = {
        row["name"]: RelationParameter(
            row["name"], "", row.get("beside", ""), row["remedy"], is_known=True, by_path=row.get("by_path", False)
        )
        for row in document["bound"]
    }
    others = tuple(
        _Row(row["name"], (), frozenset(row["packages"]), RelationParameter("")) for row in document["other"]
    )
    return _Data(calls, bound, others, {key: frozenset(words) for key, words in document["words"].items()})


def by_call(called: str, key: str, arguments: Collection[str], packages: Collection[str]) -> RelationParameter | None:
    """How a call takes a relation in the argument `key` (a position, as digits, or a keyword); None if it does not.

    `called` is its dotted name, `arguments` are the keys of all its arguments, `packages` those that the file imports.
    """
    receiver, _, name = called.rpartition(".")
    data = _data()
    for row in data.calls.get(name, ()):
        if key in row.arguments and row.fits(called, packages):
            return row.parameter
    if any(row.fits(called, packages) for row in data.others) and not uses_any(packages):
        return None
    if not key.isdigit():
        return by_name(key) if not is_prose(called) else None
    if is_prose(called) or not _takes(name, receiver, int(key), arguments, data.words):
        return None
    schemas = {"schema", "schema_name"} & set(arguments)
    return RelationParameter(f"{name}()", min(schemas, default=""))


def _takes(
    name: str, receiver: str, position: int, arguments: Collection[str], data: dict[str, frozenset[str]]
) -> bool:
    """Whether the words of a function's name, and its receiver's, say that it takes a relation at a position."""
    words = _words(name)
    if _says(words, data) and position < 2:
        return True
    if position or not words:
        return False
    if name in data["calls"]:
        return True
    holder = (_words(receiver.rpartition(".")[2]) or [""])[-1]
    if words[0] not in data["verbs"] or len(words) > 1 or holder in data["strangers"] or not receiver:
        return False
    return len(arguments) > 1 or holder in data["receivers"]


def by_name(name: str) -> RelationParameter | None:
    """How a variable, an attribute, a keyword or a key holds a relation's name, by its own; None if it does not."""
    data = _data()
    if (known := data.bound.get(name)) is not None:
        return known
    return RelationParameter(name) if _says(_words(name), data.words) else None


def _says(words: list[str], data: dict[str, frozenset[str]]) -> bool:
    singular = [word.removesuffix("s") for word in words]
    return not data["relation"].isdisjoint(words) and data["not"].isdisjoint((*words, *singular))


def _words(name: str) -> list[str]:
    """The words of a name, in lower case: those that _ and capitals separate."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
