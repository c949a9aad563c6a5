"""How code carries a text of SQL: the idioms of Python, and what the text is given to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.escapes import Braces, Literal, Percent

if TYPE_CHECKING:
    from schema_rewriter.hosts import Embedded
    from schema_rewriter.text import MappedText


def idiom(embedded: Embedded, characters: Span, source: bytes) -> str:
    """How the SQL is carried: by what the name's piece has to be written through, and what else the text is made of."""
    mapped = embedded.text
    if any(place.kind == "file" for place in embedded.places):
        return ".sql file"
    piece = mapped.piece(characters) or mapped.pieces[0]
    literal = next((layer for layer in piece.layers if isinstance(layer, Literal)), None)
    prefix = literal.prefix if literal else ""
    if any(isinstance(layer, Percent) for layer in piece.layers):
        return "% operator"
    if "f" in prefix or "t" in prefix:
        return "f-string" if "f" in prefix else "t-string"
    if any(isinstance(layer, Braces) for layer in piece.layers):
        return "str.format"
    between = _between(mapped, source)
    if between:
        return between
    return "triple-quoted" if literal and len(literal.quote) == 3 else "literal"


def _between(mapped: MappedText, source: bytes) -> str:
    """What joins the literals of a text; "" for a text of one."""
    joints = []
    for one, other in zip(mapped.pieces, mapped.pieces[1:], strict=False):
        start, stop = one.offsets[-1], other.offsets[0]
        joints.append(source[start:stop] if start <= stop else b"+")
    joints = [joint for joint in joints if b'"' in joint or b"'" in joint or joint == b"+"]
    if any(re.search(rb"""["'][\s)]*[^\s"'rRbBuU\\()#]""", joint) for joint in joints):
        return "concatenation"
    return "adjacent literals" if joints else ""


def within(embedded: Embedded) -> str:
    """The call, else the name, that a text is given to."""
    calls = [place.call for place in embedded.places if place.call]
    names = [name for place in embedded.places for name in place.names]
    return (calls or names or [""])[0]


def content(span: Span, source: bytes) -> Span:
    """What stands between the quotes of a Python literal, in bytes; in a notebook a backslash stands before some."""
    quotes = re.match(rb"""[A-Za-z]*((\\?['"])(?:\2\2)?)""", source[span.start : span.stop])
    return Span(span.start + quotes.end(), span.stop - len(quotes[1])) if quotes else span
