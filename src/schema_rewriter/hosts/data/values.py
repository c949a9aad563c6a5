"""What files of data hold: strings with the keys they stand under, and data as a walk; knows no format's syntax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schema_rewriter.escapes import Closed, Layer, Verbatim
from schema_rewriter.text import MappedText, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.text import Offsets

Flat = tuple[str, Any]
"""A step of a walk through data, in order: "text" with a string, or any other kind with what it holds."""


class BadFileError(Exception):
    """A file that is not in its format, or can't be read here; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Value:
    """A string of a file: its characters with their places in the file's text, and the key that it stands under."""

    text: MappedText
    key: str


def value(text: str, offsets: Offsets, layer: Layer, key: str) -> Value:
    """A string whose characters stand at these offsets of the file's text."""
    return Value(MappedText(text, (Piece(0, offsets, (Verbatim("{}%"), layer)),) if text else ()), key)


def unknown(text: str, start: int, stop: int, key: str) -> Value:
    """A string that stands somewhere in this stretch of the file's text: what it says can be told, and not edited."""
    return value(text, (*[start] * len(text), stop), Closed(), key)


def flattened(data: object) -> Iterator[Flat]:
    """A walk through nested tables, pairs, lists and scalars."""
    if isinstance(data, dict):
        yield "table", len(data)
        for key, inner in data.items():
            yield "key", key
            yield from flattened(inner)
    elif isinstance(data, (list, tuple)):
        yield type(data).__name__, len(data)
        for inner in data:
            yield from flattened(inner)
    elif isinstance(data, str):
        yield "text", data
    else:
        yield type(data).__name__, repr(data)
