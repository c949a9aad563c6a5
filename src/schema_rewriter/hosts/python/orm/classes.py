"""Classes that ORMs make tables of: their names, and where their schemas stand or can be put. Knows no call, no SQL."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts.orm import TableClass, Text
from schema_rewriter.hosts.python import slots
from schema_rewriter.hosts.python.nodes import last
from schema_rewriter.hosts.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.hosts.python.written import Code

NAME, ARGS = "__tablename__", "__table_args__"


def text_of(node: ast.AST | None, code: Code) -> Text | None:
    """A literal with its place; None for any other expression."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    span = code.places.span(node)
    return Text(node.value, span, code.content(node), node.lineno) if span is not None else None


def model(node: ast.ClassDef, slot: str, scope: str, bases: tuple[str, ...], code: Code) -> TableClass:
    """What a class says of the table that an ORM may make of it."""
    body = dict(_assigned(node.body))
    functions = {one.name: one for one in node.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))}
    table = text_of(getattr(body.get(NAME), "value", None), code)
    naming = _naming(functions[NAME]) if NAME in functions else None
    place, problem, has_args = _args(node, body, functions, code)
    return TableClass(
        slot,
        scope,
        Text(node.name, _name_span(node, code), None, node.lineno),
        bases,
        table,
        naming,
        NAME in body or NAME in functions,
        place if isinstance(place, Slot) else None,
        problem,
        has_args,
        _is(True, getattr(body.get("__abstract__"), "value", None)),
        any(one.arg == "table" and _is(True, one.value) for one in node.keywords),
        any(_has_key(one) for one in body.values()),
        tuple(name for name in body if not name.startswith("__")),
        NAME in body and _is(None, body[NAME].value),
    )


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.Assign | ast.AnnAssign]]:
    for statement in body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            yield statement.targets[0].id, statement
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            yield statement.target.id, statement


def _is(value: bool | None, node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _has_key(statement: ast.Assign | ast.AnnAssign) -> bool:
    """Whether a column in the body of a class is its primary key."""
    value = statement.value
    return isinstance(value, ast.Call) and any(
        one.arg == "primary_key" and _is(True, one.value) for one in value.keywords
    )


def _name_span(node: ast.ClassDef, code: Code) -> Span:
    """Where the name of a class stands in its head."""
    whole = code.span(node)
    at = code.source.index(node.name.encode(code.charset), whole.start + len("class"))
    return type(whole)(at, at + len(node.name.encode(code.charset)))


def _args(
    node: ast.ClassDef,
    body: dict[str, ast.Assign | ast.AnnAssign],
    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef],
    code: Code,
) -> tuple[Slot | None, str, bool]:
    """Where the schema of a class stands or goes, or why it can't; and whether there are table arguments already."""
    near = [body[NAME]] if NAME in body else []
    if ARGS in functions:
        value = _returned(functions[ARGS])
        found = _in_args(value, None, code, *near) if value is not None else "a function computes its table arguments"
    elif ARGS in body:
        statement = body[ARGS]
        found = _in_args(statement.value, statement, code, *near)
    else:
        found = _new(node, near, code)
    has_args = ARGS in functions or ARGS in body
    return (found, "", has_args) if isinstance(found, Slot) else (None, found, has_args)


def _new(node: ast.ClassDef, near: list[ast.Assign | ast.AnnAssign], code: Code) -> Slot | str:
    """Where a class without table arguments gets some: behind its table's name, else first of its body."""
    if near:
        return slots.assignment(near[0], ARGS, "schema", code, near[0])
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and text_of(first.value, code) is not None
    if is_docstring:
        return slots.assignment(first, ARGS, "schema", code, *node.body[1:], behind_blank=len(node.body) > 1)
    return slots.first_assignment(node, ARGS, "schema", code)


def _in_args(value: ast.expr | None, statement: ast.stmt | None, code: Code, *near: ast.AST) -> Slot | str:
    """Where the schema stands in table arguments: in a mapping, or the one at the end of a tuple."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add) and isinstance(value.right, ast.Tuple):
        value, statement = value.right, None
    if isinstance(value, ast.Tuple):
        end = value.elts[-1] if value.elts else None
        if isinstance(end, (ast.Dict, ast.Call)) and (isinstance(end, ast.Dict) or last(end.func) == "dict"):
            found = _in_mapping(end, code, *near)
            alone = len(end.keys if isinstance(end, ast.Dict) else end.keywords) == 1
            return (
                slots.without_last(value, found, code) if isinstance(found, Slot) and found.value and alone else found
            )
        if isinstance(end, (ast.Name, ast.Attribute, ast.Starred, ast.Subscript)):
            return f"its table arguments end in {ast.unparse(end)[:60]}, which may be a mapping"
        return slots.last_of(value, "schema", code, *near)
    if isinstance(value, ast.Dict) or (isinstance(value, ast.Call) and last(value.func) == "dict"):
        found = _in_mapping(value, code, *near)
        alone = len(value.keys if isinstance(value, ast.Dict) else value.keywords) == 1
        if isinstance(found, Slot) and found.value and alone and statement is not None:
            return slots.of_statement(found, statement, code)
        return found
    return f"its table arguments are {ast.unparse(value)[:60] if value is not None else 'nothing'}"


def _in_mapping(value: ast.Dict | ast.Call, code: Code, *near: ast.AST) -> Slot | str:
    if isinstance(value, ast.Dict):
        return slots.item(value, "schema", code, *near)
    if value.args:
        return f"its table arguments are {ast.unparse(value)[:60]}"
    return slots.keyword(value, "schema", code)


def _returned(function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    """What a function returns, where that is all that it does."""
    body = [one for one in function.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None


def _naming(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[tuple[str, str], ...] | None:
    """How a function makes a table's name of its class; None where that is not understood."""
    value, first = _returned(function), function.args.args[:1]
    return _pieces(value, first[0].arg) if value is not None and first else None


def _pieces(node: ast.expr, own: str) -> tuple[tuple[str, str], ...] | None:
    """What a text is put together of: ("text", it), ("name", "") the class's, ("name", "lower") that in lower case."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (("text", node.value),)
    if isinstance(node, ast.Attribute) and node.attr == "__name__":
        return (("name", ""),) if isinstance(node.value, ast.Name) and node.value.id == own else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args and not node.keywords:
        inner = _pieces(node.func.value, own)
        if inner is None or node.func.attr not in ("lower", "upper"):
            return None
        return tuple(
            (kind, how if kind == "name" and how else node.func.attr)
            if kind == "name"
            else (kind, getattr(how, node.func.attr)())
            for kind, how in inner
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_pieces(node.left, own), _pieces(node.right, own)]
    elif isinstance(node, ast.JoinedStr):
        inner_nodes = [one.value if isinstance(one, ast.FormattedValue) else one for one in node.values]
        parts = [_pieces(one, own) for one in inner_nodes]
    else:
        return None
    return tuple(piece for part in parts for piece in part or ()) if None not in parts else None


def schema_of(node: ast.ClassDef) -> ast.expr | None:
    """What the table arguments of a class say of the schema, where a mapping in them does."""
    value = assigned(node, ARGS)
    if isinstance(value, ast.Tuple) and value.elts:
        value = value.elts[-1]
    if isinstance(value, ast.Dict):
        pairs = zip(value.keys, value.values, strict=True)
        return next((said for key, said in pairs if isinstance(key, ast.Constant) and key.value == "schema"), None)
    keywords = value.keywords if isinstance(value, ast.Call) else []
    return next((one.value for one in keywords if one.arg == "schema"), None)


def assigned(node: ast.ClassDef, name: str) -> ast.expr | None:
    """What the body of a class assigns to a name."""
    return getattr(dict(_assigned(node.body)).get(name), "value", None)
