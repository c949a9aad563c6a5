"""SQL files: the text is the file. Knows psql's encodings, and no SQL."""

from __future__ import annotations

import codecs

from schema_rewriter.hosts import Embedded, Hosted, Place
from schema_rewriter.text import MappedText, decode

_PLACE = (Place("file"),)


def read(source: bytes) -> Hosted:
    """The one text of a .sql file: UTF-8, with or without a byte order mark, or else bytes as they are.

    What is not UTF-8 is in one of PostgreSQL's other encodings. All of these keep ASCII as it is outside of
    multi-byte characters, whose bytes are above 0x7f or letters: one byte is one character here, which is right for
    every name in ASCII, and no other name can be written.
    """
    if b"\0" in source:
        return Hosted(error="not text in one of PostgreSQL's encodings (UTF-16?); convert it to UTF-8")
    skip = len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0
    try:
        text = decode(source, "utf-8", skip)
    except UnicodeDecodeError:
        latin = decode(source, "latin-1", skip)
        text = MappedText(latin.text, latin.pieces, (), "ascii")
    return Hosted((Embedded(text, _PLACE, script=True),))
