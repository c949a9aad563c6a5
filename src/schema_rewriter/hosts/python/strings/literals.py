"""A Python literal's characters, each with its place in the source; knows Python's escapes and no SQL.

Source: Python language reference, section 2.4.1 (string and bytes literals), 2.4.3 (f-strings), PEP 701, PEP 750.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.escapes import Braces, Layer, Literal, Percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.text import Offsets


@dataclass(frozen=True, slots=True)
class LiteralPart:
    """Decoded characters that stand in one stretch of the source; `offsets` as in text.Piece, in its characters."""

    text: str
    offsets: Offsets
    layers: tuple[Layer, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpressionPart:
    """A hole: an expression whose text the running program puts here.

    `chunk` is its place, braces included, if it stands in a literal. `code` are the characters of the whole expression
    in the source; None where it is not known.
    `is_quoted`: whatever its value is, it becomes one quoted identifier. `arguments` are those of psycopg's Identifier,
    as they are written, where all are plain literals: `names` is what they say, `bounds` are the characters between
    their quotes. `schema` is what the first of two says, where the other is code.
    """

    expression: str
    chunk: LiteralPart | None = None
    code: Span | None = None
    is_quoted: bool = False
    arguments: LiteralPart | None = None
    names: tuple[str, ...] = ()
    bounds: tuple[Span, ...] = ()
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Separator:
    """Characters that stand nowhere in the source as such: the separator between joined strings."""

    text: str


Part = LiteralPart | ExpressionPart | Separator

_PREFIX = re.compile(r"([A-Za-z]*)('''|\"\"\"|'|\")")
_ESCAPE = re.compile(
    r"\\(?:\r\n|[\n\r\\'\"abfnrtv]|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]+\})|\r\n?"
)
_BYTES_ESCAPE = re.compile(r"\\(?:\r\n|[\n\r\\'\"abfnrtv]|[0-7]{1,3}|x[0-9a-fA-F]{2})|\r\n?")
_NEWLINE = re.compile(r"\r\n?")
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def opening(literal: str) -> Literal:
    """The layer of a literal that begins so: its prefix and its quote."""
    found = _PREFIX.match(literal)
    if found is None:
        raise ValueError(f"not a string literal: {literal[:20]!r}")
    return Literal(found[1].lower(), found[2])


def simple(literal: str, at: int) -> list[LiteralPart]:
    """The characters of a plain literal (any prefix but f and t) that begins at character `at` of the source."""
    layer = opening(literal)
    lead = len(layer.prefix) + len(layer.quote)
    return list(decoded(literal[lead : len(literal) - len(layer.quote)], at + lead, layer))


def decoded(body: str, at: int, layer: Literal, *, braces: bool = False) -> Iterator[LiteralPart]:
    """The characters between a literal's quotes (or a stretch of an f-string), cut at line continuations.

    With `braces`, doubled braces are single ones of the text.
    """
    pattern = _NEWLINE if "r" in layer.prefix else _BYTES_ESCAPE if "b" in layer.prefix else _ESCAPE
    layers: tuple[Layer, ...] = (Braces(), layer) if braces else (layer,)
    if "\\" not in body and "\r" not in body and not (braces and ("{{" in body or "}}" in body)):
        if body:
            yield LiteralPart(body, range(at, at + len(body) + 1), layers)
        return
    text: list[str] = []
    offsets: list[int] = []

    def plain(start: int, stop: int) -> None:
        place = start
        while place < stop:
            text.append(body[place])
            offsets.append(at + place)
            place += 2 if braces and body[place : place + 2] in ("{{", "}}") else 1

    done = 0
    for found in pattern.finditer(body):
        plain(done, found.start())
        done = found.end()
        value = _value(found[0])
        if value:
            text.append(value)
            offsets.append(at + found.start())
        elif text:  # a line continuation: no character stands for it
            yield LiteralPart("".join(text), (*offsets, at + found.start()), layers)
            text, offsets = [], []
    plain(done, len(body))
    if text:
        yield LiteralPart("".join(text), (*offsets, at + len(body)), layers)


def _value(escape: str) -> str:
    """The character that an escape, or a line end, stands for; "" for a line continuation."""
    if escape[0] == "\r":
        return "\n"
    key = escape[1]
    if key in "\r\n":
        return ""
    if key in _SIMPLE:
        return _SIMPLE[key]
    if key in "xuU":
        return chr(int(escape[2:], 16))
    if key == "N":
        try:
            return unicodedata.lookup(escape[3:-1])
        except KeyError:
            return "\ufffd"  # no such character: Python refuses the file
    return chr(int(escape[1:], 8)) if key.isdigit() else key


def percent_decoded(chunk: LiteralPart) -> LiteralPart:
    """The chunk of a template for the % operator: a doubled percent sign is a single one of the text."""
    return _collapsed(chunk, ("%%",), Percent())


_CONVERSION = re.compile(r"%(?:\((\w+)\))?([#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?)([a-zA-Z%])")


def percent_fields(variant: Sequence[Part]) -> list[Part]:
    """The parts of a template for the % operator: plain `%s` and `%(name)s` are holes, named or numbered."""
    parts: list[Part] = []
    number = 0
    for part in variant:
        if not isinstance(part, LiteralPart):
            parts.append(part)
            continue
        done = 0
        for found in _CONVERSION.finditer(part.text):
            if found[3] == "%":
                continue
            name = found[1] or str(number)
            number += 1 + found[2].count("*")
            if found[3] != "s" or found[2]:
                continue
            if found.start() > done:
                parts.append(percent_decoded(cut(part, done, found.start())))
            parts.append(ExpressionPart(name, cut(part, found.start(), found.end(), Percent())))
            done = found.end()
        if done < len(part.text):
            parts.append(percent_decoded(cut(part, done, len(part.text))))
    return parts


def numbered(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts of a template for str.format, its fields without a name numbered."""
    number = 0
    for part in parts:
        if isinstance(part, ExpressionPart) and part.code is None and part.chunk is not None and not part.expression:
            yield replace(part, expression=str(number))
            number += 1
        else:
            yield part


_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")


def format_decoded(chunk: LiteralPart) -> Iterator[Part]:
    """The parts of a template for str.format: doubled braces are single ones, fields are holes."""
    done = 0
    for found in _FIELD.finditer(chunk.text):
        if found[1] is None:
            continue
        if found.start() > done:
            yield _collapsed(cut(chunk, done, found.start()), ("{{", "}}"), Braces())
        yield ExpressionPart(found[1], cut(chunk, found.start(), found.end(), Braces()))
        done = found.end()
    if done < len(chunk.text):
        yield _collapsed(cut(chunk, done, len(chunk.text)), ("{{", "}}"), Braces())


_DOLLAR = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\}|\$)")


def dollar_fields(variant: Sequence[Part]) -> Iterator[Part]:
    """The parts of a string.Template: `$name` and `${name}` are holes. A doubled dollar sign stays as it is."""
    for part in variant:
        yield from _holes(part, _DOLLAR) if isinstance(part, LiteralPart) else (part,)


def marked_fields(variant: Sequence[Part], mark: str) -> Iterator[Part]:
    """The parts of a text in which str.replace puts something for `mark`: each is a hole of that name."""
    for part in variant:
        yield from _holes(part, re.compile(f"({re.escape(mark)})")) if isinstance(part, LiteralPart) else (part,)


def _holes(chunk: LiteralPart, pattern: re.Pattern[str]) -> Iterator[Part]:
    done = 0
    for found in pattern.finditer(chunk.text):
        if name := next((group for group in found.groups() if group), ""):
            if found.start() > done:
                yield cut(chunk, done, found.start())
            yield ExpressionPart(name, cut(chunk, found.start(), found.end()))
            done = found.end()
    if done < len(chunk.text):
        yield cut(chunk, done, len(chunk.text))


def cut(chunk: LiteralPart, start: int, stop: int, *layers: Layer) -> LiteralPart:
    """A part of a chunk, behind further layers."""
    return LiteralPart(chunk.text[start:stop], chunk.offsets[start : stop + 1], (*layers, *chunk.layers))


def _collapsed(chunk: LiteralPart, doubled: tuple[str, ...], layer: Layer) -> LiteralPart:
    layers = (layer, *chunk.layers)
    if not any(pair in chunk.text for pair in doubled):
        return LiteralPart(chunk.text, chunk.offsets, layers)
    text: list[str] = []
    offsets: list[int] = []
    at = 0
    while at < len(chunk.text):
        text.append(chunk.text[at])
        offsets.append(chunk.offsets[at])
        at += 2 if chunk.text[at : at + 2] in doubled else 1
    return LiteralPart("".join(text), (*offsets, chunk.offsets[-1]), layers)
