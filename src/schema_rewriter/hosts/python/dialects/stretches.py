"""The texts of a file of Python code, each with the system that runs it, or runs it too, as the code shows.

Three things show it: branches of tests for the database (`if is_sqlite`) and what follows one that leaves; keys,
keywords and classes that name a system (`{"sqlite": ..}`, `sqlite_where=`); the object that a call hands a text to.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import engines
from schema_rewriter.edit import Span
from schema_rewriter.hosts.python.dialects.bindings import Bindings
from schema_rewriter.hosts.python.dialects.conditions import outcome, together, word
from schema_rewriter.hosts.python.dialects.runs import Run, Runs
from schema_rewriter.hosts.python.nodes import last

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.hosts.host import Embedded
    from schema_rewriter.hosts.python.scope_table import Scopes
    from schema_rewriter.hosts.python.syntax import Syntax
    from schema_rewriter.text import MappedText


class _Stretches:
    """Stretches of a file, one within another or apart, each with who runs it."""

    def __init__(self, found: Iterable[tuple[Span, Run]]) -> None:
        self._found = sorted(found, key=lambda one: (one[0].start, -one[0].stop))
        self._around: list[int] = []
        inside: list[int] = []
        for at, (span, _) in enumerate(self._found):
            while inside and not self._found[inside[-1]][0].covers(span):
                inside.pop()
            self._around.append(inside[-1] if inside else -1)
            inside.append(at)
        self._starts = [span.start for span, _ in self._found]

    def run(self, wanted: Span) -> Run | None:
        """Who runs a stretch: what stands nearest around it, a library for any system only if nothing else does."""
        at = bisect_right(self._starts, wanted.start) - 1
        around = []
        while at >= 0:
            span, run = self._found[at]
            if span.covers(wanted):
                around.append(run)
            at = self._around[at]
        return next((run for run in around if run.system != engines.ANY), next(iter(around), None))


def with_systems(
    syntax: Syntax, scopes: Scopes | None, texts: Sequence[Embedded]
) -> tuple[Sequence[Embedded], frozenset[str]]:
    """The texts of a file, each with what is known of who runs it; and the other systems that the code connects to."""
    if not engines.may_tell(syntax.source) or (read := syntax.placed) is None or scopes is None:
        return texts, frozenset()
    module, places = read
    bindings = Bindings(module, scopes)
    runs = Runs(bindings)
    _Branches(runs).block(module.body, None)
    runs.of_objects()
    runs.follow()
    if not runs.nodes:
        return texts, runs.connected
    nodes = [(span, run) for node, run in runs.nodes.values() if (span := places.span(node)) is not None]
    stretches = _Stretches(nodes)
    placed = [(embedded, [stretches.run(span) for span in _pieces(embedded.text)]) for embedded in texts]
    reached = _Stretches(
        (span, Run(system, is_certain=False))
        for embedded, found in placed
        if (system := next((each.system for each in found if each and each.is_other and each.is_certain), ""))
        for span, each in zip(_pieces(embedded.text), found, strict=True)
        if each is None or not each.is_other
    )  # the rest of a text that a branch goes on with gets to the branch too
    return [_marked(embedded, found, reached) for embedded, found in placed], runs.connected


def _marked(embedded: Embedded, found: Iterable[Run | None], reached: _Stretches) -> Embedded:
    runs = [run for run in found if run is not None]
    for run in runs:
        if run.is_other and run.is_certain:
            return replace(embedded, dialect=run.system)
    doubts = [run.system for run in runs if run.is_other]
    doubts += [far.system for span in _pieces(embedded.text) if (far := reached.run(span)) is not None]
    if doubts:
        return replace(embedded, also=doubts[0])
    return replace(embedded, dialect=runs[0].system) if runs else embedded


def _pieces(text: MappedText) -> Iterator[Span]:
    for piece in text.pieces:
        yield Span(piece.offsets[0], piece.offsets[-1])


class _Branches:
    """Finds the code that only one system takes, by tests, keys, keywords and names of classes."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs

    def block(self, body: Sequence[ast.stmt], system: str | None) -> None:
        """Statements that run where `system` is the database: None if that is not told."""
        for statement in body:
            self._statement(statement, system)
            if isinstance(statement, ast.If) and not system:
                true, false = outcome(statement.test)
                if _leaves(statement.body) and not statement.orelse and false is not None:
                    system = false
                elif statement.orelse and _leaves(statement.orelse) and true is not None:
                    system = true

    def _statement(self, statement: ast.stmt, system: str | None) -> None:
        if system is not None:
            self.runs.take_all(statement, Run(system))
        if system:
            return
        if isinstance(statement, ast.If):
            self._expressions(statement.test)
            for branch, told in zip((statement.body, statement.orelse), outcome(statement.test), strict=True):
                self.block(branch, told)
            return
        if isinstance(statement, ast.Match):
            for case in statement.cases:
                values = [node.value for node in ast.walk(case.pattern) if isinstance(node, ast.MatchValue)]
                self.block(case.body, together([word(value) for value in values]))
            return
        self._compound(statement, system)

    def _compound(self, statement: ast.stmt, system: str | None) -> None:
        """The statements and expressions of any other statement."""
        if isinstance(statement, ast.ClassDef) and (named := _of_class(statement)):
            self.runs.take_all(statement, Run(named, is_certain=False))
        for field in ("body", "orelse", "finalbody"):
            if isinstance(inner := getattr(statement, field, None), list):
                self.block(inner, system)
        for handler in getattr(statement, "handlers", ()):
            self.block(handler.body, system)
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, (ast.expr, ast.keyword, ast.withitem, ast.arguments)):
                self._expressions(child)

    def _expressions(self, top: ast.AST) -> None:
        for node in ast.walk(top):
            if isinstance(node, ast.IfExp):
                for branch, system in zip((node.body, node.orelse), outcome(node.test), strict=True):
                    self._take(branch, system)
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    self._take(value, word(key) if key else None)
            elif isinstance(node, ast.Call):
                for keyword in node.keywords:
                    first = (keyword.arg or "").partition("_")[0]
                    self._take(keyword.value, engines.by_word(first))
                    if keyword.arg == "dialect" and isinstance(node.func, ast.Attribute):
                        self._take(node.func.value, word(keyword.value))  # DDL(..).execute_if(dialect="sqlite")

    def _take(self, node: ast.expr, system: str | None) -> None:
        if system:
            self.runs.take_all(node, Run(system))


def _of_class(node: ast.ClassDef) -> str:
    """The other system that the name of a class, or of a base of it, says."""
    named = engines.by_class(node.name)
    return next((each for each in (named, *(engines.by_type(last(base)) for base in node.bases)) if each), "")


def _leaves(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))
