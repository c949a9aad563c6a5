"""What Python calls do with values, the language's own calls and others; see hosts.names. Knows no statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python.binding import VALUES, bound, is_display
from schema_rewriter.hosts.python.nodes import spelt
from schema_rewriter.hosts.python.valueflow.builtins import KEEPING, Builtins
from schema_rewriter.hosts.python.valueflow.composing import WRAPPING
from schema_rewriter.hosts.python.valueflow.graph import name_of
from schema_rewriter.hosts.python.valueflow.texts import QUOTING, TEXTS
from schema_rewriter.hosts.valueflow import Call, Callback, Composed, Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PARTS = {
    "items": (("{}", "[][0]"), ("values", "[][1]")),
    "values": (("values", "[]"),),
    "keys": (("{}", "[]"),),
    "copy": (("", ""),),
}
"""Methods of mappings without arguments: the parts that they take, and where they put them."""
TAKING = frozenset(("get", "pop", "setdefault"))
"""Methods of mappings that give the value of a key, or else their second argument."""
_SETTING = frozenset(("__setattr__", "setattr", "object"))
"""Methods that set an attribute of their first argument: of objects, pytest's monkeypatch, mock.patch."""
ABOVE = "super()"
"""Stands behind a class for what its bases have."""


class Calls(Builtins):
    """Notes calls."""

    def called(self, node: ast.Call, target: str, write_path: str) -> None:
        """The result of a call goes to a slot."""
        function = node.func
        self.reflected(node)
        if name_of(function) in QUOTING and node.args and self._quoted(node, target, write_path):
            return
        if isinstance(function, ast.Attribute):
            self._method(node, function, target, write_path)
        elif not (isinstance(function, ast.Name) and self.builtin(node, function.id, target, write_path)):
            self._given(node, self.call(node), target, write_path)

    def _quoted(self, node: ast.Call, target: str, write_path: str) -> bool:
        """A call that quotes its argument as one identifier; whether it is one that is followed."""
        is_identifier = name_of(node.func) == "Identifier"
        name, schema = node.args[0], ""
        if node.keywords or any(isinstance(item, ast.Starred) for item in node.args):
            return False
        place: ast.expr | None = name if is_identifier else None
        if is_identifier and len(node.args) > 1:
            first, name = node.args[0], node.args[-1]
            if len(node.args) > 2 or not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                return False
            place, schema = first, first.value
        self.quote(target, write_path, place, schema, node)
        self.flow(name, self.found.quotes[-1].slot, "")
        return True

    def _method(self, node: ast.Call, function: ast.Attribute, target: str, write_path: str) -> None:
        """The result of a call of a method goes to a slot."""
        if self._kept(node, function, target, write_path):
            return
        if self._changes(node, function):
            self.unknown(target, node)
            if function.attr in TEXTS:
                self.compose((node,), target, write_path)
            return
        name = function.attr
        base = self.place(function.value) if name in _PARTS or name in TAKING else None
        if base is not None and name in _PARTS and not node.args:
            for read_path, part in _PARTS[name]:
                self.edge(base, read_path, target, write_path + part, node)
        if base is not None and name in TAKING and node.args:
            self.edge(base, f"<{key_of(node.args[0])}>", target, write_path, node)
        self._given(node, self.call(node, base), target, write_path)

    def _given(self, node: ast.Call, slot: str, target: str, write_path: str) -> None:
        """What a call gives goes to a slot; where it wraps a text, that does."""
        self.edge(f"{slot}@return", "", target, write_path, node)
        if spelt(node.func) in ("re.sub", "re.subn") and len(node.args) > 2:
            self._held[node.args[2]] = f"{slot}@2"
            self.replaced(node.args[2], node.args, is_pattern=True)
        if name_of(node.func) in WRAPPING and node.args:
            self.found.composed.append(Composed((Part(slot=f"{slot}@0"),), f"{slot}@return", "", node.lineno))

    def _kept(self, node: ast.Call, function: ast.Attribute, target: str, write_path: str) -> bool:
        """Follow a method whose result is what it is called of, or what it gets; whether it is one."""
        name = function.attr
        if name in KEEPING and not node.args:
            self.flow(function.value, target, write_path)
        elif name in ("heappush", "insort") and self.builtin(node, name, target, write_path):
            pass
        elif name == "from_iterable" and len(node.args) == 1:
            self.edge(self.place(node.args[0]), "iter", target, write_path, node)
        elif name == "getenv" or (name == "get" and name_of(function.value) == "environ"):
            for default in node.args[1:]:
                self.flow(default, target, write_path)
            self.unknown(target, node)
        else:
            return False
        return True

    def _changes(self, node: ast.Call, function: ast.Attribute) -> bool:
        """Follow a method that puts a text together, or sets what others read; whether it is one."""
        name = function.attr
        if name in TEXTS:
            self.text(node)
        elif name in _SETTING and len(node.args) > 2 and isinstance(node.args[1], ast.Constant):
            self.set_attribute(*node.args[:3])
        elif name in ("__setitem__", "setitem") and len(node.args) > 1:
            *holder, key, value = node.args
            made = ast.Subscript(holder[0] if holder else function.value, key, ast.Store())
            self.bind(ast.copy_location(made, node), value)
        elif name == "update" and (changed := self._attributes(function.value)) is not None:
            for value in node.args:
                self.flow(value, f"{changed}.*", "")
            for keyword in node.keywords:
                self.flow(keyword.value, f"{changed}.{keyword.arg or '*'}", "")
        else:
            return False
        return True

    def _attributes(self, node: ast.expr) -> str | None:
        """What `vars(x)` or `x.__dict__` are all attributes of."""
        if isinstance(node, ast.Attribute) and node.attr == "__dict__":
            return self.place(node.value)
        if isinstance(node, ast.Call) and name_of(node.func) == "vars" and node.args:
            return self.place(node.args[0])
        return None

    def call(self, node: ast.Call, base: str | None = None) -> str:
        """Note a call; the slot by which its arguments and its result go. `base` is the object of a method."""
        reference = self.reference(node.func)
        if isinstance(node.func, ast.Attribute) and (grown := self._grown(node, node.func)):
            return grown
        if reference is None and isinstance(node.func, ast.Attribute):
            above = self._above(node.func.value)
            reference = f"{above or base or self.place(node.func.value)}.{node.func.attr}"
        elif reference is None:
            self.use(node.func, "a call")
            reference = ":?"
        slot = self.fresh()
        arguments = tuple(self._arguments(node, slot))
        bound = tuple(self._bound(node))
        callbacks = tuple(self._callbacks(node, arguments))
        self.found.calls.append(Call(slot, reference, arguments, node.lineno, callbacks, bound))
        return slot

    def _bound(self, node: ast.Call) -> Iterator[str]:
        """Note what a call binds to SQL, as parts of a text; the keys of those of its arguments."""
        values = [value for _, value in bound(node)]
        for value in values:
            self.bind_value(value)
        if values:
            taken = {id(value) for value in values}
            keywords = ((keyword.arg or "**", keyword.value) for keyword in node.keywords)
            yield from (str(index) for index, one in enumerate(node.args) if id(one) in taken or is_display(one))
            yield from (key for key, one in keywords if id(one) in taken or (key in VALUES and is_display(one)))

    def _arguments(self, node: ast.Call, slot: str) -> Iterator[str]:
        """Follow the arguments of a call to its slot; the key of each."""
        is_spread = False
        for index, argument in enumerate(node.args):
            is_spread = is_spread or isinstance(argument, ast.Starred)
            key = f"*{index}" if is_spread else str(index)
            if isinstance(argument, ast.Starred):
                self.flow(argument.value, f"{slot}@{key}", "")
            else:
                self.flow(argument, f"{slot}@{key}", "[]" if is_spread else "")
            yield key
        for keyword in node.keywords:
            key = keyword.arg or "**"
            self.flow(keyword.value, f"{slot}@{key}", "")
            yield key

    def _callbacks(self, node: ast.Call, arguments: Sequence[str]) -> Iterator[Callback]:
        """The arguments of a call that may be functions, which it hands others on to."""
        if len(arguments) < 2 or any(one.startswith("*") and one != "**" for one in arguments):
            return
        for index, argument in enumerate(node.args):
            if isinstance(argument, (ast.Name, ast.Attribute)) and (passed := self.reference(argument)):
                rest = node.args[index + 1 :]
                yield Callback(index, passed, tuple(item.id if isinstance(item, ast.Name) else "" for item in rest))

    def _above(self, node: ast.expr) -> str | None:
        """The reference by which `super()` is called; None for anything else."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"):
            return None
        if node.args:
            own = self.reference(node.args[0])
            return f"{own}.{ABOVE}" if own else None
        inner = next((scope for scope in self.scope.around() if scope.is_class), None)
        return f"{inner.outer.owner.path}:{inner.name}.{ABOVE}" if inner is not None else None

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


def key_of(node: ast.expr) -> str:
    """The key of a mapping, as a step of a path: `*` for one that is not a plain string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not set("<>") & set(node.value):
        return node.value
    return "*"
