"""What code calls, and the collections of tables that calls make. Knows no name of a table."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts import orm_rows as rows
from schema_rewriter.hosts.orm import Collection
from schema_rewriter.hosts.python.nodes import last
from schema_rewriter.hosts.python.orm.classes import text_of
from schema_rewriter.hosts.python.valueflow.graph import GraphBuilder

if TYPE_CHECKING:
    from schema_rewriter.hosts.python.scope_table import Scopes
    from schema_rewriter.hosts.python.written import Code


class References(GraphBuilder):
    """Answers what functions are called, in a file that knows some by other names (`aliases`)."""

    def __init__(self, code: Code, scopes: Scopes, aliases: dict[str, str]) -> None:
        super().__init__(code.places, scopes)
        self.code, self.aliases = code, aliases

    def maker(self, call: ast.Call, slot: str) -> Collection | None:
        """The collection that a call makes, or that of the object it makes."""
        kind = rows.makers().get(self.known(call.func))
        called = self.reference(call.func)
        if kind is None or called is None:
            return None
        given = {one.arg: one.value for one in call.keywords if one.arg}
        schema = given.get(kind.schema)
        metadata = given.get(kind.metadata)
        if isinstance(metadata, ast.Call) and (inner := self.maker(metadata, slot)) is not None:
            return Collection(slot, called, inner.schema, inner.metadata, call.lineno)
        said = text_of(schema, self.code)
        is_none = schema is None or (isinstance(schema, ast.Constant) and schema.value is None)
        told = said.text if said is not None else "" if is_none else None
        reference = self.reference(metadata) if metadata is not None else ""
        return Collection(slot, called, told if reference is not None else None, reference or "", call.lineno)

    def known(self, node: ast.expr) -> str:
        """What a function is called where it comes from, as far as this file tells."""
        return self.aliases.get(node.id, node.id) if isinstance(node, ast.Name) else last(node)

    def called_as(self, node: ast.expr) -> str:
        """The reference that a function is called by; `f().g` for what it is called on a result; "" for any other."""
        if (reference := self.reference(node)) is not None:
            return reference
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
            inner = self.called_as(node.value.func)
            return f"{inner}().{node.attr}" if inner else ""
        return ""
