"""Values that leave the program: what a function gives to callers from outside, what is set on objects of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.project.flow.graph import SinkUse

if TYPE_CHECKING:
    from schema_rewriter.project.flow.graph import ValueFlowGraph


def add_escapes(graph: ValueFlowGraph) -> None:
    """Add the uses of values by code that is not in the run."""
    _returned(graph)
    _set_on_others(graph)


def _returned(graph: ValueFlowGraph) -> None:
    """What a function returns that no code of the run calls: a route, a handler, a method for a base class."""
    for (path, _), function in graph.functions.items():
        node = (path, f"{function.scope}:return")
        if (node in graph.ins or node in graph.literals) and (function.is_decorated or node not in graph.outs):
            name = function.slot.replace(":", ".").lstrip(".")
            graph.use(node, SinkUse(path, f"whoever calls {name}() from outside", function.line))


def _set_on_others(graph: ValueFlowGraph) -> None:
    """What becomes a part of an object from outside: an attribute, an entry of os.environ, a header."""
    for node in [node for node in graph.ins if node[0] == "*"]:
        source, _ = graph.ins[node][0]
        graph.use(node, SinkUse(source[0], f"an attribute {node[1]} of an object that is not known", 0))
    for path, names in graph.symbols.files.items():
        for item in names.imports:
            node = (path, item.slot)
            if node in graph.ins and node in graph.unknown:
                graph.use(node, SinkUse(path, f"{item.module}.{item.name}".rstrip("."), 0))
