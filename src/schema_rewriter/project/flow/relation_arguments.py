"""Names that move and get, as plain literals, to what takes a relation by its name and no SQL: all are for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.project.context import At
from schema_rewriter.project.flow.graph import RelationSink
from schema_rewriter.reading import relation_calls
from schema_rewriter.relation import Relation, split_identifier

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.hosts.valueflow import LiteralSource
    from schema_rewriter.project.flow.graph import ValueFlowGraph
    from schema_rewriter.project.flow.names import Name
    from schema_rewriter.project.flow.symbols import Node
    from schema_rewriter.project.flow.trace import Trace, Tracer
    from schema_rewriter.rules import RuleSet


def relation_arguments(
    names: Iterable[Name], tracer: Tracer, rules: RuleSet, told: Collection[tuple[str, Span]]
) -> Iterator[tuple[str, At]]:
    """The literals, each with its file, that such a place takes; without those that are `told` of already.

    Where a literal gets into SQL, only calls count, and not the names of variables on its way.
    """
    for name in names:
        if name.target is None or name.literal.span is None or (name.path, name.literal.span) in told:
            continue
        in_sql = name.is_quoted or any(use.hole is not None or use.taken is not None for use in name.trace.uses)
        found = _sink_of(name.path, name.literal, name.trace, tracer.graph, name.target, in_sql=in_sql)
        if found is not None:
            yield name.path, _at(name.literal.span, name.relation, name.target, found, name.literal)
    for node, births in tracer.graph.literals.items():
        for path, birth in births:
            column = _column(birth.text)
            target = rules.target(column, path) if column is not None else None
            if column is None or target is None or birth.span is None or (path, birth.span) in told:
                continue
            found = next((one for one in _sorted(tracer.trace(node, birth.push)) if one.parameter.is_column), None)
            if found is not None:
                yield path, _at(birth.span, column, target, found, birth)


def _at(span: Span, relation: Relation, target: Relation, sink: RelationSink, birth: LiteralSource) -> At:
    place = f" ({sink.path}:{sink.line})" if sink.line not in (0, birth.line) else ""
    return At(span, relation, target, sink.parameter.advice(target) + place, is_manual=True)


def _column(text: str) -> Relation | None:
    """The relation in `relation.column` or `schema.relation.column`."""
    if "." not in text or len(text) > 200:
        return None
    parts = split_identifier(text)
    return Relation(parts[0] if len(parts) == 3 else None, parts[-2]) if len(parts) in (2, 3) else None


def _sorted(trace: Trace) -> list[RelationSink]:
    """The calls that take a literal, those of known libraries first."""
    return sorted(trace.relation_sinks, key=lambda one: (not one.parameter.is_known, one.path, one.line, one.parameter))


def _sink_of(
    path: str, birth: LiteralSource, trace: Trace, graph: ValueFlowGraph, target: Relation, *, in_sql: bool
) -> RelationSink | None:
    """What takes a literal as a relation, and does not say where that moves to."""
    calls = [one for one in _sorted(trace) if not one.parameter.is_column]
    for one in calls:
        if one.schema is None or not _tells(graph, one.schema, target):
            return one
    is_compared = any(use.what == "a comparison" for use in trace.uses)  # with names that others change
    if calls or in_sql or not (is_compared or graph.prose.isdisjoint(trace.nodes)):
        return None
    key = birth.push.rpartition("<")[2].rstrip(">") if birth.push.endswith(">") else ""
    if key and (parameter := relation_calls.by_name(key)) is not None:
        return RelationSink(path, birth.line, parameter)
    for node in sorted(trace.named):
        scope, _, own = node[1].rpartition(":")
        if own.startswith("#") or own == "return" or (parameter := relation_calls.by_name(own)) is None:
            continue
        beside = (node[0], f"{scope}:{parameter.beside}")
        if node[0] != "*" and not (parameter.beside and _tells(graph, (beside, "<schema>"), target)):
            return RelationSink(path, 0, parameter)
    return None


def _tells(graph: ValueFlowGraph, schema: tuple[Node, str], target: Relation) -> bool:
    """Whether the right schema stands there, or one that code computes."""
    said = graph.schema_texts.get(schema, set())
    return target.schema in said or None in said
