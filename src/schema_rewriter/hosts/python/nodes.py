"""The nodes of Python's own tree: what stands below one, how one is spelt. Knows no place and no SQL."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def below(node: ast.AST) -> list[ast.AST]:
    """What `ast.iter_child_nodes` gives, in its order, in a third of the time; without operators and contexts."""
    found: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name, None)
        if type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


_PLAIN = frozenset(
    """
        ctx op ops id attr kind type_comment level module conversion simple is_async rest kwd_attrs type_ignores
        """.split()
)


class _Fields(dict[type, tuple[str, ...]]):
    """The fields of a kind of node that hold nodes worth a look."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        found = () if kind is ast.Constant else tuple(name for name in kind._fields if name not in _PLAIN)
        return self.setdefault(kind, found)


_FIELDS = _Fields()


def last(node: ast.AST | None) -> str:
    """The name, or the last part of a dotted one; "" for anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def spelt(node: ast.expr) -> str:
    """What `ast.unparse` says of an expression; at once for a name with attributes."""
    names: list[str] = []
    inner = node
    while isinstance(inner, ast.Attribute):
        names.append(inner.attr)
        inner = inner.value
    if isinstance(inner, ast.Name):
        return ".".join((inner.id, *reversed(names)))
    return ast.unparse(node)


def is_self(node: ast.AST) -> bool:
    """Whether an expression is a method's own object, or its class."""
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def is_decorated(function: ast.FunctionDef | ast.AsyncFunctionDef, names: Iterable[str]) -> bool:
    """Whether a decorator of a function has one of these names last."""
    decorators = [each.func if isinstance(each, ast.Call) else each for each in function.decorator_list]
    return any(last(each) in names for each in decorators)


def shortened(line: str) -> str:
    """A line as messages show it."""
    return line if len(line) <= 60 else line[:57] + "..."
