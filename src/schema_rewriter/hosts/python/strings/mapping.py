"""The parts of a text put together to a text with the places of its characters; knows no expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.escapes import Braces, Layer, Percent, Verbatim
from schema_rewriter.hosts.python.strings.literals import ExpressionPart, LiteralPart
from schema_rewriter.text import Hole, MappedText, Piece

if TYPE_CHECKING:
    from schema_rewriter.hosts.python.strings.variants import Variant


def _template(layers: tuple[Layer, ...]) -> Layer:
    """What a name must not hold here: the text may go on to be a template, for a driver or for str.format."""
    percent = "" if any(isinstance(layer, Percent) for layer in layers) else "%"
    braces = "" if any(isinstance(layer, Braces) for layer in layers) else "{}"
    return Verbatim(percent + braces)


def mapped(parts: Variant) -> MappedText:
    """The text that parts come to, with offsets in characters of the file."""
    text: list[str] = []
    pieces: list[Piece] = []
    holes: list[Hole] = []
    at = 0
    for part in parts:
        chunk = part.chunk if isinstance(part, ExpressionPart) else part if isinstance(part, LiteralPart) else None
        written = (
            chunk.text if chunk else "{" + part.expression + "}" if isinstance(part, ExpressionPart) else part.text
        )
        if isinstance(part, ExpressionPart):
            span, known = Span(at, at + len(written)), (part.code, part.is_quoted)
            written_as = part.arguments
            arguments = MappedText(written_as.text, (Piece(0, written_as.offsets),)) if written_as else None
            holes.append(Hole(span, part.expression, (), "", *known, arguments, part.names, part.bounds, part.schema))
        if chunk:
            pieces.append(Piece(at, chunk.offsets, (_template(chunk.layers), *chunk.layers)))
        text.append(written)
        at += len(written)
    return MappedText("".join(text), tuple(pieces), tuple(holes))
