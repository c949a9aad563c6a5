"""`name-in-code`: literals that are a relation's name, which code takes or puts into SQL, as the project decided."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Edit, Span
from schema_rewriter.finding import Applicability, Finding
from schema_rewriter.relation import Relation, quote, split_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.project.context import LiteralDecision
    from schema_rewriter.reading import SqlText
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.text import MappedText


def literal_findings(
    texts: Sequence[SqlText], literals: Sequence[LiteralDecision], rules: RuleSet
) -> Iterator[Finding]:
    """The findings on the literals that are told of, where they stand as texts of a file."""
    wanted: dict[Span, LiteralDecision] = {at.span: at for at in literals}
    if not wanted:
        return
    starts = sorted(wanted)
    for item in texts:
        text = item.embedded.text
        place = text.place(Span(0, len(text.text)))
        if place is None or text.holes:
            continue
        index = bisect_right(starts, Span(place.start, sys.maxsize)) - 1
        if index >= 0 and starts[index].covers(place) and split_identifier(text.text):
            yield _literal(text, place, wanted[starts[index]], rules)


def _literal(text: MappedText, span: Span, at: LiteralDecision, rules: RuleSet) -> Finding:
    """The finding on a literal that is a relation's name and nothing else."""
    relation, target = at.relation, at.target
    edit: Edit | None = text.edit(Span(0, 0), f"{quote(target.schema or '')}.")
    qualifier = _QUALIFIER.match(text.text)
    if at.is_key:
        edit = _key_edit(text, at, rules)
    elif at.instead:
        edit = text.edit(Span(0, len(text.text)), at.instead)
    elif qualifier is not None and target.name == relation.name:
        bare = target.schema in rules.bare
        edit = text.edit(
            Span(qualifier.start(1), qualifier.end(0 if bare else 1)), "" if bare else quote(target.schema or "")
        )
    elif relation.schema is not None or target.name != relation.name:
        shown = Relation(None, target.name) if target.schema in rules.bare else target
        edit = text.edit(Span(0, len(text.text)), str(shown))
    code = "unqualified-relation" if relation.schema is None else "old-schema"
    finding = Finding(code, f"{relation} moves to {target}", span, relation, target)
    if at.is_manual:
        return replace(finding, code="name-in-code", reason=at.doubt)
    if edit is None:
        reason = "the literal can't hold the new name"
        return replace(finding, code="unwritable-name", reason=reason)
    if at.doubt:
        finding = replace(finding, code="name-in-code", reason=at.doubt)
    applicability = Applicability.UNSAFE if at.doubt else Applicability.SAFE
    return replace(finding, edits=(edit,), applicability=applicability)


def _key_edit(text: MappedText, at: LiteralDecision, rules: RuleSet) -> Edit | None:
    """The edit of `relation.column`, as a foreign key has it: without quotes, so not every name can be there."""
    schema = at.target.schema or ""
    if at.target.name != at.relation.name or not schema.isidentifier() or not schema.isascii():
        return None
    old = f"{at.relation.schema}." if at.relation.schema else ""
    if not text.text.startswith(f"{old}{at.relation.name}."):
        return None
    return text.edit(Span(0, len(old)), "" if schema in rules.bare else f"{schema}.")


_QUALIFIER = re.compile(r'\s*("(?:[^"]|"")*"|[^\s".]+)\s*\.\s*')
"""The schema in front of a name, and its dot."""
