"""Calls of psycopg's Identifier, which take the schema as an argument of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.edit import Edit, Span
from schema_rewriter.finding import Applicability, Finding
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from schema_rewriter.project.context import LiteralDecision
    from schema_rewriter.reading import SqlText
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.text import Hole

_UNWRITABLE = frozenset("\"'\\{}")


def written_identifier(item: SqlText, hole: Hole, rules: RuleSet) -> Finding | None:
    """The finding on psycopg's Identifier("events"), which takes the schema as an argument of its own."""
    text, code, names = item.embedded.text, hole.arguments, hole.names
    holes = [one.span for one in text.holes]
    if code is None or len(names) > 2:
        return None
    relation = Relation(names[0] if len(names) == 2 else None, names[-1])
    target = rules.target(relation, item.path)
    span = code.place(Span(0, len(code.text)))
    if target is None or target.schema is None or span is None:
        return None
    last = hole.bounds[-1]
    bare = target.schema in rules.bare
    wanted = [code.edit(last, target.name)] if target.name != relation.name else []
    if len(names) == 1 and not bare:
        wanted.append(code.edit(Span(0, 0), f'"{target.schema}", '))
    elif len(names) == 2:
        first = Span(0, last.start - 1) if bare else hole.bounds[0]
        wanted.append(code.edit(first, "" if bare else target.schema))
    edits = tuple(edit for edit in wanted if edit is not None)
    message = f"{relation} moves to {target}"
    if len(edits) < len(wanted) or not _UNWRITABLE.isdisjoint(target.schema + target.name):
        reason = "the name can't be written in this call"
        return Finding("unwritable-name", message, span, relation, target, reason=reason)
    doubt = item.doubt
    if any(name == relation.name for name, _ in sql.words(text.text, holes, {relation.name})):
        doubt = doubt or f"the statement says {relation.name} itself"
    code_ = doubtful_code(item, doubt) if doubt else "unqualified-relation" if relation.schema is None else "old-schema"
    applicability = Applicability.MANUAL if doubt else item.confidence.applicability
    reason = doubt or item.confidence.reason
    return Finding(code_, message, span, relation, target, edits, applicability, reason)


def doubtful_code(item: SqlText, doubt: str) -> str:
    """The code for a name in SQL that may mean something else: that of the system which runs it, or of its place."""
    return "uncertain-dialect" if doubt == item.engine.doubt else "uncertain-relation"


def with_schema(at: LiteralDecision) -> Finding:
    """The finding on a call that gets the schema as an argument of its own."""
    finding = Finding("unqualified-relation", f"{at.relation} moves to {at.target}", at.span, at.relation, at.target)
    if not at.instead.isascii() or not _UNWRITABLE.isdisjoint(at.instead):
        reason = "the schema can't be written in this call"
        return replace(finding, code="unwritable-name", reason=reason)
    edit = Edit(Span(at.span.start, at.span.start), f'"{at.instead}", '.encode())
    return replace(finding, edits=(edit,), applicability=Applicability.SAFE)
