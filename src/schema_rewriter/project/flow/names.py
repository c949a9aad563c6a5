"""The holes of SQL that take relations, and the literals that may name relations, with where each goes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.errors import in_file
from schema_rewriter.project.flow.fills import Fills
from schema_rewriter.project.flow.trace import NOWHERE, Tracer
from schema_rewriter.relation import Relation, split_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.hosts.valueflow import LiteralSource
    from schema_rewriter.project.facts import Facts, Position
    from schema_rewriter.project.flow.graph import SinkUse, ValueFlowGraph
    from schema_rewriter.project.flow.symbols import Node
    from schema_rewriter.project.flow.trace import Trace
    from schema_rewriter.rules import RuleSet

Hole = tuple[str, str, str]
"""A file, a scope in it, and an expression."""


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A literal that may be a relation's name, where it goes, and where that relation moves to, if it does.

    `holes` are those for relations that it gets into. `is_quoted`: calls that quote it get it to SQL, too, and are
    settled.
    """

    path: str
    literal: LiteralSource
    node: Node
    relation: Relation
    target: Relation | None
    trace: Trace
    holes: frozenset[Hole] = frozenset()
    is_quoted: bool = False

    @property
    def place(self) -> str:
        """For people."""
        return f"{self.path}:{self.literal.line}"


class Holes:
    """The holes of a run that take relations.

    `positions` tells how SQL takes each, `behind` the slots that give it values; `partial` are those whose expression
    gets to other places in texts, too, and `messages` those whose every such place is a message for people (these may be
    no positions); `listed` are those with several names, separated by commas.
    """

    def __init__(self, every: Sequence[Facts], graph: ValueFlowGraph) -> None:
        self.graph = graph
        self.positions: dict[Hole, Position] = {
            (item.path, position.scope, position.expression): position
            for item in every
            for position in item.positions
            if position.count
        }
        self.partial, self.messages = _partial(every)
        self.listed: set[Hole] = set()
        slots: dict[Hole, set[Node]] = {}
        for node, uses in graph.uses.items():
            for use in uses:
                hole = hole_of(use)
                if hole is None:
                    continue
                if use.is_listed:
                    self.listed.add(hole)
                if hole in self.positions:
                    slots.setdefault(hole, set()).add(node)
        before = {node: graph.backward(node) for node in {one for nodes in slots.values() for one in nodes}}
        self.behind = {hole: frozenset().union(*(before[node] for node in nodes)) for hole, nodes in slots.items()}
        self.fills = {hole: Fills(graph, sorted(nodes)) for hole, nodes in slots.items()}
        self._filled_from: dict[Node, list[Hole]] = {}
        for hole, fills in self.fills.items():
            for node in fills.nodes:
                self._filled_from.setdefault(node, []).append(hole)

    def position(self, use: SinkUse) -> Position | None:
        """How SQL takes what a use puts into a hole for a relation; None for any other use."""
        hole = hole_of(use)
        return self.positions.get(hole) if hole is not None else None

    def is_message(self, use: SinkUse) -> bool:
        """Whether a use only tells people."""
        return use.is_message or hole_of(use) in self.messages

    def filled_by(self, node: Node, literal: LiteralSource) -> frozenset[Hole]:
        """The holes for relations that a literal gets into."""
        holes = self._filled_from.get(node, ())
        return frozenset(hole for hole in holes if self.fills[hole].takes(node, literal.push))

    def filled(self, trace: Trace) -> frozenset[Hole]:
        """The holes for relations that a value gets into."""
        holes = map(hole_of, trace.uses)
        return frozenset(hole for hole in holes if hole is not None and hole in self.positions)

    def is_relation_only(self, use: SinkUse, relation: Relation) -> bool:
        """Whether a use puts a quoted name where SQL takes a relation, and nowhere else."""
        position = self.position(use)
        if position is None or hole_of(use) in self.partial or position.against or position.doubt:
            return False
        return position.shape != "qualified" and relation.name not in position.words


class Traces:
    """Where literals go: all their uses, or, which is less to follow, only what calls take of them as relations."""

    def __init__(self, graph: ValueFlowGraph, holes: Holes) -> None:
        self.every = Tracer(graph)
        apart = {
            node for node, uses in graph.uses.items() if any(use.taken is not None and use.taken.schema for use in uses)
        }
        ends = apart | graph.quotes.keys()
        self.before = graph.before(ends) if ends else set()
        self.of_relations = Tracer(graph, holes.positions, self.before)


def names(traces: Traces, holes: Holes, rules: RuleSet) -> Iterator[Name]:
    """The literals that are names and get anywhere near a hole, and those that move, wherever they get.

    Raises FileFault.
    """
    near = {node for nodes in holes.behind.values() for node in nodes}
    for node, literals in traces.every.graph.literals.items():
        for path, literal in literals:
            with in_file(path):
                name = _name(path, literal, node, traces, holes, rules, is_near=node in near)
            if name is not None:
                yield name


def _name(
    path: str,
    literal: LiteralSource,
    node: Node,
    traces: Traces,
    holes: Holes,
    rules: RuleSet,
    *,
    is_near: bool,
) -> Name | None:
    written = _written(literal.text)
    exact = Relation(None, literal.text)
    moves = [one for one in (written, exact) if one and rules.target(one, path) is not None]
    if not moves and not is_near:
        return None
    if moves:
        trace = traces.every.trace(node, literal.push)
        filled = holes.filled(trace)
    else:
        trace = traces.of_relations.trace(node, literal.push) if node in traces.before else NOWHERE
        filled = holes.filled_by(node, literal)
    relation = written or Relation(None, "")
    if relation != exact and (places := _places(filled, trace, holes)) != {False}:
        relation = exact if places == {True} else moves[0] if moves else relation
    if not relation.name and not is_near:
        return None
    target = rules.target(relation, path) if relation.name else None
    if not moves and _moves_behind_schema(relation, filled, holes, rules):
        trace = traces.every.trace(node, literal.push)
    return Name(path, literal, node, relation, target, trace, filled)


def _places(filled: Iterable[Hole], trace: Trace, holes: Holes) -> set[bool]:
    """Whether SQL takes a name in double quotes, or as it is written, or both."""
    places = {holes.positions[hole].shape == "quoted" for hole in filled}
    if trace.quotes:
        places.add(True)
    return places or {False}


def moves(name: Name, holes: Holes, rules: RuleSet) -> bool:
    """Whether a name moves by itself, or behind the schema that a text puts in front of it."""
    return name.target is not None or _moves_behind_schema(name.relation, name.holes, holes, rules)


def _moves_behind_schema(relation: Relation, filled: Iterable[Hole], holes: Holes, rules: RuleSet) -> bool:
    return any(
        rules.target(Relation(position.schema, relation.name), hole[0]) is not None
        for hole in filled
        if (position := holes.positions[hole]).schema
    )


def hole_of(use: SinkUse) -> Hole | None:
    """The hole of a text that a use fills, if it is one."""
    return (use.path, *use.hole) if use.hole is not None else None


def _written(text: str) -> Relation | None:
    """The relation that a name means where SQL takes it as it is written; None for what is no name."""
    parts = split_identifier(text) if len(text) < 200 else ()
    return Relation(parts[0] if len(parts) == 2 else None, parts[-1]) if 1 <= len(parts) <= 2 else None


def _partial(every: Iterable[Facts]) -> tuple[frozenset[Hole], frozenset[Hole]]:
    """The expressions that also get to other places in texts than where relations stand, and those that only tell them.

    The second are those whose every such place is a message for people.
    """
    partial: set[Hole] = set()
    messages: set[Hole] = set()
    for item in every:
        counts = Counter(sink.hole for sink in item.names.loads) if item.positions else Counter()
        for position in item.positions:
            hole = (item.path, position.scope, position.expression)
            uses = counts.get((position.scope, position.expression))
            if position.count and position.count != uses:
                partial.add(hole)
            if position.said and position.count + position.said == uses:
                messages.add(hole)
    return frozenset(partial), frozenset(messages)
