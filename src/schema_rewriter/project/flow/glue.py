"""Whether a text that ends in a name gets more behind it somewhere, so that the name becomes another one.

A text is followed to where code puts it together with others, and on from there: through functions, attributes and
files. What may come behind it is asked backward. Knows no SQL.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.project.context import Replacement
from schema_rewriter.project.flow.fills import Fills
from schema_rewriter.words import BESIDE_A_HOLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.hosts.valueflow import Composed, Part
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import AccessPath, ValueFlowGraph
    from schema_rewriter.project.flow.trace import Tracer

_LAST_WORD = re.compile(r"(?:^|[^\w$\"])([\w$]+)\Z")
_GOES_ON = re.compile(r"[\w$.][\w$]*")
_WORD = re.compile(r"\w+")
_DEEPEST = 12
"""How many texts within texts are looked at."""


class Glue:
    """Asks what comes behind texts. `tracer` follows values forward."""

    def __init__(self, graph: ValueFlowGraph, tracer: Tracer) -> None:
        self.graph, self.tracer = graph, tracer
        self._parts: dict[Node, list[tuple[str, Composed, int]]] = {}
        self._made: dict[Node, list[tuple[str, Composed]]] = {}
        for path, composed in graph.composed:
            self._made.setdefault(graph.symbols.node(path, composed.target), []).append((path, composed))
            for index, part in enumerate(composed.parts):
                if part.slot:
                    self._parts.setdefault(graph.symbols.node(path, part.slot), []).append((path, composed, index))
        self._heads: dict[Node, frozenset[str]] = {}
        self._asking: set[Node] = set()
        self._behind: dict[tuple[Node, str, bool], str] = {}

    def endings(self, names: Collection[str]) -> Iterator[tuple[str, Span, str]]:
        """The literals that end in one of the names and get more behind that: path, place, and what that may be."""
        for path, span, text, node, write_path in self._literals(is_last=True) if self._parts else ():
            behind = self.behind(node, write_path) if last_word(text) in names else ""
            if behind:
                yield path, span, behind

    def replacements(self, names: Collection[str]) -> Iterator[tuple[str, Replacement]]:
        """The literals with one of the names of which code replaces a part, each with its path."""
        for path, span, text, node, write_path in self._literals() if self.graph.replaced else ():
            words = {word.lower() for word in _WORD.findall(text)}
            if " " in text and not words.isdisjoint(names):
                for one, part in self._passed(node, write_path):
                    for item in self.graph.replaced.get(one, ()) if not part else ():
                        yield path, Replacement(span, item.old, item.new, item.is_pattern)

    def _literals(self, *, is_last: bool = False) -> Iterator[tuple[str, Span, str, Node, str]]:
        """All literals of texts, those within others, or at their ends, too: path, place, text, and where it goes."""
        for node, literals in self.graph.literals.items():
            for path, literal in literals:
                if literal.span is not None:
                    yield path, literal.span, literal.text, node, literal.write_path
        for path, composed in self.graph.composed:
            for part in composed.parts[-1:] if is_last else composed.parts:
                if part.span is not None:
                    node = self.graph.symbols.node(path, composed.target)
                    yield path, part.span, part.text, node, composed.write_path

    def _passed(self, node: Node, write_path: str) -> Iterator[tuple[Node, AccessPath]]:
        """The slots that a text passes, and those that texts do which are made of it."""
        waiting, seen = [(node, write_path)], {(node, write_path)}
        for text in waiting:
            for one, part in self.tracer.trace(*text).places:
                yield one, part
                for path, composed, _ in self._parts.get(one, ()) if not part and len(seen) < _MOST else ():
                    target = (self.graph.symbols.node(path, composed.target), composed.write_path)
                    if target not in seen:
                        seen.add(target)
                        waiting.append(target)

    def behind(self, node: Node, write_path: str, *, is_name: bool = False) -> str:
        """What goes on with the last name of a text that is written to a part of a slot; "" if nothing does.

        `is_name`: the text is a name alone, and only what goes on behind texts that end in it is asked for.
        """
        key = (node, write_path, is_name)
        if key not in self._behind:
            self._behind[key] = self._search(node, write_path, is_name=is_name) if self._parts else ""
        return self._behind[key]

    def _search(self, node: Node, write_path: str, *, is_name: bool) -> str:
        waiting, seen = [(node, write_path)], {(node, write_path)}

        def follow(target: tuple[Node, str]) -> None:
            if target not in seen and len(seen) < _MOST:
                seen.add(target)
                waiting.append(target)

        for text in waiting:  # which grows
            is_direct = is_name and text == (node, write_path)
            for one, part in self.tracer.trace(*text).places:
                for star in self.graph.starred.get(one, ()) if not (part or is_name) else ():
                    follow((star, "[]"))
                for path, composed, index in self._parts.get(one, ()) if not part else ():
                    if is_direct and index and _OF_NAME.match(composed.parts[index - 1].text[-1:]):
                        continue  # no name of its own there, but a part of one
                    following = sorted(self._following(path, composed.parts[index + 1 :]))
                    heads = [] if is_direct or not self._matters(path, composed) else [one for one in following if one]
                    if heads:
                        return heads[0]
                    if "" in following:
                        follow((self.graph.symbols.node(path, composed.target), composed.write_path))
        return ""

    def _matters(self, path: str, composed: Composed) -> bool:
        """Whether a text may be run: not where it only tells people something, or is a key."""
        uses = self.tracer.trace(self.graph.symbols.node(path, composed.target), composed.write_path).uses
        return not uses or not all(use.is_message or use.what in _HARMLESS for use in uses)

    def _following(self, path: str, parts: Sequence[Part]) -> frozenset[str]:
        """How the name before some parts may go on: "" if nothing follows it; what ends it is left out."""
        found: set[str] = set()
        for part in parts:
            heads = self._heads_of(path, part)
            found |= heads - {""}
            if "" not in heads:
                return frozenset(found)
        return frozenset((*found, ""))

    def _heads_of(self, path: str, part: Part) -> frozenset[str]:
        """How a name that a part follows may go on by it."""
        if not part.slot:
            return _head(part.text)
        node = self.graph.symbols.node(path, part.slot)
        if node in self._asking or len(self._asking) > _DEEPEST:
            return frozenset(("",))
        if node not in self._heads:
            self._asking.add(node)
            self._heads[node] = self._heads_in(node, part.slot)
            self._asking.discard(node)
        return self._heads[node]

    def _heads_in(self, node: Node, slot: str) -> frozenset[str]:
        graph, fills = self.graph, Fills(self.graph, [node])
        unknown = fills.unfollowed or graph.unknown_source(set(fills.nodes) - graph.only_composed)
        found: set[str] = {f"{{{slot.rpartition(':')[2]}}}"} if unknown else set()
        for one in fills.nodes:
            for _, literal in graph.literals.get(one, ()):
                if fills.takes(one, literal.write_path) and not _begins_statement(literal.text):
                    found |= _head(literal.text)
            for path, composed in self._made.get(one, ()):
                if fills.takes(one, composed.write_path):
                    found |= self._following(path, composed.parts)
        return frozenset(found)


_MOST = 400
_OF_NAME = re.compile(r"[\w$]")
_HARMLESS = frozenset(("a key", "a comparison", "a condition", "an assertion or an exception"))


def last_word(text: str) -> str:
    """The name that a text ends in, folded; "" if it ends otherwise."""
    found = _LAST_WORD.search(text)
    return found[1].lower() if found else ""


def _head(text: str) -> frozenset[str]:
    """How a name goes on that a text follows: "" if the text is empty; nothing if it ends the name."""
    found = _GOES_ON.match(text)
    return frozenset((found[0],)) if found else frozenset() if text else frozenset(("",))


def _begins_statement(text: str) -> bool:
    """Whether a text is the beginning of a statement, which nothing else stands before."""
    words = text.split(maxsplit=1)
    return bool(words) and words[0].lower() in BESIDE_A_HOLE
