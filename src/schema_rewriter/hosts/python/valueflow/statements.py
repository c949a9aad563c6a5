"""The graph of a Python file's values, by Python's own parser; see hosts.names. Knows no other file and no SQL.

It does not heed the order of statements: a slot holds all that is ever put into it.
"""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from schema_rewriter.hosts.python import nodes
from schema_rewriter.hosts.python.valueflow.expressions import Values
from schema_rewriter.hosts.python.valueflow.graph import name_of
from schema_rewriter.hosts.python.valueflow.texts import MOST_VARIANTS
from schema_rewriter.hosts.valueflow import Class, Function, Import, Names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema_rewriter.hosts.python.positions import Places
    from schema_rewriter.hosts.python.scope_table import Scopes
    from schema_rewriter.hosts.valueflow import Part


def names(path: str, module: ast.Module, places: Places, scopes: Scopes) -> Names:
    """The names of a file; `path` is POSIX and relative to the project's root."""
    walk = _Statements(path, places, scopes)
    walk.block(module.body)
    found = walk.found
    return Names(
        tuple(dict.fromkeys(found.edges)),
        tuple(dict.fromkeys(found.literals)),
        tuple(dict.fromkeys(found.unknown)),
        tuple(found.sinks),
        tuple(found.calls),
        tuple(found.functions),
        tuple(found.classes),
        tuple(found.imports),
        tuple(dict.fromkeys(found.typed)),
        tuple(found.quotes),
        tuple(dict.fromkeys(found.composed)),
        tuple(dict.fromkeys(found.replaced)),
        tuple(dict.fromkeys(found.reflections)),
    )


class _Statements(Values):
    """Walks statements."""

    def __init__(self, path: str, places: Places, scopes: Scopes) -> None:
        super().__init__(places, scopes)
        self.path = path

    def block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """Note what a statement does with values."""
        walk = _WALKS.get(type(node))
        if walk is not None:
            walk(self, node)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.use(child, "an assertion or an exception")

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.bind(target, node.value)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self.bind_loop(node.target, node.iter)
        self._either(node.body, ())
        self._either(node.orelse, ())

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self.bind(item.optional_vars, item.context_expr)
            else:
                self.ignore(item.context_expr)
        self.block(node.body)

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.flow(node.value, f"{self.scope.body.path}:return", "")

    def _branch(self, node: ast.If | ast.While) -> None:
        self.test(node.test)
        self._either(node.body, node.orelse)

    def _either(self, *blocks: Sequence[ast.stmt]) -> None:
        """One of several blocks runs: what variables have grown to behind them, they have in any of these."""
        before = dict(self.grown)
        after: dict[str, dict[tuple[Part, ...], None]] = {}
        for block in blocks:
            self.grown = dict(before)
            self.block(block)
            for slot, variants in self.grown.items():
                after[slot] = dict.fromkeys((*after.get(slot, ()), *variants))
        self.grown = {slot: tuple(variants)[:MOST_VARIANTS] for slot, variants in after.items()}

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        for handler in node.handlers:
            if handler.name:
                self.unknown(self.slot(handler.name), handler)
        self._either(node.body, ())
        self._either(node.orelse, *(handler.body for handler in node.handlers))
        self.block(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        self.use(node.subject, "a match")
        for case in node.cases:
            if case.guard is not None:
                self.test(case.guard)
            for part in ast.walk(case.pattern):
                if isinstance(part, ast.MatchValue):
                    self.use(part.value, "a match")
                name = part.rest if isinstance(part, ast.MatchMapping) else getattr(part, "name", None)
                if isinstance(name, str):
                    self.unknown(self.slot(name), node)
        self._either(*(case.body for case in node.cases), ())

    def _expression(self, node: ast.Expr) -> None:
        self.ignore(node.value)

    def _delete(self, node: ast.Delete) -> None:
        for gone in node.targets:
            if isinstance(gone, ast.Subscript):
                self.use(gone.slice, "a key")

    def _nothing(self, node: ast.stmt) -> None:
        """A statement without values."""

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer, inner = self.scope, self.scopes.of(node)
        if inner is None:
            return
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args]
        decorators = {nodes.spelt(item).split("(")[0].rpartition(".")[2] for item in node.decorator_list}
        is_method = outer.is_class and "staticmethod" not in decorators
        self.found.functions.append(
            Function(
                self.slot(node.name),
                inner.path,
                tuple(item.arg for item in every[is_method:]),
                tuple(item.arg for item in arguments.kwonlyargs),
                not decorators <= _TRANSPARENT,
                node.lineno,
                len(arguments.defaults),
                arguments.vararg.arg if arguments.vararg is not None else "",
            )
        )
        if is_method and every:
            own = f"{inner.path}:{every[0].arg}"
            self.found.typed.append((own, f"{outer.outer.owner.path}:{outer.name}"))
        for item, default in zip(reversed(every), reversed(arguments.defaults), strict=False):
            self.flow(default, f"{inner.path}:{item.arg}", "")
        for item, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if value is not None:
                self.flow(value, f"{inner.path}:{item.arg}", "")
        for item in (*every, *arguments.kwonlyargs):
            self.annotation(f"{inner.path}:{item.arg}", item.annotation)
        for star in (arguments.vararg, arguments.kwarg):
            if star is not None:
                self.unknown(f"{inner.path}:{star.arg}", node)
        self.annotation(f"{inner.path}:return", node.returns)
        if decorators & _PROPERTIES:
            self.edge(f"{inner.path}:return", "", self.slot(node.name), "", node)
        for decorator in node.decorator_list:
            self.ignore(decorator)
        with self.inside(node):
            self.block(node.body)

    def _class(self, node: ast.ClassDef) -> None:
        bases = tuple(base for item in node.bases if (base := self.reference(item)))
        fields = tuple(
            item.target.id
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        )
        inner = self.scopes.of(node)
        if inner is None:
            return
        self.found.classes.append(Class(self.slot(node.name), inner.path, bases, fields))
        for item in node.decorator_list:
            self.ignore(item)
        for inherited in node.bases:
            self.ignore(inherited)
        for keyword in node.keywords:
            self.use(keyword.value, "a keyword of a class")
        with self.inside(node):
            self.block(node.body)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if isinstance(node.value, ast.Call) and self.scope.is_class and name_of(node.value.func) in _FIELDS:
            self._field(node.target, node.value)
        elif node.value is not None:
            self.bind(node.target, node.value)
        if (target := self.reference(node.target)) is not None:
            self.annotation(target, node.annotation)

    def _field(self, target: ast.expr, call: ast.Call) -> None:
        """A field of a record, by dataclasses.field, Pydantic's Field and their likes: its default is its value."""
        slot = self.reference(target) or self.fresh()
        defaults = {"default": call.args[0]} if call.args else {}
        defaults |= {item.arg: item.value for item in call.keywords if item.arg in _DEFAULTS}
        for value in defaults.values():
            if isinstance(value, ast.Lambda):
                with self.inside(value):
                    self.flow(value.body, slot, "")
            else:
                self.flow(value, slot, "")
        rest = [item for item in call.keywords if item.arg not in _DEFAULTS]
        self.ignore(ast.copy_location(ast.Call(call.func, call.args[1:], rest), call))

    def _augmented(self, node: ast.AugAssign) -> None:
        target = self.reference(node.target)
        if isinstance(node.target, ast.Subscript):
            self.use(node.target, "a value that is changed")
        if isinstance(node.value, (ast.List, ast.Tuple, ast.Set)) and target is not None:
            self.flow(node.value, target, "")
            return
        self.text(node.value)
        if target is not None:
            self.unknown(target, node)
            if isinstance(node.op, ast.Add) and target not in self._displays:
                self.use(node.target, "a text that grows")
                self.grown[target] = self.compose((node.target, node.value), target, "")

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name if alias.asname else alias.name.split(".")[0]
                self.found.imports.append(Import(self.slot(alias.asname or top), top, ""))
            return
        module = node.module or ""
        if node.level:
            folder = PurePosixPath("/", self.path).parents
            if node.level > len(folder):
                return
            module = (folder[node.level - 1] / module.replace(".", "/")).as_posix()
        for alias in node.names:
            self.found.imports.append(Import(self.slot(alias.asname or alias.name), module, alias.name))


_WALKS: dict[type, Callable[[_Statements, Any], None]] = {
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef), _Statements._function),
    ast.ClassDef: _Statements._class,
    ast.Assign: _Statements._assign,
    ast.AnnAssign: _Statements._annotated,
    ast.AugAssign: _Statements._augmented,
    **dict.fromkeys((ast.For, ast.AsyncFor), _Statements._for),
    **dict.fromkeys((ast.With, ast.AsyncWith), _Statements._with),
    ast.Return: _Statements._return,
    **dict.fromkeys((ast.If, ast.While), _Statements._branch),
    **dict.fromkeys((ast.Try, ast.TryStar), _Statements._try),
    ast.Match: _Statements._match,
    **dict.fromkeys((ast.Import, ast.ImportFrom), _Statements._import),
    ast.Expr: _Statements._expression,
    ast.Delete: _Statements._delete,
    **dict.fromkeys((ast.Global, ast.Nonlocal, ast.Pass, ast.Break, ast.Continue), _Statements._nothing),
}
"""How statements are walked; of all others, the expressions are used."""

_FIELDS = frozenset(("field", "Field", "ib", "attrib"))
"""Functions by which classes define fields: of dataclasses, Pydantic, attrs."""
_DEFAULTS = frozenset(("default", "default_factory", "factory"))
"""Their arguments that give the field's value."""
_PROPERTIES = frozenset(("property", "cached_property", "classproperty", "hybrid_property"))
"""Decorators by which an attribute is what the function returns."""
_TRANSPARENT = frozenset(
    """
        staticmethod classmethod property abstractmethod override overload wraps cache lru_cache cached_property final
        contextmanager asynccontextmanager
        """.split()
)
"""Decorators that hand the arguments on as they are."""
