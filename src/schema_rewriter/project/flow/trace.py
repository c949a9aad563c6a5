"""How far one value goes through the graph: its uses, followed forward, each step worked out once for all values."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.project.flow.components import Components
from schema_rewriter.project.flow.graph import MOST_STATES, SinkUse, access_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.components import Component
    from schema_rewriter.project.flow.graph import AccessPath, RelationSink, ValueFlowGraph

DEEPEST_PART = 6
"""How deep in lists, tuples and mappings a value is followed."""

_State = tuple[int, "AccessPath"]
"""A component of slots, and the part of their value that is followed."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What becomes of a part of a value in a component: the states it gets to next, and who looks at it on the spot.

    `is_odd`: a part is taken that is not understood. `is_deep`: it gets into a part that is too deep to be followed.
    """

    following: tuple[int, ...]
    looks: tuple[SinkUse, ...]
    doubts: tuple[str, ...]
    is_odd: bool
    is_deep: bool


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Where one value gets: its uses, the doubts on the way, the calls on it that quote what they get.

    `is_truncated`: it gets farther than it is followed.
    """

    uses: frozenset[SinkUse]
    doubts: frozenset[str]
    quotes: frozenset[Node]
    is_truncated: bool
    _states: array[int] | None = field(default=None, repr=False)
    _tracer: Tracer | None = field(default=None, repr=False)

    @property
    def nodes(self) -> frozenset[Node]:
        """The slots that it passes."""
        return frozenset(node for node, _ in self._passed())

    @property
    def relation_sinks(self) -> frozenset[RelationSink]:
        """The calls, outside of the project or of nobody knows whom, that may take it as a relation."""
        sinks = self._tracer.graph.relation_sinks if self._tracer is not None else {}
        return frozenset(
            sinks[node]
            for node, part in self._passed()
            if node in sinks and "{}" not in part and not any(step[0] == "<" for step in part)
        )

    @property
    def named(self) -> frozenset[Node]:
        """The slots that it, or a list or mapping with it, is the value of."""
        return frozenset(node for node, part in self._passed() if "{}" not in part)

    @property
    def places(self) -> Iterator[tuple[Node, AccessPath]]:
        """The slots that it passes, each with the part that it is of what the slot holds."""
        return self._passed()

    def _passed(self) -> Iterator[tuple[Node, AccessPath]]:
        if self._tracer is not None and self._states is not None:
            yield from self._tracer.passed(self._states)


NOWHERE = Trace(frozenset(), frozenset(), frozenset(), is_truncated=False)
"""The trace of a value that nothing takes."""


class Tracer:
    """Follows values through a graph, but by the slots that are `barred`.

    With `within`, only through these slots, and only for the uses that are sinks of relations: the `holes` for them,
    and what a rule says of a call. Then a trace tells nothing of what else becomes of the value.
    """

    def __init__(
        self,
        graph: ValueFlowGraph,
        holes: Collection[tuple[str, Span]] = (),
        within: Collection[Node] | None = None,
        barred: Collection[Node] = (),
    ) -> None:
        self.graph = graph
        self._components = Components(graph, barred)
        self._holes = holes
        self._within = within
        self._barred = barred
        self._read = {step for outs in graph.outs.values() for out in outs for step in _that_match(out.read)}
        self._plain: dict[AccessPath, AccessPath] = {}
        self._states: list[_State] = []
        self._numbers: dict[_State, int] = {}
        self._sizes: list[int] = []
        self._steps: list[_Step | None] = []
        self._uses: dict[tuple[int, bool], tuple[SinkUse, ...]] = {}
        self._traces: dict[int, Trace] = {}

    def trace(self, node: Node, write: str) -> Trace:
        """Where a value gets that is written to a part of a slot."""
        if node in self._barred:
            return NOWHERE
        first = self._number(self._components.of(node), self._distinct(access_path(write)))
        found = self._traces.get(first)
        if found is None:
            found = self._traces[first] = self._search(first)
        return found

    def states(self, node: Node, write: str) -> Collection[int]:
        """The states that a value passes which is written to a part of a slot: `passed` tells what they stand for."""
        return self.trace(node, write)._states or ()

    def forget(self) -> None:
        """Let go of the traces: the graph is done with."""
        self._traces.clear()

    def passed(self, states: Iterable[int]) -> Iterator[tuple[Node, AccessPath]]:
        """The slots, and the parts of their values, that some states stand for."""
        for state in states:
            number, part = self._states[state]
            for node in self._components.made[number].nodes:
                yield node, part

    def _distinct(self, path: AccessPath) -> AccessPath:
        """A path in which all keys are one that no code takes by itself: nothing tells these apart."""
        found = self._plain.get(path)
        if found is None:
            steps = (step if step in self._read or step in _ANY else f"{step[0]}?{step[-1]}" for step in path)
            found = self._plain[path] = tuple(steps)
        return found

    def _number(self, component: int, part: AccessPath) -> int:
        number = self._numbers.get((component, part))
        if number is None:
            number = self._numbers[component, part] = len(self._states)
            self._states.append((component, part))
            self._sizes.append(len(self._components.made[component].nodes))
            self._steps.append(None)
        return number

    def _search(self, first: int) -> Trace:
        steps, sizes = self._steps, self._sizes
        looks: set[SinkUse] = set()
        doubts: set[str] = set()
        is_truncated = False
        count = sizes[first]
        seen = {first}
        waiting = [first]
        for state in waiting:  # which grows: what is near comes first
            step = steps[state]
            if step is None:
                step = steps[state] = self._step(state)
            if step.looks:
                looks.update(step.looks)
            if step.doubts:
                doubts.update(step.doubts)
            is_far = step.is_deep
            for following in step.following:
                if following not in seen:
                    if count + sizes[following] > MOST_STATES:
                        is_far = True
                        continue
                    count += sizes[following]
                    seen.add(following)
                    waiting.append(following)
            is_truncated = is_truncated or is_far or step.is_odd
            if is_far and self._within is None:
                looks.add(SinkUse(self._path(state), "code too far away to be followed", 0))
        for key in {(number, bool(part)): None for number, part in map(self._states.__getitem__, waiting)}:
            looks.update(self._uses_of(*key))
        made = self._components.made
        quotes = frozenset(node for state in waiting for node in made[self._states[state][0]].quotes)
        kept = array("i", waiting) if self._within is None else None
        return Trace(frozenset(looks), frozenset(doubts), quotes, is_truncated, kept, self)

    def _path(self, state: int) -> str:
        """The path of a file that a state is in."""
        return self._components.made[self._states[state][0]].nodes[0][0]

    def _step(self, state: int) -> _Step:
        number, part = self._states[state]
        component = self._components.made[number]
        following = {
            self._number(one, part): None for one in component.following if self._is_within(self._components.made[one])
        }
        looks: dict[SinkUse, None] = {}
        doubts = dict.fromkeys(component.doubts)
        odd = is_deep = False
        for path, out in component.parts:
            if self._within is not None and out.target not in self._within:
                continue
            taken = _taken(part, out.read)
            if taken is None:
                odd = odd or (bool(part) and is_odd(part[0], out.read))
                if self._within is None and (what := _looked(part, out.read)):
                    looks[SinkUse(path, what, 0)] = None
            elif len(out.write) + len(taken) > DEEPEST_PART:
                is_deep = True
            else:
                target = self._components.of(out.target)
                following[self._number(target, self._distinct(out.write) + taken)] = None
                doubts.update({out.doubt: None} if out.doubt else {})
        return _Step(tuple(following), tuple(looks), tuple(doubts), odd, is_deep)

    def _is_within(self, component: Component) -> bool:
        within = self._within
        return within is None or any(node in within for node in component.nodes)

    def _uses_of(self, number: int, is_part: bool) -> tuple[SinkUse, ...]:
        """What uses a value in a component: all of it, or a part."""
        key = (number, is_part)
        found = self._uses.get(key)
        if found is None:
            uses = self._components.made[number].uses
            if self._within is not None:
                uses = () if is_part else tuple(filter(self._is_of_relations, uses))
            elif is_part:
                uses = tuple(map(_of_part, uses))
            found = self._uses[key] = uses
        return found

    def _is_of_relations(self, use: SinkUse) -> bool:
        return use.taken is not None or (use.hole is not None and (use.path, use.hole) in self._holes)


def _of_part(use: SinkUse) -> SinkUse:
    """The use of a slot as one of a part of what it holds."""
    if use.hole is None and use.taken is None:
        return use
    return SinkUse(use.path, f"a part of {use.what}", use.line, is_message=use.is_message)


_ANY = frozenset(("[]", "<*>", "{}"))
"""Steps that stand for many."""


def _that_match(read: str) -> Iterator[str]:
    """The steps by number or key that a read asks for."""
    if read[:1] in ("[", "<"):
        yield read
        yield f"<{read[1:-1]}>"


def _looked(part: AccessPath, read: str) -> str:
    """What is taken of a name itself that is not all of it; "" if nothing is."""
    if not part and read != "+":
        return "code that takes a part of it"
    return "a lookup of a key" if part[:1] == ("{}",) and read[:1] == "<" else ""


def is_odd(step: str, read: str) -> bool:
    """Whether a mapping's part is taken of what is known as a list's element: dict() makes one of pairs, say."""
    return step[0] == "[" and (read in ("values", "{}") or (read[:1] == "<" and read != "<*>"))


def _taken(part: AccessPath, read: str) -> AccessPath | None:
    """What is left of the way to a part, where `read` is taken out; None where the part is not in that."""
    if not read:
        return part
    if not part:
        return None
    if read in ("+", "[:]"):
        return part
    return part[1:] if is_taken_by(part[0], read) else None


def is_taken_by(step: str, read: str) -> bool:
    """Whether what stands at a step is in what is read: the element [1] in `iter`, the key's value <k> in `values`."""
    kind = step[0]
    if read == "iter":
        return kind in "[{"
    if read == "{}":
        return kind == "{"
    if read == "values":
        return kind == "<"
    if read == "<*>":
        return kind in "[<"
    if read[0] == "<":
        return step in (read, "<*>")
    return step in (read, "[]", "<*>", f"<{read[1:-1]}>")
