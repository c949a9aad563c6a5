"""Where the values of Python expressions go: edges between slots, and uses; see hosts.names. Knows no statement.

Whatever is not known to keep a value makes it unknown; whatever is not known to be harmless is a use.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.hosts.names import Birth, Call, Edge, Load, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.hosts.names import Class, Function, Import
    from schema_rewriter.hosts.python.frames import Frame
    from schema_rewriter.hosts.python.places import Places


@dataclass
class Found:
    """What the walk has found so far."""

    edges: list[Edge] = field(default_factory=list)
    births: list[Birth] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    typed: list[tuple[str, str]] = field(default_factory=list)


QUOTING = frozenset(("Identifier", "quote_ident"))
"""Functions whose argument becomes one quoted identifier of SQL (psycopg.sql, psycopg2.sql, psycopg2.extensions)."""
_ASKING = frozenset(("len", "isinstance", "bool", "type", "id"))
_DISPLAYS = (ast.List, ast.Set, ast.ListComp, ast.SetComp)
_KEEPING = frozenset(("strip", "lstrip", "rstrip"))
_SEQUENCES = frozenset(("list", "tuple", "set", "sorted", "reversed", "frozenset", "iter"))
_PARTS = {"items": "", "values": "values", "keys": "{}", "copy": ""}
_TEXTS = frozenset(("format", "join", "format_map"))


class Values:
    """Notes where values go. `frames` are the scopes around the statement at hand, the innermost last."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.found = Found()
        self.frames: tuple[Frame, ...] = ()
        self._count = 0
        self._in_text = 0
        self._displays: set[str] = set()

    # -- names

    def inner(self, name: str) -> str:
        """The path of a scope in the one at hand."""
        path = self.frames[-1].path
        return f"{path}.{name}" if path else name

    def slot(self, name: str) -> str:
        """The slot that a name means here."""
        for depth, frame in enumerate(reversed(self.frames)):
            if name in frame.bound and (depth == 0 or not frame.is_class):
                return frame.slot_of(self._mangled(name) if frame.is_class else name)
        return f":{name}"

    def reference(self, node: ast.expr) -> str | None:
        """The reference that a name with attributes is; None for any other expression."""
        if isinstance(node, ast.Name):
            return self.slot(node.id)
        if isinstance(node, ast.Attribute) and (base := self.reference(node.value)) is not None:
            return f"{base}.{self._mangled(node.attr)}"
        return None

    def _mangled(self, attribute: str) -> str:
        """An attribute as classes know it: `__table` in one is `_Store__table` (Python's reference, 6.2.1)."""
        if attribute.startswith("__") and not attribute.endswith("__"):
            for frame in reversed(self.frames):
                if frame.is_class:
                    return f"_{frame.name.lstrip('_')}{attribute}"
        return attribute

    def fresh(self) -> str:
        """A slot without a name."""
        self._count += 1
        return f"{self.frames[-1].path}:#{self._count}"

    def unknown(self, slot: str, node: ast.AST) -> None:
        self.found.unknown.append(Unknown(slot, getattr(node, "lineno", 0)))

    def annotation(self, slot: str, node: ast.expr | None) -> None:
        """A slot holds instances of the one class that an annotation names, None beside it or not."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("Optional"):
            node = node.slice
        if isinstance(node, ast.BinOp):
            sides = [side for side in (node.left, node.right) if not isinstance(side, ast.Constant)]
            node = sides[0] if len(sides) == 1 else None
        if node is not None and (reference := self.reference(node)) is not None:
            self.found.typed.append((slot, reference))

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
            base = self.reference(target.value)
            self.use(target.slice, "a key")
            if base is None:
                self.use(target.value, "a value that is changed")
                self.use(value, "an element")
            else:
                self.flow(value, base, "<*>")
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value)
        elif (slot_ := self.reference(target)) is not None:
            if isinstance(value, _DISPLAYS) or (isinstance(value, ast.Call) and _name(value.func) in ("list", "set")):
                self._displays.add(slot_)
            self.flow(value, slot_, "")
        else:
            self.use(value, "an attribute")

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
                base = self._place(function.value)
                self._unpack(target.elts[0], base, "{}")
                self._unpack(target.elts[1], base, "values")
                return
            if isinstance(function, ast.Name) and function.id == "enumerate" and iterated.args:
                self._unpack(target.elts[1], self._place(iterated.args[0]), "iter")
                return
        self._unpack(target, self._place(iterated), "iter")

    def _place(self, node: ast.expr) -> str:
        """A reference that holds the value of an expression."""
        if (reference := self.reference(node)) is not None:
            return reference
        slot = self.fresh()
        self.flow(node, slot, "")
        return slot

    def edge(self, source: str, pop: str, target: str, push: str, node: ast.AST) -> None:
        self.found.edges.append(Edge(source, pop, target, push, getattr(node, "lineno", 0)))

    def flow(self, node: ast.expr, target: str, push: str) -> None:
        """The value of an expression goes to the part `push` of a slot."""
        match node:
            case ast.Constant(value=None):
                pass
            case ast.Constant(value=str(text)):
                span = None if self._in_text else self.places.span(node)
                self.found.births.append(Birth(text, span, target, push, node.lineno))
            case ast.Name() | ast.Attribute() if (reference := self.reference(node)) is not None:
                self.edge(reference, "", target, push, node)
            case ast.Attribute():
                self.edge(f"{self._place(node.value)}.{node.attr}", "", target, push, node)
            case ast.Subscript(slice=ast.Constant(value=int(index))):
                self.edge(self._place(node.value), f"[{index}]", target, push, node)
            case ast.Subscript(slice=ast.Constant(value=str(key))):
                self.edge(self._place(node.value), f"<{key}>", target, push, node)
            case ast.Subscript(slice=ast.Slice()):
                self.edge(self._place(node.value), "[:]", target, push, node)
            case ast.Subscript():
                self.use(node.slice, "a key")
                self.edge(self._place(node.value), "<*>", target, push, node)
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
                    self.flow(value, target, f"{push}<{_key(at)}>")
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
                self._called(node, target, push)
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

    # -- calls

    def _called(self, node: ast.Call, target: str, push: str) -> None:
        """The result of a call goes to a slot."""
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else ""
        if isinstance(function, ast.Name) and function.id in _ASKING and _plain(node.args):
            self.unknown(target, node)
            return
        if isinstance(function, ast.Name) and len(node.args) >= 1:
            if function.id in _SEQUENCES or function.id == "str":
                self.flow(node.args[0], target, push)
                return
            if function.id in ("setattr", "getattr") and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                attribute = f"{self._place(node.args[0])}.{node.args[1].value!s}"
                if function.id == "getattr":
                    self.edge(attribute, "", target, push, node)
                for value in node.args[2:]:
                    self.flow(value, target if function.id == "getattr" else attribute, "")
                return
            if function.id == "cast" and len(node.args) == 2:
                self.flow(node.args[1], target, push)
                return
        if name in _KEEPING and isinstance(function, ast.Attribute) and not node.args:
            self.flow(function.value, target, push)
            return
        if name in _TEXTS and isinstance(function, ast.Attribute):
            self.text(node)
            self.unknown(target, node)
            return
        if isinstance(function, ast.Attribute) and name in _PARTS and not node.args:
            self.edge(self._place(function.value), _PARTS[name], target, push, node)
        if isinstance(function, ast.Attribute) and name == "get" and node.args:
            key = node.args[0]
            self.edge(self._place(function.value), f"<{_key(key)}>", target, push, node)
        self.edge(f"{self.call(node)}@return", "", target, push, node)

    def call(self, node: ast.Call) -> str:
        """Note a call; the slot by which its arguments and its result go."""
        reference = self.reference(node.func)
        if isinstance(node.func, ast.Attribute) and (grown := self._grown(node, node.func)):
            return grown
        if reference is None and isinstance(node.func, ast.Attribute):
            reference = f"{self._place(node.func.value)}.{node.func.attr}"
        elif reference is None:
            self.use(node.func, "a call")
            reference = ":?"
        slot = self.fresh()
        arguments: list[str] = []
        callback: tuple[str, ...] = ()
        for index, argument in enumerate(node.args):
            key = str(index)
            if isinstance(argument, ast.Starred):
                self.use(argument.value, "arguments that are spread")
                key = "*"
            else:
                self._argument(argument, f"{slot}@{key}")
            arguments.append(key)
        for keyword in node.keywords:
            if keyword.arg is None:
                self._argument(keyword.value, f"{slot}@**")
            else:
                self._argument(keyword.value, f"{slot}@{keyword.arg}")
            arguments.append(keyword.arg or "**")
        if "*" not in arguments and len(node.args) > 1:
            for index, argument in enumerate(node.args[:-1]):
                if isinstance(argument, (ast.Name, ast.Attribute)) and (passed := self.reference(argument)):
                    names = [item.id if isinstance(item, ast.Name) else "" for item in node.args[index + 1 :]]
                    callback = (*callback, f"{index}={passed}={','.join(names)}")
        self.found.calls.append(Call(slot, reference, tuple(arguments), node.lineno, callback))
        return slot

    def _grown(self, node: ast.Call, function: ast.Attribute) -> str | None:
        """A call of append and its like on what is known to be a list: what it adds are elements."""
        base = self.reference(function.value)
        if base not in self._displays or base is None or not node.args or node.keywords:
            return None
        if function.attr in ("append", "add"):
            self.flow(node.args[0], base, "[]")
        elif function.attr == "insert" and len(node.args) == 2:
            self.flow(node.args[1], base, "[]")
        elif function.attr == "extend":
            self.flow(node.args[0], base, "")
        else:
            return None
        return self.fresh()

    def _argument(self, node: ast.expr, target: str) -> None:
        self.flow(node, target, "")

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
                self.found.loads.append(Load(reference, "", what, node.lineno))
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
                self.found.loads.append(Load(slot, "", what, node.lineno))
            case _ if isinstance(node, _FOLLOWED):
                slot = self.fresh()
                self.flow(node, slot, "")
                self.found.loads.append(Load(slot, "", what, node.lineno))
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.use(child, what)

    # -- texts

    def text(self, node: ast.expr) -> None:
        """An expression that puts a text together."""
        self._in_text += 1
        match node:
            case ast.JoinedStr():
                for part in node.values:
                    if isinstance(part, ast.FormattedValue):
                        if part.conversion == -1 and part.format_spec is None:
                            self.hole(part.value)
                        else:
                            self.use(part.value, "a formatted text")
            case ast.BinOp(op=ast.Add()):
                self._in_text -= 1
                for side in (node.left, node.right):
                    self.hole(side)
                self._in_text += 1
            case ast.BinOp(op=ast.Mod()):
                self._in_text -= 1
                self.hole(node.left)
                for value in _values(node.right):
                    self.hole(value)
                self._in_text += 1
            case ast.Call(func=ast.Attribute(attr="format" | "format_map", value=template)):
                self._in_text -= 1
                self.hole(template)
                for value in (*node.args, *(keyword.value for keyword in node.keywords)):
                    self.hole(value)
                self._in_text += 1
            case ast.Call(func=ast.Attribute(attr="join", value=separator), args=[ast.List() | ast.Tuple() as items]):
                self._in_text -= 1
                self.hole(separator)
                for value in items.elts:
                    self.hole(value)
                self._in_text += 1
            case _:
                self._in_text -= 1
                self.hole(node) if not isinstance(node, (ast.BinOp, ast.Call)) else self._others(node)
                self._in_text += 1
        self._in_text -= 1

    def _others(self, node: ast.expr) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.use(child, "a text")

    def hole(self, node: ast.expr) -> None:
        """An expression that becomes a part of a text."""
        if isinstance(node, ast.Constant):
            return
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod))):
            self.text(node)
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _TEXTS:
            self.text(node)
            return
        key = (self.frames[-1].path, ast.unparse(node))
        inner = node
        while isinstance(inner, ast.Call) and _name(inner.func) in QUOTING and inner.args:
            if _name(inner.func) == "Identifier" and len(inner.args) > 1:
                return  # a name with its schema: the engine reads it where it stands
            inner = inner.args[0]
        if isinstance(inner, ast.Constant):
            return
        if isinstance(inner, ast.Call) and _name(inner.func) in ("SQL", "text") and inner.args:
            self.hole(inner.args[0])
            return
        slot = self._place(inner)
        self.found.loads.append(Load(slot, "", "a text", node.lineno, key))


def _values(node: ast.expr) -> Sequence[ast.expr]:
    """What the right side of % puts into the left one."""
    if isinstance(node, ast.Tuple):
        return node.elts
    if isinstance(node, ast.Dict):
        return node.values
    return (node,)


def _plain(nodes: Sequence[ast.expr]) -> bool:
    return bool(nodes) and isinstance(nodes[0], (ast.Name, ast.Attribute))


def _key(node: ast.expr) -> str:
    """The key of a mapping, as a step of a path: `*` for one that is not a plain string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not set("<>") & set(node.value):
        return node.value
    return "*"


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


_FOLLOWED = (
    *(ast.Call, ast.IfExp, ast.BoolOp, ast.NamedExpr, ast.Await, ast.Starred, ast.Subscript, ast.Attribute),
    *(ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp, ast.Yield),
)
