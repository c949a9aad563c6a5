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
from schema_rewriter.hosts.python.dialects.bindings import is_decorated, is_self
from schema_rewriter.hosts.python.dialects.urls import Urls
from schema_rewriter.hosts.python.nodes import last

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.hosts.python.dialects.bindings import Bindings, Bound, Function, Scope

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

    def systems(self, node: ast.AST | None, scope: Scope, *, connection: bool = False) -> Systems:
        """Those of the value of an expression; with `connection`, nothing is told of rows and frames."""
        if node is None:
            return UNKNOWN
        key = id(node), connection
        if key not in self._known:
            if self._depth > _DEEPEST:
                return UNKNOWN
            self._known[key] = NOTHING  # a circle says nothing new
            self._depth += 1
            self._known[key] = self._asked(node, scope, connection)
            self._depth -= 1
        return self._known[key]

    def _asked(self, node: ast.AST, scope: Scope, connection: bool) -> Systems:
        match node:
            case ast.Name():
                return self._name(node, scope, connection)
            case ast.Attribute():
                return self._attribute(node, scope, connection)
            case ast.Call():
                return self._call(node, scope, connection)
            case ast.Await() | ast.NamedExpr() | ast.Subscript() | ast.Starred():
                return self.systems(node.value, scope, connection=connection)
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
        return NOTHING.union(*(self.systems(part, scope, connection=connection) for part in parts))

    def _name(self, node: ast.Name, scope: Scope, connection: bool) -> Systems:
        home = self.bindings.home(scope, node.id)
        if home is not None:
            return self._bound(node.id, self.bindings.bound[home, node.id], connection)
        if module := self.bindings.imports.get(node.id):
            system = engines.by_module(module)
            return frozenset((system,)) if system is not None else _by_name(node.id, connection)
        system = engines.by_global(node.id)
        return frozenset((system,)) if system is not None else _by_name(node.id, connection)

    def _attribute(self, node: ast.Attribute, scope: Scope, connection: bool) -> Systems:
        if dotted := self.bindings.dotted(node, scope):
            return frozenset((engines.by_module(dotted),))
        if engines.leaves(node.attr):
            return UNKNOWN
        bound = self.bindings.bound.get(((), f".{node.attr}"), [])
        if is_self(node.value):
            owners = self._hierarchy(scope)
            own = [each for each in bound if each.home in owners]
            return self._bound(node.attr, own, connection) if own else _by_name(node.attr, connection)
        holder = self.systems(node.value, scope, connection=connection)
        if is_told(holder):
            return holder
        if not bound:
            return _by_name(node.attr, connection)
        return self._bound(node.attr, bound, connection) | UNKNOWN

    def _hierarchy(self, scope: Scope) -> set[int]:
        """The class whose method a scope is in, and those of the module that it inherits from."""
        classes = self.bindings.classes
        found: set[int] = set()
        waiting = [owner for each in scope if (owner := self.bindings.owner.get(each)) is not None]
        while waiting:
            one = waiting.pop()
            if id(one) not in found:
                found.add(id(one))
                waiting += [classes[last(base)] for base in one.bases if last(base) in classes]
        return found

    def _bound(self, name: str, bound: Iterable[Bound], connection: bool) -> Systems:
        """The systems of all that is bound to a name; annotations that tell some decide."""
        found = list(bound)
        typed = [annotated(self.bindings, each.node, each.scope) for each in found if each.kind == "type"]
        if any(map(is_told, typed)):
            return NOTHING.union(*typed)
        values = NOTHING.union(*(self._one(name, each, connection) for each in found if each.kind != "type"))
        return values if is_told(values) or not values <= UNKNOWN else values | _by_name(name, connection)

    def _one(self, name: str, bound: Bound, connection: bool) -> Systems:
        node = bound.node
        if bound.kind == "value":
            return self.systems(node, bound.scope, connection=connection)
        if bound.kind == "parameter" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self._parameter(node, name, bound.scope)
        if bound.kind == "returns" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self.returns(node)  # a property, or a fixture that is named
        return UNKNOWN

    def _parameter(self, function: Function, name: str, scope: Scope) -> Systems:
        arguments = function.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
        keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        defaults |= {each: value for each, value in keywords if value is not None}
        parameter = next(each for each in (*positional, *arguments.kwonlyargs) if each.arg == name)
        if is_told(typed := annotated(self.bindings, parameter.annotation, scope[:-1])):
            return typed
        for fixture in self.bindings.bound.get(((), name), ()):
            made = fixture.node
            if isinstance(made, (ast.FunctionDef, ast.AsyncFunctionDef)) and is_decorated(made, ("fixture",)):
                return self.returns(made)
        default = defaults.get(parameter)
        if isinstance(default, ast.Call) and last(default.func) == "Depends" and default.args:
            return self._function(default.args[0], scope[:-1]) or UNKNOWN
        passed = [self.systems(value, at, connection=True) for value, at in self.bindings.arguments(function, name)]
        is_own = function.name.startswith("_") and not function.name.startswith("__")
        return NOTHING.union(*passed) if passed and is_own else UNKNOWN.union(*passed)

    def returns(self, function: Function) -> Systems:
        """The systems of what a function of the module returns or yields."""
        if is_told(typed := annotated(self.bindings, function.returns, ())):
            return typed
        inner = self.bindings.inner(function)
        found = [self.systems(value, inner, connection=True) for value in self.bindings.returned(function)]
        return NOTHING.union(*found) if found else UNKNOWN

    def _function(self, node: ast.expr, scope: Scope) -> Systems | None:
        """The systems of what the functions of the module return that an expression may name; None if it names none."""
        if isinstance(node, ast.Attribute) and is_self(node.value):
            owners = self._hierarchy(scope)
            bound = [each for each in self.bindings.bound.get(((), f".{node.attr}"), ()) if each.home in owners]
        elif isinstance(node, ast.Name) and (home := self.bindings.home(scope, node.id)) is not None:
            bound = self.bindings.bound[home, node.id]
        else:
            return None
        made = [each.node for each in bound if each.kind == "returns"]
        functions = [each for each in made if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))]
        return NOTHING.union(*map(self.returns, functions)) if functions else None

    def _call(self, node: ast.Call, scope: Scope, connection: bool) -> Systems:
        name, dotted = last(node.func), self.bindings.dotted(node.func, scope)
        system = engines.by_module(dotted) if dotted else None
        urls = self.urls.of_call(node, scope)
        if system is not None and engines.is_gateway(system):
            return urls if is_told(urls) else frozenset((system, None))
        if system not in (None, engines.ANY):
            return frozenset((system,))
        if is_told(urls):
            return urls
        if (found := self._function(node.func, scope)) is not None:
            return found
        passed = [*node.args, *(keyword.value for keyword in node.keywords)]
        held = [found for value in passed if is_told(found := self.systems(value, scope, connection=True))]
        if held and (engines.keeps(dotted or name) or name[:1].isupper()):
            return NOTHING.union(*held)
        if system is not None:
            return frozenset((system,))
        if (told := engines.by_type(name)) is not None and not isinstance(node.func, ast.Attribute):
            return frozenset((told,)) if name[:1].isupper() else frozenset((told, None))
        if isinstance(node.func, ast.Attribute) and not dotted:
            return self._method(node.func, scope, connection)
        if isinstance(node.func, ast.Name) and is_told(made := self.systems(node.func, scope, connection=connection)):
            return made  # a session's maker
        return frozenset((told, None)) if told is not None else UNKNOWN

    def _method(self, function: ast.Attribute, scope: Scope, connection: bool) -> Systems:
        """The systems of what a method of an object gives back."""
        if engines.leaves(function.attr) or (connection and engines.is_result(function.attr)):
            return UNKNOWN
        holder = self.systems(function.value, scope, connection=connection)
        return holder if is_told(holder) else _by_name(function.attr, connection)


def _by_name(name: str, connection: bool) -> Systems:
    """The systems that the name of an object says: PostgreSQL, or perhaps another one."""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*", name)]
    told = {engines.by_word(word) for word in words if not engines.is_common(word)} - {None}
    if len(told) != 1 or (connection and not engines.is_near(words)):
        return UNKNOWN
    return frozenset(told) if told == {engines.OURS} else frozenset((*told, None))
