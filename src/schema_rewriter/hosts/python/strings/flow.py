"""Follows strings through the statements of a scope, in order and through branches; knows statements, no SQL.

Followed are local variables that only this scope assigns, `+=`, lists appended to, and module variables that
functions read. A name bound in any way that is not followed is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from schema_rewriter.hosts.host import Place
from schema_rewriter.hosts.python.strings import tree
from schema_rewriter.hosts.python.strings.expressions import VALUE, Expressions
from schema_rewriter.hosts.python.strings.literals import ExpressionPart
from schema_rewriter.hosts.python.strings.scope import Scope, followed, parameters, rebound, walk
from schema_rewriter.hosts.python.strings.variants import bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Flow(Expressions):
    """Walks a module's statements; `imports` are the modules that it imports."""

    def __init__(self, text: str, spans: tree.Spans) -> None:
        super().__init__(text, spans)
        self.imports: set[str] = set()
        self._later: list[tuple[cst.FunctionDef, Scope, str]] = []

    def module(self, module: cst.Module) -> None:
        """Walk the module's statements, then the bodies of its functions, which run later."""
        scope = Scope(module)
        self._block(module.body, scope)
        while self._later:
            function, outer, path = self._later.pop(0)
            inner = Scope(function, path, outer=outer)
            for parameter in parameters(function.params):
                inner.names[parameter] = None
            self._block(function.body.body, inner)

    def _block(self, body: Sequence[cst.CSTNode], scope: Scope) -> bool:
        """Walk statements, those that can't be reached too; whether the flow goes on behind them."""
        goes_on = True
        for statement in body:
            goes_on &= self._statement(statement, scope)
        return goes_on

    def _statement(self, node: cst.CSTNode, scope: Scope) -> bool:
        """Walk a statement; whether the flow goes on behind it."""
        enter = _ENTER.get(type(node))
        if enter is None:
            self.expressions(node, scope)
            return True
        return enter(self, node, scope) is not False

    def _line(self, node: cst.SimpleStatementLine, scope: Scope) -> bool:
        return self._block(node.body, scope)

    def _leave(self, node: cst.CSTNode, scope: Scope) -> bool:
        self.expressions(node, scope)
        return False

    def _unbind(self, node: cst.CSTNode, scope: Scope) -> None:
        self.forget(node, scope)
        self.expressions(node, scope)

    def _expr(self, node: cst.Expr, scope: Scope) -> None:
        place = Place("docstring") if isinstance(node.value, (*tree.STRINGS, cst.ConcatenatedString)) else VALUE
        self.expression(node.value, scope, place)

    def _annotated(self, node: cst.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self._bind_to([node.target], node.value, scope)

    def _assign(self, node: cst.Assign, scope: Scope) -> None:
        self._bind_to([target.target for target in node.targets], node.value, scope)

    def _with(self, node: cst.With, scope: Scope) -> bool:
        for item in node.items:
            self.expression(item.item, scope, VALUE)
            self.forget(item.asname, scope)
        return self._block(node.body.body, scope)

    def _match(self, node: cst.Match, scope: Scope) -> None:
        self.expression(node.subject, scope, VALUE)
        branches = [scope.fork()]
        for case in node.cases:
            branch = scope.fork()
            self.forget(case.pattern, branch)
            if self._block(case.body.body, branch):
                branches.append(branch)
        scope.merge(branches)

    def _definition(self, node: cst.FunctionDef | cst.ClassDef, scope: Scope) -> None:
        for decorator in node.decorators:
            self.expression(decorator.decorator, scope, VALUE)
        scope.names[node.name.value] = None
        path = f"{scope.path}.{node.name.value}" if scope.path else node.name.value
        if isinstance(node, cst.FunctionDef):
            for parameter in walk(node.params):
                if isinstance(parameter, cst.Param) and parameter.default is not None:
                    self.expression(parameter.default, scope, Place("value", names=(parameter.name.value,)))
            self._later.append((node, scope, path))  # its body runs later, and sees the scope as it ends up
            return
        for base in (*node.bases, *node.keywords):
            self.expressions(base, scope)
        inner = Scope(scope.node, path, outer=scope)
        waiting = len(self._later)
        self._block(node.body.body, inner)
        # A class's names are no names of its methods.
        self._later[waiting:] = [
            (function, scope if seen is inner else seen, own) for function, seen, own in self._later[waiting:]
        ]

    def _if(self, node: cst.If, scope: Scope) -> bool:
        self.expression(node.test, scope, VALUE)
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

    def _loop(self, node: cst.For | cst.While, scope: Scope) -> None:
        body = scope.fork()
        rebound(node.body, body)
        if isinstance(node, cst.For):
            self.expression(node.iter, scope, VALUE)
            self.forget(node.target, body)
            texts = [variant for items in self.lists(node.iter, scope) for variant in items]
            if texts and isinstance(node.target, cst.Name):
                body.names[node.target.value] = followed(tuple(texts))
        else:
            self.expression(node.test, scope, VALUE)
        self._block(node.body.body, body)
        scope.merge([scope.fork(), body])
        if node.orelse:
            self._block(node.orelse.body.body, scope)

    def _try(self, node: cst.Try | cst.TryStar, scope: Scope) -> None:
        body = scope.fork()
        branches = [body] if self._block(node.body.body, body) else []
        for handler in node.handlers:
            branch = scope.fork()
            branch.merge([branch.fork(), body])
            self.forget(handler.name, branch)
            branches += [branch] if self._block(handler.body.body, branch) else []
        if node.orelse:
            self._block(node.orelse.body.body, body)
        scope.merge(branches or [scope.fork(), body])
        if node.finalbody:
            self._block(node.finalbody.body.body, scope)

    def _import(self, node: cst.Import | cst.ImportFrom, scope: Scope) -> None:
        names = node.names if isinstance(node.names, (list, tuple)) else ()
        if isinstance(node, cst.ImportFrom):
            self.imports.add(tree.dotted(node.module) if node.module else ".")
        for alias in names:
            if isinstance(node, cst.Import):
                self.imports.add(tree.dotted(alias.name))
            self.forget(alias.asname or alias.name, scope)

    def _bind_to(self, targets: Sequence[cst.BaseExpression], value: cst.BaseExpression, scope: Scope) -> None:
        names = tuple(name for target in targets if (name := tree.dotted(target)))
        binding = self.expression(value, scope, Place("value", names=names))
        lists = self.lists(value, scope) if not isinstance(value, cst.Name) else ()
        for target in targets:
            if not isinstance(target, cst.Name):
                self.expression(target, scope, VALUE)
            self.forget(target, scope)
            if isinstance(target, cst.Name):
                scope.names[target.value] = followed(binding)
                if lists and len(targets) == 1:
                    scope.lists[target.value] = lists

    def _augmented(self, node: cst.AugAssign, scope: Scope) -> None:
        name = tree.dotted(node.target)
        place = Place("value", names=(name,) if name else ())
        known = scope.lookup(name) if isinstance(node.target, cst.Name) else None
        if not isinstance(node.operator, cst.AddAssign):
            self.expression(node.value, scope, VALUE)
            self.forget(node.target, scope)
            return
        strings = self.strings(scope)
        added = strings.variants(node.value)
        if added is None:
            self.expression(node.value, scope, VALUE)
            added = ((ExpressionPart("..."),),)
            if not isinstance(known, tuple):
                self.forget(node.target, scope)
                return
        base = known if isinstance(known, tuple) else ((ExpressionPart(name or "..."),),)
        variants = bounded(tuple((*head, *tail) for head in base for tail in added))
        self.emit(variants, place)
        self.rest(strings, scope)
        if isinstance(node.target, cst.Name):
            scope.names[node.target.value] = variants


_ENTER: dict[type, Callable[[Flow, Any, Scope], bool | None]] = {
    cst.SimpleStatementLine: Flow._line,
    **dict.fromkeys((cst.Return, cst.Raise, cst.Break, cst.Continue), Flow._leave),
    **dict.fromkeys((cst.Del, cst.Global, cst.Nonlocal), Flow._unbind),
    cst.Expr: Flow._expr,
    cst.Assign: Flow._assign,
    cst.AnnAssign: Flow._annotated,
    cst.AugAssign: Flow._augmented,
    **dict.fromkeys((cst.Import, cst.ImportFrom), Flow._import),
    **dict.fromkeys((cst.FunctionDef, cst.ClassDef), Flow._definition),
    cst.If: Flow._if,
    **dict.fromkeys((cst.For, cst.While), Flow._loop),
    **dict.fromkeys((cst.Try, cst.TryStar), Flow._try),
    cst.With: Flow._with,
    cst.Match: Flow._match,
}
"""How statements are walked; one that ends the flow gives False. Of all others, only the expressions are."""
