"""The expressions that an expression puts one behind the other into a string, by the ways that Python has for it."""

from __future__ import annotations

import ast
import re
from string import Formatter

_FIELD = re.compile(r"%s")


def composed(node: ast.expr) -> list[ast.expr] | None:
    """What a string is put together of, in order; None for what is no such string, or formats its values otherwise."""
    match node:
        case ast.JoinedStr(values=values):
            return list(values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [left, right]
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod(), right=right):
            return _percent(text, right.elts if isinstance(right, ast.Tuple) else [right])
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            return _format(text, node)
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(text)), attr="join"),
            args=[ast.List(elts=elements) | ast.Tuple(elts=elements)],
        ):
            return [part for one in elements for part in (ast.Constant(text), one)][1:]
    return None


def _percent(text: str, values: list[ast.expr]) -> list[ast.expr] | None:
    texts = _FIELD.split(text)
    if len(texts) != len(values) + 1 or "%" in "".join(texts):
        return None
    rest = [part for value, behind in zip(values, texts[1:], strict=True) for part in (value, ast.Constant(behind))]
    return [ast.Constant(texts[0]), *rest]


def _format(text: str, call: ast.Call) -> list[ast.expr] | None:
    named = {one.arg: one.value for one in call.keywords}
    found: list[ast.expr] = []
    for at, (before, field, form, conversion) in enumerate(Formatter().parse(text)):
        found.append(ast.Constant(before))
        if field is None:
            continue
        index = int(field) if field.isdigit() else at
        value = named.get(field) if field and not field.isdigit() else dict(enumerate(call.args)).get(index)
        if value is None or form or conversion:
            return None
        found.append(value)
    return found
