"""What holds for all models at once: calls that make their tables, compare them, connect them. Knows no table.

Sources: SQLAlchemy, `MetaData.create_all` and `schema_translate_map`; Alembic, `EnvironmentContext.configure`.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from schema_rewriter.hosts.orm import ModelSetting
from schema_rewriter.hosts.python.nodes import last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts.python.written import Code

_WORTH = (b"create_all", b"include_schemas", b"configure", b"sqlite", b"schema_translate_map")
_IS_SQLITE = re.compile(r"sqlite(\+\w+)?:")
_HOLDS_URL = re.compile(r"database|_ur[li]\b|^ur[li]\b|dsn|engine", re.IGNORECASE)
_OWN = frozenset(("self", "cls", "super()"))


def settings(module: ast.Module, code: Code) -> Iterator[ModelSetting]:
    """All of a module."""
    if not any(word in code.source for word in _WORTH):
        return
    given = list(_given(module))
    names = {name for name, _ in given}
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr == "create_all":
            owner = ast.unparse(node.value)
            if owner not in _OWN and (span := code.places.span(node)) is not None:
                yield ModelSetting("tables", span, node.lineno, owner)
        elif isinstance(node, ast.Call) and _compares(node.func) and (span := code.places.span(node.func)) is not None:
            is_open = any(one.arg is None for one in node.keywords)
            yield ModelSetting("comparison", span, node.lineno, "", "include_schemas" in names, is_open)
    for name, value in given:
        if name == "include_schemas" and (span := code.places.span(value)) is not None:
            yield ModelSetting("comparison", span, value.lineno, "", is_set=True)
        elif name == "schema_translate_map" and (span := code.places.span(value)) is not None:
            yield ModelSetting("engine", span, value.lineno, "", is_set=True)
        elif _HOLDS_URL.search(name) and _is_sqlite(value) and (span := code.places.span(value)) is not None:
            yield ModelSetting("engine", span, value.lineno)


def _compares(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and called.attr == "configure" and last(called.value) == "context"


def _given(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Every value that code gives to a name, an attribute, a key, a keyword; the first of a call by what is called."""
    for node in ast.walk(module):
        if isinstance(node, ast.keyword) and node.arg is not None:
            yield node.arg, node.value
        elif isinstance(node, ast.Call) and node.args:
            yield last(node.func), node.args[0]
        elif isinstance(node, ast.Dict):
            yield from ((_key(key), value) for key, value in zip(node.keys, node.values, strict=True))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield _key(target.slice) if isinstance(target, ast.Subscript) else last(target), node.value


def _key(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_sqlite(node: ast.expr) -> bool:
    """Whether a text begins as a URL of SQLite."""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    return bool(_IS_SQLITE.match(_key(node)))
