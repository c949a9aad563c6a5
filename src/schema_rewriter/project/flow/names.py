"""The holes of SQL that take relations, and the literals that may name relations, with where each goes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.errors import in_file
from schema_rewriter.project.flow.fills import Fills
from schema_rewriter.project.flow.glue import Glue, last_word
from schema_rewriter.project.flow.trace import NOWHERE, Tracer
from schema_rewriter.project.temporary import hidden
from schema_rewriter.relation import Relation, split_identifier

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from schema_rewriter.hosts.valueflow import LiteralSource
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import SinkUse, ValueFlowGraph
    from schema_rewriter.project.flow.trace import Trace
    from schema_rewriter.project.positions import Position
    from schema_rewriter.project.temporary import Hidden
    from schema_rewriter.rules import RuleSet

Hole = tuple[str, Span]
"""A file, and where an expression stands in it, in bytes."""


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

    `positions` tells how SQL takes each, `slots` those whose values fill it, `behind` all that give it values;
    `messages` are holes of texts for people; `listed` are those with several names, separated by commas.
    """

    def __init__(self, every: Sequence[Facts], graph: ValueFlowGraph, hidden: Hidden, frozen: frozenset[str]) -> None:
        self.graph, self.frozen = graph, frozen
        self._hidden = hidden
        self.positions: dict[Hole, Position] = {
            (item.path, one.code): one for item in every for one in item.positions if one.shape
        }
        self.messages = {(item.path, one.code) for item in every for one in item.positions if not one.shape}
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
        self.slots = {hole: frozenset(nodes) for hole, nodes in slots.items()}
        before = {node: graph.backward(node) for node in {one for nodes in slots.values() for one in nodes}}
        self.behind = {hole: frozenset().union(*(before[node] for node in nodes)) for hole, nodes in slots.items()}
        made = {nodes: Fills(graph, sorted(nodes)) for nodes in {frozenset(nodes) for nodes in slots.values()}}
        self.fills = {hole: made[frozenset(nodes)] for hole, nodes in slots.items()}
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
        return frozenset(hole for hole in holes if self.fills[hole].takes(node, literal.write_path))

    def filled(self, trace: Trace) -> frozenset[Hole]:
        """The holes for relations that a value gets into."""
        holes = map(hole_of, trace.uses)
        return frozenset(hole for hole in holes if hole is not None and hole in self.positions)

    def is_relation_only(self, use: SinkUse, relation: Relation) -> bool:
        """Whether a use puts a quoted name where SQL takes a relation, and nowhere else."""
        position = self.position(use)
        if position is None or position.against or position.doubt:
            return False
        if self.hidden(use.path, relation):
            return False
        return position.shape != "qualified" and relation.name not in position.words

    def hidden(self, path: str, relation: Relation) -> str:
        """Why a name may mean a temporary table in a file; "" if it does not."""
        return self._hidden.get(path, {}).get(relation.name, "") if relation.schema is None else ""


class Names:
    """The literals of a run that may name relations, with where each goes. `frozen` files stay as they are."""

    def __init__(self, every: Sequence[Facts], graph: ValueFlowGraph, frozen: Collection[str] = ()) -> None:
        self.graph = graph
        self.files = every
        self.frozen = frozenset(frozen)
        self.tracer = Tracer(graph)
        made = {(item.path, hole) for item in every for hole in item.temporary_holes}
        self.hidden = hidden(every, self._into(made) if made else ())

    @cached_property
    def glue(self) -> Glue:
        """What tells of names that get something behind them."""
        return Glue(self.graph, self.tracer)

    @cached_property
    def holes(self) -> Holes:
        """The holes that take relations."""
        return Holes(self.files, self.graph, self.hidden, self.frozen)

    def _into(self, holes: Collection[Hole]) -> Iterator[tuple[str, str, str]]:
        """The names that get into some holes: a name, the file that says it, and that of the hole."""
        slots: dict[Hole, set[Node]] = {}
        for node, uses in self.graph.uses.items():
            for use in uses:
                if (hole := hole_of(use)) is not None and hole in holes:
                    slots.setdefault(hole, set()).add(node)
        for hole, nodes in slots.items():
            fills = Fills(self.graph, sorted(nodes))
            for node in fills.nodes:
                for path, literal in self.graph.literals.get(node, ()):
                    if fills.takes(node, literal.write_path) and (written := written_name(literal.text)) is not None:
                        yield written.name, path, hole[0]

    @cached_property
    def of_relations(self) -> Tracer:
        """What follows a value to what calls take as relations, and quote: which is less than all its uses."""
        return Tracer(self.graph, self.holes.positions, self._before)

    @cached_property
    def _before(self) -> set[Node]:
        """The slots from which a value may get to such a call."""
        uses = self.graph.uses.items()
        apart = {node for node, every in uses if any(use.taken is not None and use.taken.schema for use in every)}
        ends = apart | self.graph.quotes.keys()
        return self.graph.before(ends) if ends else set()

    def passed(self, rules: RuleSet) -> frozenset[Node]:
        """The slots that get a literal which moves, wherever that gets. Raises FileFaultError."""
        states: set[int] = set()
        for node, path, literal in self._literals():
            if _moving(literal, path, rules) or last_word(literal.text) in rules.names:
                with in_file(path):
                    states.update(self.tracer.states(node, literal.write_path))
        for path, composed in self.graph.composed:
            if last_word(composed.parts[-1].text) in rules.names:
                with in_file(path):
                    states.update(
                        self.tracer.states(self.graph.symbols.node(path, composed.target), composed.write_path)
                    )
        return frozenset(node for node, _ in self.tracer.passed(states))

    def forget(self) -> None:
        """Let go of the traces, which else keep the graph alive, as they know it."""
        self.tracer.forget()
        if "of_relations" in self.__dict__:
            self.of_relations.forget()

    def found(self, rules: RuleSet) -> Iterator[Name]:
        """The literals that are names and get anywhere near a hole, and those that move, wherever they get.

        Raises FileFaultError.
        """
        near = {node for nodes in self.holes.behind.values() for node in nodes}
        for node, path, literal in self._literals():
            moving = _moving(literal, path, rules)
            if moving or node in near:
                with in_file(path):
                    name = self._name(node, path, literal, moving, rules)
                if name.relation.name or node in near:
                    yield name

    def _literals(self) -> Iterator[tuple[Node, str, LiteralSource]]:
        for node, literals in self.graph.literals.items():
            for path, literal in literals:
                yield node, path, literal

    def _name(self, node: Node, path: str, literal: LiteralSource, moving: Sequence[Relation], rules: RuleSet) -> Name:
        if moving:
            trace = self.tracer.trace(node, literal.write_path)
            filled = self.holes.filled(trace)
        else:
            trace = self.of_relations.trace(node, literal.write_path) if node in self._before else NOWHERE
            filled = self.holes.filled_by(node, literal)
        relation = written_name(literal.text) or Relation(None, "")
        exact = Relation(None, literal.text)
        if relation != exact and (places := _places(filled, trace, self.holes)) != {False}:
            relation = exact if places == {True} else moving[0] if moving else relation
        target = rules.target(relation, path) if relation.name else None
        if not moving and _moves_behind_schema(relation, filled, self.holes, rules):
            trace = self.tracer.trace(node, literal.write_path)
        return Name(path, literal, node, relation, target, trace, filled)


def _moving(literal: LiteralSource, path: str, rules: RuleSet) -> list[Relation]:
    """The relations that a literal may name, as it is written or in double quotes, and that move."""
    every = (written_name(literal.text), Relation(None, literal.text))
    return [one for one in every if one is not None and rules.target(one, path) is not None]


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
    return (use.path, use.hole) if use.hole is not None else None


def written_name(text: str) -> Relation | None:
    """The relation that a name means where SQL takes it as it is written; None for what is no name."""
    parts = split_identifier(text) if len(text) < 200 else ()
    return Relation(parts[0] if len(parts) == 2 else None, parts[-1]) if 1 <= len(parts) <= 2 else None
