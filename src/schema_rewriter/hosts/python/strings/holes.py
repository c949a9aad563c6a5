"""Expressions as holes of a text: how they are written, and the names that psycopg's Identifier is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from schema_rewriter.edit import Span
from schema_rewriter.hosts.python.strings.literals import LiteralPart

if TYPE_CHECKING:
    from schema_rewriter.hosts.python.strings import tree
    from schema_rewriter.hosts.python.strings.literals import ExpressionPart


_SCHEMA_AND_NAME = 2
"""The arguments of an Identifier that names a schema and a relation in it."""


def line_of(node: cst.BaseExpression) -> str:
    """An expression as one line."""
    return " ".join(cst.Module([]).code_for_node(node).split())


def identifier(node: cst.Call, code: ExpressionPart, text: str, spans: tree.Spans) -> ExpressionPart:
    """psycopg's Identifier with the names it is made of, where they are plain literals."""
    values = [argument.value for argument in node.args if not argument.keyword and not argument.star]
    places = [spans[value] for value in values if isinstance(value, cst.SimpleString)]
    if not places or len(places) != len(node.args):
        first = values[0] if len(values) == len(node.args) == _SCHEMA_AND_NAME else None
        return replace(code, schema=str(first.evaluated_value)) if isinstance(first, cst.SimpleString) else code
    start = places[0].start
    written = [text[span.start : span.stop] for span in places]
    if any(each[0] not in "'\"" or each[:3] in ("'" * 3, '"' * 3) or "\\" in each for each in written):
        return code
    bounds = tuple(Span(span.start + 1 - start, span.stop - 1 - start) for span in places)
    stretch = LiteralPart(text[start : places[-1].stop], range(start, places[-1].stop + 1))
    return replace(code, arguments=stretch, names=tuple(each[1:-1] for each in written), bounds=bounds)
