"""Calls that, by a rule, take a relation's name and its schema apart: which schema each gives, and where to change it.

Where a call's schema is a literal of its own, and all that the call may name moves from there to one schema, that
literal is edited. Knows the flow of values, and no text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.project.context import LiteralDecision
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schema_rewriter.hosts.valueflow import LiteralSource
    from schema_rewriter.project.flow.graph import SinkUse, ValueFlowGraph
    from schema_rewriter.project.flow.names import Name, Names
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class SchemaArguments:
    """What follows from such calls: by name what a person does (nothing for one that is right, or becomes so).

    `schemas` are the literals to edit, each with its file.
    """

    advice: dict[int, str] = field(default_factory=dict)
    schemas: tuple[tuple[str, LiteralDecision], ...] = ()


def schema_arguments(names: Iterable[Name], every: Names, rules: RuleSet, *, whole: bool) -> SchemaArguments:
    """What such calls make of the names; by the identity of each name that gets to one.

    `whole`: no other file can call the functions of the run.
    """
    graph = every.graph
    calls: dict[SinkUse, list[Name]] = {}
    for name in names:
        for use in name.trace.uses:
            if use.taken is not None and use.taken.schema:
                calls.setdefault(use, []).append(name)
    advice: dict[int, str] = {}
    schemas: dict[tuple[str, LiteralDecision], None] = {}
    for use in sorted(calls, key=lambda use: (use.path, use.line, use.what, use.call)):
        given = _given(use, graph)
        edit = _edited(use, given, calls[use], every, rules) if _is_closed(use, graph, whole=whole) else None
        if edit is not None:
            schemas[use.path, edit] = None
        for name in calls[use]:
            wanted = name.target.schema if name.target is not None else None
            why = "" if wanted is None or edit is not None else _advice(use, given, wanted, graph)
            advice[id(name)] = advice.get(id(name), "") or why
    return SchemaArguments(advice, tuple(schemas))


def _given(use: SinkUse, graph: ValueFlowGraph) -> LiteralSource | None:
    """The literal that a call gives as the schema, written in the call itself."""
    slot = use.call[1] if use.call is not None else None
    births = graph.literals.get(slot, []) if slot is not None else []
    own = len(births) == 1 and slot not in graph.ins and slot not in graph.unknown and not births[0][1].write_path
    return births[0][1] if own else None


def _edited(
    use: SinkUse, given: LiteralSource | None, names: Sequence[Name], every: Names, rules: RuleSet
) -> LiteralDecision | None:
    """The edit of a schema's literal that is right for all names that its call may take."""
    if given is None or given.span is None or use.call is None:
        return None
    targets = {rules.target(Relation(given.text, name.relation.name), use.path) for name in names}
    if _others(use, names, every):
        return None
    schemas = {target.schema if target is not None else None for target in targets}
    renamed = any(name.target is not None and name.target.name != name.relation.name for name in names)
    qualified = any(name.relation.schema is not None for name in names)
    schema = next(iter(schemas)) if len(schemas) == 1 else None
    if schema is None or renamed or qualified or any(name.trace.doubts or name.trace.is_truncated for name in names):
        return None
    relation, target = Relation(given.text, names[0].relation.name), Relation(schema, names[0].relation.name)
    return LiteralDecision(given.span, relation, target, instead=schema)


def _is_closed(use: SinkUse, graph: ValueFlowGraph, *, whole: bool) -> bool:
    """Whether all names are known that a call may take."""
    behind = graph.backward(use.call[0]) if use.call is not None else frozenset()
    return (
        (whole or len(behind) == 1)
        and not graph.unknown_source(behind)
        and not list(graph.entries(behind, whole=whole))
    )


def _others(use: SinkUse, names: Sequence[Name], every: Names) -> bool:
    """Whether a call may also take a literal that is none of the names."""
    known = {(name.path, name.literal) for name in names}
    return any(
        (path, birth) not in known and use in every.of_relations.trace(node, birth.write_path).uses
        for node in (every.graph.backward(use.call[0]) if use.call is not None else ())
        for path, birth in every.graph.literals.get(node, ())
    )


def _advice(use: SinkUse, given: LiteralSource | None, wanted: str, graph: ValueFlowGraph) -> str:
    """What a person does about one call, for a name that moves to the schema `wanted`; "" if nothing."""
    if use.taken is None:
        return ""
    slot = use.call[1] if use.call is not None else None
    told = f"{use.taken.schema}={wanted!r} ({use.place})"
    if slot is None:
        return f"give {use.what} {told}"
    if given is not None:
        return "" if given.text == wanted else f"{use.what} gets {use.taken.schema}={given.text!r}: give it {told}"
    behind = graph.backward(slot)
    texts = {birth.text for node in behind for _, birth in graph.literals.get(node, ())}
    return "" if texts == {wanted} and not graph.unknown_source(behind) else f"see that {use.what} gets {told}"
