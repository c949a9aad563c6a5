"""The flow of values between the slots of all files of a run, as a graph. Knows references, no SQL and no rules."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.hosts.valueflow import Composed, Function, LiteralSource, Quote, Replaced
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.symbols import SymbolTable
    from schema_rewriter.reading.relation_calls import RelationParameter
    from schema_rewriter.rules import Takes

MOST_STATES = 4000
"""How many slots and parts of them one value is followed through; beyond, it counts as used for something unknown."""

FAR: Node = ("", ":#far")
"""Stands for all slots that are too far away to be followed to."""

AccessPath = tuple[str, ...]
"""The way from a value to a part of it, outermost first; each step as hosts.valueflow writes it."""
_STEP = re.compile(r"\[\d*\]|<[^>]*>|\{\}")


def access_path(written: str) -> AccessPath:
    """The steps of a path as a file's graph writes them: "[]<k>" is an element of a list, and of that the key k."""
    return tuple(_STEP.findall(written)) if written else ()


@dataclass(frozen=True, slots=True)
class FlowEdge:
    """A value flows away from a slot: the part `read` of it becomes the part `write` of the target.

    `doubt` tells why this may not be so; "" where nothing does.
    """

    read: str
    target: Node
    write: AccessPath
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class SinkUse:
    """A use of a value: in file `path`; with a `hole`, where its `expression` stands, in a text.

    With `taken`, a call takes it as a relation's name, by a rule; `call` are the slots of that argument and of the one
    that gives the schema, if there is one. `is_message`: it is only told people. `is_listed`: it stands in the text
    among others.
    """

    path: str
    what: str
    line: int
    hole: Span | None = None
    taken: Takes | None = None
    call: tuple[Node, Node | None] | None = None
    is_message: bool = False
    is_listed: bool = False
    expression: str = ""

    @property
    def place(self) -> str:
        """For people; the line is not always known."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class RelationSink:
    """A place in file `path` that, by its name, takes a relation's; `schema` are the slots that tell its schema."""

    path: str
    line: int
    parameter: RelationParameter
    schema: tuple[Node, str] | None = None


class ValueFlowGraph:
    """The edges of all files, what they begin at (literals, unknown values) and end in (uses).

    `unknown` are slots with a value nobody knows, with the place where they get it. `declared_by_rule` are parameters
    that a rule gives to relations: what a call passes is settled at the call. `filled_by_rule` tells which of them such
    a call fills. `put` are slots whose value is put into what a slot holds already, with that slot and the way into it;
    `keys` those among them, and behind them, whose value becomes a key of a mapping. `composed` are the texts that code
    puts together, each with its file; `only_composed` the slots of which nothing else is unknown. `replaced` are those
    of whose texts a part is replaced. `starred` are arguments that become elements of `*args`.
    """

    def __init__(self, symbols: SymbolTable, calls: Sequence[Takes] = ()) -> None:
        self.symbols = symbols
        self.calls = calls
        self.outs: defaultdict[Node, list[FlowEdge]] = defaultdict(list)
        self.ins: defaultdict[Node, list[tuple[Node, FlowEdge]]] = defaultdict(list)  # in the order of the code
        self.uses: dict[Node, list[SinkUse]] = {}
        self.literals: dict[Node, list[tuple[str, LiteralSource]]] = {}
        self.relation_sinks: dict[Node, RelationSink] = {}
        self.prose: set[Node] = set()
        self.schema_texts: dict[tuple[Node, str], set[str | None]] = {}
        self.own_schemas: dict[Node, set[str | None]] = {}
        self.unknown: dict[Node, str] = {}
        self.parameters: dict[Node, Function] = {}
        self.functions: dict[Node, Function] = {}
        self.declared_by_rule: set[Node] = set()
        self.filled_by_rule: dict[SinkUse, set[Node]] = {}
        self.unresolved: dict[Node, str] = {}
        self.quotes: dict[Node, tuple[str, Quote]] = {}
        self.empty: set[Node] = set()
        self.put: list[tuple[Node, Node, AccessPath]] = []
        self.keys: set[Node] = set()
        self.composed: list[tuple[str, Composed]] = []
        self.starred: dict[Node, list[Node]] = {}
        self.replaced: dict[Node, list[Replaced]] = {}
        self.only_composed: set[Node] = set()

    # -- making

    def edge(self, source: Node, out: FlowEdge) -> None:
        """Add an edge."""
        self.outs[source].append(out)
        self.ins[out.target].append((source, out))

    def use(self, node: Node, use: SinkUse) -> None:
        """Add a use of what a slot holds."""
        self.uses.setdefault(node, []).append(use)

    def schema_text(self, path: str, slot: str, write_path: str, text: str | None) -> None:
        """Note what schema a slot tells: by its key "schema", or as the argument of a call. None: code computes it."""
        if write_path.endswith("<schema>"):
            self.schema_texts.setdefault((self.symbols.node(path, slot), "<schema>"), set()).add(text)
            self.own_schemas.setdefault((path, slot), set()).add(text)
        elif not write_path and slot.rpartition("@")[2] in _SCHEMAS:
            self.schema_texts.setdefault((self.symbols.node(path, slot), ""), set()).add(text)

    def declare(self, slot: Node, targets: Iterable[Node], use: SinkUse) -> None:
        """Note that a rule settles at the call what parameters get: backward that is followed, forward it is not."""
        self.use(slot, use)
        for target in targets if use.taken is not None and not use.taken.schema else ():
            self.declared_by_rule.add(target)
            self.filled_by_rule.setdefault(use, set()).add(target)
            self.ins[target].append((slot, FlowEdge("", target, ())))

    # -- asking

    def backward(self, node: Node) -> frozenset[Node]:
        """The slots from which something gets into a slot, itself included; FAR among them, where there are more."""
        seen = {node}
        waiting = [node]
        while waiting:
            if len(seen) >= MOST_STATES:
                seen.add(FAR)
                break
            place = waiting.pop()
            for source, _ in self.ins.get(place, ()):
                if source not in seen and (source not in self.keys or self._gives_keys(place)):
                    seen.add(source)
                    waiting.append(source)
        return frozenset(seen)

    def before(self, nodes: Collection[Node]) -> set[Node]:
        """All slots from which anything may get to one of the slots, by attributes of any object too."""
        attributes: dict[str, list[Node]] = {}
        for node in self.outs.keys() | self.ins.keys() | self.literals.keys():
            if self.symbols.is_attribute(node):
                attributes.setdefault(node[1].partition(":")[2], []).append(node)
        seen = set(nodes)
        waiting = list(seen)
        while waiting:
            place = waiting.pop()
            sources = [source for source, _ in self.ins.get(place, ())]
            for source in (*sources, *(attributes.get(place[1], ()) if place[0] == "*" else ())):
                if source not in seen:
                    seen.add(source)
                    waiting.append(source)
        return seen

    def _gives_keys(self, node: Node) -> bool:
        """Whether more is taken of a mapping than its values."""
        return any(out.read in _WITH_KEYS for out in self.outs.get(node, ()))

    def unknown_source(self, nodes: Iterable[Node]) -> str:
        """Where one of the slots gets a value that is not known; "" if none does."""
        for node in sorted(nodes):
            if node == FAR:
                return f"values come by more than {MOST_STATES:,} steps, which are not followed"
            if node in self.unknown:
                return self.unknown[node]
            if node[0] == "*":
                return f"an attribute {node[1]} of an object that is not known"
            if node not in self.ins and node not in self.literals and not self._is_empty(node):
                return f"{node[0]}: {node[1].rpartition(':')[2]}"
            if self.symbols.is_attribute(node):
                scope, _, own = node[1].rpartition(":")
                if ("*", own) in self.ins:
                    return f"an attribute {own} that is set from outside"
                if (every := (node[0], f"{scope}:*")) in self.ins or every in self.literals:
                    return f"an attribute {own} that may be set by a name which code computes"
        return ""

    def _is_empty(self, node: Node) -> bool:
        """Whether a slot that gets no name holds none: what holds numbers only, or a function that returns nothing."""
        scope, _, name = node[1].rpartition(":")
        if name.startswith("#"):
            return not name.endswith("@return") or node in self.empty
        function = self.functions.get((node[0], scope)) if name == "return" else None
        if function is None or node[0].endswith(".pyi"):
            return False
        owner = self.symbols.scopes.get((node[0], function.slot.partition(":")[0]))
        return owner is None or not any(base.endswith("Protocol") for base in self.symbols.classes[owner].bases)

    def entries(self, nodes: Iterable[Node], *, whole: bool) -> Iterator[str]:
        """The functions whose parameters are among the slots and that others may call.

        With the `whole` project at hand these are the ones that a decorator may give away, or a base class may call.
        """
        for node in nodes:
            function = self.parameters.get(node)
            if function is None:
                continue
            owner = self.symbols.scopes.get((node[0], function.slot.partition(":")[0]))
            if not whole or function.is_decorated or (owner is not None and self.symbols.unresolved_base(owner)):
                yield function.slot.rpartition(":")[2]


_WITH_KEYS = frozenset(("", "+", "[:]", "iter", "{}"))
"""What an edge takes that may be a mapping's keys."""
_SCHEMAS = frozenset(("schema", "schema_name", "source_schema", "referent_schema"))
"""The keywords by which calls take a schema."""
