"""Of which pieces an expression puts a text together, in order, by Python's own tree; knows no slot and no SQL."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python.valueflow.graph import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WRAPPING = frozenset(("SQL", "text", "dedent", "TextClause", "RawSQL"))
"""Functions whose result is, to SQL, the text that they get."""
NOBODY_KNOWS = ":?"
"""A reference that means nothing in the run."""
_PERCENT = re.compile(r"%(?:%|(?:\((?P<key>\w*)\))?[#0\- +]*\d*(?:\.\d+)?[a-zA-Z])")
_BRACES = re.compile(r"\{\{|\}\}|\{(?P<key>[^{}]*)\}")
_DOLLAR = re.compile(r"\$(?:\$|(?P<key>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})")


@dataclass(frozen=True, slots=True)
class Written:
    """Characters of a literal."""

    text: str
    node: ast.expr


@dataclass(frozen=True, slots=True)
class Elements:
    """One of the elements of a list that a variable holds."""

    node: ast.expr


Piece = Written | Elements | ast.expr | str | None
"""A piece: written in the code, an element, an expression whose value it is, a sign that a function writes, or None."""


def pieces(node: ast.expr) -> Iterator[Piece]:
    """The pieces of a text; an expression that puts none together is one itself."""
    match node:
        case ast.Constant():
            yield from _written(str(node.value), node)
        case ast.JoinedStr():
            for value in node.values:
                if isinstance(value, ast.Constant):
                    yield from _written(str(value.value), node)
                elif isinstance(value, ast.FormattedValue):
                    yield from _formatted(value)
        case ast.BinOp(op=ast.Add()):
            yield from pieces(node.left)
            yield from pieces(node.right)
        case ast.BinOp(op=ast.Mod()):
            yield from _filled(node.left, _PERCENT, _given_by_percent(node.right))
        case ast.Call(func=ast.Attribute() as function):
            yield from _called(node, function)
        case ast.Call() if name_of(node.func) in WRAPPING and node.args:
            yield from pieces(node.args[0])
        case ast.Call() if name_of(node.func) in ("Identifier", "quote_ident"):
            yield '"'
        case _:
            yield node


def _called(node: ast.Call, function: ast.Attribute) -> Iterator[Piece]:
    """The pieces of what a method makes."""
    name, template = function.attr, function.value
    if name in WRAPPING and node.args:
        yield from pieces(node.args[0])
    elif name in ("Identifier", "quote_ident"):
        yield '"'
    elif name == "join" and len(node.args) == 1:
        yield from _joined(template, node.args[0])
    elif name in ("format", "format_map"):
        yield from _filled(template, _BRACES, _given(node))
    elif name in ("substitute", "safe_substitute"):
        is_made = isinstance(template, ast.Call) and bool(template.args)
        yield from _filled(template.args[0] if is_made else template, _DOLLAR, _given(node))  # type: ignore[attr-defined]
    elif name == "replace" and len(node.args) == 2:
        yield from _replaced(template, *node.args)
    else:
        yield node


def _formatted(value: ast.FormattedValue) -> Iterator[Piece]:
    if value.conversion in (-1, ord("s")) and value.format_spec is None:
        yield from pieces(value.value)
    else:
        yield None


def _written(text: str, node: ast.expr) -> Iterator[Piece]:
    if text:
        yield Written(text, node)


def _filled(template: ast.expr, fields: re.Pattern[str], given: Mapping[str, ast.expr]) -> Iterator[Piece]:
    """The pieces of a template whose fields get values; fields are looked for in what is written out."""
    count = 0
    for piece in pieces(template):
        if not isinstance(piece, Written):
            yield piece
            continue
        done = 0
        for found in fields.finditer(piece.text):
            groups = found.groupdict()
            key = next((group for group in groups.values() if group), "")
            if found[0] in ("%%", "{{", "}}", "$$"):
                continue
            yield from _written(piece.text[done : found.start()], piece.node)
            done = found.end()
            key = re.split(r"[!:]", key)[0]
            key, count = (key, count) if key else (str(count), count + 1)
            value = given.get(key)
            yield from pieces(value) if value is not None else (None,)
        yield from _written(piece.text[done:], piece.node)


def _given(node: ast.Call) -> dict[str, ast.expr]:
    """The values that a call gives to fields, by position or key."""
    given = {str(index): value for index, value in enumerate(node.args)}
    given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    for value in node.args[:1]:
        given |= _by_key(value)
    return given


def _given_by_percent(values: ast.expr) -> dict[str, ast.expr]:
    if isinstance(values, ast.Tuple):
        return {str(index): value for index, value in enumerate(values.elts)}
    return _by_key(values) or {"0": values}


def _by_key(node: ast.expr) -> dict[str, ast.expr]:
    if isinstance(node, ast.Call) and name_of(node.func) == "dict":
        return {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    if not isinstance(node, ast.Dict):
        return {}
    pairs = zip(node.keys, node.values, strict=True)
    return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}


def _joined(separator: ast.expr, items: ast.expr) -> Iterator[Piece]:
    """The pieces of a join: what a display lists, else any element behind any other."""
    if isinstance(items, (ast.List, ast.Tuple)) and not any(isinstance(item, ast.Starred) for item in items.elts):
        for index, item in enumerate(items.elts):
            yield from pieces(separator) if index else ()
            yield from pieces(item)
        return
    yield Elements(items)
    yield from pieces(separator)
    yield Elements(items)


def _replaced(template: ast.expr, old: ast.expr, new: ast.expr) -> Iterator[Piece]:
    """The pieces of a text in which one part becomes another."""
    mark = old.value if isinstance(old, ast.Constant) and isinstance(old.value, str) else ""
    for piece in pieces(template):
        if not isinstance(piece, Written) or not mark or mark not in piece.text:
            yield piece
            continue
        first, *others = piece.text.split(mark)
        yield from _written(first, piece.node)
        for other in others:
            yield from pieces(new)
            yield from _written(other, piece.node)
