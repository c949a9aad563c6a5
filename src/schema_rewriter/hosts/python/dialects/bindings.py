"""The variables of a module: what is bound to each, where it is read. Which name means which, `scope_table` says."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python.dialects.binder import Binder
from schema_rewriter.hosts.python.dialects.variables import Site
from schema_rewriter.hosts.python.nodes import is_decorated, last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts.python.dialects.variables import Bound, Function, ScopedCall, Variable
    from schema_rewriter.hosts.python.scope_table import Scopes


class Bindings:
    """All variables of a module, by its tree and its scopes. `loads` are where names and attributes are read."""

    def __init__(self, module: ast.Module, scopes: Scopes) -> None:
        binder = Binder(scopes)
        binder.walk(module)
        self.top = Site(scopes.top)
        self.bound, self.loads, self.calls = binder.bound, binder.loads, binder.calls
        self._classes, self._owner, self._bodies, self._inner = (
            binder.classes,
            binder.owner,
            binder.bodies,
            binder.inner,
        )
        self._called: dict[str, list[ScopedCall]] = {}
        for called in self.calls:
            self._called.setdefault(last(called.node.func), []).append(called)

    def variable(self, node: ast.Name, site: Site) -> Variable | None:
        """The variable that a name means where it is read; None where nothing is bound to it."""
        scope = site.scope.home(node.id, (node.lineno, node.col_offset))
        keys = ((scope, at, node.id) for at in (*reversed(site.withs), 0))
        return next((key for key in keys if key in self.bound), None)

    def values(self, node: ast.Name, site: Site) -> list[Bound] | None:
        """What is bound to the variable that a name means; None where nothing is."""
        variable = self.variable(node, site)
        return None if variable is None else self.bound[variable]

    def attributes(self, name: str) -> list[Bound]:
        """What is bound to an attribute of any object."""
        return self.bound.get((None, 0, f".{name}"), [])

    def globals(self, name: str) -> list[Bound]:
        """What is bound to a name of the module's own scope."""
        return self.bound.get((self.top.scope, 0, name), [])

    def dotted(self, node: ast.AST, site: Site) -> str:
        """The full name of what an expression names by way of imports; "" where it names nothing imported.

        A name that is None where the import fails names what is imported.
        """
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        bound = self.values(node, site) if isinstance(node, ast.Name) else None
        modules = [each.module for each in bound or () if each.kind == "import"]
        if not modules or not all(each.kind == "import" or _is_none(each.node) for each in bound or ()):
            return ""
        return ".".join((modules[-1], *reversed(names)))

    def inner(self, function: Function) -> Site:
        """Where the body of a function stands."""
        return self._inner[id(function)]

    def hierarchy(self, site: Site) -> set[int]:
        """The classes around a site, and those of the module that they inherit from."""
        found: set[int] = set()
        waiting = [self._bodies[scope] for scope in site.scope.around() if scope in self._bodies]
        while waiting:
            one = waiting.pop()
            if id(one) not in found:
                found.add(id(one))
                waiting += [self._classes[last(base)] for base in one.bases if last(base) in self._classes]
        return found

    def returned(self, function: Function) -> Iterator[ast.expr]:
        """What a function returns or yields."""
        waiting: list[ast.AST] = list(function.body)
        while waiting:
            node = waiting.pop()
            if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
                yield node.value
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
                waiting += ast.iter_child_nodes(node)

    def arguments(self, function: Function, parameter: str) -> Iterator[tuple[ast.expr, Site]]:
        """What calls in this module pass for a parameter of a function, as far as its name tells."""
        owner = self._owner.get(id(function))
        names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        names = names[1:] if owner is not None and not is_decorated(function, ("staticmethod",)) else names
        called = function.name if function.name != "__init__" or owner is None else owner.name
        for call in self._called.get(called, ()):
            if isinstance(call.node.func, ast.Attribute) and owner is None:
                continue
            for keyword in call.node.keywords:
                if keyword.arg == parameter:
                    yield keyword.value, call.site
            if parameter in names and names.index(parameter) < len(call.node.args):
                yield call.node.args[names.index(parameter)], call.site


def _is_none(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
