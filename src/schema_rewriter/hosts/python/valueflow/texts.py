"""Where the values of Python expressions become parts of texts; see hosts.names. Knows no statement and no SQL."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python import nodes
from schema_rewriter.hosts.python.valueflow import composing
from schema_rewriter.hosts.python.valueflow.graph import GraphBuilder, name_of
from schema_rewriter.hosts.valueflow import Composed, Part, Replaced, Sink

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

QUOTING = frozenset(("Identifier", "quote_ident"))
"""Functions whose argument becomes one quoted identifier of SQL (psycopg.sql, psycopg2.sql, psycopg2.extensions)."""
TEXTS = frozenset(("format", "join", "format_map", "replace", "substitute", "safe_substitute"))
"""Methods that put a text together."""
MOST_VARIANTS = 8
"""How many of the texts that a variable may have grown to are kept."""


class Texts(GraphBuilder):
    """Notes the holes of texts."""

    def text(self, node: ast.expr) -> None:
        """An expression that puts a text together."""
        if isinstance(node, ast.JoinedStr):
            self._in_text += 1
            self._formatted(node)
            self._in_text -= 1
            return
        for part in self._parts(node):
            self.hole(part)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "replace":
            self.replaced(node.func.value, node.args)

    def replaced(self, text: ast.expr, values: Sequence[ast.expr], *, is_pattern: bool = False) -> None:
        """Note that a part of what an expression holds becomes another: `values` are the old and the new one."""
        slot = self.reference(text) or self._held.get(text)
        if slot is not None and len(values) > 1:
            old, new = (
                one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) else None
                for one in values[:2]
            )
            self.found.replaced.append(Replaced(slot, old, new, is_pattern))

    def _formatted(self, node: ast.JoinedStr) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                if part.conversion in (-1, ord("s")) and part.format_spec is None:
                    self.hole(part.value)
                else:
                    self.use(part.value, "a formatted text")

    def _parts(self, node: ast.expr) -> Iterator[ast.expr]:
        """The expressions that an operator or a method puts together."""
        match node:
            case ast.BinOp(op=ast.Add()):
                yield from (node.left, node.right)
            case ast.BinOp(op=ast.Mod()):
                yield node.left
                yield from self._values(node.right)
            case ast.Call(func=ast.Attribute(attr=filling, value=template)) if filling != "join":
                yield template
                for value in (*node.args, *(keyword.value for keyword in node.keywords)):
                    yield from self._values(value) if isinstance(value, ast.Dict) else (value,)
            case ast.Call(func=ast.Attribute(attr="join", value=separator), args=[ast.List() | ast.Tuple() as items]):
                yield separator
                yield from items.elts
            case ast.BinOp() | ast.Call():
                self._others(node)
            case _:
                yield node

    def _others(self, node: ast.expr) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.use(child, "a text")

    def hole(self, node: ast.expr) -> None:
        """An expression that becomes a part of a text."""
        if isinstance(node, ast.Constant):
            return
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod))):
            self.text(node)
            return
        if (items := _listed(node)) is not None:
            slot = self.fresh()
            self.edge(self.place(items), "iter", slot, "", node)
            self._fill(slot, "a list in a text", node, is_listed=True)
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TEXTS:
            self.text(node)
            return
        inner = node
        while isinstance(inner, ast.Call) and name_of(inner.func) in QUOTING and inner.args:
            if name_of(inner.func) == "Identifier" and len(inner.args) > 1:
                if all(isinstance(item, ast.Constant) for item in inner.args):
                    return  # a name with its schema: the engine reads it where it stands
                break
            inner = inner.args[0]
        if isinstance(inner, ast.Constant):
            return
        if isinstance(inner, ast.Call) and name_of(inner.func) in ("SQL", "text", "Template") and inner.args:
            self.hole(inner.args[0])
            return
        slot = self._held[node] = self.place(inner)
        self._fill(slot, "a text", node)

    def bind_value(self, node: ast.expr) -> None:
        """An expression whose value a call binds to a placeholder of SQL."""
        self._fill(self.place(node), "a value bound to SQL", node)

    def compose(self, nodes: Sequence[ast.expr], target: str, write_path: str) -> tuple[tuple[Part, ...], ...]:
        """Note of what parts the text is that expressions make, one behind the other, whose holes are noted already.

        The variants of it, where variables in it have grown before by one part or another.
        """
        variants: list[tuple[Part, ...]] = [()]
        for item in (item for node in nodes for item in composing.pieces(node)):
            part = self._part(item)
            more = self.grown.get(part.slot, ((part,),)) if part.slot else ((part,),)
            if len(variants) * len(more) > MOST_VARIANTS:
                more = ((part,),)
            variants = [(*one, *other) for one in variants for other in more]
        for parts in variants:
            if any(part.slot or part.text for part in parts):
                self.found.composed.append(Composed(parts, target, write_path, nodes[-1].lineno))
        return tuple(variants)

    def _part(self, item: composing.Piece) -> Part:
        if isinstance(item, str):
            return Part(item)
        if isinstance(item, composing.Written):
            return Part(item.text, self.places.span(item.node))
        if isinstance(item, composing.Elements):
            slot = self.fresh()
            self.edge(self.place(item.node), "iter", slot, "", item.node)
            return Part(slot=slot)
        if item is None:
            return Part(slot=composing.NOBODY_KNOWS)
        return Part(slot=self.reference(item) or self._held.get(item, composing.NOBODY_KNOWS))

    def _fill(self, slot: str, what: str, node: ast.expr, *, is_listed: bool = False) -> None:
        """Note that the value of a slot becomes a part of a text, where an expression stands."""
        sink = Sink(slot, "", what, node.lineno, self.places.span(node), nodes.spelt(node), is_listed)
        self.found.sinks.append(sink)

    def _values(self, node: ast.expr) -> Sequence[ast.expr]:
        """What the right side of % puts into the left one; the names by which it does are used."""
        if isinstance(node, ast.Tuple):
            return node.elts
        if isinstance(node, ast.Dict):
            for key in filter(None, node.keys):
                self.use(key, "a key")
            return node.values
        if isinstance(node, ast.Call) and name_of(node.func) == "dict":
            return [*node.args, *(keyword.value for keyword in node.keywords)]
        return (node,)


def _listed(node: ast.expr) -> ast.expr | None:
    """What a call of join puts together with commas between; None for anything else, and for a display."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join"):
        return None
    separator = node.func.value
    if isinstance(separator, ast.Call) and name_of(separator.func) == "SQL" and len(separator.args) == 1:
        separator = separator.args[0]
    if not isinstance(separator, ast.Constant) or not isinstance(separator.value, str):
        return None
    plain = (
        len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], (ast.List, ast.Tuple, ast.Starred))
    )
    return node.args[0] if plain and separator.value.strip() == "," else None
