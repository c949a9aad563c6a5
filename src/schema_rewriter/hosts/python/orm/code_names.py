"""Names in code that stands in a string: expressions of a relationship. Knows no call and no table."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span

if TYPE_CHECKING:
    from collections.abc import Iterator


def names_in(code: str) -> Iterator[tuple[int, str]]:
    """The names in an expression, each by its first character, and with the attribute behind it, if it has one."""
    lead = len(code) - len(code.lstrip())
    try:
        tree = ast.parse(code.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return
    if not code.isascii() or "\n" in code.strip():
        return
    outer = {id(one.value): one.attr for one in ast.walk(tree) if isinstance(one, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield lead + node.col_offset, node.id
            if id(node) in outer:
                yield lead + node.col_offset, f"{node.id}.{outer[id(node)]}"


def placed(pieces: list[Span], start: int, length: int) -> Span | None:
    """Where characters of a string stand that is written in pieces; None where they do not stand in one of them."""
    for piece in pieces:
        size = piece.stop - piece.start
        if start < size:
            return Span(piece.start + start, piece.start + start + length) if start + length <= size else None
        start -= size
    return None
