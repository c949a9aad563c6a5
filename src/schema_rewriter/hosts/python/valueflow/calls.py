"""What Python calls do with values, the language's own calls and others; see hosts.names. Knows no statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python.valueflow.graph import name_of
from schema_rewriter.hosts.python.valueflow.texts import QUOTING, TEXTS, Texts
from schema_rewriter.hosts.valueflow import Call, Callback, Quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_ASKING = frozenset(("len", "isinstance", "bool", "type", "id"))
_KEEPING = frozenset(("strip", "lstrip", "rstrip", "lower", "casefold"))
_SEQUENCES = frozenset(("list", "tuple", "set", "sorted", "reversed", "frozenset", "iter", "deque"))
_SAME = frozenset(("str", *_KEEPING))
_ROWS = {"zip": 0, "product": 0, "enumerate": 1}
"""Functions that give rows of the elements of their arguments, with the column of the first."""
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


class Calls(Texts):
    """Notes calls."""

    def called(self, node: ast.Call, target: str, push: str) -> None:
        """The result of a call goes to a slot."""
        function = node.func
        if name_of(function) in QUOTING and node.args and self._quoted(node, target, push):
            return
        if isinstance(function, ast.Attribute):
            self._method(node, function, target, push)
        elif not (isinstance(function, ast.Name) and self._builtin(node, function.id, target, push)):
            self.edge(f"{self.call(node)}@return", "", target, push, node)

    def _quoted(self, node: ast.Call, target: str, push: str) -> bool:
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
        self._quote(target, push, place, schema, node)
        self.flow(name, self.found.quotes[-1].slot, "")
        return True

    def _quote(self, target: str, push: str, place: ast.expr | None, schema: str, node: ast.AST) -> None:
        """Note that what gets into a new slot is quoted, and goes to a target."""
        slot = self.fresh()
        span = self.places.span(place) if place is not None and not self._in_text else None
        self.found.quotes.append(Quote(slot, span, schema, getattr(node, "lineno", 0)))
        self.edge(slot, "", target, push, node)

    def _builtin(self, node: ast.Call, name: str, target: str, push: str) -> bool:
        """Follow a call of one of Python's own functions; whether it is one that is followed."""
        follow = _BUILTINS.get(name)
        return (
            follow is not None and (bool(node.args) or name == "dict") and follow(self, node, target, push) is not False
        )

    def _asked(self, node: ast.Call, target: str, push: str) -> bool:  # a name's value is not told
        if not _plain(node.args):
            return False
        if name_of(node.func) == "len":  # of a list it says nothing of the names in it
            self.edge(self.place(node.args[0]), "iter", self.fresh(), "", node)
        self.unknown(target, node)
        return True

    def _same(self, node: ast.Call, target: str, push: str) -> None:
        self.flow(node.args[0], target, push)

    def _sequence(self, node: ast.Call, target: str, push: str) -> None:
        self.edge(self.place(node.args[0]), "iter", target, f"{push}[]", node)  # of a mapping its keys

    def _mapping(self, node: ast.Call, target: str, push: str) -> None:
        for argument in node.args:
            self.flow(argument, target, push)
        for keyword in node.keywords:
            self.flow(keyword.value, target, push + (f"<{keyword.arg}>" if keyword.arg else ""))

    def _rows(self, node: ast.Call, target: str, push: str) -> bool:
        if any(isinstance(item, ast.Starred) for item in node.args):
            return False
        name = name_of(node.func)
        for index, argument in enumerate(node.args[:1] if name == "enumerate" else node.args):
            self.edge(self.place(argument), "iter", target, f"{push}[][{index + _ROWS[name]}]", node)
        return True

    def _chain(self, node: ast.Call, target: str, push: str) -> None:
        for argument in node.args:
            self.flow(argument, target, push)

    def _next(self, node: ast.Call, target: str, push: str) -> None:
        self.edge(self.place(node.args[0]), "iter", target, push, node)
        for argument in node.args[1:]:
            self.flow(argument, target, push)

    def _map(self, node: ast.Call, target: str, push: str) -> bool:
        if len(node.args) != 2:
            return False
        self._mapped(node, name_of(node.func), target, push)
        return True

    def _getattr(self, node: ast.Call, target: str, push: str) -> bool:
        if len(node.args) < 2 or not isinstance(node.args[1], ast.Constant):
            return False
        self.edge(f"{self.place(node.args[0])}.{node.args[1].value!s}", "", target, push, node)
        for value in node.args[2:]:
            self.flow(value, target, "")
        return True

    def _setattr(self, node: ast.Call, target: str, push: str) -> bool:  # its result is None
        if len(node.args) != 3:
            return False
        self._set(*node.args)
        return True

    def _push(self, node: ast.Call, target: str, push: str) -> bool:  # its result is None
        if len(node.args) != 2:
            return False
        self.put(node.args[1], self.place(node.args[0]), "[]")
        return True

    def _cast(self, node: ast.Call, target: str, push: str) -> bool:
        if len(node.args) != 2:
            return False
        self.flow(node.args[1], target, push)
        return True

    def _set(self, of: ast.expr, name: ast.expr, value: ast.expr) -> None:
        """An attribute is set by its name; one that is not known may be any."""
        if isinstance(name, ast.Constant):
            self.flow(value, f"{self.place(of)}.{name.value!s}", "")
            return
        self.use(name, "the name of an attribute")
        self.flow(value, f"{self.place(of)}.*", "")
        self.use(value, "an attribute")

    def _mapped(self, node: ast.Call, name: str, target: str, push: str) -> None:
        """A call of map or filter: each element goes to a function, and what that gives, or the element, comes out."""
        function, items = node.args
        if name == "filter":
            self.flow(items, target, push)
        if isinstance(function, ast.Constant):
            return
        slot, each = self.fresh(), self.fresh()
        self.edge(self.place(items), "iter", each, "", node)
        if name == "map" and name_of(function) in _SAME:
            self.edge(each, "", target, f"{push}[]", node)
            return
        if name == "map" and name_of(function) == "Identifier":
            self._quote(target, f"{push}[]", None, "", node)
            self.edge(each, "", self.found.quotes[-1].slot, "", node)
            return
        reference = self.reference(function)
        if reference is None:
            self.use(function, "a call")
            reference = ":?"
        self.edge(each, "", f"{slot}@0", "", node)
        self.found.calls.append(Call(slot, reference, ("0",), node.lineno))
        if name == "map":
            self.edge(f"{slot}@return", "", target, f"{push}[]", node)

    def _method(self, node: ast.Call, function: ast.Attribute, target: str, push: str) -> None:
        """The result of a call of a method goes to a slot."""
        if self._kept(node, function, target, push):
            return
        if self._changes(node, function):
            self.unknown(target, node)
            return
        name = function.attr
        base = self.place(function.value) if name in _PARTS or name in TAKING else None
        if base is not None and name in _PARTS and not node.args:
            for pop, part in _PARTS[name]:
                self.edge(base, pop, target, push + part, node)
        if base is not None and name in TAKING and node.args:
            self.edge(base, f"<{key_of(node.args[0])}>", target, push, node)
        self.edge(f"{self.call(node, base)}@return", "", target, push, node)

    def _kept(self, node: ast.Call, function: ast.Attribute, target: str, push: str) -> bool:
        """Follow a method whose result is what it is called of, or what it gets; whether it is one."""
        name = function.attr
        if name in _KEEPING and not node.args:
            self.flow(function.value, target, push)
        elif name in ("heappush", "insort") and self._builtin(node, name, target, push):
            pass
        elif name == "from_iterable" and len(node.args) == 1:
            self.edge(self.place(node.args[0]), "iter", target, push, node)
        elif name == "getenv" or (name == "get" and name_of(function.value) == "environ"):
            for default in node.args[1:]:
                self.flow(default, target, push)
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
            self._set(*node.args[:3])
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
        self.found.calls.append(Call(slot, reference, arguments, node.lineno, tuple(self._callbacks(node, arguments))))
        return slot

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
        for inner, outer in zip(reversed(self.frames), [*reversed(self.frames)][1:], strict=False):
            if inner.is_class:
                return f"{outer.slot_of(inner.name)}.{ABOVE}"
        return None

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


_BUILTINS: dict[str, Callable[[Calls, ast.Call, str, str], bool | None]] = {
    **dict.fromkeys(_ASKING, Calls._asked),
    "str": Calls._same,
    **dict.fromkeys(_SEQUENCES, Calls._sequence),
    "dict": Calls._mapping,
    **dict.fromkeys(_ROWS, Calls._rows),
    "chain": Calls._chain,
    "next": Calls._next,
    **dict.fromkeys(("map", "filter"), Calls._map),
    "getattr": Calls._getattr,
    "setattr": Calls._setattr,
    **dict.fromkeys(("heappush", "insort"), Calls._push),
    "cast": Calls._cast,
}
"""How calls of Python's own functions are followed; False for one that is a call like any other."""


def _plain(nodes: Sequence[ast.expr]) -> bool:
    return bool(nodes) and isinstance(nodes[0], (ast.Name, ast.Attribute))


def key_of(node: ast.expr) -> str:
    """The key of a mapping, as a step of a path: `*` for one that is not a plain string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not set("<>") & set(node.value):
        return node.value
    return "*"
