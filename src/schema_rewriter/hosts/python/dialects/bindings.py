"""The names of a module by the functions they stand in: what is bound to them, and where they are read."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python.nodes import last

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Scope = tuple[int, ...]
"""The functions and the with-statements around a place, outermost first, by the identity of their nodes.

What with-as binds is bound for its body alone, and for what comes behind it together with all else of the name.
"""

Key = tuple[Scope, str]
"""A name and the scope that it is bound or read in; an attribute is ".name" in the module's, whatever it is one of."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Bound:
    """What a name is bound to: `node` in `scope`, or None for what is not known.

    `kind` is "value", "type" (an annotation), "parameter" or "returns" (the function whose results it stands for).
    `home` is the class whose attribute it is.
    """

    kind: str
    node: ast.AST | None
    scope: Scope
    home: int = 0


@dataclass(frozen=True, slots=True)
class ScopedCall:
    """A call and the scope that it stands in."""

    node: ast.Call
    scope: Scope


class Bindings:
    """All names of a module. `classes` and `functions` are by their names, `owner` is the class of a method's scope."""

    def __init__(self, module: ast.Module) -> None:
        self.bound: dict[Key, list[Bound]] = {}
        self.loads: dict[Key, list[int]] = {}
        self.imports: dict[str, str] = {}
        self.calls: list[ScopedCall] = []
        self.classes: dict[str, ast.ClassDef] = {}
        self.owner: dict[int, ast.ClassDef] = {}
        self._called: dict[str, list[ScopedCall]] = {}
        self._scopes: dict[int, Scope] = {}
        self._withs: set[int] = set()
        self._gather(module)
        for called in self.calls:
            self._called.setdefault(last(called.node.func), []).append(called)

    def home(self, scope: Scope, name: str) -> Scope | None:
        """The scope that a name read in another one is bound in; None where it is bound in none."""
        return next((scope[:end] for end in range(len(scope), -1, -1) if (scope[:end], name) in self.bound), None)

    def dotted(self, node: ast.AST, scope: Scope) -> str:
        """The full name of what an expression names by way of imports; "" where it names nothing imported."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or self.home(scope, node.id) is not None:
            return ""
        module = self.imports.get(node.id)
        return ".".join((module, *reversed(names))) if module else ""

    def inner(self, function: Function) -> Scope:
        """The scope of a function's own names."""
        return self._scopes[id(function)]

    def returned(self, function: Function) -> Iterator[ast.expr]:
        """What a function returns or yields."""
        waiting: list[ast.AST] = list(function.body)
        while waiting:
            node = waiting.pop()
            if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
                yield node.value
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
                waiting += ast.iter_child_nodes(node)

    def arguments(self, function: Function, parameter: str) -> Iterator[tuple[ast.expr, Scope]]:
        """What calls in this module pass for a parameter of a function, as far as its name tells."""
        owner = self.owner.get(id(function))
        names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        names = names[1:] if owner is not None and not _is_static(function) else names
        called = function.name if function.name != "__init__" or owner is None else owner.name
        for call in self._called.get(called, ()):
            if isinstance(call.node.func, ast.Attribute) and owner is None:
                continue
            for keyword in call.node.keywords:
                if keyword.arg == parameter:
                    yield keyword.value, call.scope
            if parameter in names and names.index(parameter) < len(call.node.args):
                yield call.node.args[names.index(parameter)], call.scope

    def _gather(self, module: ast.Module) -> None:
        waiting: list[tuple[ast.AST, Scope, ast.ClassDef | None]] = [(module, (), None)]
        while waiting:
            top, scope, owner = waiting.pop()
            for node in ast.iter_child_nodes(top):
                inner, inside = scope, owner
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                    inner = (*scope, id(node))
                    self._scopes[id(node)] = inner
                    if isinstance(top, ast.ClassDef):
                        self.owner[id(node)] = top
                    self._function(node, scope, top)
                elif isinstance(node, ast.ClassDef):
                    self.classes[node.name] = inside = node
                elif isinstance(node, (ast.With, ast.AsyncWith)):
                    self._withs.add(id(node))
                    inner = (*scope, id(node))
                else:
                    self._other(node, scope, owner, in_class=isinstance(top, ast.ClassDef))
                waiting.append((node, inner, inside))

    def _function(self, node: Function | ast.Lambda, scope: Scope, top: ast.AST) -> None:
        for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            self._add((*scope, id(node)), parameter.arg, Bound("parameter", node, (*scope, id(node))))
        if isinstance(node, ast.Lambda):
            return
        if isinstance(top, ast.ClassDef):
            self.bound.setdefault(((), f".{node.name}"), []).append(Bound("returns", node, scope, id(top)))
        else:
            self._add(scope, node.name, Bound("returns", node, scope))

    def _other(self, node: ast.AST, scope: Scope, owner: ast.ClassDef | None, *, in_class: bool) -> None:
        home = id(owner) if owner is not None else 0

        def bind(target: ast.expr, kind: str, value: ast.AST | None) -> None:
            self._bind(target, Bound(kind, value, scope, home), in_class=in_class)

        if isinstance(node, ast.Assign):
            for target in node.targets:
                bind(target, "value", node.value)
        elif isinstance(node, ast.AnnAssign):
            bind(node.target, "type", node.annotation)
            if node.value is not None:
                bind(node.target, "value", node.value)
        elif isinstance(node, (ast.AugAssign, ast.NamedExpr)):
            bind(node.target, "value", node.value)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            bind(node.target, "value", node.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._with(node.optional_vars, Bound("value", node.context_expr, scope, home))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node)
        elif isinstance(node, ast.Call):
            self.calls.append(ScopedCall(node, scope))
        elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            key = (scope, node.id) if isinstance(node, ast.Name) else ((), f".{node.attr}")
            self.loads.setdefault(key, []).append(id(node))

    def _with(self, target: ast.expr, bound: Bound) -> None:
        """Bind what with-as does; `with conn.begin() as conn` reads the name from without."""
        names = {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
        scope, value = bound.scope, bound.node or target
        for name in names:
            self.bound.setdefault((scope, name), [])
        if any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(value)):
            bound = replace(bound, scope=scope[:-1])
        self._bind(target, bound, at=scope)

    def _bind(self, target: ast.expr, bound: Bound, *, in_class: bool = False, at: Scope | None = None) -> None:
        """Bind a target in a scope, that of the value if no other is told."""
        if isinstance(target, (ast.Tuple, ast.List)):
            values: list[ast.expr] | list[None] = [None] * len(target.elts)
            if isinstance(bound.node, (ast.Tuple, ast.List)) and len(bound.node.elts) == len(values):
                values = bound.node.elts
            for element, value in zip(target.elts, values, strict=True):
                self._bind(element, Bound(bound.kind, value, bound.scope, bound.home), in_class=in_class, at=at)
        elif isinstance(target, ast.Name) and not in_class:
            self._add(bound.scope if at is None else at, target.id, bound)
        elif last(target):
            own = in_class or (isinstance(target, ast.Attribute) and is_self(target.value))
            home = bound.home if own else 0
            attribute = Bound(bound.kind, bound.node, bound.scope, home)
            self.bound.setdefault(((), f".{last(target)}"), []).append(attribute)

    def _add(self, scope: Scope, name: str, bound: Bound) -> None:
        while scope and scope[-1] in self._withs:
            if (scope, name) in self.bound:
                self.bound[scope, name].append(bound)
            scope = scope[:-1]
        self.bound.setdefault((scope, name), []).append(bound)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                name = alias.asname or alias.name.partition(".")[0]
                self.imports[name] = alias.name if alias.asname else name
            elif not node.level:
                self.imports[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            else:
                self.imports.setdefault(alias.asname or alias.name, f".{node.module or ''}.{alias.name}")


def is_self(node: ast.AST) -> bool:
    """Whether an expression is a method's own object, or its class."""
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def is_decorated(function: Function, names: Iterable[str]) -> bool:
    """Whether a decorator of a function has one of these names last."""
    decorators = [each.func if isinstance(each, ast.Call) else each for each in function.decorator_list]
    return any(last(each) in names for each in decorators)


def _is_static(function: Function) -> bool:
    return is_decorated(function, ("staticmethod",))
