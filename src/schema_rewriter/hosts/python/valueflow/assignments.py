"""Where assignments and loops put values: names, attributes, parts of lists and mappings. Knows no statement."""

from __future__ import annotations

import ast

from schema_rewriter.hosts.python.valueflow.calls import Calls
from schema_rewriter.hosts.python.valueflow.graph import name_of
from schema_rewriter.hosts.valueflow import Function

_DISPLAYS = (ast.List, ast.Set, ast.ListComp, ast.SetComp)


class Assignments(Calls):
    """Notes what targets get."""

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
            before = len(self.found.composed)
            self.flow(value, slot_, "")
            self._grows(slot_, value, before)
            if isinstance(target, ast.Name) and isinstance(value, ast.Lambda):
                self._define(target.id, slot_, value)
        elif isinstance(target, ast.Attribute):
            self.flow(value, f"{self.place(target.value)}.{target.attr}", "")
        else:
            self.use(value, "an attribute")

    def _define(self, name: str, slot: str, value: ast.Lambda) -> None:
        """A variable that is always the same lambda is a function."""
        inner = self.scopes.of(value)
        if inner is None or self.scope.home(name).bindings(name) != 1:
            return
        arguments = value.args
        parameters = tuple(item.arg for item in (*arguments.posonlyargs, *arguments.args))
        keywords = tuple(item.arg for item in arguments.kwonlyargs)
        star = arguments.vararg.arg if arguments.vararg is not None else ""
        count = len(arguments.defaults)
        self.found.functions.append(Function(slot, inner.path, parameters, keywords, False, value.lineno, count, star))

    def _grows(self, slot: str, value: ast.expr, before: int) -> None:
        """Keep what a variable is now, where it is itself with more behind it."""
        while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            value = value.left
        made = [item.parts for item in self.found.composed[before:] if item.target == slot]
        if isinstance(value, ast.Name) and self.reference(value) == slot and made:
            self.grown[slot] = tuple(made)
        else:
            self.grown.pop(slot, None)

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

    def _unpack(self, target: ast.expr, slot: str, read_path: str) -> None:
        """The parts of a slot's value go to the parts of a target."""
        if isinstance(target, (ast.Tuple, ast.List)):
            starred = any(isinstance(item, ast.Starred) for item in target.elts)
            if read_path:
                inner = self.fresh()
                self.edge(slot, read_path, inner, "", target)
                slot = inner
            for index, item in enumerate(target.elts):
                self._unpack(item, slot, "<*>" if starred else f"[{index}]")
        elif isinstance(target, ast.Starred):
            if (name := self.reference(target.value)) is not None:
                self.edge(slot, "<*>", name, "[]", target)
        elif (name := self.reference(target)) is not None:
            self.edge(slot, read_path, name, "", target)
        elif isinstance(target, ast.Subscript) and (base := self.reference(target.value)) is not None:
            self.edge(slot, read_path, base, "<*>", target)

    def bind_loop(self, target: ast.expr, iterated: ast.expr) -> None:
        """A loop over something."""
        self.unpack_loop(target, *self.looped(target, iterated))

    def looped(self, target: ast.expr, iterated: ast.expr) -> tuple[str, bool]:
        """The slot of what a loop goes over, and whether it goes over pairs of the keys and values of that."""
        if isinstance(iterated, ast.Call) and isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) == 2:
            function = iterated.func
            if isinstance(function, ast.Attribute) and function.attr == "items" and not iterated.args:
                return self.place(function.value), True
        return self.place(iterated), False

    def unpack_loop(self, target: ast.expr, slot: str, is_pairs: bool) -> None:
        """What a loop goes over, as `looped` tells it, goes to its target."""
        if is_pairs and isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts[0], slot, "{}")
            self._unpack(target.elts[1], slot, "values")
        else:
            self._unpack(target, slot, "iter")
