"""Of which systems the objects of a module are: connections, cursors, engines, clients, by what they are made of.

An object is followed through assignments, attributes of `self`, with-as, annotations, parameters, functions of the
module and fixtures of pytest. A set of systems is the answer: "" for PostgreSQL, None for "may be anything".
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from schema_rewriter import engines
from schema_rewriter.hosts.python.dialects.annotations import annotated
from schema_rewriter.hosts.python.dialects.urls import Urls
from schema_rewriter.hosts.python.nodes import is_decorated, is_self, last

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.hosts.python.dialects.bindings import Bindings
    from schema_rewriter.hosts.python.dialects.variables import Bound, Function, Site

Systems = frozenset[str | None]

NOTHING: Systems = frozenset()
"""No value at all: `None`, or what is being asked already."""

UNKNOWN: Systems = frozenset((None,))


_DEEPEST = 60
"""So many objects are followed, one made of another, before the first counts as not known."""


def is_told(systems: Systems) -> bool:
    """Whether anything is known of an object."""
    return not systems <= UNKNOWN


class Objects:
    """The systems of the objects in a module, each found when it is first asked for."""

    def __init__(self, bindings: Bindings) -> None:
        self.bindings = bindings
        self.urls = Urls(bindings)
        self._known: dict[tuple[int, bool], Systems] = {}
        self._depth = 0

    def systems(self, node: ast.AST | None, site: Site, *, connection: bool = False) -> Systems:
        """Those of the value of an expression; with `connection`, nothing is told of rows and frames."""
        if node is None:
            return UNKNOWN
        key = id(node), connection
        if key not in self._known:
            if self._depth > _DEEPEST:
                return UNKNOWN
            self._known[key] = NOTHING  # a circle says nothing new
            self._depth += 1
            self._known[key] = self._asked(node, site, connection)
            self._depth -= 1
        return self._known[key]

    def _asked(self, node: ast.AST, site: Site, connection: bool) -> Systems:
        match node:
            case ast.Name():
                return self._name(node, site, connection)
            case ast.Attribute():
                return self._attribute(node, site, connection)
            case ast.Call():
                return self._call(node, site, connection)
            case ast.Await() | ast.NamedExpr() | ast.Subscript() | ast.Starred():
                return self.systems(node.value, site, connection=connection)
            case ast.IfExp():
                parts: list[ast.expr] = [node.body, node.orelse]
            case ast.BoolOp():
                parts = node.values
            case ast.Tuple() | ast.List():
                parts = node.elts
            case ast.Dict():
                parts = node.values
            case ast.Constant(value=None):
                return NOTHING
            case _:
                return UNKNOWN
        return NOTHING.union(*(self.systems(part, site, connection=connection) for part in parts))

    def _name(self, node: ast.Name, site: Site, connection: bool) -> Systems:
        if (bound := self.bindings.values(node, site)) is not None:
            return self._bound(node.id, bound, connection)
        system = engines.by_global(node.id)
        return frozenset((system,)) if system is not None else _by_name(node.id, connection)

    def _attribute(self, node: ast.Attribute, site: Site, connection: bool) -> Systems:
        if dotted := self.bindings.dotted(node, site):
            return frozenset((engines.by_module(dotted),))
        if engines.leaves(node.attr):
            return UNKNOWN
        bound = self.bindings.attributes(node.attr)
        if is_self(node.value):
            owners = self.bindings.hierarchy(site)
            own = [each for each in bound if each.home in owners]
            return self._bound(node.attr, own, connection) if own else _by_name(node.attr, connection)
        holder = self.systems(node.value, site, connection=connection)
        if is_told(holder):
            return holder
        if not bound:
            return _by_name(node.attr, connection)
        return self._bound(node.attr, bound, connection) | UNKNOWN

    def _bound(self, name: str, bound: Iterable[Bound], connection: bool) -> Systems:
        """The systems of all that is bound to a name; annotations that tell some decide."""
        found = list(bound)
        typed = [annotated(self.bindings, each.node, each.site) for each in found if each.kind == "type"]
        if any(map(is_told, typed)):
            return NOTHING.union(*typed)
        values = NOTHING.union(*(self._one(name, each, connection) for each in found if each.kind != "type"))
        return values if is_told(values) or not values <= UNKNOWN else values | _by_name(name, connection)

    def _one(self, name: str, bound: Bound, connection: bool) -> Systems:
        node = bound.node
        if bound.kind == "value":
            return self.systems(node, bound.site, connection=connection)
        if bound.kind == "import":
            return frozenset((engines.by_module(bound.module),))
        if bound.kind == "parameter" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return self._parameter(node, name, bound.site)
        if bound.kind == "returns" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self.returns(node)  # a property, or a fixture that is named
        return UNKNOWN

    def _parameter(self, function: Function | ast.Lambda, name: str, site: Site) -> Systems:
        """The systems of what a parameter is annotated with, is given by a fixture, by its default or by calls."""
        arguments = function.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
        keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        defaults |= {each: value for each, value in keywords if value is not None}
        parameter = next(each for each in (*positional, *arguments.kwonlyargs) if each.arg == name)
        if is_told(typed := annotated(self.bindings, parameter.annotation, site)):
            return typed
        for fixture in self.bindings.globals(name):
            made = fixture.node
            if isinstance(made, (ast.FunctionDef, ast.AsyncFunctionDef)) and is_decorated(made, ("fixture",)):
                return self.returns(made)
        default = defaults.get(parameter)
        if isinstance(default, ast.Call) and last(default.func) == "Depends" and default.args:
            return self._function(default.args[0], site) or UNKNOWN
        passed = [] if default is None else [self.systems(default, site, connection=True)]
        if isinstance(function, ast.Lambda):
            return UNKNOWN.union(*passed)
        passed += [self.systems(value, at, connection=True) for value, at in self.bindings.arguments(function, name)]
        is_own = function.name.startswith("_") and not function.name.startswith("__")
        return NOTHING.union(*passed) if passed and is_own else UNKNOWN.union(*passed)

    def returns(self, function: Function) -> Systems:
        """The systems of what a function of the module returns or yields."""
        if is_told(typed := annotated(self.bindings, function.returns, self.bindings.top)):
            return typed
        inner = self.bindings.inner(function)
        found = [self.systems(value, inner, connection=True) for value in self.bindings.returned(function)]
        return NOTHING.union(*found) if found else UNKNOWN

    def _function(self, node: ast.expr, site: Site) -> Systems | None:
        """The systems of what the functions of the module return that an expression may name; None if it names none."""
        if isinstance(node, ast.Attribute) and is_self(node.value):
            owners = self.bindings.hierarchy(site)
            bound = [each for each in self.bindings.attributes(node.attr) if each.home in owners]
        else:
            bound = (self.bindings.values(node, site) or []) if isinstance(node, ast.Name) else []
        made = [each.node for each in bound if each.kind == "returns"]
        functions = [each for each in made if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))]
        return NOTHING.union(*map(self.returns, functions)) if functions else None

    def _call(self, node: ast.Call, site: Site, connection: bool) -> Systems:
        name, dotted = last(node.func), self.bindings.dotted(node.func, site)
        system = engines.by_module(dotted) if dotted else None
        urls = self.urls.of_call(node, site)
        if system is not None and engines.is_gateway(system):
            return urls if is_told(urls) else frozenset((system, None))
        if system not in (None, engines.ANY):
            return frozenset((system,))
        if is_told(urls):
            return urls
        if (found := self._function(node.func, site)) is not None:
            return found
        passed = [*node.args, *(keyword.value for keyword in node.keywords)]
        held = [found for value in passed if is_told(found := self.systems(value, site, connection=True))]
        if held and (engines.keeps(dotted or name) or name[:1].isupper()):
            return NOTHING.union(*held)
        if system is not None:
            return frozenset((system,))
        if (told := engines.by_type(name)) is not None and not isinstance(node.func, ast.Attribute):
            return frozenset((told,)) if name[:1].isupper() else frozenset((told, None))
        if isinstance(node.func, ast.Attribute) and not dotted:
            return self._method(node.func, site, connection)
        if isinstance(node.func, ast.Name) and is_told(made := self.systems(node.func, site, connection=connection)):
            return made  # a session's maker
        return frozenset((told, None)) if told is not None else UNKNOWN

    def _method(self, function: ast.Attribute, site: Site, connection: bool) -> Systems:
        """The systems of what a method of an object gives back."""
        if engines.leaves(function.attr) or (connection and engines.is_result(function.attr)):
            return UNKNOWN
        holder = self.systems(function.value, site, connection=connection)
        return holder if is_told(holder) else _by_name(function.attr, connection)


def _by_name(name: str, connection: bool) -> Systems:
    """The systems that the name of an object says: PostgreSQL, or perhaps another one."""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*", name)]
    told = {engines.by_word(word) for word in words if not engines.is_common(word)} - {None}
    if len(told) != 1 or (connection and not engines.is_near(words)):
        return UNKNOWN
    return frozenset(told) if told == {engines.OURS} else frozenset((*told, None))
