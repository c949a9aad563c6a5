"""A second opinion on edited statements: PostgreSQL's own parser, where it is installed (postgast, an extra).

It reads what PostgreSQL reads, and no more: for a statement with holes in odd places, or of psql's own, it has no
opinion.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from schema_rewriter.sql.comparable import same_constant
from schema_rewriter.sql.lexer import MASK, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from schema_rewriter.sql.statements import Statement

_LONGEST = 200_000
"""Characters of the longest statement that is shown to it: a tree takes about two hundred times the text's bytes."""

_PLACES = re.compile("location|stmt_len|list_(start|end)|.*_(location|list_start|list_end)")
"""The fields of nodes that say where something stands."""


@cache
def is_installed() -> bool:
    """Whether this Python has the parser."""
    return find_spec("postgast") is not None


def tree(statement: Statement, text: str) -> Any | None:
    """The parse tree of a statement; None for one that PostgreSQL's grammar does not read, or is not shown."""
    start, stop = statement.span.start, statement.span.stop
    if stop - start > _LONGEST or not is_installed():
        return None
    postgast: Any = import_module("postgast")  # its types are not valid Python
    try:
        return postgast.parse(_readable(statement, text))
    except (postgast.PgQueryError, _decode_error()):
        return None


@cache
def _decode_error() -> type[Exception]:
    """What protobuf raises for a tree that is nested too deeply for it."""
    error: type[Exception] = import_module("google.protobuf.message").DecodeError
    return error


def _readable(statement: Statement, text: str) -> str:
    """The statement with `$1` for parameters of drivers and psql's variables, and a name for each hole."""
    parts: list[str] = []
    at = statement.span.start
    for token in statement.tokens:
        written = text[token.start : token.stop]
        if token.kind is Kind.PARAMETER:
            written = written[1:] if written.startswith(':"') else "$1"
        parts += [text[at : token.start], written.replace(MASK, "x")]
        at = token.stop
    return "".join(parts)


def same(first: Any, second: Any, names: Mapping[str, str], schemas: Collection[str]) -> bool:
    """Whether two trees are equal but for places and the schemas, out of `schemas`, of relations that move.

    `names` maps each name that a relation may have, before or after, to the one to compare it by.
    """
    waiting: list[tuple[Any, Any]] = [(first, second)]
    while waiting:
        one, other = waiting.pop()
        if one.DESCRIPTOR.full_name != other.DESCRIPTOR.full_name:
            return False
        held = dict(_fields(one)), dict(_fields(other))
        if one.DESCRIPTOR.name == "RangeVar" and _is_moved(one, other, names, schemas):
            for fields in held:
                del fields["relname"]
                fields.pop("schemaname", None)
        if held[0].keys() != held[1].keys():
            return False
        for key, value in held[0].items():
            pairs = _pairs(value, held[1][key], names, schemas)
            if pairs is None:
                return False
            waiting += pairs
    return True


def _fields(node: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a node that are set, and say no place."""
    for field, value in node.ListFields():
        if not _PLACES.fullmatch(field.name):
            yield field.name, value


def _is_moved(one: Any, other: Any, names: Mapping[str, str], schemas: Collection[str]) -> bool:
    """Whether two relations are the same one that moves."""
    return (
        names.get(one.relname) is not None
        and names.get(one.relname) == names.get(other.relname)
        and all(node.schemaname in schemas or not node.schemaname for node in (one, other))
    )


def _pairs(one: Any, other: Any, names: Mapping[str, str], schemas: Collection[str]) -> list[tuple[Any, Any]] | None:
    """What of two values of a field is still to be compared; None where they differ."""
    if isinstance(one, str):
        return [] if one == other or _same_name(one, other, names) or same_constant(one, other, names) else None
    if hasattr(one, "ListFields"):
        return [(one, other)]
    if not hasattr(one, "__len__") or isinstance(one, bytes):
        return [] if one == other else None
    dotted = _dotted(one), _dotted(other)
    if dotted[0] and dotted[1] and _same_dotted(dotted[0], dotted[1], names, schemas):
        return []
    return list(zip(one, other, strict=True)) if len(one) == len(other) else None


def _same_name(one: str, other: str, names: Mapping[str, str]) -> bool:
    return names.get(one) is not None and names.get(one) == names.get(other)


def _dotted(nodes: Sequence[Any]) -> tuple[str, ...]:
    """The parts of a dotted name that a list is, `*` for all columns; none for any other list."""
    parts: list[str] = []
    for node in nodes:
        kind = node.WhichOneof("node") if node.DESCRIPTOR.name == "Node" else None
        if kind not in ("string", "a_star"):
            return ()
        parts.append("*" if kind == "a_star" else node.string.sval)
    return tuple(parts)


def _same_dotted(
    one: tuple[str, ...], other: tuple[str, ...], names: Mapping[str, str], schemas: Collection[str]
) -> bool:
    """Whether two dotted names are equal but for the schema of a relation that moves, behind a database or not."""

    def without(parts: tuple[str, ...]) -> set[tuple[str, ...]]:
        found = {parts}
        for at, part in enumerate(parts):
            if part in names and at == 0:
                found.add((names[part], *parts[1:]))
            elif part in names and parts[at - 1] in schemas:
                found.add((*parts[: at - 1], names[part], *parts[at + 1 :]))
        return found

    return not without(one).isdisjoint(without(other))
