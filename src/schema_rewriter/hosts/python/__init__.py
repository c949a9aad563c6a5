"""Python files: every string expression with the places it gets to; knows Python and no SQL."""

from __future__ import annotations

import codecs
import io
import tokenize
from functools import lru_cache
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.escapes import Braces, Layer, Percent, Verbatim
from schema_rewriter.hosts.host import Embedded, Hosted
from schema_rewriter.text import Hole, MappedText, Piece, decode

if TYPE_CHECKING:
    from schema_rewriter.hosts.python.strings.variants import Variant
    from schema_rewriter.hosts.valueflow import Names


@lru_cache(maxsize=128)
def read(source: bytes) -> Hosted:
    """The texts of a Python file, decoded by its PEP 263 cookie or byte order mark; an error for what is no Python.

    Kept for a while: a run asks for them twice.
    """
    try:
        charset, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        skip = len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0
        file = decode(source, "utf-8" if charset == "utf-8-sig" else charset, skip)
    except (SyntaxError, LookupError) as error:
        return Hosted(error=f"{error}; name the file's encoding in its first line (PEP 263)")
    except (UnicodeDecodeError, ValueError) as error:
        return Hosted(error=f"not text in its encoding: {error}; convert it to UTF-8")
    from schema_rewriter.hosts.python import dialects, syntax
    from schema_rewriter.hosts.python.strings import flow, tree

    try:
        syntax.parsed(source)
        module, spans = tree.parse(file.text)
        walk = flow.Flow(file.text, spans)
        walk.module(module)
        found = [Embedded(mapped(parts).within(file), tuple(places)) for parts, places in walk.found.items() if parts]
        texts = dialects.told(source, found, file.charset)
    except (tree.NotPythonError, syntax.TooDeepError) as error:
        return Hosted(error=f"can't be parsed as Python: {error}")
    except RecursionError:
        return Hosted(error="can't be parsed as Python: nested too deeply")
    return Hosted(tuple(texts), frozenset(walk.imports))


def names_of(path: str, source: bytes) -> Names | None:
    """What the code does with the values it names; None for what this Python can't parse."""
    from schema_rewriter.hosts.python import syntax
    from schema_rewriter.hosts.python.valueflow.statements import names

    try:
        charset, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        module = syntax.parsed(source)
        return None if module is None else names(path, module, source, charset)
    except (SyntaxError, UnicodeError, LookupError, RecursionError, syntax.TooDeepError):
        return None


def _template(layers: tuple[Layer, ...]) -> Layer:
    """What a name must not hold here: the text may go on to be a template, for a driver or for str.format."""
    percent = "" if any(isinstance(layer, Percent) for layer in layers) else "%"
    braces = "" if any(isinstance(layer, Braces) for layer in layers) else "{}"
    return Verbatim(percent + braces)


def mapped(parts: Variant) -> MappedText:
    """The text that parts come to, with offsets in characters of the file."""
    from schema_rewriter.hosts.python.strings.literals import Chunk, Code

    text: list[str] = []
    pieces: list[Piece] = []
    holes: list[Hole] = []
    at = 0
    for part in parts:
        chunk = part.chunk if isinstance(part, Code) else part if isinstance(part, Chunk) else None
        written = chunk.text if chunk else "{" + part.expression + "}" if isinstance(part, Code) else part.text
        if isinstance(part, Code):
            span, known = Span(at, at + len(written)), (part.scope, part.source, part.number, part.is_quoted)
            written_as = part.arguments
            code = MappedText(written_as.text, (Piece(0, written_as.offsets),)) if written_as else None
            holes.append(Hole(span, part.expression, (), "", *known, code, part.names, part.bounds))
        if chunk:
            pieces.append(Piece(at, chunk.offsets, (_template(chunk.layers), *chunk.layers)))
        text.append(written)
        at += len(written)
    return MappedText("".join(text), tuple(pieces), tuple(holes))
