"""Uses of relations whose names only the running program knows: the values of their holes, where all are known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.inventory.uses.carriers import idiom, within
from schema_rewriter.inventory.uses.use import IN_CODE, Use, use_of
from schema_rewriter.project.positions import shape_of
from schema_rewriter.reading import placeholders
from schema_rewriter.relation import Relation, split_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.project.context import PossibleNames
    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.sql import UnresolvedName

Values = dict[Span, "PossibleNames"]
"""What expressions in SQL may be, by the bytes at which they stand."""


def dynamic(text: SqlText, named: UnresolvedName, file: SourceFile, known_values: Values) -> Iterator[Use]:
    """A name that a hole carries: its values, where all are known, else the hole."""
    mapped = text.embedded.text
    span = mapped.near(named.span)  # an operand stands nowhere itself
    if span is None or not text.confidence.reports_dynamic:
        return
    hole = next((hole for hole in mapped.holes if hole.span == named.span), None)
    values = [(value, split_identifier(value.text)) for value in hole.values] if hole else []
    given_to = within(text.embedded)
    operation = _verb_operation(mapped.text, named.span)
    if values and all(1 <= len(parts) <= 2 for _, parts in values):
        for value, parts in values:
            place = value.place(Span(0, len(value.text)))
            if place is not None:
                written = Relation(parts[0] if len(parts) == 2 else None, parts[-1])
                yield use_of(written, file, place, operation, "loop", given_to)
        return
    if hole and hole.names and hole.arguments:  # Identifier("a", "b")
        place = hole.arguments.place(Span(0, len(hole.arguments.text)))
        if place is not None:
            written = Relation(hole.names[-2] if len(hole.names) > 1 else None, hole.names[-1])
            yield use_of(written, file, place, operation, "Identifier", given_to)
            return
    known = named.relation
    carried_by = list(_codes(text, named))
    valued = [known_values.get(code) for code in carried_by]
    for name in dict.fromkeys(name for one in valued if one for name in one.names):
        parts = split_identifier(name)
        written = Relation(parts[0] if len(parts) == 2 else known.schema, parts[-1])
        yield use_of(written, file, span, operation, IN_CODE, given_to)
    if valued and all(one and one.whole for one in valued):
        return
    expression = mapped.text[named.span.start : named.span.stop]
    unknown = Relation(known.schema, "")
    reason, carried = f"{expression}: {named.reason}", idiom(text.embedded, named.span, file.source)
    yield Use(unknown, unknown, None, span, operation, carried, given_to, False, reason)


def _codes(text: SqlText, named: UnresolvedName) -> Iterator[Span]:
    """The expressions whose values a name is, by their bytes: what a hole holds, what is bound to a placeholder."""
    mapped = text.embedded.text
    if named.is_value:
        yield from (value.code for value in placeholders.bound(text.embedded, named.span))
        return
    flowing = next((hole for hole in mapped.holes if hole.code is not None and named.span.covers(hole.span)), None)
    if flowing and flowing.code and shape_of(mapped, named, flowing):
        yield flowing.code


_OPERATION_BEFORE = {
    **dict.fromkeys(("from", "join", "using"), "read"),
    **dict.fromkeys(("into", "update"), "write"),
}


def _verb_operation(text: str, span: Span) -> str:
    """What a statement does with a relation that it does not name, by the words before it."""
    before = re.findall(r"[a-z]+", text[max(0, span.start - 60) : span.start].lower())
    if before[-2:] == ["delete", "from"] or before[-1:] == ["truncate"] or before[-2:] == ["truncate", "table"]:
        return "write"
    for verb, operation in (("create", "define"), ("drop", "drop")):
        if verb in before[-5:] and before[-1:] in (["table"], ["view"], ["exists"]):
            return operation
    return _OPERATION_BEFORE.get(before[-1] if before else "", "name")
