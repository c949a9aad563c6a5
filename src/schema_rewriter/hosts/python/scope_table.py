"""The scopes of a Python file: what binds names in its code. Knows Python's own tree, and neither values nor SQL.

One pass, for all who read the code; who reads it by another parser asks by the byte at which a scope begins.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

from schema_rewriter.hosts.python.nodes import below
from schema_rewriter.hosts.python.scopes import Kind, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from schema_rewriter.hosts.python.positions import Places
    from schema_rewriter.hosts.python.scopes import Position


class Scopes:
    """All scopes of a file. `top` is the module's."""

    def __init__(self, module: ast.Module) -> None:
        self.top = Scope(Kind.MODULE, "")
        self._of: dict[ast.expr | ast.stmt, Scope] = {}
        self._starts: dict[int, Scope] | None = None
        walk = _Walk(self.top, self._of)
        walk.walk(module.body)

    def of(self, node: ast.expr | ast.stmt) -> Scope | None:
        """The scope that a function, class, lambda or comprehension makes."""
        return self._of.get(node)

    def starting(self, start: int, places: Places) -> Scope | None:
        """The scope of the function (without its decorators), class, lambda or comprehension that begins at a byte."""
        if self._starts is None:
            spans = ((places.span(node), scope) for node, scope in self._of.items())
            self._starts = {span.start: scope for span, scope in spans if span is not None}
        return self._starts.get(start)


class _Walk:
    """Goes through the statements of a module and gives each scope its names."""

    def __init__(self, top: Scope, made: dict[ast.expr | ast.stmt, Scope]) -> None:
        self.made = made
        self.every = [top]
        self.waiting: list[tuple[Scope, list[ast.AST]]] = []
        self.scope = top

    def walk(self, body: Sequence[ast.AST]) -> None:
        """Walk all scopes, those inside of others after them."""
        self.waiting.append((self.scope, list(body)))
        while self.waiting:
            self.scope, nodes = self.waiting.pop()
            while nodes:
                node = nodes.pop()
                kind = type(node)
                if kind is ast.Name:
                    if type(node.ctx) is not ast.Load:  # type: ignore[attr-defined]
                        self._name(node)  # type: ignore[arg-type]
                elif (enter := _ENTER.get(kind)) is not None:
                    nodes += enter(self, node)
                elif kind is not ast.Constant:
                    nodes += below(node)
        for scope in self.every:
            scope.settle()

    def _name(self, node: ast.Name) -> None:
        self.scope.bind(node.id, _end(node))

    def _inside(
        self, node: ast.expr | ast.stmt, kind: Kind, outer: Scope, name: str, nodes: Sequence[ast.AST | None]
    ) -> Scope:
        """The scope that a node makes, whose code waits to be walked."""
        if not name:
            outer.inner += 1
            name = f"<{outer.inner}>"
        owner = outer.owner
        made = Scope(kind, f"{owner.path}.{name}" if owner.path else name, outer)
        if kind is not Kind.TYPES:
            self.made[node] = made
        self.every.append(made)
        self.waiting.append((made, [each for each in nodes if each is not None]))
        return made

    def _typed(self, node: Any, nodes: Sequence[ast.AST | None]) -> tuple[Scope, Iterable[ast.AST]]:
        """The scope around what has type parameters; `nodes`, which may say them, are walked in it or with the rest."""
        if parameters := getattr(node, "type_params", ()):
            return self._inside(node, Kind.TYPES, self.scope, "", (*parameters, *nodes)), ()
        return self.scope, filter(None, nodes)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
        self.scope.bind(node.name, _end(node))
        every = [*_parameters(node.args)]
        outer, rest = self._typed(node, [*(one.annotation for one in every), node.returns])
        made = self._inside(node, Kind.FUNCTION, outer, node.name, node.body)
        for one in every:
            made.bind(one.arg)
        yield from (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults), *rest)

    def _lambda(self, node: ast.Lambda) -> Iterator[ast.AST]:
        made = self._inside(node, Kind.LAMBDA, self.scope, "", [node.body])
        for one in _parameters(node.args):
            made.bind(one.arg)
        yield from (*node.args.defaults, *filter(None, node.args.kw_defaults))

    def _class(self, node: ast.ClassDef) -> Iterator[ast.AST]:
        self.scope.bind(node.name, _end(node))
        outer, rest = self._typed(node, [*node.bases, *node.keywords])
        self._inside(node, Kind.CLASS, outer, node.name, node.body)
        yield from (*node.decorator_list, *rest)

    def _alias(self, node: Any) -> Iterable[ast.AST]:
        """A `type` statement."""
        _, rest = self._typed(node, [node.value])
        return (node.name, *rest)

    def _type_parameter(self, node: Any) -> Iterable[ast.AST]:
        self.scope.bind(node.name)
        return below(node)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Iterable[ast.AST]:
        first = node.generators[0]
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        rest = [each for one in node.generators for each in (one.target, *one.ifs)]
        later = [one.iter for one in node.generators[1:]]
        self._inside(node, Kind.COMPREHENSION, self.scope, "", [*elements, *rest, *later])
        return (first.iter,)  # which runs in the scope around

    def _named(self, node: ast.NamedExpr) -> Iterable[ast.AST]:
        scope = self.scope
        while scope.kind is Kind.COMPREHENSION:
            scope = scope.outer
        scope.bind(node.target.id, _end(node))
        return (node.value,)

    def _assigned(self, node: ast.Assign) -> Iterator[ast.AST]:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.scope.bind(target.id, _end(node))  # the value is read before
            else:
                yield target
        yield node.value

    def _annotated(self, node: ast.AnnAssign) -> Iterator[ast.AST]:
        if not isinstance(node.target, ast.Name):
            yield node.target
        elif node.simple or node.value is not None:
            self.scope.bind(node.target.id, _end(node), count=node.value is not None)
        yield from filter(None, (node.annotation, node.value))

    def _import(self, node: ast.Import | ast.ImportFrom) -> Iterable[ast.AST]:
        for alias in node.names:
            self.scope.bind(alias.asname or alias.name.split(".")[0], _end(node))
        return ()

    def _handler(self, node: ast.ExceptHandler) -> Iterable[ast.AST]:
        if node.name:
            self.scope.bind(node.name, (node.lineno, node.col_offset))
        return below(node)

    def _capture(self, node: ast.MatchAs | ast.MatchStar) -> Iterable[ast.AST]:
        if node.name:
            self.scope.bind(node.name, _end(node))
        return below(node)

    def _mapping(self, node: ast.MatchMapping) -> Iterable[ast.AST]:
        if node.rest:
            self.scope.bind(node.rest, _end(node))
        return below(node)

    def _declaration(self, node: ast.Global | ast.Nonlocal) -> Iterable[ast.AST]:
        self.scope.declare(node.names, is_global=isinstance(node, ast.Global))
        return ()


def _end(node: Any) -> Position:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from filter(None, (arguments.vararg, arguments.kwarg))


_ENTER: dict[type, Callable[[_Walk, Any], Iterable[ast.AST]]] = {
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef), _Walk._function),
    ast.Lambda: _Walk._lambda,
    ast.ClassDef: _Walk._class,
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp), _Walk._comprehension),
    ast.NamedExpr: _Walk._named,
    ast.Assign: _Walk._assigned,
    ast.AnnAssign: _Walk._annotated,
    **dict.fromkeys((ast.Import, ast.ImportFrom), _Walk._import),
    ast.ExceptHandler: _Walk._handler,
    **dict.fromkeys((ast.MatchAs, ast.MatchStar), _Walk._capture),
    ast.MatchMapping: _Walk._mapping,
    **dict.fromkeys((ast.Global, ast.Nonlocal), _Walk._declaration),
}
"""The nodes that bind names or make scopes; each gives the nodes below it that are walked in the same scope."""
if sys.version_info >= (3, 12):
    _ENTER[ast.TypeAlias] = _Walk._alias
    _ENTER.update(dict.fromkeys((ast.TypeVar, ast.ParamSpec, ast.TypeVarTuple), _Walk._type_parameter))
