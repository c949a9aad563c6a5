"""The strings of a Python file by Python's own parser: cheap, without their places. Knows no SQL."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.hosts.host import String
from schema_rewriter.hosts.python import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator


def strings(module: ast.Module) -> Iterator[String]:
    """Each string of a module, those side by side and those added joined."""
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, _TEXTS):
            waiting += nodes.below(node)
            continue
        operands = _operands(node)
        parts = [part for operand in operands for part in _parts(operand)]
        if any(isinstance(part, str) for part in parts):
            yield String(*_joined(parts), line=getattr(node, "lineno", 1))
            waiting += [part for part in parts if isinstance(part, ast.AST)]
        elif len(operands) > 1:
            waiting += operands
        else:
            waiting += nodes.below(node)


_TEXTS = (ast.Constant, ast.JoinedStr, ast.BinOp)


def _operands(node: ast.AST) -> list[ast.AST]:
    """What is added, from left to right; the node alone, if it is no sum."""
    found: list[ast.AST] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Add):
            waiting += (one.right, one.left)
        else:
            found.append(one)
    return found


def _parts(node: ast.AST) -> Iterator[str | ast.AST]:
    """What a string is put together of, texts and code; for what is no string, the node itself."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield part.value  # a hole is code
            else:
                yield from _parts(part)
    else:
        yield node


def _joined(parts: list[str | ast.AST]) -> tuple[str, tuple[Span, ...]]:
    texts: list[str] = []
    holes: list[Span] = []
    length = 0
    for part in parts:
        text = part if isinstance(part, str) else "{x}"
        if not isinstance(part, str):
            holes.append(Span(length, length + 3))
        texts.append(text)
        length += len(text)
    return "".join(texts), tuple(holes)
