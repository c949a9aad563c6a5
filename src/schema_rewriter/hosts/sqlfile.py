"""SQL files: the text is the file, or a template of it. Knows psql's encodings, and no SQL."""

from __future__ import annotations

import codecs
import re
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from schema_rewriter.hosts.host import Embedded, Hosted, NoCode, Place
from schema_rewriter.text import MappedText, Piece, decode

if TYPE_CHECKING:
    from collections.abc import Collection

    from schema_rewriter.edit import Edit

_PLACE = (Place("file"),)
_TAG = re.compile(r"\{%[-+]?\s*(?:if|for|set|macro|block|call|else|endif|endfor|include|import|from|extends|raw)\b")
_QUOTES = re.compile(r"""'(?:[^']|'')*'|(\$\w*\$).*?\1|--[^\n]*|/\*.*?\*/""", re.DOTALL)


class SqlFile(NoCode):
    """A file of SQL."""

    is_text = True

    @cached_property
    def hosted(self) -> Hosted:
        """The one text of the file, or those of its queries."""
        return read(self.source)

    def difference(self, after: bytes, edits: Collection[Edit]) -> str | None:
        """None: all of the file is text."""
        return None


class TemplateFile(SqlFile):
    """A Jinja template of a file of SQL."""

    @cached_property
    def hosted(self) -> Hosted:
        """The texts that the template may come to."""
        return read_template(self.source)


def read(source: bytes) -> Hosted:
    """The one text of a .sql file; those of a template, where tags of Jinja stand outside its quotes and comments."""
    file = _decoded(source)
    if file is None:
        return _NOT_TEXT
    if "{%" in file.text and (_TAG.search(_QUOTES.sub("", file.text)) or "{{" in _QUOTES.sub("", file.text)):
        from schema_rewriter.hosts.jinja.items import NotATemplateError
        from schema_rewriter.hosts.jinja.template import texts

        try:
            return Hosted(texts(file))
        except NotATemplateError:
            pass  # no suffix says that it is one
    if cuts := _cuts(file.text):
        return Hosted(tuple(Embedded(_stretch(file, *cut), _PLACE) for cut in pairwise(cuts)))
    return Hosted((Embedded(file, _PLACE, script=True),))


def _cuts(text: str) -> list[int]:
    """Where the queries of a file of named queries begin, its beginning and its end included; [] for a script.

    A marker of aiosql and its like (`-- name: get_user^`, `-- :name get-user :? :1`) begins a query in any case; a
    line such as `-- get_user --` only where no semicolon ends what is before it and a statement begins behind it.
    """
    if "--" not in text or _DATA_END.search(text):
        return []
    named = [found.start() for found in _NAMED.finditer(text)]
    found = [found.start() for found in _TITLED.finditer(text) if _ends(text[: found.start()])]
    cuts = sorted(named + found)
    return [0, *(cut for cut in cuts if cut), len(text)] if cuts else []


_DATA_END = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE)  # of COPY: a script for psql, such as a dump
_NAMED = re.compile(r"^--[ \t]*(?::name|[nN][aA][mM][eE][ \t]*:)[ \t]*[\w-]+(?!.*; Type:).*$", re.MULTILINE)
_VERB = r"(?:select|insert|update|delete|with|merge|values|call|create|alter|drop|truncate|lock|table)\b"
_TITLED = re.compile(rf"^-- [a-z0-9_]+ --[ \t]*\r?\n(?:\s*--[^\n]*\n)*\s*{_VERB}", re.MULTILINE | re.IGNORECASE)
_OPEN = re.compile(
    r"(?:[;(,=]|\b(?:as|union|all|except|intersect|then|else|do|begin|atomic|also|instead|for|explain))\Z",
    re.IGNORECASE,
)


def _ends(before: str) -> bool:
    """Whether a statement may end here that no semicolon ends."""
    lines = [line.rstrip() for line in before.splitlines() if line.strip() and not line.lstrip().startswith("--")]
    return bool(lines) and _OPEN.search(lines[-1]) is None


def _stretch(file: MappedText, start: int, stop: int) -> MappedText:
    """A stretch of a text that stands in one piece."""
    (piece,) = file.pieces
    return MappedText(file.text[start:stop], (Piece(0, piece.offsets[start : stop + 1]),), (), file.charset)


def read_template(source: bytes) -> Hosted:
    """The texts that a Jinja template of SQL may come to."""
    from schema_rewriter.hosts.jinja.items import NotATemplateError
    from schema_rewriter.hosts.jinja.template import texts

    file = _decoded(source)
    if file is None:
        return _NOT_TEXT
    try:
        return Hosted(texts(file))
    except NotATemplateError as error:
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
