"""SQL files: the text is the file, or a template of it. Knows psql's encodings, and no SQL."""

from __future__ import annotations

import codecs
import re

from schema_rewriter.hosts import Embedded, Hosted, Place
from schema_rewriter.text import MappedText, decode

_PLACE = (Place("file"),)
_TAG = re.compile(r"\{%[-+]?\s*(?:if|for|set|macro|block|call|else|endif|endfor|include|import|from|extends|raw)\b")
_QUOTES = re.compile(r"""'(?:[^']|'')*'|(\$\w*\$).*?\1|--[^\n]*|/\*.*?\*/""", re.DOTALL)


def read(source: bytes) -> Hosted:
    """The one text of a .sql file; those of a template, where tags of Jinja stand outside its quotes and comments."""
    file = _decoded(source)
    if file is None:
        return _NOT_TEXT
    if "{%" in file.text and (_TAG.search(_QUOTES.sub("", file.text)) or "{{" in _QUOTES.sub("", file.text)):
        from schema_rewriter.hosts import jinja

        try:
            return Hosted(jinja.texts(file))
        except jinja.NotATemplateError:
            pass  # no suffix says that it is one
    return Hosted((Embedded(file, _PLACE, script=True),))


def read_template(source: bytes) -> Hosted:
    """The texts that a Jinja template of SQL may come to."""
    from schema_rewriter.hosts import jinja

    file = _decoded(source)
    if file is None:
        return _NOT_TEXT
    try:
        return Hosted(jinja.texts(file))
    except jinja.NotATemplateError as error:
        return Hosted(error=f"can't be read as a Jinja template: {error}")


_NOT_TEXT = Hosted(error="not text in one of PostgreSQL's encodings (UTF-16?); convert it to UTF-8")


def _decoded(source: bytes) -> MappedText | None:
    """The characters of the file: UTF-8, with or without a byte order mark, or else bytes as they are.

    What is not UTF-8 is in one of PostgreSQL's other encodings. All of these keep ASCII as it is outside of
    multi-byte characters, whose bytes are above 0x7f or letters: one byte is one character here, which is right for
    every name in ASCII, and no other name can be written.
    """
    if b"\0" in source:
        return None
    skip = len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0
    try:
        return decode(source, "utf-8", skip)
    except UnicodeDecodeError:
        latin = decode(source, "latin-1", skip)
        return MappedText(latin.text, latin.pieces, (), "ascii")
