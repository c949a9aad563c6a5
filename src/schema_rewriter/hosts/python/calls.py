"""What Python calls do with values, the language's own calls and others; see hosts.names. Knows no statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts.names import Call
from schema_rewriter.hosts.python.texts import TEXTS, Texts

if TYPE_CHECKING:
    from collections.abc import Sequence

_ASKING = frozenset(("len", "isinstance", "bool", "type", "id"))
_KEEPING = frozenset(("strip", "lstrip", "rstrip"))
_SEQUENCES = frozenset(("list", "tuple", "set", "sorted", "reversed", "frozenset", "iter"))
_PARTS = {"items": "", "values": "values", "keys": "{}", "copy": ""}


class Calls(Texts):
    """Notes calls."""

    def called(self, node: ast.Call, target: str, push: str) -> None:
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
                attribute = f"{self.place(node.args[0])}.{node.args[1].value!s}"
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
        if name in TEXTS and isinstance(function, ast.Attribute):
            self.text(node)
            self.unknown(target, node)
            return
        if isinstance(function, ast.Attribute) and name in _PARTS and not node.args:
            self.edge(self.place(function.value), _PARTS[name], target, push, node)
        if isinstance(function, ast.Attribute) and name == "get" and node.args:
            key = node.args[0]
            self.edge(self.place(function.value), f"<{key_of(key)}>", target, push, node)
        self.edge(f"{self.call(node)}@return", "", target, push, node)

    def call(self, node: ast.Call) -> str:
        """Note a call; the slot by which its arguments and its result go."""
        reference = self.reference(node.func)
        if isinstance(node.func, ast.Attribute) and (grown := self._grown(node, node.func)):
            return grown
        if reference is None and isinstance(node.func, ast.Attribute):
            reference = f"{self.place(node.func.value)}.{node.func.attr}"
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


def _plain(nodes: Sequence[ast.expr]) -> bool:
    return bool(nodes) and isinstance(nodes[0], (ast.Name, ast.Attribute))


def key_of(node: ast.expr) -> str:
    """The key of a mapping, as a step of a path: `*` for one that is not a plain string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not set("<>") & set(node.value):
        return node.value
    return "*"
