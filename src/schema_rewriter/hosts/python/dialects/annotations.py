"""Of which systems the objects of a type are, as annotations say."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter import engines
from schema_rewriter.hosts.python.nodes import last

if TYPE_CHECKING:
    from schema_rewriter.hosts.python.dialects.bindings import Bindings
    from schema_rewriter.hosts.python.dialects.variables import Site

_UNKNOWN: frozenset[str | None] = frozenset((None,))


def annotated(bindings: Bindings, node: ast.AST | None, site: Site) -> frozenset[str | None]:
    """The systems that an annotation tells."""
    match node:
        case ast.Constant(value=str(text)):
            try:
                return annotated(bindings, ast.parse(text, mode="eval").body, site)
            except SyntaxError:
                return _UNKNOWN
        case ast.BinOp(left=left, right=right):
            parts: list[ast.AST] = [left, right]
        case ast.Tuple(elts=elements):
            parts = list(elements)
        case ast.Subscript(value=value, slice=inner):
            parts = [value, inner]
        case ast.Name() | ast.Attribute():
            dotted = bindings.dotted(node, site) or last(node)
            system = engines.by_module(dotted)
            return frozenset((system if system is not None else engines.by_type(last(node)),))
        case _:
            return _UNKNOWN
    found = frozenset[str | None]().union(*(annotated(bindings, part, site) for part in parts)) - _UNKNOWN
    return found or _UNKNOWN
