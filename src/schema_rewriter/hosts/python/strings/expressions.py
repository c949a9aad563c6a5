"""Walks expressions and notes their texts with the places these get to; knows expressions and no SQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import libcst as cst

from schema_rewriter.hosts.host import Place
from schema_rewriter.hosts.python.strings import tree
from schema_rewriter.hosts.python.strings.parts import Strings
from schema_rewriter.hosts.python.strings.variables import Lists, Variables, followed, parameters, walk
from schema_rewriter.hosts.python.strings.variants import MOST_VARIANTS, UNKNOWN, Variant, plain_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.hosts.host import Bound
    from schema_rewriter.hosts.python.scopes import Scope
    from schema_rewriter.hosts.python.strings.variables import Binding

VALUE = Place("value")


class Expressions:
    """Notes the texts of expressions: `found` maps each text's parts to the places it gets to, in order."""

    def __init__(
        self,
        text: str,
        spans: tree.Spans,
        scope_of: Callable[[cst.CSTNode], Scope | None],
        bound_by: Callable[[cst.Call], tuple[Bound, ...]],
    ) -> None:
        self.text, self.spans, self.scope_of, self.bound_by = text, spans, scope_of, bound_by
        self.found: dict[Variant, dict[Place, None]] = {}

    def expressions(self, node: cst.CSTNode, variables: Variables) -> None:
        for child in tree.children(node):
            if tree.is_expression(child):
                self.expression(child, variables, VALUE)
            else:
                self.expressions(child, variables)

    def inside(self, node: cst.CSTNode, variables: Variables, *, is_comprehension: bool = False) -> Variables:
        """The variables, none of them known yet, of a scope that a lambda or a comprehension makes."""
        return Variables(
            self.scope_of(node),
            outer=variables,
            runs_in_place=is_comprehension,
            is_comprehension=is_comprehension,
        )

    def strings(self, variables: Variables) -> Strings:
        return Strings(self.text, self.spans, variables.lookup, variables.lookup_list)

    def expression(self, node: cst.BaseExpression, variables: Variables, place: Place) -> tuple[Variant, ...] | None:
        """Note the texts of an expression and of all below it; the values of the expression itself."""
        strings = self.strings(variables)
        variants = strings.variants(node)
        if variants is not None:
            if type(node) is not cst.Name or place.kind == "argument":
                self.emit(variants, place)  # a name by itself says nothing new of its text
            if type(node) is cst.Call and (call := tree.dotted(node.func)).rpartition(".")[2] == "text":
                self.emit(variants, Place("argument", call, 0))
            self.rest(strings, variables)
            if type(node) is cst.NamedExpr:
                self.named(node, variables, followed(variants))
            return variants
        enter = _ENTER.get(type(node))
        if enter:
            enter(self, node, variables)
        elif type(node) in _SEVERAL:
            for element in cast("cst.List", node).elements:
                self.expression(element.value, variables, place)
        else:
            self.expressions(node, variables)
        return None

    def rest(self, strings: Strings, variables: Variables) -> None:
        for call in strings.replaced:
            self._replace(call, variables)
        for node in strings.rest:
            if tree.is_expression(node):
                self.expression(node, variables, VALUE)
            else:
                self.expressions(node, variables)

    def _call(self, node: cst.Call, variables: Variables) -> None:
        call = tree.dotted(node.func)
        if type(node.func) is cst.Attribute:
            self.expression(node.func.value, variables, VALUE)
        elif type(node.func) is not cst.Name:
            self.expression(node.func, variables, VALUE)
        self._grow(node, variables)
        self._replace(node, variables)
        bound = self._bound(node, variables)
        for index, argument in enumerate(node.args):
            keyword = argument.keyword.value if argument.keyword else ""
            names = (keyword,) if keyword else ()
            taken = () if index or keyword else bound
            self.expression(argument.value, variables, Place("argument", call, keyword or index, names, taken))

    def _bound(self, node: cst.Call, variables: Variables) -> tuple[Bound, ...]:
        """What a call binds to the placeholders of its first argument; what one of a text's method does, is noted."""
        bound = self.bound_by(node)
        if bound and type(node.func) is cst.Attribute:
            variants = self.strings(variables).variants(node.func.value)
            self.emit(variants or (), replace(VALUE, bound=bound))
        return bound

    def _replace(self, node: cst.Call, variables: Variables) -> None:
        """A call of str.replace and its like: the program changes the text by it."""
        if type(node.func) is not cst.Attribute or node.func.attr.value not in ("replace", "translate"):
            return
        variants = self.strings(variables).variants(node.func.value)
        first = node.args[0].value if node.args else None
        names = (str(first.evaluated_value),) if isinstance(first, cst.SimpleString) else ()
        if variants is not None:
            self.emit(variants, Place("replaced", names=names))

    def _grow(self, node: cst.Call, variables: Variables) -> None:
        """A call of a followed list's method: append and extend are followed, of the others none is."""
        if type(node.func) is not cst.Attribute or type(node.func.value) is not cst.Name:
            return
        name = node.func.value.value
        method, first = node.func.attr.value, node.args[0].value if node.args else None
        if not variables.lookup_list(name):
            variables.grow_elsewhere(name)
        elif method == "append" and first is not None:
            variables.extend(name, tuple((end,) for end in self.strings(variables).variants(first) or UNKNOWN))
        elif method == "extend" and first is not None:
            variables.extend(name, self.lists(first, variables))
        elif method in _CHANGES:
            variables.lists.pop(name)

    def _comparison(self, node: cst.Comparison, variables: Variables) -> None:
        self.expression(node.left, variables, Place("operand"))
        for comparison in node.comparisons:
            self.expression(comparison.comparator, variables, Place("operand"))

    def _subscript(self, node: cst.Subscript, variables: Variables) -> None:
        self.expression(node.value, variables, VALUE)
        for subscript in node.slice:
            for child in tree.children(subscript.slice):
                if tree.is_expression(child):
                    self.expression(child, variables, Place("key"))

    def _lambda(self, node: cst.Lambda, variables: Variables) -> None:
        self.expressions(node.params, variables)
        inner = self.inside(node, variables)
        inner.names.update(dict.fromkeys(parameters(node.params)))
        self.expression(node.body, inner, VALUE)

    def _bind(self, node: cst.NamedExpr, variables: Variables) -> None:
        self.expression(node.value, variables, VALUE)
        self.named(node, variables, None)

    def named(self, node: cst.NamedExpr, variables: Variables, binding: Binding) -> None:
        """Bind the name of a :=; a comprehension may do so as often as it likes."""
        body = variables.body()
        self.forget(node.target, body)
        if body is variables:
            body.names[tree.dotted(node.target)] = binding

    def _dict(self, node: cst.Dict, variables: Variables) -> None:
        for element in node.elements:
            names: tuple[str, ...] = ()
            if isinstance(element, cst.DictElement):
                keys = self.expression(element.key, variables, Place("key"))
                if keys and (key := plain_name(keys[0])):
                    names = (key.text,)
            self.expression(element.value, variables, Place("value", names=names))

    def _comprehension(self, node: cst.BaseSimpleComp | cst.DictComp, variables: Variables) -> None:
        inner = self.inside(node, variables, is_comprehension=True)
        loop: cst.CompFor | None = node.for_in
        while loop is not None:
            self.expression(loop.iter, variables if loop is node.for_in else inner, VALUE)
            self.forget(loop.target, inner)
            for condition in loop.ifs:
                self.expression(condition.test, inner, VALUE)
            loop = loop.inner_for_in
        for part in (node.key, node.value) if isinstance(node, cst.DictComp) else (node.elt,):
            self.expression(part, inner, VALUE)

    def emit(self, variants: tuple[Variant, ...], place: Place) -> None:
        for variant in variants:
            self.found.setdefault(variant, {})[place] = None

    def lists(self, node: cst.BaseExpression, variables: Variables) -> Lists:
        """The lists that a literal one, or a variable that holds one, may be; () if that is not known."""
        if type(node) is cst.Name:
            return variables.lookup_list(node.value)
        if type(node) not in _SEVERAL:
            return ()
        lists: list[list[Variant]] = [[]]
        for element in cast("cst.List", node).elements:
            variants = (
                None if isinstance(element, cst.StarredElement) else self.strings(variables).variants(element.value)
            )
            ends = variants or UNKNOWN
            if len(ends) > 1:
                lists = [[*items, end] for items in lists for end in ends][:MOST_VARIANTS]
            else:  # no copy for each element: there may be very many
                for items in lists:
                    items.append(ends[0])
        return tuple(map(tuple, lists))

    def forget(self, target: cst.CSTNode | None, variables: Variables) -> None:
        """Every name that a target binds is unknown from here on."""
        for node in walk(target) if target is not None else ():
            if type(node) is cst.Name:
                variables.names[node.value] = None
                variables.lists.pop(node.value, None)


_CHANGES = frozenset(("append", "extend", "insert", "pop", "remove", "clear", "reverse"))
"""Methods that change a list."""
_SEVERAL = frozenset((cst.List, cst.Tuple, cst.Set))
_ENTER: dict[type, Callable[[Expressions, Any, Variables], None]] = {
    cst.Call: Expressions._call,
    cst.Dict: Expressions._dict,
    cst.Comparison: Expressions._comparison,
    cst.Subscript: Expressions._subscript,
    cst.Lambda: Expressions._lambda,
    **dict.fromkeys((cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp), Expressions._comprehension),
    cst.NamedExpr: Expressions._bind,
}
"""How the expressions are entered whose parts have places or scopes of their own."""
