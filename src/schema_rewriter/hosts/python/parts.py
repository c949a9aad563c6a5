"""Parts of code that an edit may put there or take away as a whole, where they tell a string by a name. Knows no SQL.

A keyword, an item of a mapping, a mapping with one item, an assignment of such a mapping or of a string: each in a form
that says all it does, so that a tree that has just it, and has it just there, is known for what the edit made.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.edit import Edit

Parts = Counter[str]
"""Parts by what they say, each as often as it is put there; below zero, as it is taken away."""


def of_edits(source: bytes, edits: Iterable[Edit], charset: str) -> dict[Edit, Parts]:
    """The edits that put parts there, or take them away, and nothing else, each with its parts."""
    found: dict[Edit, Parts] = {}
    for edit in edits:
        old = _written(source[edit.span.start : edit.span.stop].decode(charset))
        new = _written(edit.new.decode(charset))
        if old is not None and new is not None and bool(old) != bool(new):
            found[edit] = Parts(new)
            found[edit].subtract(old)
    return found


def together(every: Iterable[Parts]) -> Parts:
    """All parts of several."""
    found = Parts()
    for one in every:
        found.update(one)
    return found


def _written(text: str) -> list[str] | None:
    """The parts that a text says, without commas and comments around them; None where it says something else."""
    bare = _without_comments(text).strip(" \t\r\n\f")
    is_line = text[:1] in ("\r", "\n") and bare == bare.strip(",")  # a statement: other parts have a comma
    text = bare.strip(" \t\r\n\f,")
    if not text:
        return []
    for form, field in _FORMS[-1:] + _FORMS[:-1] if is_line else _FORMS:
        try:
            node: Any = ast.parse(form % text).body
        except (SyntaxError, ValueError):
            continue
        if field == "statement":
            if all(map(said_by, node)):
                return [said_by(one) for one in node]
            continue
        value = node[0].value if len(node) == 1 and isinstance(node[0], ast.Expr) else None
        found = _of_value(value, field)
        if found and all(found):
            return found
    return None


_FORMS = (("f(%s\n)", "keywords"), ("{%s\n}", "keys"), ("(%s\n)", ""), ("%s", "statement"))
"""What an edit may write, and where it stands then."""


def _of_value(value: Any, field: str) -> list[str]:
    if field == "keywords" and isinstance(value, ast.Call) and not value.args:
        return [said_by(one) for one in value.keywords]
    if field == "keys" and isinstance(value, ast.Dict):
        return [said_by(pair) for pair in zip(value.keys, value.values, strict=True)]
    return [said_by(value)] if not field else []


def _without_comments(text: str) -> str:
    """A text whose lines may end in comments behind commas or at their start, without these."""
    return re.sub(r"(?m)(^|,)[ \t]*#[^\r\n]*", r"\1", text)


def said_by(node: Any) -> str:
    """What a part says; "" for a node (or a pair of key and value) that is none."""
    if isinstance(node, tuple):
        key, value = map(_string, node)
        return f"{key!r}: {value!r}" if key and value else ""
    if isinstance(node, ast.keyword):
        value = _string(node.value)
        return f"{node.arg}={value!r}" if node.arg and value else ""
    if isinstance(node, ast.Dict) and len(node.keys) == 1:
        inner = said_by((node.keys[0], node.values[0]))
        return f"{{{inner}}}" if inner else ""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        value = repr(text) if (text := _string(node.value)) else said_by(node.value)
        return f"{node.targets[0].id} = {value}" if value and not isinstance(node.value, ast.Tuple) else ""
    return ""


def _string(node: Any) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def taken_out(one: Any, other: Any, wanted: Parts) -> tuple[Parts, list[tuple[Any, Any]]] | None:
    """The parts that the second of two nodes of a kind has and the first has not, or the other way; and what is to be
    compared besides. None where none of the `wanted` parts makes their lists differ in length.
    """
    made = Parts()
    rest: list[tuple[Any, Any]] = []
    for field in one._fields:
        old, new = (cast("Any", getattr(node, field, None)) for node in (one, other))
        if (type(one), field) in _GROWING and len(old) != len(new):
            old, new = _matched(old, new, wanted, made)
        rest.append((old, new))
    if isinstance(one, ast.Dict) and len(one.keys) != len(other.keys):
        items, others = (list(zip(node.keys, node.values, strict=True)) for node in (one, other))
        items, others = _matched(items, others, wanted, made)
        rest = [([part for pair in items for part in pair], [part for pair in others for part in pair])]
    return (made, rest) if made else None


_GROWING = {(ast.Call, "keywords"), (ast.ClassDef, "keywords"), (ast.ClassDef, "body"), (ast.Tuple, "elts")}
GROWING = (ast.Call, ast.ClassDef, ast.Tuple, ast.Dict)
"""The kinds of nodes that parts are put into."""


def _matched(old: list[Any], new: list[Any], wanted: Parts, made: Parts) -> tuple[list[Any], list[Any]]:
    """Two lists without the parts by which the longer one is longer; those are counted in `made`."""
    sign = 1 if len(new) > len(old) else -1
    longer, count = list(new if sign > 0 else old), abs(len(new) - len(old))
    for part in reversed(longer):
        said = said_by(part) if count else ""
        if said and made[said] * sign < wanted[said] * sign:
            longer.remove(part)
            made[said] += sign
            count -= 1
    return (old, longer) if sign > 0 else (longer, new)
