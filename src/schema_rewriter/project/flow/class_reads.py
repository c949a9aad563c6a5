"""Attributes that are read without being named: members of enums, fields of records, by bases from outside the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.project.flow.graph import SinkUse

if TYPE_CHECKING:
    from collections.abc import Collection

    from schema_rewriter.hosts.valueflow import Edge
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import ValueFlowGraph


def add_class_reads(graph: ValueFlowGraph) -> None:
    """Add the uses of attributes by whoever reads all of a class."""
    symbols = graph.symbols
    fields: dict[Node, list[Node]] = {}
    for path, slot in [*filter(symbols.is_attribute, {**graph.literals, **dict.fromkeys(graph.ins)})]:
        owner = symbols.scopes.get((path, slot.partition(":")[0]))
        if owner is None:
            continue
        fields.setdefault(symbols.class_hierarchy(owner), []).append((path, slot))
        if slot.partition(":")[2].startswith("__") and slot.endswith("__"):
            graph.use((path, slot), SinkUse(path, "whoever reads special attributes", 0))
        elif owner[1].endswith(":Meta"):
            graph.use((path, slot), SinkUse(path, "whoever reads class Meta", 0))
        elif base := symbols.unresolved_base(owner):
            if base.endswith("Settings"):
                graph.unknown.setdefault((path, slot), f"{base} reads the environment")
            graph.use((path, slot), SinkUse(path, f"the base class {base}", 0))
    _made_by_others(graph, fields)
    _reflected(graph, fields)
    for node, use in _WholeReads(graph, fields).found():
        for field in fields[node]:
            graph.use(field, use)


def _made_by_others(graph: ValueFlowGraph, fields: dict[Node, list[Node]]) -> None:
    """Add the uses of the defaults of models that no code of the run makes, but who reads or writes the messages."""
    symbols = graph.symbols
    models = [hierarchy for hierarchy in fields if symbols.is_model(hierarchy)]
    if not models:
        return
    calls = ((path, call) for path, names in symbols.files.items() for call in names.calls)
    made = [symbols.called(path, call.function) for path, call in calls]
    known = {symbols.class_hierarchy(one.node) for one in made if one is not None and one.kind == "class"}
    for hierarchy in models:
        for path, slot in fields[hierarchy] if hierarchy not in known else ():
            graph.use((path, slot), SinkUse(path, "whoever reads or writes this model", 0))


def _reflected(graph: ValueFlowGraph, fields: dict[Node, list[Node]]) -> None:
    """Add the uses of attributes, and of names of modules, that code reads without spelling their names out."""
    symbols = graph.symbols
    own: dict[str, list[Node]] = {}
    for path, slot in {**graph.literals, **dict.fromkeys(graph.ins)}:
        if slot.startswith(":"):
            own.setdefault(path, []).append((path, slot))
    for path, names in symbols.files.items():
        for item in names.reflections:
            symbol = symbols.symbol(symbols.node(path, item.reference)) if item.reference else None
            if item.reference and symbol is None:
                continue
            read = own.get(path if symbol is None else symbol.node[0], ())
            if symbol is not None and symbol.kind != "module":
                is_object = symbol.kind in ("class", "instance")
                read = fields.get(symbols.class_hierarchy(symbol.node), ()) if is_object else ()
            use = SinkUse(path, "code that reads names which it does not spell out", item.line)
            for node in read:
                if node[1].rpartition(":")[2].startswith(item.prefix):
                    graph.use(node, use)


class _WholeReads:
    """Finds the class hierarchies of which all attributes with literals (`fields`) are read together, and by what."""

    def __init__(self, graph: ValueFlowGraph, fields: dict[Node, list[Node]]) -> None:
        self.graph, self.symbols, self.fields = graph, graph.symbols, fields
        self._read: dict[Node, Node | None] = {}

    def found(self) -> list[tuple[Node, SinkUse]]:
        """Each hierarchy with a use of it."""
        found: dict[tuple[Node, SinkUse], None] = {}
        for read in (*self._handed_on(), *self._by_code()):
            found[read] = None
        return list(found)

    def _handed_on(self) -> list[tuple[Node, SinkUse]]:
        """The objects that get to a use, which may read all of their class."""
        found: list[tuple[Node, SinkUse]] = []
        for node, uses in self.graph.uses.items():
            for one in (node, *(source for source, _ in self.graph.ins.get(node, ()))):
                hierarchy = self._hierarchy(one)
                if hierarchy is None:
                    continue
                found += [
                    (hierarchy, SinkUse(use.path, f"{use.what}, with all of its class", use.line))
                    for use in uses
                    if use.taken is None
                ]
        return found

    def _by_code(self) -> list[tuple[Node, SinkUse]]:
        """Code that goes through an enum, or finds its members by their values."""
        symbols = self.symbols
        found: list[tuple[Node | None, SinkUse]] = []
        for path, names in symbols.files.items():
            for edge in names.edges:
                node = self._gone_through(path, edge)
                if node in symbols.classes and symbols.is_enum(node):
                    use = SinkUse(path, "code that goes through the whole enum", edge.line)
                    found.append((self._hierarchy(node), use))
            for call in names.calls:
                called = symbols.called(path, call.function)
                if called is not None and called.kind == "class" and symbols.is_enum(called.node):
                    use = SinkUse(path, "code that finds members by their values", call.line)
                    found.append((self._hierarchy(called.node), use))
            handlers = {function.scope for function in names.functions if function.is_decorated}
            for slot, reference in names.typed:
                scope = slot.partition(":")[0]
                node = symbols.node(path, reference)
                if node in symbols.classes and symbols.is_enum(node) and self._is_filled(path, scope, handlers):
                    found.append((self._hierarchy(node), SinkUse(path, "what is filled by values from outside", 0)))
        return [(node, use) for node, use in found if node is not None]

    def _is_filled(self, path: str, scope: str, handlers: Collection[str]) -> bool:
        """Whether a scope is a class's, of whose fields a library makes objects, or a function's that one calls."""
        owner = self.symbols.scopes.get((path, scope))
        return scope in handlers or (owner is not None and bool(owner[1].rpartition(":")[2]))

    def _gone_through(self, path: str, edge: Edge) -> Node:
        reference = edge.source
        if reference.endswith((".__members__", "._value2member_map_")):
            reference = reference.rpartition(".")[0]
        return self.symbols.node(path, reference)

    def _hierarchy(self, node: Node) -> Node | None:
        """The hierarchy whose attributes are all read where the node's value is."""
        if node not in self._read:
            self._read[node] = self._hierarchy_of(node)
        return self._read[node]

    def _hierarchy_of(self, node: Node) -> Node | None:
        symbol = self.symbols.symbol(node)
        if symbol is None or symbol.kind not in ("class", "instance"):
            return None
        hierarchy = self.symbols.class_hierarchy(symbol.node)
        if hierarchy not in self.fields:
            return None
        is_enum = self.symbols.is_enum(hierarchy)
        is_record = bool(self.symbols.classes[hierarchy].fields)
        return hierarchy if (is_enum if symbol.kind == "class" else is_record and not is_enum) else None
