"""Which system runs which expressions of a module: by the objects that calls hand texts to, and by following names."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import engines
from schema_rewriter.hosts.python.dialects.objects import NOTHING, UNKNOWN, Objects, Systems, is_told
from schema_rewriter.hosts.python.nodes import is_self, last

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.hosts.python.dialects.bindings import Bindings
    from schema_rewriter.hosts.python.dialects.variables import Bound, ScopedCall, Variable


@dataclass(frozen=True, slots=True)
class Run:
    """Who runs an expression that is SQL: a system, for certain or perhaps beside PostgreSQL."""

    system: str
    is_certain: bool = True

    @property
    def is_other(self) -> bool:
        """Whether it is another system than PostgreSQL."""
        return self.system not in (engines.OURS, engines.ANY)

    @property
    def systems(self) -> Systems:
        """The same as a set: with None where it is not certain."""
        return frozenset((self.system,)) if self.is_certain else frozenset((self.system, None))


def run_of(systems: Systems) -> Run | None:
    """Who runs what an object of these systems is handed; None where nothing tells."""
    others = sorted(system for system in systems if system not in (None, engines.OURS, engines.ANY))
    if others:
        return Run(", ".join(map(str, others)), is_certain=systems.isdisjoint((None, engines.OURS, engines.ANY)))
    for system in (engines.OURS, engines.ANY):
        if system in systems:
            return Run(system)
    return None


class Runs:
    """The expressions of a module with who runs them; `connected` are the other systems that it makes objects of."""

    def __init__(self, bindings: Bindings) -> None:
        self.bindings = bindings
        self.objects = Objects(bindings)
        self.nodes: dict[int, tuple[ast.expr | ast.stmt, Run]] = {}
        self.connected: frozenset[str] = frozenset()
        self._by_id: dict[int, Run] = {}
        self._in_text: set[int] = set()  # of these, the ones that stand where a text does

    def take_all(self, node: ast.stmt | ast.expr, run: Run) -> None:
        """All that stands in a statement or an expression is run by a system."""
        self.nodes[id(node)] = node, run
        for inner in ast.walk(node):
            self._by_id[id(inner)] = run
            if isinstance(inner, ast.Call):
                self._in_text.update(id(text) for value in _values(inner) for text in texts_in(value))
            elif isinstance(inner, (ast.Assign, ast.AugAssign, ast.Return)) and inner.value is not None:
                self._in_text.update(map(id, texts_in(inner.value)))

    def of_objects(self) -> None:
        """Take the texts that calls hand to objects of a known system, those around others first."""
        known = [(called, self._run(called)) for called in self.bindings.calls]
        for called, run in known:
            if run is None:
                continue
            for value in _values(called.node):
                self.nodes[id(value)] = value, run
                for node in texts_in(value):
                    self._in_text.add(id(node))
                    if run.system != engines.ANY or id(node) not in self._by_id:
                        self._by_id[id(node)] = run
        self.connected = frozenset(self._made())

    def _made(self) -> Iterator[str]:
        """The other systems that the module connects to for certain."""
        for called in self.bindings.calls:
            made = self.objects.systems(called.node, called.site, connection=True)
            if (run := run_of(made)) is not None and run.is_other and run.is_certain:
                yield run.system

    def _run(self, called: ScopedCall) -> Run | None:
        """Who runs the texts that a call is given: its object's system, or else that of a connection among them."""
        function, site = called.node.func, called.site
        found: Systems = UNKNOWN
        if dotted := self.bindings.dotted(function, site):
            found = frozenset((engines.by_module(dotted),))
        elif isinstance(function, ast.Attribute):
            found = self.objects.systems(function.value, site)
        if isinstance(function, ast.Attribute) and not is_told(found):
            found = frozenset((engines.by_method(function.attr),))
        if found <= UNKNOWN | {engines.ANY}:
            passed = [self.objects.systems(value, site, connection=True) for value in _values(called.node)]
            urls = [self.objects.urls.of(value, site) for value in _values(called.node) if not _is_name(value)]
            found = NOTHING.union(*filter(is_told, (*passed, *urls))) or found
        return run_of(found)

    def follow(self) -> None:
        """Take what is bound to the names that are run, as far as all who read a name agree."""
        seen: dict[tuple[Variable, int], Run] = {}
        names = self._names()
        keys = {load: name for name, loads in names.items() for load in loads}
        waiting = dict.fromkeys(names)
        while waiting:
            name = next(iter(waiting))
            del waiting[name]
            bound = self.bindings.bound[name]
            run = self._agreed(names[name])
            if run is None:
                continue
            is_text = not self._in_text.isdisjoint(names[name])
            if not is_text:
                bound = [one for one in bound if one.kind == "value"]
            elif not run.is_certain:  # what runs texts of others on several systems says so where it does
                bound = [one for one in bound if one.kind != "parameter"]
            for value in self._texts(name[2], bound):
                if id(value) in self._by_id and self._by_id[id(value)] != seen.get((name, id(value))):
                    continue  # what only one system's code binds, no other gets
                if seen.get((name, id(value))) == run:
                    continue
                seen[name, id(value)] = run
                self.nodes[id(value)] = value, run
                for node in texts_in(value):
                    self._in_text.add(id(node))
                    self._by_id[id(node)] = run
                    if (key := keys.get(id(node))) is not None:
                        waiting[key] = None
                self._by_id[id(value)] = run

    def _names(self) -> dict[Variable, list[int]]:
        """The variables that something is bound to, each with all that read it."""
        found: dict[Variable, list[int]] = {}
        for node, site in self.bindings.loads:
            name = self.bindings.variable(node, site) if isinstance(node, ast.Name) else (None, 0, f".{node.attr}")
            if name in self.bindings.bound:
                found.setdefault(name, []).append(id(node))
        return found

    def _agreed(self, loads: Iterable[int]) -> Run | None:
        """Who runs a name that these read; None where none of them is run by anyone."""
        runs = [self._by_id.get(load) for load in loads]
        return run_of(NOTHING.union(*(run.systems if run is not None else UNKNOWN for run in runs)))

    def _texts(self, name: str, bound: Iterable[Bound]) -> Iterator[ast.expr]:
        """The expressions that may be texts among what is bound to a name."""
        for each in bound:
            node = each.node
            if each.kind == "value" and isinstance(node, ast.expr):
                yield from _elements(node)
            elif each.kind == "parameter" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for value, _ in self.bindings.arguments(node, name):
                    yield from _elements(value)
            elif each.kind == "returns" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for value in self.bindings.returned(node):
                    yield from _elements(value)


def texts_in(node: ast.AST) -> Iterator[ast.AST]:
    """The names that an expression of a text is made of, and the expression itself."""
    yield node
    match node:
        case ast.BinOp(left=left, right=right):
            parts: list[ast.AST] = [left, right]
        case ast.JoinedStr(values=values):
            parts = [value.value for value in values if isinstance(value, ast.FormattedValue)]
        case ast.IfExp(body=body, orelse=other):
            parts = [body, other]
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _OF_TEXTS:
            parts = [inner, *node.args, *(keyword.value for keyword in node.keywords)]
        case ast.Call(func=function):
            parts = [function, *node.args] if isinstance(function, ast.Name) or last(function) in _MAKES else [function]
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            parts = list(elements)
        case ast.Starred(value=inner) | ast.Subscript(value=inner) | ast.Await(value=inner):
            parts = [inner]
        case _:
            return
    for part in parts:
        yield from texts_in(part)


_OF_TEXTS = ("format", "join", "strip", "replace", "lstrip", "rstrip", "format_map", "bindparams", "as_string")
_MAKES = ("text", "SQL", "dedent", "cleandoc", "Composed", "literal_column", "DDL")


def _elements(node: ast.expr) -> Iterator[ast.expr]:
    """The texts that an expression may be, one by one; nothing where it is the result of a call, or a number."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            for element in elements:
                yield from _elements(element)
        case ast.Dict(values=values):
            for value in values:
                yield from _elements(value)
        case ast.IfExp(body=body, orelse=other):
            yield from _elements(body)
            yield from _elements(other)
        case ast.Constant(value=str()) | ast.JoinedStr() | ast.BinOp() | ast.Name() | ast.Attribute() | ast.Subscript():
            yield node
        case ast.Call(func=function) if last(function) in _MAKES or last(function) in _OF_TEXTS or _is_own(function):
            yield node
        case _:
            return


def _is_own(function: ast.expr) -> bool:
    """Whether a call may be one of a function or a method of the module."""
    return isinstance(function, ast.Name) or (isinstance(function, ast.Attribute) and is_self(function.value))


def _values(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute))
