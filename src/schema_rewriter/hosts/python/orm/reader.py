"""What a Python file tells an ORM of tables: one walk over Python's own tree. Knows no project and no SQL."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter.hosts import orm_rows as rows
from schema_rewriter.hosts.orm import Collection, Orm, TableName, Text
from schema_rewriter.hosts.python.nodes import below, last
from schema_rewriter.hosts.python.orm.classes import assigned, model, schema_of, text_of
from schema_rewriter.hosts.python.orm.code_names import names_in, placed
from schema_rewriter.hosts.python.orm.options import is_meant, options, schema_of_call
from schema_rewriter.hosts.python.orm.references import References
from schema_rewriter.hosts.python.orm.settings import settings
from schema_rewriter.hosts.python.valueflow import composing
from schema_rewriter.hosts.python.written import Code
from schema_rewriter.hosts.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.hosts.orm import TableClass
    from schema_rewriter.hosts.orm_rows import Row
    from schema_rewriter.hosts.python.scope_table import Scopes
    from schema_rewriter.hosts.python.syntax import Syntax


def read(syntax: Syntax, scopes: Scopes) -> Orm:
    """What a file tells of tables; nothing for what can't be parsed."""
    if syntax.placed is None:
        return Orm()
    module, places = syntax.placed
    walk = _Reader(Code(syntax, places), scopes, dict(_aliases(module)))
    for name, inner in _wrappers(module):
        walk.wrapped[name] = inner
        walk.aliases[name] = last(inner)
    walk.walk(module)
    return Orm(tuple(walk.classes), tuple(walk.names), tuple(walk.made), tuple(settings(module, walk.code)))


class _Reader(References):
    """Walks a module, with the class in whose body a node stands and the collection of a table around it."""

    def __init__(self, code: Code, scopes: Scopes, aliases: dict[str, str]) -> None:
        super().__init__(code, scopes, aliases)
        self.wrapped: dict[str, ast.expr] = {}
        self.home = self.metadata = ""
        self.classes: list[TableClass] = []
        self.names: list[TableName] = []
        self.made: list[Collection] = []
        self.pieces: dict[Span, list[Span]] = {}

    def walk(self, node: ast.AST) -> None:
        """Note what a node and all below it tell."""
        if isinstance(node, ast.ClassDef):
            return self._class(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            with self.inside(node):
                return self._below(node)
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            self._assignment(node)
        elif isinstance(node, ast.Subscript):
            self._subscript(node)
        elif isinstance(node, ast.Compare):
            self._membership(node)
        elif isinstance(node, ast.Call):
            return self._call(node)
        return self._below(node)

    def _below(self, node: ast.AST) -> None:
        for child in below(node):
            self.walk(child)

    def _class(self, node: ast.ClassDef) -> None:
        bases = tuple(filter(None, map(self.reference, node.bases)))
        slot = self.slot(node.name)
        with self.inside(node):
            scope = self.scope.path
            try:
                found = model(node, slot, scope, bases, self.code)
                if found.is_named and found.table is None and found.naming is None:
                    found = replace(found, table=self._table_name(node))
                said = schema_of(node) if found.problem else None
                found = replace(found, constant=(self.reference(said) if said is not None else None) or "")
            except ValueError:
                return
            self.classes.append(found)
            self._options(node, slot, bases)
            outer, self.home = self.home, slot
            self._below(node)
            self.home = outer

    def _options(self, node: ast.ClassDef, home: str, bases: tuple[str, ...]) -> None:
        """Note the tables that options of a class name."""
        for base in bases[:1]:
            for row, text, found in options(node, self.code):
                slot, problem = (found, "") if isinstance(found, Slot) else (None, found)
                self.names.append(TableName(row.takes, base, row.number, text, home, "", slot, problem))

    def _table_name(self, node: ast.ClassDef) -> Text | None:
        """The name that a class gives its table by code: a constant's, or put together."""
        value = assigned(node, "__tablename__")
        pieces = self._pieces(value) if value is not None else ()
        return Text("", self.code.span(value), None, value.lineno, pieces) if value is not None and pieces else None

    def _assignment(self, node: ast.Assign | ast.AnnAssign) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            slot = self.reference(target)
            if slot is None:
                continue
            if slot.endswith((".metadata.schema", ":metadata.schema")):
                text = text_of(node.value, self.code)
                owner = slot.removesuffix(".schema").removesuffix(".metadata")
                self.made.append(Collection(owner, "", text.text if text else None, line=node.lineno))
            elif isinstance(node.value, ast.Call) and (found := self.maker(node.value, slot)) is not None:
                self.made.append(found)

    # -- names in calls

    def _call(self, node: ast.Call) -> None:
        name = self.known(node.func)
        receiver = last(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        metadata = self.metadata
        for row in rows.by_name().get(name, rows.by_name().get(f"{receiver}.{name}", ())):
            if row.metadata is not None:
                at = node.args[row.metadata] if len(node.args) > row.metadata else None
                metadata = (self.reference(at) if at is not None else None) or "?"
            self._named(node, row, metadata)
        with self._within(metadata):
            self._below(node)

    @contextmanager
    def _within(self, metadata: str) -> Iterator[None]:
        outer, self.metadata = self.metadata, metadata
        yield
        self.metadata = outer

    def _named(self, node: ast.Call, row: Row, metadata: str) -> None:
        if not is_meant(node, row, self.code):
            return
        called = self.called_as(self.wrapped.get(last(node.func), node.func))
        slot: Slot | None = None
        problem = ""
        values = [value for at, value in enumerate(node.args) if at in row.arguments]
        values += [one.value for one in node.keywords if one.arg in row.keywords]
        for one in node.keywords if row.mapping else ():
            if one.arg == row.mapping:
                values += _of_mapping(one.value, row.keywords)
        literals = [text for value in values for text in self._texts(value)]
        if row.schema and literals:
            slot, problem = schema_of_call(node, row, self.code)
        for literal in literals:
            for takes, text in self._names_in(literal, row.takes):
                beside = tuple(one.text for one in literals if row.schema and one.text != literal.text)
                told = self._said(node, row) if problem else ""
                self.names.append(
                    TableName(takes, called, row.number, text, self.home, metadata, slot, problem, beside, told)
                )

    def _said(self, node: ast.Call, row: Row) -> str:
        """The reference that a call gives as the schema."""
        value = next((one.value for one in node.keywords if one.arg == row.schema), None)
        return (self.reference(value) if value is not None else None) or ""

    def _texts(self, node: ast.expr) -> Iterator[Text]:
        """The literals that an expression is, or a list of them."""
        if isinstance(node, (ast.List, ast.Tuple)):
            for one in node.elts:
                yield from self._texts(one)
        elif isinstance(node, ast.IfExp):
            yield from self._texts(node.body)
            yield from self._texts(node.orelse)
        elif (text := text_of(node, self.code)) is not None and isinstance(node, ast.Constant):
            self.pieces[text.span] = self.code.pieces(node)
            yield text
        elif pieces := self._pieces(node):
            yield Text("", self.code.span(node), None, node.lineno, pieces)

    def _names_in(self, literal: Text, takes: str) -> Iterator[tuple[str, Text]]:
        """The names that an argument tells, and what each is."""
        if takes != "code":
            yield takes, literal
        elif literal.pieces:
            yield "key", literal
        else:
            yield from self._keys(literal)

    def _keys(self, literal: Text) -> Iterator[tuple[str, Text]]:
        """The names in the code of a string, with a name behind a dot where there is one: each may be a table's key."""
        pieces = self.pieces.get(literal.span, [])
        for start, text in names_in(literal.text):
            place = placed(pieces, start, len(text))
            yield "key", Text(text, place or literal.span, place, literal.line)

    def _pieces(self, node: ast.expr) -> tuple[tuple[str, str], ...]:
        """What a string is put together of: texts and references; nothing where something else is in it."""
        if isinstance(node, ast.Constant) and not isinstance(node.value, str):
            return ()
        is_wrapped = isinstance(node, ast.Call) and last(node.func) in composing.WRAPPING
        found = []
        for piece in (node,) if is_wrapped else composing.pieces(node):
            if isinstance(piece, composing.Written):
                found.append(("text", piece.text))
            elif isinstance(piece, ast.expr) and (reference := self.reference(piece)) is not None:
                found.append(("reference", reference))
            else:
                return ()
        return tuple(found)

    def _subscript(self, node: ast.Subscript) -> None:
        if last(node.value) == "tables" and isinstance(node.value, ast.Attribute):
            self._key(node.slice, node.value)

    def _membership(self, node: ast.Compare) -> None:
        for side, one in zip(node.comparators, node.ops, strict=True):
            if isinstance(one, (ast.In, ast.NotIn)) and last(side) == "tables" and isinstance(side, ast.Attribute):
                self._key(node.left, side)

    def _key(self, node: ast.expr, tables: ast.Attribute) -> None:
        """A key of the tables of a collection."""
        row = rows.by_name()["tables[]"][0]
        for text in self._texts(node):
            collection = self.called_as(tables.value)
            self.names.append(TableName("key", f"{collection}.tables", row.number, text, self.home, collection))


def _aliases(module: ast.Module) -> Iterator[tuple[str, str]]:
    """The names by which a file knows functions that are called otherwise where they come from."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            yield from ((one.asname, one.name) for one in node.names if one.asname)
        elif isinstance(node, ast.Assign) and isinstance(node.value, (ast.Attribute, ast.Name)):
            known = last(node.value)
            if known in rows.by_name() or known in rows.makers():
                yield from ((one.id, known) for one in node.targets if isinstance(one, ast.Name))


def _wrappers(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """The functions of a module that hand all their arguments on to a known one, each with that."""
    for node in module.body:
        if not isinstance(node, ast.FunctionDef) or node.args.vararg is None or node.args.args or node.decorator_list:
            continue
        value = node.body[-1].value if isinstance(node.body[-1], ast.Return) and len(node.body) < 3 else None
        if isinstance(value, ast.Call) and last(value.func) in rows.by_name() and value.args:
            first = value.args[0]
            own = first.value if isinstance(first, ast.Starred) else None
            if isinstance(own, ast.Name) and own.id == node.args.vararg.arg:
                yield node.name, value.func


def _of_mapping(node: ast.expr, keywords: frozenset[str]) -> list[ast.expr]:
    """The values of some keys of a mapping."""
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [value for key, value in pairs if isinstance(key, ast.Constant) and key.value in keywords]
    return [one.value for one in node.keywords if one.arg in keywords] if isinstance(node, ast.Call) else []
