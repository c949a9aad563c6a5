"""The variables of a scope and what is known of them; knows neither which scope binds a name, nor flow, nor SQL."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from schema_rewriter.hosts.python.strings import tree
from schema_rewriter.hosts.python.strings.variants import MOST_VARIANTS, UNKNOWN, Variant, bounded, joined, plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.hosts.python.scopes import Scope
    from schema_rewriter.hosts.python.strings.parts import Strings

Binding = tuple[Variant, ...] | None
"""What a variable holds: texts, or something unknown."""
Lists = tuple[tuple[Variant, ...], ...]
"""What a variable that holds a list of strings may hold: lists, each of its elements' texts."""


@dataclass
class Variables:
    """The variables of a module, class, function, lambda or comprehension, as far as the flow has come.

    `scope` tells what names mean there; None where the code is newer than the Python that runs this: then only the
    variables of the body at hand are known. `runs_in_place`: it runs where it stands.
    """

    scope: Scope | None
    names: dict[str, Binding] = field(default_factory=dict)
    lists: dict[str, Lists] = field(default_factory=dict)
    outer: Variables | None = None
    runs_in_place: bool = False
    is_comprehension: bool = False

    def body(self) -> Variables:
        """Those of the body around all comprehensions, in which a := binds (PEP 572)."""
        variables = self
        while variables.is_comprehension and variables.outer is not None:
            variables = variables.outer
        return variables

    def lookup(self, name: str) -> Binding:
        """What a name holds here; that of a body which runs at another time, only if nothing binds it a second time."""
        holder, is_here = self._holder(name)
        if holder is None or (binding := holder.names.get(name)) is None:
            return None
        return binding if is_here or (holder.scope is not None and holder.scope.bindings(name) == 1) else None

    def lookup_list(self, name: str) -> Lists:
        """The lists that a name of this very body may hold."""
        return self.lists.get(name, ())

    def extend(self, name: str, ends: Lists) -> bool:
        """Put more behind the lists that a name may hold, "..." for what is not known; whether it holds any."""
        lists = self.lookup_list(name)
        if lists:
            more = ends or (UNKNOWN,)
            self.lists[name] = tuple((*items, *end) for items in lists for end in more)[:MOST_VARIANTS]
        return bool(lists)

    def grow_elsewhere(self, name: str) -> None:
        """Forget a list of a body around this one: it is changed here, as often as this runs."""
        holder, _ = self._holder(name)
        if holder is not None and holder is not self:
            holder.lists.pop(name, None)

    def _holder(self, name: str) -> tuple[Variables | None, bool]:
        """Those that a name is one of, and whether the flow is in them; a body keeps what it gives to others' names."""
        home = self._home(name)
        variables: Variables | None = self
        is_here = True
        while variables is not None:
            scope = variables.scope
            if name in variables.names if home is None or scope is None else scope is home or scope.declares(name):
                return variables, is_here
            is_here = is_here and variables.runs_in_place
            if not is_here and home is None:
                break
            variables = variables.outer
        return None, False

    def _home(self, name: str) -> Scope | None:
        if self.scope is None:
            return None
        home = self.scope.home(name)
        is_later = home.is_class and home is self.scope and name not in self.names
        return home.top if is_later else home  # a class that has not bound it yet takes the module's

    def fork(self) -> Variables:
        return replace(self, names=dict(self.names), lists=dict(self.lists))

    def merge(self, branches: Sequence[Variables]) -> None:
        """Go on with what any of the branches may have left."""
        for name in {name for branch in branches for name in branch.names}:
            bindings = [branch.names[name] for branch in branches if name in branch.names]
            texts = [UNKNOWN if binding is None else binding for binding in bindings]
            known = any(binding is not None for binding in bindings)
            self.names[name] = bounded(tuple(variant for text in texts for variant in text)) if known else None
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


def rebound(body: cst.CSTNode, variables: Variables, strings: Strings) -> None:
    """Forget, before a loop's body, what the body binds: it runs again with that. What it adds to may have grown."""
    added: dict[str, list[Variant]] = {}
    for node in walk(body):
        if type(node) is cst.AugAssign and type(node.target) is cst.Name:
            if isinstance(variables.names.get(node.target.value), tuple):
                added.setdefault(node.target.value, []).extend(strings.variants(node.value) or UNKNOWN)
        elif type(node) is cst.AssignTarget or type(node) is cst.AnnAssign or type(node) is cst.NamedExpr:
            for name in walk(node.target):
                if type(name) is cst.Name:
                    variables.names[name.value] = None
                    variables.lists.pop(name.value, None)
    for grown, ends in added.items():
        known = variables.names[grown]
        if known is not None:
            once = joined((known, tuple(ends))) or ()
            variables.names[grown] = bounded((*known, *once, *(joined((once, tuple(ends))) or ())))


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
