"""Mappings of Python code that tell a driver, or SQLAlchemy, how names without a schema resolve; knows no SQL.

Sources: asyncpg, `connect(server_settings=)`; SQLAlchemy, `schema_translate_map`. The libpq options that strings hold
(`-c search_path=..`) are no matter of the code.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts.host import DriverSetting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts.python.syntax import Syntax

_WORTH = (b"server_settings", b"schema_translate_map")


UNKNOWN = "{}"


def settings(syntax: Syntax) -> Iterator[DriverSetting]:
    """All entries of a file; none for a file that can't be read."""
    if not any(word in syntax.source for word in _WORTH):
        return
    if (placed := syntax.placed) is None:
        return
    module, places = placed
    for name, value in _bound(module):
        if name == "server_settings":
            for key, item in _entries(value):
                if _text(key) == "search_path" and (span := places.span(item)) is not None:
                    yield DriverSetting(span, "search_path", _text(item))
        elif name == "schema_translate_map":
            entries = list(_entries(value))
            for key, item in entries:
                if (span := places.span(item)) is not None:
                    yield DriverSetting(span, name, _text(item), _text(key))
            if not entries and not _is_empty(value) and (span := places.span(value)) is not None:
                yield DriverSetting(span, name, UNKNOWN, UNKNOWN)


def _bound(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Every value that code gives to a keyword, a key, a variable, an attribute or an item, with that name."""
    for node in ast.walk(module):
        if isinstance(node, ast.keyword) and node.arg is not None:
            yield node.arg, node.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if (name := _name(target)) is not None:
                    yield name, node.value
                elif isinstance(target, ast.Subscript) and (owner := _name(target.value)) is not None:
                    entry = ast.Dict([target.slice], [node.value])  # settings["search_path"] = ..
                    yield owner, entry
        elif isinstance(node, ast.AnnAssign) and node.value is not None and (name := _name(node.target)) is not None:
            yield name, node.value


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _entries(node: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The entries of a mapping that is written out: {..} or dict(..)."""
    if isinstance(node, ast.Dict):
        yield from ((key, value) for key, value in zip(node.keys, node.values, strict=True) if key is not None)
    elif isinstance(node, ast.Call) and _name(node.func) == "dict":
        yield from ((ast.Constant(item.arg), item.value) for item in node.keywords if item.arg is not None)


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str)):
        return node.value
    return UNKNOWN


def _is_empty(node: ast.expr) -> bool:
    """Whether a value sets nothing, or hands on what is set elsewhere under the same name."""
    is_none = isinstance(node, ast.Constant) and node.value is None
    return is_none or isinstance(node, ast.Dict) or _name(node) == "schema_translate_map"
