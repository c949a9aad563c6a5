"""Names that move and get, as plain literals, to what takes a relation by its name and no SQL: all are for a person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter.project.context import LiteralDecision
from schema_rewriter.project.flow.graph import RelationSink
from schema_rewriter.reading import relation_calls
from schema_rewriter.relation import Relation, split_identifier
from schema_rewriter.rules.django import SEARCH_PATH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.hosts.valueflow import LiteralSource
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import ValueFlowGraph
    from schema_rewriter.project.flow.names import Name
    from schema_rewriter.project.flow.trace import Trace, Tracer
    from schema_rewriter.reading.relation_calls import RelationParameter
    from schema_rewriter.rules import RuleSet


def relation_arguments(
    names: Iterable[Name], tracer: Tracer, rules: RuleSet, told: Collection[tuple[str, Span]]
) -> Iterator[tuple[str, LiteralDecision]]:
    """The literals, each with its file, that such a place takes; without those that are `told` of already.

    Where a literal gets into SQL, only calls count, and not the names of variables on its way.
    """
    for name in names:
        if name.target is None or name.literal.span is None or (name.path, name.literal.span) in told:
            continue
        in_sql = name.is_quoted or bool(name.holes) or any(use.taken is not None for use in name.trace.uses)
        found = _sink_of(name.path, name.literal, name.trace, tracer.graph, name.target, in_sql=in_sql)
        if found is not None and not (rules.django == SEARCH_PATH and found.parameter.by_path):
            yield name.path, _at(name.literal.span, name.relation, name.target, found, name.literal)
    for node, literals in tracer.graph.literals.items():
        for path, literal in literals:
            column = _column(literal.text)
            target = rules.target(column, path) if column is not None else None
            if column is None or target is None or literal.span is None or (path, literal.span) in told:
                continue
            trace = tracer.trace(node, literal.write_path)
            found = next((one for one in _sorted(trace) if one.parameter.is_column), None)
            if found is not None:
                at = _at(literal.span, column, target, found, literal)
                yield path, replace(at, doubt="", is_manual=False, is_key=True) if _is_key(trace) else at


def _is_key(trace: Trace) -> bool:
    """Whether a literal gets to foreign keys of an ORM, and nowhere else."""
    sinks = trace.relation_sinks
    known = {(one.path, one.line, f"an argument of {one.parameter.what}") for one in sinks}
    is_only = all((use.path, use.line, use.what) in known for use in trace.uses)
    are_keys = all(one.parameter.is_column and one.parameter.is_known for one in sinks)
    return are_keys and is_only and not trace.doubts and not trace.is_truncated


def _at(
    span: Span, relation: Relation, target: Relation, sink: RelationSink, literal: LiteralSource
) -> LiteralDecision:
    place = f" ({sink.path}:{sink.line})" if sink.line not in (0, literal.line) else ""
    return LiteralDecision(span, relation, target, sink.parameter.advice(target) + place, is_manual=True)


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
    path: str, literal: LiteralSource, trace: Trace, graph: ValueFlowGraph, target: Relation, *, in_sql: bool
) -> RelationSink | None:
    """What takes a literal as a relation, and does not say where that moves to."""
    calls = [one for one in _sorted(trace) if not one.parameter.is_column]
    for one in calls:
        if one.schema is None or not _tells(graph, one.schema, target):
            return one
    if calls or in_sql:
        return None
    is_compared = any(use.what == "a comparison" for use in trace.uses)  # with names that others change
    is_prose = not is_compared and not graph.prose.isdisjoint(trace.nodes)
    is_told = is_prose or any(use.hole is not None for use in trace.uses)  # then a variable's name says too little
    key = literal.write_path.rpartition("<")[2].rstrip(">") if literal.write_path.endswith(">") else ""
    if key and not is_told and (parameter := relation_calls.by_name(key)) is not None:
        return RelationSink(path, literal.line, parameter)
    for node in sorted(trace.named):
        own = node[1].rpartition(":")[2]
        if own.startswith("#") or own == "return" or (parameter := relation_calls.by_name(own)) is None:
            continue
        if is_told and not parameter.is_known:
            continue
        if node[0] != "*" and not (parameter.beside and _is_told_beside(path, literal, node, parameter, graph, target)):
            return RelationSink(path, 0, parameter)
    return None


def _is_told_beside(
    path: str, literal: LiteralSource, node: Node, parameter: RelationParameter, graph: ValueFlowGraph, target: Relation
) -> bool:
    """Whether the class of an attribute tells the right schema in another, or inherits it.

    The attribute of a class is that of all classes that inherit from each other; its schema each tells itself.
    """
    symbols = graph.symbols
    owner = symbols.scopes.get((path, literal.target.partition(":")[0]))
    if owner is None or symbols.node(path, literal.target) != node:
        scope = node[1].rpartition(":")[0]
        return _tells(graph, ((node[0], f"{scope}:{parameter.beside}"), "<schema>"), target)
    for one in symbols.lineage(owner):
        said = graph.own_schemas.get((one[0], f"{symbols.classes[one].scope}:{parameter.beside}"))
        if said is not None:
            return target.schema in said or None in said
    return False


def _tells(graph: ValueFlowGraph, schema: tuple[Node, str], target: Relation) -> bool:
    """Whether the right schema stands there, or one that code computes."""
    said = graph.schema_texts.get(schema, set())
    return target.schema in said or None in said
