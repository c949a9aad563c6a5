"""`dynamic-relation`: a relation whose name only the running program knows, and other names whose meaning is open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.finding import Applicability, Finding
from schema_rewriter.project.context import HoleOutcome
from schema_rewriter.project.positions import shape_of
from schema_rewriter.reading import placeholders
from schema_rewriter.relation import Relation, quote, split_identifier
from schema_rewriter.rewriting.checks.identifiers import written_identifier
from schema_rewriter.rules.django import SEARCH_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.hosts.host import Bound
    from schema_rewriter.project.context import HoleDecision
    from schema_rewriter.reading import SqlText
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.sql import UnresolvedName
    from schema_rewriter.text import Hole, MappedText

Holes = dict[Span, "HoleDecision"]
"""What becomes of expressions in SQL, by the bytes at which they stand."""


def unresolved(item: SqlText, named: UnresolvedName, rules: RuleSet, holes: Holes) -> Finding | None:
    """What to tell of a name whose meaning is open; None if it can't name a relation that moves."""
    text = item.embedded.text
    span = text.near(named.span)
    if span is None:
        return None
    if named.code == "dynamic-relation":
        return _dynamic(item, named, rules, holes, span) if item.confidence.reports_dynamic else None
    relation = named.relation
    target = rules.target(relation, item.path) if rules.source(relation) else None
    if target is None or not item.confidence.reports(text.text, named.span):
        return None
    message = f"{relation} may name what moves to {target}"
    return Finding(named.code, message, span, relation, target, reason=named.reason)


def _dynamic(item: SqlText, named: UnresolvedName, rules: RuleSet, holes: Holes, span: Span) -> Finding | None:
    """The finding on a name with a hole in it; None where nothing is to do about it."""
    text, schema = item.embedded.text, named.relation.schema
    if schema is not None and not _moves_out(schema, rules):
        return None
    if named.is_value and (bound := placeholders.bound(item.embedded, named.span)):
        return _bound(bound, named, holes, span)
    said = [hole.expression for hole in text.holes if hole.expression and named.span.covers(hole.span)]
    if rules.django == SEARCH_PATH and schema is None and said and all(map(_OF_A_MODEL.search, said)):
        return None  # what moves is found by the name that Django knows
    for hole in text.holes:
        if hole.schema and hole.span == named.span and not _moves_out(hole.schema, rules):
            return None
        if hole.fixed and hole.span == named.span:
            return _fixed(text, hole, rules, item.path)
        if hole.names and hole.span == named.span:
            return written_identifier(item, hole, rules)
        if hole.code is not None and named.span.covers(hole.span) and shape_of(text, named, hole):
            filled = holes.get(hole.code)
            if filled is None:
                break
            return _filled(text, named, hole, filled, rules, span)
    message = f"{{{said[-1]}}} may move" if said else "the name of a relation is known only at run time"
    return Finding(named.code, message, span, reason=named.reason)


def _bound(bound: Sequence[Bound], named: UnresolvedName, holes: Holes, span: Span) -> Finding | None:
    """The finding on a placeholder that these values are bound to; None where all of them are settled."""
    for value in bound:
        filled = holes.get(value.code)
        if filled is None or filled.settled is not HoleOutcome.CLOSED:
            reason = filled.reason if filled is not None and filled.reason else named.reason
            return Finding(named.code, f"{{{value.expression}}} may move", span, reason=reason)
    return None


_OF_A_MODEL = re.compile(r"(?:\A|\.)_meta\.db_table\Z")
"""An expression for the table of a model of Django's."""


def _moves_out(schema: str, rules: RuleSet) -> bool:
    """Whether a relation moves out of a schema."""
    return any(move.relation.schema == schema for move in rules.moves)


def _filled(
    text: MappedText, named: UnresolvedName, hole: Hole, filled: HoleDecision, rules: RuleSet, span: Span
) -> Finding | None:
    """The finding on a hole whose values the project knows, as it decided about them."""
    if filled.settled is HoleOutcome.CLOSED:
        return None
    if filled.settled is HoleOutcome.FRONT:
        return _in_front(text, named, hole, filled, rules)
    message = f"{{{hole.expression}}} may move"
    return Finding(named.code, message, text.place(hole.span) or span, reason=filled.reason)


def _fixed(text: MappedText, hole: Hole, rules: RuleSet, path: str) -> Finding | None:
    """The finding on a hole whose names are known and must stay as they are; None if none of them moves."""
    named = [split_identifier(value.text) for value in hole.values]
    relations = [Relation(parts[0] if len(parts) == 2 else None, parts[-1]) for parts in named if 1 <= len(parts) <= 2]
    moving = [str(relation) for relation in relations if rules.target(relation, path) is not None]
    if not moving and len(relations) == len(named):
        return None
    reason = f"it may be {', '.join(moving) or 'anything'}, and {hole.fixed}"
    place = text.near(hole.span) or Span(0, 0)
    return Finding("dynamic-relation", f"{{{hole.expression}}} may move", place, reason=reason)


def _in_front(
    text: MappedText, named: UnresolvedName, hole: Hole, filled: HoleDecision, rules: RuleSet
) -> Finding | None:
    """The finding on a hole whose values all move to one schema; None where nothing is to do any more."""
    span = text.near(hole.span) or Span(0, 0)
    schema = "" if filled.schema in rules.bare else f"{quote(filled.schema)}."
    old = text.text[named.span.start : hole.span.start].removesuffix('"')
    before = Span(named.span.start, named.span.start + len(old))
    if old == schema:
        return None
    edit = text.edit(before, schema)
    message = f"{{{hole.expression}}} moves to {filled.schema}"
    if edit is None:
        reason = "the schema can't be written in front of it"
        return Finding("unwritable-name", message, span, reason=reason)
    code = "uncertain-relation" if filled.reason else "unqualified-relation"
    applicability = Applicability.UNSAFE if filled.reason else Applicability.SAFE
    return Finding(code, message, span, None, None, (edit,), applicability, filled.reason)


def names_in_templates(item: SqlText, rules: RuleSet) -> Iterator[Finding]:
    """The finding on a string in the code of a template that is the name of a relation that moves."""
    text = item.embedded.text
    if not any(place.kind == "expression" for place in item.embedded.places):
        return
    parts = split_identifier(text.text)
    relation = Relation(parts[0] if len(parts) == 2 else None, parts[-1]) if 1 <= len(parts) <= 2 else None
    target = rules.target(relation, item.path) if relation else None
    if target is not None and (span := text.place(Span(0, len(text.text)))) is not None:
        reason = "the code of the template says the name; what it makes of it is not known"
        message = f"{relation} may name what moves to {target}"
        yield Finding("dynamic-relation", message, span, relation, target, reason=reason)
