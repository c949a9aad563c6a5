"""Which values calls bind to the placeholders of the SQL that they run, by Python's own tree. Knows no SQL.

Source: PEP 249 (a sequence or a mapping beside the SQL), and the manuals of psycopg, asyncpg, SQLAlchemy and Django.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts.host import Bound
from schema_rewriter.hosts.python.nodes import last, shortened, spelt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.hosts.python.positions import Places

_BINDS = frozenset(
    """
        execute execute_async exec_driver_sql mogrify fetch fetchrow fetchval fetch_all fetch_one fetch_val iterate
        cursor scalar scalars raw read_sql read_sql_query
        """.split()
)
"""Calls whose first argument is SQL, and whose others are values for it."""
_BINDS_BEFORE = "bindparams"
"""The method of a text of SQL whose keywords are values for it."""
VALUES = frozenset("params parameters args vars values binds".split())
"""Keywords that all values are passed by."""


def bindings(module: ast.Module, places: Places) -> dict[Span, tuple[Bound, ...]]:
    """What calls bind, by the bytes at which they stand."""
    found: dict[Span, tuple[Bound, ...]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and (at := places.span(node)) is not None:
            values = [(key, value, places.span(value)) for key, value in bound(node)]
            if values:
                found[at] = tuple(
                    Bound(key, span, shortened(spelt(value))) for key, value, span in values if span is not None
                )
    return found


def bound(call: ast.Call) -> Iterator[tuple[int | str, ast.expr]]:
    """What a call binds: each value with its place among them, or with the name that it is bound by."""
    name = last(call.func)
    if name not in _BINDS and name != _BINDS_BEFORE:
        return
    for index, argument in enumerate(call.args[1:] if name in _BINDS else ()):
        if isinstance(argument, ast.Starred):
            return
        yield from _values(argument) if is_display(argument) else ((index, argument),)
    for keyword in call.keywords:
        if name in _BINDS and keyword.arg in VALUES:
            yield from _values(keyword.value)
        elif name == _BINDS_BEFORE and keyword.arg is not None:
            yield keyword.arg, keyword.value


def is_display(node: ast.expr) -> bool:
    """Whether an expression is a tuple, a list or a mapping, written out."""
    return isinstance(node, (ast.Tuple, ast.List, ast.Dict)) or (
        isinstance(node, ast.Call) and last(node.func) == "dict"
    )


def _values(node: ast.expr) -> Iterator[tuple[int | str, ast.expr]]:
    """The values in a display, as far as it is plain by what each is bound."""
    if isinstance(node, (ast.Tuple, ast.List)):
        for index, element in enumerate(node.elts):
            if isinstance(element, ast.Starred):
                return
            yield index, element
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
    elif isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg is not None:
                yield keyword.arg, keyword.value
