"""Follows strings through the statements of a scope, in order and through branches; knows statements, no SQL.

Followed are local variables that only this scope assigns, `+=`, lists appended to, and module variables that
functions read. A name bound in any way that is not followed is unknown.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import libcst as cst

from schema_rewriter.hosts.host import Place
from schema_rewriter.hosts.python.strings import tree
from schema_rewriter.hosts.python.strings.expressions import VALUE, Expressions
from schema_rewriter.hosts.python.strings.literals import ExpressionPart
from schema_rewriter.hosts.python.strings.variables import Variables, followed, parameters, rebound, walk
from schema_rewriter.hosts.python.strings.variants import UNKNOWN, bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema_rewriter.hosts.host import Bound
    from schema_rewriter.hosts.python.scopes import Scope


class Flow(Expressions):
    """Walks a module's statements; `imports` are the modules that it imports."""

    def __init__(
        self,
        text: str,
        spans: tree.Spans,
        scope_of: Callable[[cst.CSTNode], Scope | None],
        bound_by: Callable[[cst.Call], tuple[Bound, ...]],
    ) -> None:
        super().__init__(text, spans, scope_of, bound_by)
        self.imports: set[str] = set()
        self._later: list[tuple[cst.FunctionDef, Variables]] = []
        self._growing: cst.AugAssign | None = None

    def module(self, module: cst.Module) -> None:
        """Walk the module's statements, then the bodies of its functions, which run later."""
        variables = Variables(self.scope_of(module))
        self._block(module.body, variables)
        while self._later:
            function, outer = self._later.pop(0)
            inner = Variables(self.scope_of(function), outer=outer)
            for parameter in parameters(function.params):
                inner.names[parameter] = None
            self._block(function.body.body, inner)

    def _block(self, body: Sequence[cst.CSTNode], variables: Variables) -> bool:
        """Walk statements, those that can't be reached too; whether the flow goes on behind them."""
        goes_on = True
        for statement, following in zip_longest(body, body[1:]):
            self._growing = _growing(statement, following) or self._growing
            goes_on &= self._statement(statement, variables)
        return goes_on

    def _statement(self, node: cst.CSTNode, variables: Variables) -> bool:
        """Walk a statement; whether the flow goes on behind it."""
        enter = _ENTER.get(type(node))
        if enter is None:
            self.expressions(node, variables)
            return True
        return enter(self, node, variables) is not False

    def _line(self, node: cst.SimpleStatementLine, variables: Variables) -> bool:
        return self._block(node.body, variables)

    def _leave(self, node: cst.CSTNode, variables: Variables) -> bool:
        self.expressions(node, variables)
        return False

    def _unbind(self, node: cst.CSTNode, variables: Variables) -> None:
        self.forget(node, variables)
        self.expressions(node, variables)

    def _expr(self, node: cst.Expr, variables: Variables) -> None:
        place = Place("docstring") if isinstance(node.value, (*tree.STRINGS, cst.ConcatenatedString)) else VALUE
        self.expression(node.value, variables, place)

    def _annotated(self, node: cst.AnnAssign, variables: Variables) -> None:
        if node.value is not None:
            self._bind_to([node.target], node.value, variables)

    def _assign(self, node: cst.Assign, variables: Variables) -> None:
        self._bind_to([target.target for target in node.targets], node.value, variables)

    def _with(self, node: cst.With, variables: Variables) -> bool:
        for item in node.items:
            self.expression(item.item, variables, VALUE)
            self.forget(item.asname, variables)
        return self._block(node.body.body, variables)

    def _match(self, node: cst.Match, variables: Variables) -> None:
        self.expression(node.subject, variables, VALUE)
        branches = [variables.fork()]
        for case in node.cases:
            branch = variables.fork()
            for part in walk(case.pattern):
                if isinstance(part, cst.MatchValue):
                    self.expression(part.value, branch, Place("operand"))
            self.forget(case.pattern, branch)
            if case.guard is not None:
                self.expression(case.guard, branch, VALUE)
            if self._block(case.body.body, branch):
                branches.append(branch)
        variables.merge(branches)

    def _definition(self, node: cst.FunctionDef | cst.ClassDef, variables: Variables) -> None:
        for decorator in node.decorators:
            self.expression(decorator.decorator, variables, VALUE)
        variables.names[node.name.value] = None
        if isinstance(node, cst.FunctionDef):
            for parameter in walk(node.params):
                if isinstance(parameter, cst.Param) and parameter.default is not None:
                    self.expression(parameter.default, variables, Place("value", names=(parameter.name.value,)))
            self._later.append((node, variables))  # its body runs later, and sees the scope as it ends up
            return
        for base in (*node.bases, *node.keywords):
            self.expressions(base, variables)
        inner = Variables(self.scope_of(node), outer=variables, runs_in_place=True)
        self._block(node.body.body, inner)

    def _if(self, node: cst.If, variables: Variables) -> bool:
        self.expression(node.test, variables, VALUE)
        then, otherwise = variables.fork(), variables.fork()
        branches = [then] if self._block(node.body.body, then) else []
        if isinstance(node.orelse, cst.If):
            goes_on = self._if(node.orelse, otherwise)
        else:
            goes_on = self._block(node.orelse.body.body, otherwise) if node.orelse else True
        branches += [otherwise] if goes_on else []
        if branches:
            variables.merge(branches)
        return bool(branches)

    def _loop(self, node: cst.For | cst.While, variables: Variables) -> None:
        body = variables.fork()
        rebound(node.body, body, self.strings(variables))
        if isinstance(node, cst.For):
            self.expression(node.iter, variables, VALUE)
            self.forget(node.target, body)
            texts = [variant for items in self.lists(node.iter, variables) for variant in items]
            if texts and isinstance(node.target, cst.Name):
                body.names[node.target.value] = followed(tuple(texts))
        else:
            self.expression(node.test, variables, VALUE)
        self._block(node.body.body, body)
        variables.merge([variables.fork(), body])
        if node.orelse:
            self._block(node.orelse.body.body, variables)

    def _try(self, node: cst.Try | cst.TryStar, variables: Variables) -> None:
        body = variables.fork()
        branches = [body] if self._block(node.body.body, body) else []
        for handler in node.handlers:
            branch = variables.fork()
            branch.merge([branch.fork(), body])
            self.forget(handler.name, branch)
            branches += [branch] if self._block(handler.body.body, branch) else []
        if node.orelse:
            self._block(node.orelse.body.body, body)
        variables.merge(branches or [variables.fork(), body])
        if node.finalbody:
            self._block(node.finalbody.body.body, variables)

    def _import(self, node: cst.Import | cst.ImportFrom, variables: Variables) -> None:
        names = node.names if isinstance(node.names, (list, tuple)) else ()
        if isinstance(node, cst.ImportFrom):
            self.imports.add(tree.dotted(node.module) if node.module else ".")
        for alias in names:
            if isinstance(node, cst.Import):
                self.imports.add(tree.dotted(alias.name))
            elif node.module:
                self.imports.add(f"{tree.dotted(node.module)}.{tree.dotted(alias.name)}")
            self.forget(alias.asname or alias.name, variables)

    def _bind_to(self, targets: Sequence[cst.BaseExpression], value: cst.BaseExpression, variables: Variables) -> None:
        names = tuple(name for target in targets if (name := tree.dotted(target)))
        binding = self.expression(value, variables, Place("value", names=names))
        lists = self.lists(value, variables) if not isinstance(value, cst.Name) else ()
        for target in targets:
            if not isinstance(target, cst.Name):
                self.expression(target, variables, VALUE)
            self.forget(target, variables)
            if isinstance(target, cst.Name):
                variables.names[target.value] = followed(binding)
                if lists and len(targets) == 1:
                    variables.lists[target.value] = lists

    def _augmented(self, node: cst.AugAssign, variables: Variables) -> None:
        name = tree.dotted(node.target)
        place = Place("value", names=(name,) if name else ())
        known = variables.lookup(name) if isinstance(node.target, cst.Name) else None
        if not isinstance(node.operator, cst.AddAssign):
            self.expression(node.value, variables, VALUE)
            self.forget(node.target, variables)
            return
        strings = self.strings(variables)
        added = strings.variants(node.value)
        if added is None:
            lists = self.lists(node.value, variables) if isinstance(node.target, cst.Name) else ()
            self.expression(node.value, variables, VALUE)
            if variables.extend(name, lists):
                return
            added = UNKNOWN
            if not isinstance(known, tuple):
                self.forget(node.target, variables)
                return
        base = known if isinstance(known, tuple) else ((ExpressionPart(name or "..."),),)
        variants = bounded(tuple((*head, *tail) for head in base for tail in added))
        if node is not self._growing or min(map(len, base)) <= _LONG:
            self.emit(variants, place)
        self.rest(strings, variables)
        if isinstance(node.target, cst.Name):
            variables.names[node.target.value] = variants


def _growing(statement: cst.CSTNode, following: cst.CSTNode | None) -> cst.AugAssign | None:
    """The statement, where it puts a string behind a name, and the next one does nothing but put more behind that."""
    one, other = _growth(statement), _growth(following)
    return one if one and other and tree.dotted(one.target) == tree.dotted(other.target) else None


def _growth(statement: cst.CSTNode | None) -> cst.AugAssign | None:
    """What puts a string literal behind a name, where a line holds nothing else."""
    match statement:
        case cst.SimpleStatementLine(
            body=[cst.AugAssign(target=cst.Name(), operator=cst.AddAssign(), value=cst.SimpleString()) as growth]
        ):
            return growth
    return None


_LONG = 64
"""Parts of a text from which on it is none of its own where it grows on at once: thousands would hold one another."""
_ENTER: dict[type, Callable[[Flow, Any, Variables], bool | None]] = {
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
