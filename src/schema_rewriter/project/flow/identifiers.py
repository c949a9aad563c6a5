"""Calls that quote a name as one identifier (psycopg's Identifier): where such a call gets the schema, beside the name.

What a call quotes carries its schema from there on, so each is decided by itself. Knows the flow of values, no text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.project.context import LiteralDecision
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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

    arguments: dict[str, list[LiteralDecision]] = field(default_factory=dict)
    schemas: dict[str, list[LiteralDecision]] = field(default_factory=dict)
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
        relations = {Relation(quote.schema or name.relation.schema, name.relation.name) for name in through[node]}
        targets = {relation: rules.target(relation, path) for relation in relations}
        if all(target is None for target in targets.values()):
            is_named = all(name.relation.name for name in through[node])
            if is_named and not graph.unknown_source(graph.backward(node)):
                done.add(node)
                moved |= {node} if any(map(rules.is_target, relations)) else set()
            continue
        schema = _schema(through[node], targets)
        if schema is None or quote.span is None:
            continue
        behind = graph.backward(node)
        if graph.unknown_source(behind) or not is_closed(through[node], behind):
            continue
        after = tracer.trace(node, "")
        if after.is_truncated or not after.uses or not all(takes(use, one) for use in after.uses for one in relations):
            continue
        relation = min(relations, key=str)
        at = LiteralDecision(quote.span, relation, Relation(schema, relation.name), instead=schema)
        (found.schemas if quote.schema else found.arguments).setdefault(path, []).append(at)
        done.add(node)
        moved.add(node)
    return Quoting(found.arguments, found.schemas, frozenset(done), frozenset(moved))


def _schema(group: Sequence[Name], targets: Mapping[Relation, Relation | None]) -> str | None:
    """The one schema that all of the names move to, as they are written; None where there is none."""
    if any(target is None or target.name != relation.name for relation, target in targets.items()):
        return None
    if any(name.relation != Relation(None, name.literal.text) or name.trace.doubts for name in group):
        return None
    schemas = {target.schema for target in targets.values() if target is not None}
    return next(iter(schemas)) or "" if len(schemas) == 1 else None
