"""The strings of a Python file by Python's own parser: cheap, without their places. Knows no SQL."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.hosts.python import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator


@lru_cache(maxsize=2)
def strings(source: bytes) -> tuple[tuple[str, tuple[Span, ...]], ...] | None:
    """Each string, those side by side and those added joined, with the spans of its holes.

    None for what this Python can't parse. Several ask for them, of one file after the other.
    """
    try:
        module = syntax.parsed(source)
    except syntax.TooDeepError:
        return None
    return None if module is None else tuple(_strings(module))


def _strings(module: ast.Module) -> Iterator[tuple[str, tuple[Span, ...]]]:
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        parts = list(_parts(node))
        texts = [part for part in parts if isinstance(part, str)]
        if texts:
            yield _joined(parts)
            waiting.extend(part for part in parts if isinstance(part, ast.AST))
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _parts(node: ast.AST) -> Iterator[str | ast.AST]:
    """What a string is put together of, texts and code; for what is no string, the node itself."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from (part.value,) if isinstance(part, ast.FormattedValue) else _parts(part)  # a hole is code
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        operands: list[ast.expr] = [node.right]
        first = node.left
        while isinstance(first, ast.BinOp) and isinstance(first.op, ast.Add):
            operands.append(first.right)
            first = first.left
        for operand in (first, *reversed(operands)):
            yield from _parts(operand)
    else:
        yield node


def _joined(parts: list[str | ast.AST]) -> tuple[str, tuple[Span, ...]]:
    text, holes = "", []
    for part in parts:
        if isinstance(part, str):
            text += part
        else:
            holes.append(Span(len(text), len(text) + 3))
            text += "{x}"
    return text, tuple(holes)


def normal(expression: str) -> str:
    """An expression in the spelling of `ast.unparse`; as it is, where it can't be parsed."""
    if expression.isidentifier():
        return expression
    try:
        return ast.unparse(ast.parse(expression, mode="eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return expression


def located(source: bytes) -> Iterator[tuple[str, tuple[Span, ...], int]]:
    """Each string as `strings` tells it, with the line that its text begins at; nothing for what can't be parsed."""
    try:
        module = syntax.parsed(source)
    except syntax.TooDeepError:
        return
    waiting: list[ast.AST] = [module] if module else []
    while waiting:
        node = waiting.pop()
        parts = list(_parts(node))
        if any(isinstance(part, str) for part in parts):
            yield *_joined(parts), getattr(node, "lineno", 1)
            waiting.extend(part for part in parts if isinstance(part, ast.AST))
        else:
            waiting.extend(ast.iter_child_nodes(node))
