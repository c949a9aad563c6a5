"""Calls that quote a name as one identifier (psycopg's Identifier): where such a call gets the schema, beside the name.

What a call quotes carries its schema from there on, so each is decided by itself. Knows the flow of values, no text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.project.context import At
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import SinkUse
    from schema_rewriter.project.flow.names import Name
    from schema_rewriter.project.flow.trace import Tracer
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Quoting:
    """What becomes of such calls: by file the arguments that get a schema before them, and the schemas that change.

    `done` are the slots of calls whose values are right then, `moved` those among them with values that move, or did.
    """

    arguments: dict[str, list[At]] = field(default_factory=dict)
    schemas: dict[str, list[At]] = field(default_factory=dict)
    done: frozenset[Node] = frozenset()
    moved: frozenset[Node] = frozenset()


def identifiers(
    names: Sequence[Name],
    tracer: Tracer,
    rules: RuleSet,
    takes: Callable[[SinkUse, Relation], bool],
    is_closed: Callable[[Sequence[Name], frozenset[Node]], bool],
) -> Quoting:
    """What becomes of the calls that quote the names.

    `takes` tells whether a use takes a value as a relation and nothing else, `is_closed` whether all code is known that
    may give slots a value.
    """
    graph = tracer.graph
    through: dict[Node, list[Name]] = {}
    for name in names if graph.quotes else ():
        for node in name.trace.quotes:
            through.setdefault(node, []).append(name)
    found = Quoting()
    done: set[Node] = set()
    moved: set[Node] = set()
    for node in sorted(through):
        path, quote = graph.quotes[node]
        schema = quote.schema or None
        relations = {Relation(schema or name.relation.schema, name.relation.name) for name in through[node]}
        targets = {relation: rules.target(relation, path) for relation in relations}
        moving = [target for target in targets.values() if target is not None]
        ours = [one for one in relations if rules.is_target(one)]
        if not moving:
            if not any(not name.relation.name for name in through[node]) and not graph.unknown_source(
                graph.backward(node)
            ):
                done.add(node)
                moved |= {node} if ours else set()
            continue
        wanted = {target.schema for target in moving}
        renamed = any(target is not None and target.name != relation.name for relation, target in targets.items())
        plain = all(
            name.relation == Relation(None, name.literal.text) and not name.trace.doubts for name in through[node]
        )
        if len(moving) < len(targets) or len(wanted) != 1 or renamed or not plain or quote.span is None:
            continue
        behind = graph.backward(node)
        if graph.unknown_source(behind) or not is_closed(through[node], behind):
            continue
        after = tracer.trace(node, "")
        if after.is_truncated or not after.uses or not all(takes(use, one) for use in after.uses for one in relations):
            continue
        relation = min(relations, key=str)
        at = At(quote.span, relation, Relation(next(iter(wanted)), relation.name), instead=next(iter(wanted)) or "")
        (found.schemas if schema else found.arguments).setdefault(path, []).append(at)
        done.add(node)
        moved.add(node)
    return Quoting(found.arguments, found.schemas, frozenset(done), frozenset(moved))
