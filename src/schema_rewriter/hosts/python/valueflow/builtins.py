"""What Python's own functions do with values; see hosts.names. Knows no statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python.valueflow.graph import name_of
from schema_rewriter.hosts.python.valueflow.texts import Texts
from schema_rewriter.hosts.valueflow import Call, Quote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ASKING = frozenset(("len", "isinstance", "bool", "type", "id"))
KEEPING = frozenset(("strip", "lstrip", "rstrip", "lower", "casefold"))
_SEQUENCES = frozenset(("list", "tuple", "set", "sorted", "reversed", "frozenset", "iter", "deque"))
_SAME = frozenset(("str", *KEEPING))
_ROWS = {"zip": 0, "product": 0, "enumerate": 1}
"""Functions that give rows of the elements of their arguments, with the column of the first."""

_REFLECTING = frozenset(("getattr", "vars", "getmembers"))


class Builtins(Texts):
    """Notes calls of Python's own functions."""

    def reflected(self, node: ast.Call) -> None:
        """Note a call that reads attributes, or a module's names, without spelling them out."""
        name, arguments = name_of(node.func), node.args
        if not arguments:
            if name == "globals" or (name in ("vars", "locals") and not self.scope.path):
                self.reflect("", "", node)
        elif name in _REFLECTING and arguments and (reference := self.reference(arguments[0])) is not None:
            if name != "getattr":
                self.reflect(reference, "", node)
            elif len(arguments) > 1 and not isinstance(arguments[1], ast.Constant):
                self.reflect(reference, _beginning(arguments[1]), node)

    def builtin(self, node: ast.Call, name: str, target: str, write_path: str) -> bool:
        """Follow a call of one of Python's own functions; whether it is one that is followed."""
        follow = _BUILTINS.get(name)
        return (
            follow is not None
            and (bool(node.args) or name == "dict")
            and follow(self, node, target, write_path) is not False
        )

    def _asked(self, node: ast.Call, target: str, write_path: str) -> bool:  # a name's value is not told
        if not _plain(node.args):
            return False
        if name_of(node.func) == "len":  # of a list it says nothing of the names in it
            self.edge(self.place(node.args[0]), "iter", self.fresh(), "", node)
        self.unknown(target, node)
        return True

    def _same(self, node: ast.Call, target: str, write_path: str) -> None:
        self.flow(node.args[0], target, write_path)

    def _sequence(self, node: ast.Call, target: str, write_path: str) -> None:
        self.edge(self.place(node.args[0]), "iter", target, f"{write_path}[]", node)  # of a mapping its keys

    def _mapping(self, node: ast.Call, target: str, write_path: str) -> None:
        for argument in node.args:
            self.flow(argument, target, write_path)
        for keyword in node.keywords:
            self.flow(keyword.value, target, write_path + (f"<{keyword.arg}>" if keyword.arg else ""))

    def _rows(self, node: ast.Call, target: str, write_path: str) -> bool:
        if any(isinstance(item, ast.Starred) for item in node.args):
            return False
        name = name_of(node.func)
        for index, argument in enumerate(node.args[:1] if name == "enumerate" else node.args):
            self.edge(self.place(argument), "iter", target, f"{write_path}[][{index + _ROWS[name]}]", node)
        return True

    def _chain(self, node: ast.Call, target: str, write_path: str) -> None:
        for argument in node.args:
            self.flow(argument, target, write_path)

    def _next(self, node: ast.Call, target: str, write_path: str) -> None:
        self.edge(self.place(node.args[0]), "iter", target, write_path, node)
        for argument in node.args[1:]:
            self.flow(argument, target, write_path)

    def _map(self, node: ast.Call, target: str, write_path: str) -> bool:
        if len(node.args) != 2:
            return False
        self._mapped(node, name_of(node.func), target, write_path)
        return True

    def _getattr(self, node: ast.Call, target: str, write_path: str) -> bool:
        if len(node.args) < 2 or not isinstance(node.args[1], ast.Constant):
            return False
        self.edge(f"{self.place(node.args[0])}.{node.args[1].value!s}", "", target, write_path, node)
        for value in node.args[2:]:
            self.flow(value, target, "")
        return True

    def _setattr(self, node: ast.Call, target: str, write_path: str) -> bool:  # its result is None
        if len(node.args) != 3:
            return False
        self.set_attribute(*node.args)
        return True

    def _push(self, node: ast.Call, target: str, write_path: str) -> bool:  # its result is None
        if len(node.args) != 2:
            return False
        self.put(node.args[1], self.place(node.args[0]), "[]")
        return True

    def _cast(self, node: ast.Call, target: str, write_path: str) -> bool:
        if len(node.args) != 2:
            return False
        self.flow(node.args[1], target, write_path)
        return True

    def set_attribute(self, of: ast.expr, name: ast.expr, value: ast.expr) -> None:
        """An attribute is set by its name; one that is not known may be any."""
        if isinstance(name, ast.Constant):
            self.flow(value, f"{self.place(of)}.{name.value!s}", "")
            return
        self.use(name, "the name of an attribute")
        self.flow(value, f"{self.place(of)}.*", "")
        self.use(value, "an attribute")

    def _mapped(self, node: ast.Call, name: str, target: str, write_path: str) -> None:
        """A call of map or filter: each element goes to a function, and what that gives, or the element, comes out."""
        function, items = node.args
        if name == "filter":
            self.flow(items, target, write_path)
        if isinstance(function, ast.Constant):
            return
        slot, each = self.fresh(), self.fresh()
        self.edge(self.place(items), "iter", each, "", node)
        if name == "map" and name_of(function) in _SAME:
            self.edge(each, "", target, f"{write_path}[]", node)
            return
        if name == "map" and name_of(function) == "Identifier":
            self.quote(target, f"{write_path}[]", None, "", node)
            self.edge(each, "", self.found.quotes[-1].slot, "", node)
            return
        reference = self.reference(function)
        if reference is None:
            self.use(function, "a call")
            reference = ":?"
        self.edge(each, "", f"{slot}@0", "", node)
        self.found.calls.append(Call(slot, reference, ("0",), node.lineno))
        if name == "map":
            self.edge(f"{slot}@return", "", target, f"{write_path}[]", node)

    def quote(self, target: str, write_path: str, place: ast.expr | None, schema: str, node: ast.AST) -> None:
        """Note that what gets into a new slot is quoted, and goes to a target."""
        slot = self.fresh()
        span = self.places.span(place) if place is not None and not self._in_text else None
        self.found.quotes.append(Quote(slot, span, schema, getattr(node, "lineno", 0)))
        self.edge(slot, "", target, write_path, node)


_BUILTINS: dict[str, Callable[[Builtins, ast.Call, str, str], bool | None]] = {
    **dict.fromkeys(_ASKING, Builtins._asked),
    "str": Builtins._same,
    **dict.fromkeys(_SEQUENCES, Builtins._sequence),
    "dict": Builtins._mapping,
    **dict.fromkeys(_ROWS, Builtins._rows),
    "chain": Builtins._chain,
    "next": Builtins._next,
    **dict.fromkeys(("map", "filter"), Builtins._map),
    "getattr": Builtins._getattr,
    "setattr": Builtins._setattr,
    **dict.fromkeys(("heappush", "insort"), Builtins._push),
    "cast": Builtins._cast,
}
"""How calls of Python's own functions are followed; False for one that is a call like any other."""


def _plain(nodes: Sequence[ast.expr]) -> bool:
    return bool(nodes) and isinstance(nodes[0], (ast.Name, ast.Attribute))


def _beginning(node: ast.expr) -> str:
    """What a text that an f-string or a sum makes begins with, as far as it is spelt out."""
    if isinstance(node, ast.JoinedStr) and node.values:
        return _beginning(node.values[0])
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        return _beginning(node.left) if isinstance(node.op, ast.Add) else _beginning(node.left).partition("%")[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
