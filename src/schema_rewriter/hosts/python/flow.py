"""Follows strings through the statements of a scope, in order and through branches; knows statements, no SQL.

Followed are local variables that only this scope assigns, `+=`, and module variables that functions read. A name
bound in any way that is not followed is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from schema_rewriter.hosts import Place
from schema_rewriter.hosts.python import tree
from schema_rewriter.hosts.python.literals import Chunk, Code
from schema_rewriter.hosts.python.strings import MOST_VARIANTS, Strings, Variant, bounded, plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from libcst.metadata.span_provider import CodeSpan

_VALUE = Place("value")
Binding = tuple[Variant, ...] | Code | None
"""What a variable holds: texts, one of several plain names (as a hole), or something unknown."""
Lists = tuple[tuple[Variant, ...], ...]
"""What a variable that holds a list of strings may hold: lists, each of its elements' texts."""


@dataclass
class _Scope:
    """The variables of a module, class or function, as far as the flow has come."""

    node: cst.CSTNode
    names: dict[str, Binding] = field(default_factory=dict)
    lists: dict[str, Lists] = field(default_factory=dict)
    outer: _Scope | None = None

    def lookup(self, name: str) -> Binding:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    def lookup_list(self, name: str) -> Lists:
        return self.lists.get(name, ())

    def fork(self) -> _Scope:
        return _Scope(self.node, dict(self.names), dict(self.lists), self.outer)

    def merge(self, branches: Sequence[_Scope]) -> None:
        """Go on with what any of the branches may have left."""
        for name in {name for branch in branches for name in branch.names}:
            texts = [text for branch in branches if isinstance(text := branch.names.get(name), tuple)]
            self.names[name] = bounded(tuple(variant for text in texts for variant in text)) if texts else None
        for name in {name for branch in branches for name in branch.lists}:
            every = [branch.lists.get(name, ()) for branch in branches]
            self.lists[name] = tuple(dict.fromkeys(item for lists in every for item in lists))[:MOST_VARIANTS]


class Flow:
    """Walks a module; `found` maps each text's parts to the places it gets to, in the order of the walk."""

    def __init__(self, text: str, spans: Mapping[cst.CSTNode, CodeSpan]) -> None:
        self.text, self.spans = text, spans
        self.found: dict[Variant, list[Place]] = {}
        self.imports: set[str] = set()
        self._later: list[tuple[cst.FunctionDef, _Scope]] = []

    def module(self, module: cst.Module) -> None:
        """Walk the module's statements, then the bodies of its functions, which run later."""
        scope = _Scope(module)
        self._block(module.body, scope)
        while self._later:
            function, outer = self._later.pop(0)
            inner = _Scope(function, outer=outer)
            for parameter in _parameters(function.params):
                inner.names[parameter] = None
            self._block(function.body.body, inner)

    # -- statements

    def _block(self, body: Sequence[cst.CSTNode], scope: _Scope) -> bool:
        """Walk statements, those that can't be reached too; whether the flow goes on behind them."""
        goes_on = True
        for statement in body:
            goes_on &= self._statement(statement, scope)
        return goes_on

    def _statement(self, node: cst.CSTNode, scope: _Scope) -> bool:
        if isinstance(node, cst.SimpleStatementLine):
            return self._block(node.body, scope)
        if isinstance(node, (cst.Return, cst.Raise, cst.Break, cst.Continue)):
            self._expressions(node, scope)
            return False
        if isinstance(node, cst.Expr):
            place = Place("docstring") if isinstance(node.value, (*tree.STRINGS, cst.ConcatenatedString)) else _VALUE
            self.expression(node.value, scope, place)
        elif isinstance(node, cst.Assign):
            self._assign([target.target for target in node.targets], node.value, scope)
        elif isinstance(node, cst.AnnAssign):
            if node.value is not None:
                self._assign([node.target], node.value, scope)
        elif isinstance(node, cst.AugAssign):
            self._augmented(node, scope)
        elif isinstance(node, (cst.Import, cst.ImportFrom)):
            self._import(node, scope)
        elif isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self._definition(node, scope)
        elif isinstance(node, cst.If):
            return self._if(node, scope)
        elif isinstance(node, (cst.For, cst.While)):
            self._loop(node, scope)
        elif isinstance(node, (cst.Try, cst.TryStar)):
            self._try(node, scope)
        elif isinstance(node, cst.With):
            for item in node.items:
                self.expression(item.item, scope, _VALUE)
                self._forget(item.asname, scope)
            return self._block(node.body.body, scope)
        elif isinstance(node, cst.Match):
            self.expression(node.subject, scope, _VALUE)
            branches = [scope.fork()]
            for case in node.cases:
                branch = scope.fork()
                self._forget(case.pattern, branch)
                if self._block(case.body.body, branch):
                    branches.append(branch)
            scope.merge(branches)
        else:
            if isinstance(node, (cst.Del, cst.Global, cst.Nonlocal)):
                self._forget(node, scope)
            self._expressions(node, scope)
        return True

    def _definition(self, node: cst.FunctionDef | cst.ClassDef, scope: _Scope) -> None:
        for decorator in node.decorators:
            self.expression(decorator.decorator, scope, _VALUE)
        scope.names[node.name.value] = None
        if isinstance(node, cst.FunctionDef):
            self._expressions(node.params, scope)
            self._later.append((node, scope))  # its body runs later, and sees the scope as it ends up
            return
        for base in (*node.bases, *node.keywords):
            self._expressions(base, scope)
        inner = _Scope(scope.node, outer=scope)
        waiting = len(self._later)
        self._block(node.body.body, inner)
        # A class's names are no names of its methods.
        self._later[waiting:] = [
            (function, scope if seen is inner else seen) for function, seen in self._later[waiting:]
        ]

    def _if(self, node: cst.If, scope: _Scope) -> bool:
        self.expression(node.test, scope, _VALUE)
        then, otherwise = scope.fork(), scope.fork()
        branches = [then] if self._block(node.body.body, then) else []
        if isinstance(node.orelse, cst.If):
            goes_on = self._if(node.orelse, otherwise)
        else:
            goes_on = self._block(node.orelse.body.body, otherwise) if node.orelse else True
        branches += [otherwise] if goes_on else []
        if branches:
            scope.merge(branches)
        return bool(branches)

    def _loop(self, node: cst.For | cst.While, scope: _Scope) -> None:
        body = scope.fork()
        if isinstance(node, cst.For):
            self.expression(node.iter, scope, _VALUE)
            self._forget(node.target, body)
            values = self._plain_names(node.iter, scope)
            if values and isinstance(node.target, cst.Name):
                name = node.target.value
                through = node.iter.value if isinstance(node.iter, cst.Name) else ""
                uses = _loads(scope.node, name) if not through or _loads(scope.node, through) == 1 else -1
                body.names[name] = Code(name, None, values, uses)
        else:
            self.expression(node.test, scope, _VALUE)
        self._block(node.body.body, body)
        scope.merge([scope.fork(), body])
        if node.orelse:
            self._block(node.orelse.body.body, scope)

    def _list(self, node: cst.BaseExpression, scope: _Scope) -> Lists:
        """The lists that a literal one, or a variable that holds one, may be; () if that is not known."""
        if isinstance(node, cst.Name):
            return scope.lookup_list(node.value)
        if not isinstance(node, (cst.List, cst.Tuple, cst.Set)):
            return ()
        items: list[Variant] = []
        for element in node.elements:
            variants = self._strings(scope).variants(element.value)
            if variants is None or len(variants) != 1 or isinstance(element, cst.StarredElement):
                return ()
            items.append(variants[0])
        return (tuple(items),)

    def _plain_names(self, node: cst.BaseExpression, scope: _Scope) -> tuple[Chunk, ...]:
        """The plain names that a loop over this goes through; () if it is not known to go through only such."""
        lists = self._list(node, scope)
        if len(lists) != 1:
            return ()
        chunks = [plain_name(variant) for variant in lists[0]]
        return tuple(chunk for chunk in chunks if chunk) if all(chunks) else ()

    def _try(self, node: cst.Try | cst.TryStar, scope: _Scope) -> None:
        body = scope.fork()
        branches = [body] if self._block(node.body.body, body) else []
        for handler in node.handlers:
            branch = scope.fork()
            branch.merge([branch.fork(), body])
            self._forget(handler.name, branch)
            branches += [branch] if self._block(handler.body.body, branch) else []
        if node.orelse:
            self._block(node.orelse.body.body, body)
        scope.merge(branches or [scope.fork(), body])
        if node.finalbody:
            self._block(node.finalbody.body.body, scope)

    def _import(self, node: cst.Import | cst.ImportFrom, scope: _Scope) -> None:
        names = node.names if isinstance(node.names, (list, tuple)) else ()
        if isinstance(node, cst.ImportFrom):
            self.imports.add(tree.dotted(node.module) if node.module else ".")
        for alias in names:
            if isinstance(node, cst.Import):
                self.imports.add(tree.dotted(alias.name))
            self._forget(alias.asname or alias.name, scope)

    def _assign(self, targets: Sequence[cst.BaseExpression], value: cst.BaseExpression, scope: _Scope) -> None:
        names = tuple(name for target in targets if (name := tree.dotted(target)))
        binding = self.expression(value, scope, Place("value", names=names))
        lists = self._list(value, scope) if not isinstance(value, cst.Name) else ()
        for target in targets:
            if not isinstance(target, cst.Name):
                self.expression(target, scope, _VALUE)
            self._forget(target, scope)
            if isinstance(target, cst.Name):
                scope.names[target.value] = _followed(binding)
                if lists and len(targets) == 1:
                    scope.lists[target.value] = lists

    def _augmented(self, node: cst.AugAssign, scope: _Scope) -> None:
        name = tree.dotted(node.target)
        place = Place("value", names=(name,) if name else ())
        known = scope.lookup(name) if isinstance(node.target, cst.Name) else None
        if not isinstance(node.operator, cst.AddAssign):
            self.expression(node.value, scope, _VALUE)
            self._forget(node.target, scope)
            return
        strings = self._strings(scope)
        added = strings.variants(node.value)
        if added is None:
            self.expression(node.value, scope, _VALUE)
            added = ((Code("..."),),)
            if not isinstance(known, tuple):
                self._forget(node.target, scope)
                return
        base = known if isinstance(known, tuple) else ((Code(name or "..."),),)
        variants = bounded(tuple((*head, *tail) for head in base for tail in added))
        self._emit(variants, place)
        self._rest(strings, scope)
        if isinstance(node.target, cst.Name):
            scope.names[node.target.value] = variants

    def _forget(self, target: cst.CSTNode | None, scope: _Scope) -> None:
        """Every name that a target binds is unknown from here on."""
        for node in _walk(target) if target is not None else ():
            if isinstance(node, cst.Name):
                scope.names[node.value] = None
                scope.lists.pop(node.value, None)

    # -- expressions

    def _expressions(self, node: cst.CSTNode, scope: _Scope) -> None:
        for child in tree.children(node):
            if isinstance(child, cst.BaseExpression):
                self.expression(child, scope, _VALUE)
            else:
                self._expressions(child, scope)

    def _strings(self, scope: _Scope) -> Strings:
        return Strings(self.text, self.spans, scope.lookup, scope.lookup_list)

    def expression(self, node: cst.BaseExpression, scope: _Scope, place: Place) -> tuple[Variant, ...] | None:
        """Note the texts of an expression and of all below it; the values of the expression itself."""
        strings = self._strings(scope)
        variants = strings.variants(node)
        if variants is not None:
            self._emit(variants, place)
            self._rest(strings, scope)
            if isinstance(node, cst.NamedExpr):
                scope.names[tree.dotted(node.target)] = _followed(variants)
            return variants
        if isinstance(node, cst.Call):
            self._call(node, scope)
        elif isinstance(node, cst.Dict):
            self._dict(node, scope)
        elif isinstance(node, cst.Comparison):
            self.expression(node.left, scope, Place("operand"))
            for comparison in node.comparisons:
                self.expression(comparison.comparator, scope, Place("operand"))
        elif isinstance(node, cst.Subscript):
            self.expression(node.value, scope, _VALUE)
            for subscript in node.slice:
                for child in tree.children(subscript.slice):
                    if isinstance(child, cst.BaseExpression):
                        self.expression(child, scope, Place("key"))
        elif isinstance(node, (cst.List, cst.Tuple, cst.Set)):
            for element in node.elements:
                self.expression(element.value, scope, place)
        elif isinstance(node, cst.Lambda):
            self._expressions(node.params, scope)
            inner = _Scope(node, outer=scope)
            inner.names.update(dict.fromkeys(_parameters(node.params)))
            self.expression(node.body, inner, _VALUE)
        elif isinstance(node, (cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)):
            self._comprehension(node, scope)
        elif isinstance(node, cst.NamedExpr):
            self.expression(node.value, scope, _VALUE)
            self._forget(node.target, scope)
        else:
            self._expressions(node, scope)
        return None

    def _rest(self, strings: Strings, scope: _Scope) -> None:
        for node in strings.rest:
            if isinstance(node, cst.BaseExpression):
                self.expression(node, scope, _VALUE)
            else:
                self._expressions(node, scope)

    def _call(self, node: cst.Call, scope: _Scope) -> None:
        call = tree.dotted(node.func)
        if isinstance(node.func, cst.Attribute):
            self.expression(node.func.value, scope, _VALUE)
        elif not isinstance(node.func, cst.Name):
            self.expression(node.func, scope, _VALUE)
        self._grow(node, scope)
        for index, argument in enumerate(node.args):
            keyword = argument.keyword.value if argument.keyword else ""
            names = (keyword,) if keyword else ()
            self.expression(argument.value, scope, Place("argument", call, keyword or index, names))

    def _grow(self, node: cst.Call, scope: _Scope) -> None:
        """A call of a followed list's method: append is followed, of the others none is."""
        if not isinstance(node.func, cst.Attribute) or not isinstance(node.func.value, cst.Name):
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
            added = self._strings(scope).variants(node.args[0].value) if len(node.args) == 1 else None
            if node.func.attr.value == "append":
                ends = added or ((Code("..."),),)
                scope.lists[name] = tuple((*items, end) for items in lists for end in ends)[:MOST_VARIANTS]
            else:
                scope.lists.pop(name)

    def _dict(self, node: cst.Dict, scope: _Scope) -> None:
        for element in node.elements:
            names: tuple[str, ...] = ()
            if isinstance(element, cst.DictElement):
                keys = self.expression(element.key, scope, Place("key"))
                if keys and (key := plain_name(keys[0])):
                    names = (key.text,)
            self.expression(element.value, scope, Place("value", names=names))

    def _comprehension(self, node: cst.BaseSimpleComp | cst.DictComp, scope: _Scope) -> None:
        inner = _Scope(scope.node, outer=scope)
        loop: cst.CompFor | None = node.for_in
        while loop is not None:
            self.expression(loop.iter, inner, _VALUE)
            self._forget(loop.target, inner)
            for condition in loop.ifs:
                self.expression(condition.test, inner, _VALUE)
            loop = loop.inner_for_in
        for part in (node.key, node.value) if isinstance(node, cst.DictComp) else (node.elt,):
            self.expression(part, inner, _VALUE)

    def _emit(self, variants: tuple[Variant, ...], place: Place) -> None:
        for variant in variants:
            places = self.found.setdefault(variant, [])
            if place not in places:
                places.append(place)


def _followed(variants: tuple[Variant, ...] | None) -> Binding:
    """What a variable of these values is followed as: plain names are not, since they may serve other ends too."""
    if variants is None or any(plain_name(variant) for variant in variants):
        return None
    return variants


def _walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        yield inner
        waiting.extend(tree.children(inner))


def _loads(scope: cst.CSTNode, name: str) -> int:
    """How often a name stands in a scope, nested ones included, other than as the target of = or for, or in len()."""
    count = 0
    for node in _walk(scope):
        if isinstance(node, cst.Name) and node.value == name:
            count += 1
        elif isinstance(node, cst.Call) and tree.dotted(node.func) == "len" and len(node.args) == 1:
            count -= isinstance(node.args[0].value, cst.Name) and node.args[0].value.value == name
        elif isinstance(node, (cst.AssignTarget, cst.For)) and isinstance(node.target, cst.Name):
            count -= node.target.value == name
    return count


def _parameters(parameters: cst.Parameters) -> Iterator[str]:
    for group in (parameters.params, parameters.kwonly_params, parameters.posonly_params):
        for parameter in group:
            yield parameter.name.value
    for star in (parameters.star_arg, parameters.star_kwarg):
        if isinstance(star, cst.Param):
            yield star.name.value
