"""Walks expressions and notes their texts with the places these get to; knows expressions and no SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import libcst as cst

from schema_rewriter.hosts.host import Place
from schema_rewriter.hosts.python.strings import tree
from schema_rewriter.hosts.python.strings.literals import ExpressionPart
from schema_rewriter.hosts.python.strings.parts import Strings
from schema_rewriter.hosts.python.strings.scope import Lists, Scope, followed, parameters, walk
from schema_rewriter.hosts.python.strings.variants import MOST_VARIANTS, Variant, plain_name

if TYPE_CHECKING:
    from collections.abc import Callable

VALUE = Place("value")


class Expressions:
    """Notes the texts of expressions: `found` maps each text's parts to the places it gets to, in order."""

    def __init__(self, text: str, spans: tree.Spans) -> None:
        self.text, self.spans = text, spans
        self.found: dict[Variant, list[Place]] = {}
        self.numbers: dict[cst.CSTNode, int] = {}

    def expressions(self, node: cst.CSTNode, scope: Scope) -> None:
        for child in tree.children(node):
            if tree.is_expression(child):
                self.expression(child, scope, VALUE)
            else:
                self.expressions(child, scope)

    def strings(self, scope: Scope) -> Strings:
        return Strings(self.text, self.spans, scope.lookup, scope.lookup_list, scope.path, self.numbers)

    def expression(self, node: cst.BaseExpression, scope: Scope, place: Place) -> tuple[Variant, ...] | None:
        """Note the texts of an expression and of all below it; the values of the expression itself."""
        strings = self.strings(scope)
        variants = strings.variants(node)
        if variants is not None:
            if type(node) is not cst.Name or place.kind == "argument":
                self.emit(variants, place)  # a name by itself says nothing new of its text
            self.rest(strings, scope)
            if type(node) is cst.NamedExpr:
                self.forget(node.target, scope.enclosing())
                scope.names[tree.dotted(node.target)] = followed(variants)
            return variants
        enter = _ENTER.get(type(node))
        if enter:
            enter(self, node, scope)
        elif type(node) in _SEVERAL:
            for element in cast("cst.List", node).elements:
                self.expression(element.value, scope, place)
        else:
            self.expressions(node, scope)
        return None

    def rest(self, strings: Strings, scope: Scope) -> None:
        for call in strings.replaced:
            self._replace(call, scope)
        for node in strings.rest:
            if tree.is_expression(node):
                self.expression(node, scope, VALUE)
            else:
                self.expressions(node, scope)

    def _call(self, node: cst.Call, scope: Scope) -> None:
        call = tree.dotted(node.func)
        if type(node.func) is cst.Attribute:
            self.expression(node.func.value, scope, VALUE)
        elif type(node.func) is not cst.Name:
            self.expression(node.func, scope, VALUE)
        self._grow(node, scope)
        self._replace(node, scope)
        for index, argument in enumerate(node.args):
            keyword = argument.keyword.value if argument.keyword else ""
            names = (keyword,) if keyword else ()
            self.expression(argument.value, scope, Place("argument", call, keyword or index, names))

    def _replace(self, node: cst.Call, scope: Scope) -> None:
        """A call of str.replace and its like: the program changes the text by it."""
        if type(node.func) is not cst.Attribute or node.func.attr.value not in ("replace", "translate"):
            return
        variants = self.strings(scope).variants(node.func.value)
        first = node.args[0].value if node.args else None
        names = (str(first.evaluated_value),) if isinstance(first, cst.SimpleString) else ()
        if variants is not None:
            self.emit(variants, Place("replaced", names=names))

    def _grow(self, node: cst.Call, scope: Scope) -> None:
        """A call of a followed list's method: append is followed, of the others none is."""
        if type(node.func) is not cst.Attribute or type(node.func.value) is not cst.Name:
            return
        name = node.func.value.value
        lists = scope.lookup_list(name)
        if lists and node.func.attr.value in (
            "append",
            "extend",
            "insert",
            "pop",
            "remove",
            "clear",
            "reverse",
        ):
            added = self.strings(scope).variants(node.args[0].value) if len(node.args) == 1 else None
            if node.func.attr.value == "append":
                ends = added or ((ExpressionPart("..."),),)
                scope.lists[name] = tuple((*items, end) for items in lists for end in ends)[:MOST_VARIANTS]
            else:
                scope.lists.pop(name)

    def _comparison(self, node: cst.Comparison, scope: Scope) -> None:
        self.expression(node.left, scope, Place("operand"))
        for comparison in node.comparisons:
            self.expression(comparison.comparator, scope, Place("operand"))

    def _subscript(self, node: cst.Subscript, scope: Scope) -> None:
        self.expression(node.value, scope, VALUE)
        for subscript in node.slice:
            for child in tree.children(subscript.slice):
                if tree.is_expression(child):
                    self.expression(child, scope, Place("key"))

    def _lambda(self, node: cst.Lambda, scope: Scope) -> None:
        self.expressions(node.params, scope)
        inner = Scope(node, scope.path, outer=scope)
        inner.names.update(dict.fromkeys(parameters(node.params)))
        self.expression(node.body, inner, VALUE)

    def _bind(self, node: cst.NamedExpr, scope: Scope) -> None:
        self.expression(node.value, scope, VALUE)
        self.forget(node.target, scope)
        self.forget(node.target, scope.enclosing())

    def _dict(self, node: cst.Dict, scope: Scope) -> None:
        for element in node.elements:
            names: tuple[str, ...] = ()
            if isinstance(element, cst.DictElement):
                keys = self.expression(element.key, scope, Place("key"))
                if keys and (key := plain_name(keys[0])):
                    names = (key.text,)
            self.expression(element.value, scope, Place("value", names=names))

    def _comprehension(self, node: cst.BaseSimpleComp | cst.DictComp, scope: Scope) -> None:
        inner = Scope(scope.node, scope.path, outer=scope, comprehension=True)
        loop: cst.CompFor | None = node.for_in
        while loop is not None:
            self.expression(loop.iter, inner, VALUE)
            self.forget(loop.target, inner)
            for condition in loop.ifs:
                self.expression(condition.test, inner, VALUE)
            loop = loop.inner_for_in
        for part in (node.key, node.value) if isinstance(node, cst.DictComp) else (node.elt,):
            self.expression(part, inner, VALUE)

    def emit(self, variants: tuple[Variant, ...], place: Place) -> None:
        for variant in variants:
            places = self.found.setdefault(variant, [])
            if place not in places:
                places.append(place)

    def lists(self, node: cst.BaseExpression, scope: Scope) -> Lists:
        """The lists that a literal one, or a variable that holds one, may be; () if that is not known."""
        if type(node) is cst.Name:
            return scope.lookup_list(node.value)
        if type(node) not in _SEVERAL:
            return ()
        lists: Lists = ((),)
        for element in cast("cst.List", node).elements:
            variants = None if isinstance(element, cst.StarredElement) else self.strings(scope).variants(element.value)
            ends = variants or ((ExpressionPart("..."),),)
            lists = tuple((*items, end) for items in lists for end in ends)[:MOST_VARIANTS]
        return lists

    def forget(self, target: cst.CSTNode | None, scope: Scope) -> None:
        """Every name that a target binds is unknown from here on."""
        for node in walk(target) if target is not None else ():
            if type(node) is cst.Name:
                scope.names[node.value] = None
                scope.lists.pop(node.value, None)


_SEVERAL = frozenset((cst.List, cst.Tuple, cst.Set))
_ENTER: dict[type, Callable[[Expressions, Any, Scope], None]] = {
    cst.Call: Expressions._call,
    cst.Dict: Expressions._dict,
    cst.Comparison: Expressions._comparison,
    cst.Subscript: Expressions._subscript,
    cst.Lambda: Expressions._lambda,
    **dict.fromkeys((cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp), Expressions._comprehension),
    cst.NamedExpr: Expressions._bind,
}
"""How the expressions are entered whose parts have places or scopes of their own."""
