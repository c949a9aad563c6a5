"""What calls tell besides the name of a table, and names that classes give as options: in Meta, or in their heads."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts import orm_rows as rows
from schema_rewriter.hosts.python import slots
from schema_rewriter.hosts.python.nodes import last
from schema_rewriter.hosts.python.orm.classes import text_of
from schema_rewriter.hosts.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts.orm import Text
    from schema_rewriter.hosts.orm_rows import Row
    from schema_rewriter.hosts.python.written import Code

Option = tuple["Row", "Text", "Slot | str"]
"""An option that names a table: its kind, its text, and where the schema stands or can be put, or why it can't be."""


def options(node: ast.ClassDef, code: Code) -> Iterator[Option]:
    """Those of a class. Raises ValueError for one without a place."""
    for one in node.keywords:
        for row in rows.by_name().get(f"class {one.arg}", ()):
            if (text := text_of(one.value, code)) is not None:
                yield row, text, slots.keyword(node, row.schema, code)
    meta = next((one for one in node.body if isinstance(one, ast.ClassDef) and one.name == "Meta"), None)
    for statement in meta.body if meta is not None else ():
        if meta is None or not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        for row in rows.by_name().get(f"Meta {last(statement.targets[0])}", ()):
            if (text := text_of(statement.value, code)) is not None:
                yield row, text, _fields_with_tables(node, row) or slots.string(meta, statement, row.schema, code)


def _fields_with_tables(node: ast.ClassDef, row: Row) -> str:
    """Why a class keeps its schema: fields of it have tables of their own, which go along."""
    made = (one.value for one in node.body if isinstance(one, ast.Assign))
    found = any(isinstance(one, ast.Call) and last(one.func) in row.along for one in made)
    return "tables of its fields go along with its schema; see that they move, too" if found else ""


def is_meant(call: ast.Call, row: Row, code: Code) -> bool:
    """Whether a call of that name has what its row asks for besides."""
    if row.says and row.says.encode() not in code.source:
        return False
    first = call.args[0] if call.args else None
    return not row.first or (isinstance(first, ast.Constant) and first.value == row.first)


def schema_of_call(call: ast.Call, row: Row, code: Code) -> tuple[Slot | None, str]:
    """Where a call tells the schema, or can be made to; or why it can't be."""
    spreads = any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords)
    found: Slot | str
    try:
        at = row.schema_at
        found = slots.argument(call, at, row.schema, code) if at is not None else slots.keyword(call, row.schema, code)
    except ValueError as error:
        found = str(error)
    if row.is_alone and (spreads or (row.most is not None and len(call.args) > row.most)):
        found = "its schema may be among the arguments that it has"
    return (found, "") if isinstance(found, Slot) else (None, f"{last(call.func)}(): {found}")
