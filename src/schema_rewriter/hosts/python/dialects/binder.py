"""Finds what the code of a module binds to its variables, in one walk through its tree."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python.dialects.variables import Bound, ScopedCall, Site
from schema_rewriter.hosts.python.nodes import is_self

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts.python.dialects.variables import Function, Variable
    from schema_rewriter.hosts.python.scope_table import Scopes
    from schema_rewriter.hosts.python.scopes import Scope

_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


class Binder:
    """What is found of a module: as in `bindings.Bindings`. `inner` is where the bodies of functions stand."""

    def __init__(self, scopes: Scopes) -> None:
        self.bound: dict[Variable, list[Bound]] = {}
        self.loads: list[tuple[ast.Name | ast.Attribute, Site]] = []
        self.calls: list[ScopedCall] = []
        self.classes: dict[str, ast.ClassDef] = {}
        self.owner: dict[int, ast.ClassDef] = {}
        self.bodies: dict[Scope, ast.ClassDef] = {}
        self.inner: dict[int, Site] = {}
        self._scopes = scopes

    def walk(self, module: ast.Module) -> None:
        """Take all that stands in a module."""
        waiting: list[tuple[ast.AST, Site, int]] = [(module, Site(self._scopes.top), 0)]
        while waiting:
            top, site, home = waiting.pop()
            for node, inside, owner in self._below(top, site, home):
                self._take(node, inside, owner)
                waiting.append((node, inside, owner))

    def _below(self, top: ast.AST, site: Site, home: int) -> Iterator[tuple[ast.AST, Site, int]]:
        """What stands below a node, where it stands, and the class that it belongs to."""
        inner, own, owner = site, frozenset[int](), home
        if isinstance(top, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            inner = Site(self._scopes.of(top) or site.scope, site.withs)
            own = frozenset(map(id, top.body if isinstance(top.body, list) else (top.body,)))
            owner = id(top) if isinstance(top, ast.ClassDef) else home
        elif isinstance(top, (ast.With, ast.AsyncWith)):
            inner = Site(site.scope, (*site.withs, id(top)))
            own = frozenset(map(id, (*top.items, *top.body)))
        elif isinstance(top, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            yield from self._in_loops(top, site, home)
            return
        for node in ast.iter_child_nodes(top):
            yield (node, inner, owner) if id(node) in own else (node, site, home)

    def _in_loops(self, top: _Comprehension, site: Site, home: int) -> Iterator[tuple[ast.AST, Site, int]]:
        """The same for a comprehension, whose loops bind their targets; the first goes through what stands around."""
        inner = Site(self._scopes.of(top) or site.scope, site.withs)
        for loop in top.generators:
            around = site if loop is top.generators[0] else inner
            self._bind(loop.target, Bound("value", loop.iter, around), inner)
            yield loop.iter, around, home
            yield from ((node, inner, home) for node in (loop.target, *loop.ifs))
        for node in (top.key, top.value) if isinstance(top, ast.DictComp) else (top.elt,):
            yield node, inner, home

    def _take(self, node: ast.AST, site: Site, home: int) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            self._function(node, site, home)
        elif isinstance(node, ast.ClassDef):
            self.classes[node.name] = node
            if (scope := self._scopes.of(node)) is not None:
                self.bodies[scope] = node
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node, site)
        elif isinstance(node, ast.Call):
            self.calls.append(ScopedCall(node, site))
        elif isinstance(node, (ast.Name, ast.Attribute)):
            if isinstance(node.ctx, ast.Load):
                self.loads.append((node, site))
        elif isinstance(node, ast.withitem):
            if node.optional_vars is not None:
                self._with(node.optional_vars, Bound("value", node.context_expr, site, home))
        else:
            for target, kind, value in _assigned(node):
                self._bind(target, Bound(kind, value, site, home), site)

    def _function(self, node: Function | ast.Lambda, site: Site, home: int) -> None:
        inner = Site(self._scopes.of(node) or site.scope, site.withs)
        self.inner[id(node)] = inner
        arguments = node.args
        for parameter in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            self._add(parameter.arg, Bound("parameter", node, site), inner)
        for rest in filter(None, (arguments.vararg, arguments.kwarg)):
            self._add(rest.arg, Bound("value", None, site), inner)
        if isinstance(node, ast.Lambda):
            return
        if (owner := self.bodies.get(site.scope)) is not None:
            self.owner[id(node)] = owner
            self._attribute(node.name, Bound("returns", node, site, home))
        self._add(node.name, Bound("returns", node, site), site)

    def _with(self, target: ast.expr, bound: Bound) -> None:
        """Bind what with-as does; `with conn.begin() as conn` reads the name from without."""
        names = {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
        site, value = bound.site, bound.node or target
        for name in names:
            self.bound.setdefault((site.scope.home(name), site.withs[-1], name), [])
        if any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(value)):
            bound = replace(bound, site=Site(site.scope, site.withs[:-1]))
        self._bind(target, bound, site)

    def _bind(self, target: ast.expr, bound: Bound, site: Site) -> None:
        """Bind a target that stands at a site."""
        if isinstance(target, (ast.Tuple, ast.List)):
            values: list[ast.expr] | list[None] = [None] * len(target.elts)
            if isinstance(bound.node, (ast.Tuple, ast.List)) and len(bound.node.elts) == len(values):
                values = bound.node.elts
            for element, value in zip(target.elts, values, strict=True):
                self._bind(element, replace(bound, node=value), site)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, replace(bound, node=None), site)
        elif isinstance(target, ast.Name):
            self._add(target.id, bound, site)
            if site.scope.is_class:
                self._attribute(target.id, bound)
        elif isinstance(target, ast.Attribute):
            self._attribute(target.attr, bound if is_self(target.value) else replace(bound, home=0))

    def _attribute(self, name: str, bound: Bound) -> None:
        self.bound.setdefault((None, 0, f".{name}"), []).append(bound)

    def _add(self, name: str, bound: Bound, site: Site) -> None:
        scope = site.scope.home(name)
        for at in site.withs:
            if (scope, at, name) in self.bound:
                self.bound[scope, at, name].append(bound)
        self.bound.setdefault((scope, 0, name), []).append(bound)

    def _import(self, node: ast.Import | ast.ImportFrom, site: Site) -> None:
        for alias in node.names:
            name = alias.asname or alias.name
            if isinstance(node, ast.Import):
                name = name if alias.asname else name.partition(".")[0]
                module = alias.name if alias.asname else name
            else:
                module = f"{'.' if node.level else ''}{node.module or ''}.{alias.name}"
            self._add(name, Bound("import", None, site, module=module), site)


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, str, ast.AST | None]]:
    """What a node binds: each target, the kind of what is bound to it, and that; None for what is not known."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, "value", value) for target in targets)
        case ast.AnnAssign(target=target, annotation=annotation, value=assigned):
            yield target, "type", annotation
            if assigned is not None:
                yield target, "value", assigned
        case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
            yield target, "value", value
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
            yield target, "value", value
        case ast.ExceptHandler(name=str(name)):
            yield ast.Name(name, ast.Store()), "value", None
        case ast.Match(subject=subject, cases=cases):
            for case in cases:
                for pattern in ast.walk(case.pattern):
                    captured = getattr(pattern, "rest", None) or getattr(pattern, "name", None)
                    if captured:
                        yield ast.Name(captured, ast.Store()), "value", subject if pattern is case.pattern else None
