"""The graph of a file's values in the making, and what names mean in it; see hosts.names. Knows no value."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.hosts.valueflow import (
    PUT,
    Call,
    Composed,
    Edge,
    LiteralSource,
    Part,
    Quote,
    Reflection,
    Replaced,
    Sink,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts.python.positions import Places
    from schema_rewriter.hosts.python.scope_table import Scopes
    from schema_rewriter.hosts.python.scopes import Position, Scope
    from schema_rewriter.hosts.valueflow import Class, Function, Import


@dataclass
class Draft:
    """What the walk has found so far."""

    edges: list[Edge] = field(default_factory=list)
    literals: list[LiteralSource] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    sinks: list[Sink] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    typed: list[tuple[str, str]] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    composed: list[Composed] = field(default_factory=list)
    replaced: list[Replaced] = field(default_factory=list)
    reflections: list[Reflection] = field(default_factory=list)


class GraphBuilder:
    """What is noted of the code. `scope` is the one that the code at hand stands in."""

    def __init__(self, places: Places, scopes: Scopes) -> None:
        self.places, self.scopes = places, scopes
        self.found = Draft()
        self.scope: Scope = scopes.top
        self._count = 0
        self._in_text = 0
        self._displays: set[str] = set()
        self._types: dict[str, ast.Subscript] = {}
        self._held: dict[ast.expr, str] = {}
        self.grown: dict[str, tuple[tuple[Part, ...], ...]] = {}

    def slot(self, name: str, at: Position | None = None) -> str:
        """The slot that a name means here, where it is read at a position."""
        home = self.scope.home(name, at)
        return f"{home.path}:{self._mangled(name) if home.is_class else name}"

    def reference(self, node: ast.expr) -> str | None:
        """The reference that a name with attributes is; None for any other expression."""
        if isinstance(node, ast.Name):
            return self.slot(node.id, (node.lineno, node.col_offset) if isinstance(node.ctx, ast.Load) else None)
        if isinstance(node, ast.Attribute) and (base := self.reference(node.value)) is not None:
            if node.attr == "__dict__":
                self.reflect(base, "", node)
            return f"{base}.{self._mangled(node.attr)}"
        return None

    @contextmanager
    def inside(self, node: ast.expr | ast.stmt) -> Iterator[None]:
        """In the scope that a lambda or a comprehension makes."""
        outer, inner = self.scope, self.scopes.of(node)
        self.scope = inner or outer
        yield
        self.scope = outer

    def _mangled(self, attribute: str) -> str:
        """An attribute as classes know it: `__table` in one is `_Store__table` (Python's reference, 6.2.1)."""
        if attribute.startswith("__") and not attribute.endswith("__"):
            for scope in self.scope.around():
                if scope.is_class:
                    return f"_{scope.name.lstrip('_')}{attribute}"
        return attribute

    def fresh(self) -> str:
        """A slot without a name."""
        self._count += 1
        return f"{self.scope.path}:#{self._count}"

    def unknown(self, slot: str, node: ast.AST) -> None:
        self.found.unknown.append(Unknown(slot, getattr(node, "lineno", 0)))

    def reflect(self, reference: str, prefix: str, node: ast.AST) -> None:
        """Attributes are read by names that the code does not spell out."""
        self.found.reflections.append(Reflection(reference, prefix, getattr(node, "lineno", 0)))

    def annotation(self, slot: str, node: ast.expr | None) -> None:
        """A slot holds instances of the one class that an annotation names, None beside it or not."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return
        if isinstance(node, ast.Subscript) and name_of(node.value) == "Optional":
            node = node.slice
        if isinstance(node, ast.Name):
            node = self._types.get(self.slot(node.id), node)
        if isinstance(node, ast.Subscript) and name_of(node.value) == "Literal":
            self.literal_type(node, slot)
            return
        if isinstance(node, ast.BinOp):
            sides = [side for side in (node.left, node.right) if not isinstance(side, ast.Constant)]
            node = sides[0] if len(sides) == 1 else None
        if node is not None and (reference := self.reference(node)) is not None:
            self.found.typed.append((slot, reference))

    def literal_type(self, node: ast.Subscript, slot: str) -> None:
        """A slot may hold what a type `Literal["a", "b"]` lists; these can't change without their type."""
        for item in node.slice.elts if isinstance(node.slice, ast.Tuple) else (node.slice,):
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                self.found.literals.append(LiteralSource(item.value, None, slot, "", item.lineno))

    def edge(self, source: str, read_path: str, target: str, write_path: str, node: ast.AST) -> None:
        self.found.edges.append(Edge(source, read_path, target, write_path, getattr(node, "lineno", 0)))

    def place(self, node: ast.expr) -> str:
        """A reference that holds the value of an expression."""
        if (reference := self.reference(node)) is not None:
            return reference
        slot = self.fresh()
        self.flow(node, slot, "")
        return slot

    def put(self, node: ast.expr, base: str, write_path: str) -> None:
        """The value of an expression is put into a list or mapping that others may hold, too."""
        slot = f"{self.fresh()}{PUT}"
        self.flow(node, slot, "")
        self.edge(slot, "", base, write_path, node)

    # -- what the modules above know

    def flow(self, node: ast.expr, target: str, write_path: str) -> None:
        """The value of an expression goes to the part `write_path` of a slot."""
        raise NotImplementedError

    def use(self, node: ast.expr, what: str) -> None:
        """The value of an expression is used for something that is not followed."""
        raise NotImplementedError

    def bind(self, target: ast.expr, value: ast.expr) -> None:
        """An assignment."""
        raise NotImplementedError

    def bind_loop(self, target: ast.expr, iterated: ast.expr) -> None:
        """A loop over something."""
        raise NotImplementedError


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
