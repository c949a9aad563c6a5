"""Where the values of Python expressions go: edges between slots, and uses; see hosts.names. Knows no statement.

Whatever is not known to keep a value makes it unknown; whatever is not known to be harmless is a use.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from schema_rewriter.hosts.python.valueflow.assignments import Assignments
from schema_rewriter.hosts.python.valueflow.calls import key_of
from schema_rewriter.hosts.valueflow import LiteralSource, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Values(Assignments):
    """Notes where values go."""

    def flow(self, node: ast.expr, target: str, write_path: str) -> None:
        """The value of an expression goes to the part `write_path` of a slot."""
        follow = _FLOWS.get(type(node))
        if follow is not None:
            follow(self, node, target, write_path)
        else:
            self.use(node, "an expression")
            self.unknown(target, node)
            if isinstance(node, ast.JoinedStr):
                self.compose((node,), target, write_path)

    def _constant(self, node: ast.Constant, target: str, write_path: str) -> None:
        if isinstance(node.value, str):  # a number is no name
            span = None if self._in_text else self.places.span(node)
            self.found.literals.append(LiteralSource(node.value, span, target, write_path, node.lineno))

    def _name(self, node: ast.Name | ast.Attribute, target: str, write_path: str) -> None:
        self.edge(self.place(node), "", target, write_path, node)

    def _attribute(self, node: ast.Attribute, target: str, write_path: str) -> None:
        reference = self.reference(node)
        self.edge(reference or f"{self.place(node.value)}.{node.attr}", "", target, write_path, node)

    def _subscript(self, node: ast.Subscript, target: str, write_path: str) -> None:
        match node.slice:
            case ast.Constant(value=int(index)):
                part = f"[{index}]"
            case ast.Constant(value=str(key)):
                part = f"<{key}>"
            case ast.Slice():
                part = "[:]"
            case key:
                self.use(key, "a key")
                part = "<*>"
        self.edge(self.place(node.value), part, target, write_path, node)

    def _tuple(self, node: ast.Tuple, target: str, write_path: str) -> None:
        for index, item in enumerate(node.elts):
            self._element(item, target, f"{write_path}[{index}]", write_path)

    def _list(self, node: ast.List | ast.Set, target: str, write_path: str) -> None:
        for item in node.elts:
            self._element(item, target, f"{write_path}[]", write_path)

    def _dict(self, node: ast.Dict, target: str, write_path: str) -> None:
        for at, value in zip(node.keys, node.values, strict=True):
            if at is None:
                self.flow(value, target, write_path)
                continue
            self.flow(at, target, write_path + "{}")
            self.flow(value, target, f"{write_path}<{key_of(at)}>")

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, target: str, write_path: str) -> None:
        first = self._first_loop(node)
        with self.inside(node):
            self._generators(node.generators, first)
            self.flow(node.elt, target, f"{write_path}[]")

    def _dict_comprehension(self, node: ast.DictComp, target: str, write_path: str) -> None:
        first = self._first_loop(node)
        with self.inside(node):
            self._generators(node.generators, first)
            self.flow(node.key, target, write_path + "{}")
            self.flow(node.value, target, f"{write_path}<*>")

    def _conditional(self, node: ast.IfExp, target: str, write_path: str) -> None:
        self.test(node.test)
        self.flow(node.body, target, write_path)
        self.flow(node.orelse, target, write_path)

    def _any_of(self, node: ast.BoolOp, target: str, write_path: str) -> None:
        for item in node.values:
            self.flow(item, target, write_path)

    def _named(self, node: ast.NamedExpr, target: str, write_path: str) -> None:
        self.bind(node.target, node.value)
        self.edge(self.slot(node.target.id), "", target, write_path, node)

    def _inner(self, node: ast.Await | ast.Starred, target: str, write_path: str) -> None:
        self.flow(node.value, target, write_path)

    def _yield(self, node: ast.Yield, target: str, write_path: str) -> None:
        if node.value is not None:
            self.flow(node.value, f"{self.scope.body.path}:return", "[]")
        self.unknown(target, node)

    def _operation(self, node: ast.BinOp, target: str, write_path: str) -> None:
        if not isinstance(node.op, ast.Add):
            self.use(node, "an expression")
            self.unknown(target, node)
            if isinstance(node.op, ast.Mod):
                self.compose((node,), target, write_path)
            return
        self.text(node)
        self.unknown(target, node)
        self.compose((node,), target, write_path)
        for side in (node.left, node.right):  # it may as well be a list
            if isinstance(side, (ast.List, ast.Tuple)):
                self.flow(side, target, write_path)
            elif (reference := self.reference(side)) is not None:
                self.edge(reference, "+", target, write_path, node)

    def _element(self, item: ast.expr, target: str, write_path: str, outer: str) -> None:
        if isinstance(item, ast.Starred):
            self.flow(item.value, target, outer)
        else:
            self.flow(item, target, write_path)

    def _first_loop(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> tuple[str, bool]:
        """What a comprehension goes over, which is read in the scope around it."""
        return self.looped(node.generators[0].target, node.generators[0].iter)

    def _generators(self, generators: Sequence[ast.comprehension], first: tuple[str, bool]) -> None:
        for index, generator in enumerate(generators):
            if index:
                self.bind_loop(generator.target, generator.iter)
            else:
                self.unpack_loop(generator.target, *first)
            for condition in generator.ifs:
                self.test(condition)

    # -- uses

    def ignore(self, node: ast.expr) -> None:
        """An expression whose value nobody takes."""
        if not isinstance(node, (ast.Constant, ast.Name)):
            self.flow(node, self.fresh(), "")

    def test(self, node: ast.expr) -> None:
        """A condition: whether there is a value at all says nothing of it."""
        match node:
            case ast.Name() | ast.Attribute():
                pass
            case ast.BoolOp():
                for item in node.values:
                    self.test(item)
            case ast.UnaryOp(op=ast.Not()):
                self.test(node.operand)
            case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
                self.test(node.left)
            case _:
                self.use(node, "a condition")

    def use(self, node: ast.expr, what: str) -> None:
        """The value of an expression is used for something that is not followed."""
        match node:
            case ast.Constant():
                pass
            case ast.Name() | ast.Attribute() if (reference := self.reference(node)) is not None:
                self.found.sinks.append(Sink(reference, "", what, node.lineno))
            case ast.JoinedStr() | ast.BinOp():
                self.text(node)
            case ast.Compare():
                for item in (node.left, *node.comparators):
                    self.use(item, "a comparison")
            case ast.Lambda():
                self._lambda(node, what)
            case _ if isinstance(node, _FOLLOWED):
                slot = self.fresh()
                self.flow(node, slot, "")
                self.found.sinks.append(Sink(slot, "", what, node.lineno))
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.use(child, what)

    def _lambda(self, node: ast.Lambda, what: str) -> None:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.use(default, "a default of a lambda")
        with self.inside(node):
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    self.unknown(self.slot(argument.arg), node)
            slot = self.fresh()
            self.flow(node.body, slot, "")
        self.found.sinks.append(Sink(slot, "", what, node.lineno))


_FOLLOWED = (
    *(ast.Call, ast.IfExp, ast.BoolOp, ast.NamedExpr, ast.Await, ast.Starred, ast.Subscript, ast.Attribute),
    *(ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp, ast.Yield),
)
_FLOWS: dict[type, Callable[[Values, Any, str, str], None]] = {
    ast.Constant: Values._constant,
    ast.Name: Values._name,
    ast.Attribute: Values._attribute,
    ast.Subscript: Values._subscript,
    ast.Tuple: Values._tuple,
    **dict.fromkeys((ast.List, ast.Set), Values._list),
    ast.Dict: Values._dict,
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.GeneratorExp), Values._comprehension),
    ast.DictComp: Values._dict_comprehension,
    ast.IfExp: Values._conditional,
    ast.BoolOp: Values._any_of,
    ast.NamedExpr: Values._named,
    **dict.fromkeys((ast.Await, ast.Starred), Values._inner),
    ast.Yield: Values._yield,
    ast.Call: Values.called,
    ast.BinOp: Values._operation,
}
"""How the value of an expression is followed; that of any other is not known."""
