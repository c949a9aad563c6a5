"""`sql-fragment`, where no clause stands before the relation: the right side of a JOIN that a query builder writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.finding import Finding
from schema_rewriter.relation import Relation, split_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.reading import SqlText
    from schema_rewriter.rules import RuleSet

_JOINED = re.compile(
    r"""\s*(?P<name>(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)
    (?:\s+(?:as\s+)?(?!(?:on|using|as)\b)"?\w+"?)?          # an alias
    (?:\s+on\s+\(?\s*["\w{}%:.]+\s*(?:=|<|>|!=|\bis\b|\bin\b|\blike\b|\bbetween\b)|\s+using\s*\(\s*["\w]+)""",
    re.IGNORECASE | re.VERBOSE,
)


def joined(item: SqlText, rules: RuleSet) -> Iterator[Finding]:
    """The finding on a text `jobs ON ..` or `jobs j USING (..)`."""
    text = item.embedded.text
    found = _JOINED.match(text.text)
    if found is None or (item.embedded.places and all(place.kind == "docstring" for place in item.embedded.places)):
        return
    if item.embedded.told and "=" not in found[0]:
        return  # a sentence: comments on stories is ..
    parts = split_identifier(found["name"])
    if not 1 <= len(parts) <= 2 or any(Span(*found.span("name")).overlaps(hole.span) for hole in text.holes):
        return
    relation = Relation(parts[0] if len(parts) == 2 else None, parts[-1])
    target, span = rules.target(relation, item.path), text.place(Span(*found.span("name")))
    if target is not None and span is not None:
        reason = "the right side of a JOIN whose statement is not known"
        yield Finding("sql-fragment", f"{relation} moves to {target}", span, relation, target, reason=reason)
