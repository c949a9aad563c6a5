"""The variables of a scope and what is known of them; knows Python's names, and neither flow nor SQL."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from schema_rewriter.hosts.python.strings import tree
from schema_rewriter.hosts.python.strings.literals import ExpressionPart
from schema_rewriter.hosts.python.strings.variants import MOST_VARIANTS, Variant, bounded, plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Binding = tuple[Variant, ...] | None
"""What a variable holds: texts, or something unknown."""
Lists = tuple[tuple[Variant, ...], ...]
"""What a variable that holds a list of strings may hold: lists, each of its elements' texts."""


@dataclass
class Scope:
    """The variables of a module, class or function, as far as the flow has come; `path` as in hosts.valueflow.

    `counts` are the bindings of the scopes that were asked for, shared by all scopes of a module.
    """

    node: cst.CSTNode
    path: str = ""
    names: dict[str, Binding] = field(default_factory=dict)
    lists: dict[str, Lists] = field(default_factory=dict)
    outer: Scope | None = None
    comprehension: bool = False
    counts: dict[cst.CSTNode, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.outer is not None:
            self.counts = self.outer.counts

    def enclosing(self) -> Scope:
        """The scope that a := binds in: the one around all comprehensions (PEP 572)."""
        scope = self
        while scope.comprehension and scope.outer is not None:
            scope = scope.outer
        return scope

    def lookup(self, name: str) -> Binding:
        """What a name holds here; of an outer scope's name, only if nothing binds it a second time."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                binding = scope.names[name]
                own = scope is self or scope.node is self.node
                return binding if binding is None or own or self._bound(scope.node, name) == 1 else None
            scope = scope.outer
        return None

    def _bound(self, node: cst.CSTNode, name: str) -> int:
        """How often a name is bound in a scope."""
        if node not in self.counts:
            self.counts[node] = _bindings(node)
        return self.counts[node][name]

    def lookup_list(self, name: str) -> Lists:
        return self.lists.get(name, ())

    def fork(self) -> Scope:
        return Scope(self.node, self.path, dict(self.names), dict(self.lists), self.outer, counts=self.counts)

    def merge(self, branches: Sequence[Scope]) -> None:
        """Go on with what any of the branches may have left."""
        for name in {name for branch in branches for name in branch.names}:
            texts = [text for branch in branches if isinstance(text := branch.names.get(name), tuple)]
            self.names[name] = bounded(tuple(variant for text in texts for variant in text)) if texts else None
        for name in {name for branch in branches for name in branch.lists}:
            every = [branch.lists.get(name, ()) for branch in branches]
            self.lists[name] = tuple(dict.fromkeys(item for lists in every for item in lists))[:MOST_VARIANTS]


def followed(variants: tuple[Variant, ...] | None) -> Binding:
    """What a variable of these values is followed as: plain names are not, since they may serve other ends too."""
    if variants is None or any((word := plain_name(variant)) and word.text not in _VERBS for variant in variants):
        return None
    return variants


_VERBS = frozenset("SELECT INSERT UPDATE DELETE TRUNCATE WITH EXPLAIN ANALYZE VACUUM LOCK COPY REINDEX CLUSTER".split())
"""Words that begin statements, and that nobody takes for a name."""


def _bindings(scope: cst.CSTNode) -> Counter[str]:
    """How often each name is bound in a scope, nested ones included; a global or nonlocal statement counts twice."""
    count: Counter[str] = Counter()
    for node in walk(scope):
        if field := _BINDS.get(type(node)):
            count.update(name.value for name in walk(getattr(node, field)) if type(name) is cst.Name)
        elif type(node) is cst.Global or type(node) is cst.Nonlocal:
            for item in node.names:
                count[item.name.value] += 2
    return count


_BINDS: dict[type, str] = {
    **dict.fromkeys((cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.CompFor, cst.NamedExpr), "target"),
    **dict.fromkeys((cst.AsName, cst.FunctionDef, cst.ClassDef), "name"),
}
"""The nodes that bind names, each with the field that these stand in."""


def rebound(body: cst.CSTNode, scope: Scope) -> None:
    """Forget, before a loop's body, what the body binds: it runs again with that. What it adds to may have grown."""
    for node in walk(body):
        if type(node) is cst.AugAssign and type(node.target) is cst.Name:
            known = scope.names.get(node.target.value)
            if isinstance(known, tuple):
                grown = tuple((*variant, ExpressionPart("...")) for variant in known)
                scope.names[node.target.value] = bounded((*known, *grown))
        elif type(node) is cst.AssignTarget or type(node) is cst.AnnAssign or type(node) is cst.NamedExpr:
            for name in walk(node.target):
                if type(name) is cst.Name:
                    scope.names[name.value] = None
                    scope.lists.pop(name.value, None)


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        yield inner
        waiting.extend(tree.children(inner))


def parameters(parameters: cst.Parameters) -> Iterator[str]:
    for group in (parameters.params, parameters.kwonly_params, parameters.posonly_params):
        for parameter in group:
            yield parameter.name.value
    for star in (parameters.star_arg, parameters.star_kwarg):
        if isinstance(star, cst.Param):
            yield star.name.value
