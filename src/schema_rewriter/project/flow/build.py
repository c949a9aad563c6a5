"""The graph of a run's values, made of the graphs of its files. Knows no SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.errors import in_file
from schema_rewriter.hosts.valueflow import PUT
from schema_rewriter.project.flow.calls import Calls
from schema_rewriter.project.flow.class_reads import add_class_reads
from schema_rewriter.project.flow.escapes import add_escapes
from schema_rewriter.project.flow.graph import FlowEdge, SinkUse, ValueFlowGraph, access_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import AccessPath
    from schema_rewriter.project.flow.symbols import SymbolTable
    from schema_rewriter.rules import Takes


def build(symbols: SymbolTable, rules: Sequence[Takes] = ()) -> ValueFlowGraph:
    """The graph of all files; `rules` are the calls that take relations by the user's word. Raises FileFaultError."""
    graph = ValueFlowGraph(symbols, rules)
    calls = Calls(graph)
    for path in symbols.files:
        with in_file(path):
            _add_calls(graph, calls, path)
    composed: dict[Node, str] = {}
    for path in symbols.files:
        with in_file(path):
            composed |= _add_values(graph, calls.followed, path)
            _add_imports(graph, path)
    _share(graph)
    add_class_reads(graph)
    add_escapes(graph)
    wrapped = ((path, item.target) for path, item in graph.composed if item.target.endswith("@return"))
    graph.only_composed.update(composed.keys() - graph.unknown.keys(), wrapped)
    for node, place in composed.items():
        graph.unknown.setdefault(node, place)
    return graph


def _add_calls(graph: ValueFlowGraph, calls: Calls, path: str) -> None:
    names = graph.symbols.files[path]
    packages = frozenset(item.module.split(".")[0] for item in names.imports)
    for call in names.calls:
        calls.add(path, call, packages)
    for function in names.functions:
        graph.functions[path, function.scope] = function
        for name in (*function.parameters, *function.keywords):
            graph.parameters[path, f"{function.scope}:{name}"] = function


def _add_values(graph: ValueFlowGraph, followed: set[Node], path: str) -> dict[Node, str]:
    """Add a file's edges, literals and uses; the slots that get texts which code puts together, with the place.

    `followed` are functions that are handed on, and whose calls are known.
    """
    symbols = graph.symbols
    names = symbols.files[path]
    for edge in names.edges:
        source, target = symbols.node(path, edge.source), symbols.node(path, edge.target)
        graph.edge(source, FlowEdge(edge.read_path, target, access_path(edge.write_path)))
        graph.schema_text(path, edge.target, edge.write_path, None)
        if edge.source.endswith(PUT):
            graph.put.append((source, target, access_path(edge.write_path)))
            if edge.write_path == "{}":
                graph.keys.add(source)
        if source in symbols.functions and source not in followed:
            _escape(graph, source, f"{path}:{edge.line}")
    for literal in names.literals:
        target = symbols.node(path, literal.target)
        graph.literals.setdefault(target, []).append((path, literal))
        graph.schema_text(path, literal.target, literal.write_path, literal.text)
    for quote in names.quotes:
        graph.quotes[symbols.node(path, quote.slot)] = (path, quote)
    graph.composed += [(path, item) for item in names.composed]
    for replaced in names.replaced:
        graph.replaced.setdefault(symbols.node(path, replaced.slot), []).append(replaced)
    made = {(item.target, item.line) for item in names.composed}
    composed: dict[Node, str] = {}
    for one in names.unknown:
        found = composed if (one.target, one.line) in made else graph.unknown
        found.setdefault(symbols.node(path, one.target), f"{path}:{one.line}")
    for sink in names.sinks:
        use = SinkUse(path, sink.what, sink.line, sink.hole, is_listed=sink.is_listed, expression=sink.expression)
        graph.use(symbols.node(path, sink.source), use)
    return composed


def _add_imports(graph: ValueFlowGraph, path: str) -> None:
    """Add what is imported from no one file: from outside, or one of several."""
    symbols = graph.symbols
    for item in symbols.files[path].imports:
        source = (path, item.slot)
        if symbols.node(*source) == source and symbols.symbol(source) is None:
            graph.unknown.setdefault(source, f"{path}: imported from {item.module}")
            for origin in symbols.modules.candidates(item.module, path) if item.name else ():
                graph.edge(symbols.node(origin, f":{item.name}"), FlowEdge("", source, ()))


def _escape(graph: ValueFlowGraph, node: Node, place: str) -> None:
    """A function is handed around: it may be called from anywhere."""
    for function in graph.symbols.functions[node]:
        for name in (*function.parameters, *function.keywords):
            graph.unknown.setdefault((node[0], f"{function.scope}:{name}"), place)


def _share(graph: ValueFlowGraph) -> None:
    """What is put into a list or mapping is in all slots that it comes from.

    Each slot that something is put into stands behind one of its own, for what is put, which leads on to those of
    the slots before it: as many edges as there are in the code, however much is put. Keys go by themselves.
    """
    needed: list[tuple[Node, bool]] = []
    for slot, base, write in graph.put:
        is_key = write == ("{}",)
        graph.edge(slot, FlowEdge("", _put_into(base, is_key=is_key), write))
        needed.append((base, is_key))
    found: list[tuple[Node, Node, AccessPath, bool]] = []
    done = set(needed)
    while needed:
        node, is_key = needed.pop()
        for source in dict.fromkeys(source for source, _ in graph.ins.get(node, ())):
            for out in graph.outs[source]:
                if out.target == node and not out.write and out.read not in _COPYING and source[0]:
                    found.append((node, source, access_path(_HOLDING.get(out.read, out.read)), is_key))
                    if (source, is_key) not in done:
                        done.add((source, is_key))
                        needed.append((source, is_key))
    for node, source, way, is_key in found:
        inner, outer = _put_into(node, is_key=is_key), _put_into(source, is_key=is_key)
        graph.edge(inner, FlowEdge("", source, way))
        graph.edge(inner, FlowEdge("", outer, way))
        if is_key:
            graph.keys.update((inner, outer))


def _put_into(node: Node, *, is_key: bool) -> Node:
    """The slot, of no file, of what is put into a list or mapping, or of a mapping's keys."""
    return ("", f":#{'keys' if is_key else 'put'} {node[0]} {node[1].replace(':', '/')}")


_HOLDING = {"": "", "iter": "[]", "values": "<*>"}
"""The part of a value that an edge takes, as the way to it, where that is not the same."""
_COPYING = frozenset(("+", "[:]", "{}"))
"""What an edge takes that is no part which the value itself goes on to hold."""
