"""Where the values of Python expressions go: edges between slots, and uses; see hosts.names. Knows no statement.

Whatever is not known to keep a value makes it unknown; whatever is not known to be harmless is a use.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python.valueflow.calls import Calls, key_of
from schema_rewriter.hosts.python.valueflow.graph import name_of
from schema_rewriter.hosts.valueflow import LiteralSource, Sink

if TYPE_CHECKING:
    from collections.abc import Sequence

_DISPLAYS = (ast.List, ast.Set, ast.ListComp, ast.SetComp)


class Values(Calls):
    """Notes where values go."""

    # -- where values go

    def bind(self, target: ast.expr, value: ast.expr) -> None:
        """An assignment."""
        if isinstance(target, (ast.Tuple, ast.List)):
            plain = not any(isinstance(item, ast.Starred) for item in target.elts)
            if plain and isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                for one, other in zip(target.elts, value.elts, strict=True):
                    self.bind(one, other)
                return
            slot = self.fresh()
            self.flow(value, slot, "")
            self._unpack(target, slot, "")
        elif isinstance(target, ast.Subscript):
            self._bind_element(target, value)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value)
        elif (slot_ := self.reference(target)) is not None:
            if isinstance(value, _DISPLAYS) or (isinstance(value, ast.Call) and name_of(value.func) in ("list", "set")):
                self._displays.add(slot_)
            if isinstance(value, ast.Subscript) and name_of(value.value) == "Literal":
                self._types[slot_] = value
            self.flow(value, slot_, "")
        elif isinstance(target, ast.Attribute):
            self.flow(value, f"{self.place(target.value)}.{target.attr}", "")
        else:
            self.use(value, "an attribute")

    def _bind_element(self, target: ast.Subscript, value: ast.expr) -> None:
        """An assignment to a part of a list or mapping, whose key becomes one of the mapping's."""
        if (slot := self._by_key(target)) is not None:
            self.flow(value, slot, "")
            return
        base, key = self.place(target.value), target.slice
        self.use(key, "a key")
        if not isinstance(key, ast.Constant):
            self.put(key, base, "{}")
        if isinstance(key, ast.Slice):
            self.put(value, base, "")
            return
        self.put(value, base, "<*>")
        if isinstance(key, ast.Constant) and not isinstance(key.value, str):
            self.put(value, base, "[]")  # it may be an element of a list

    def _by_key(self, target: ast.Subscript) -> str | None:
        """The slot that `vars(x)[key]`, `x.__dict__[key]` or `globals()[key]` is; that of all, for a key not known."""
        made, name = target.value, "*"
        if isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
            name = target.slice.value
        if isinstance(made, ast.Call) and name_of(made.func) == "globals":
            return f":{name}"
        of = self._attributes(made)
        return None if of is None else f"{of}.{name}"

    def _unpack(self, target: ast.expr, slot: str, pop: str) -> None:
        """The parts of a slot's value go to the parts of a target."""
        if isinstance(target, (ast.Tuple, ast.List)):
            starred = any(isinstance(item, ast.Starred) for item in target.elts)
            if pop:
                inner = self.fresh()
                self.edge(slot, pop, inner, "", target)
                slot = inner
            for index, item in enumerate(target.elts):
                self._unpack(item, slot, "<*>" if starred else f"[{index}]")
        elif isinstance(target, ast.Starred):
            if (name := self.reference(target.value)) is not None:
                self.edge(slot, "<*>", name, "[]", target)
        elif (name := self.reference(target)) is not None:
            self.edge(slot, pop, name, "", target)
        elif isinstance(target, ast.Subscript) and (base := self.reference(target.value)) is not None:
            self.edge(slot, pop, base, "<*>", target)

    def bind_loop(self, target: ast.expr, iterated: ast.expr) -> None:
        """A loop over something."""
        if isinstance(iterated, ast.Call) and isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) == 2:
            function = iterated.func
            if isinstance(function, ast.Attribute) and function.attr == "items" and not iterated.args:
                base = self.place(function.value)
                self._unpack(target.elts[0], base, "{}")
                self._unpack(target.elts[1], base, "values")
                return
        self._unpack(target, self.place(iterated), "iter")

    def flow(self, node: ast.expr, target: str, push: str) -> None:
        """The value of an expression goes to the part `push` of a slot."""
        match node:
            case ast.Constant(value=str(text)):
                span = None if self._in_text else self.places.span(node)
                self.found.literals.append(LiteralSource(text, span, target, push, node.lineno))
            case ast.Constant():
                pass  # a number is no name
            case ast.Name() | ast.Attribute() if (reference := self.reference(node)) is not None:
                self.edge(reference, "", target, push, node)
            case ast.Attribute():
                self.edge(f"{self.place(node.value)}.{node.attr}", "", target, push, node)
            case ast.Subscript(slice=ast.Constant(value=int(index))):
                self.edge(self.place(node.value), f"[{index}]", target, push, node)
            case ast.Subscript(slice=ast.Constant(value=str(key))):
                self.edge(self.place(node.value), f"<{key}>", target, push, node)
            case ast.Subscript(slice=ast.Slice()):
                self.edge(self.place(node.value), "[:]", target, push, node)
            case ast.Subscript():
                self.use(node.slice, "a key")
                self.edge(self.place(node.value), "<*>", target, push, node)
            case ast.Tuple():
                for index, item in enumerate(node.elts):
                    self._element(item, target, f"{push}[{index}]", push)
            case ast.List() | ast.Set():
                for item in node.elts:
                    self._element(item, target, f"{push}[]", push)
            case ast.Dict():
                for at, value in zip(node.keys, node.values, strict=True):
                    if at is None:
                        self.flow(value, target, push)
                        continue
                    self.flow(at, target, push + "{}")
                    self.flow(value, target, f"{push}<{key_of(at)}>")
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                self._generators(node.generators)
                self.flow(node.elt, target, f"{push}[]")
            case ast.DictComp():
                self._generators(node.generators)
                self.flow(node.key, target, push + "{}")
                self.flow(node.value, target, f"{push}<*>")
            case ast.IfExp():
                self.test(node.test)
                self.flow(node.body, target, push)
                self.flow(node.orelse, target, push)
            case ast.BoolOp():
                for item in node.values:
                    self.flow(item, target, push)
            case ast.NamedExpr():
                self.bind(node.target, node.value)
                self.edge(self.slot(node.target.id), "", target, push, node)
            case ast.Await() | ast.Starred():
                self.flow(node.value, target, push)
            case ast.Yield():
                if node.value is not None:
                    self.flow(node.value, f"{self.frames[-1].path}:return", "[]")
                self.unknown(target, node)
            case ast.Call():
                self.called(node, target, push)
            case ast.BinOp(op=ast.Add()):
                self.text(node)
                self.unknown(target, node)
                for side in (node.left, node.right):  # it may as well be a list
                    if isinstance(side, (ast.List, ast.Tuple)):
                        self.flow(side, target, push)
                    elif (reference := self.reference(side)) is not None:
                        self.edge(reference, "+", target, push, node)
            case _:
                self.use(node, "an expression")
                self.unknown(target, node)

    def _element(self, item: ast.expr, target: str, push: str, outer: str) -> None:
        if isinstance(item, ast.Starred):
            self.flow(item.value, target, outer)
        else:
            self.flow(item, target, push)

    def _generators(self, generators: Sequence[ast.comprehension]) -> None:
        for generator in generators:
            self.bind_loop(generator.target, generator.iter)
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
                for argument in node.args.args:
                    self.unknown(self.slot(argument.arg), node)
                for default in (*node.args.defaults, *node.args.kw_defaults):
                    if default is not None:
                        self.use(default, "a default of a lambda")
                slot = self.fresh()
                self.flow(node.body, slot, "")
                self.found.sinks.append(Sink(slot, "", what, node.lineno))
            case _ if isinstance(node, _FOLLOWED):
                slot = self.fresh()
                self.flow(node, slot, "")
                self.found.sinks.append(Sink(slot, "", what, node.lineno))
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.use(child, what)


_FOLLOWED = (
    *(ast.Call, ast.IfExp, ast.BoolOp, ast.NamedExpr, ast.Await, ast.Starred, ast.Subscript, ast.Attribute),
    *(ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp, ast.Yield),
)
