"""Settings of other programs: tables that they list, and commands in them, are told; settings.toml is the table."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.hosts.code.codefile import as_table, decoded
from schema_rewriter.hosts.code.script import carried
from schema_rewriter.hosts.host import Embedded, Hosted, NoCode, Place
from schema_rewriter.hosts.shell import stretch
from schema_rewriter.package_data import load_table
from schema_rewriter.text import MappedText, Piece

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from schema_rewriter.edit import Edit

_NAME = re.compile(r"(?:\w+\.)?\w+")
_SQL = re.compile(
    r"^[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*[:=][ \t]*(?P<quote>[\"']?)"
    r"(?P<sql>(?:select|insert|update|delete|with)\b[^\n]*?)(?P=quote)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


class SettingsFile(NoCode):
    """A file of settings, in whatever format."""

    @cached_property
    def hosted(self) -> Hosted:
        """The tables that it lists, its commands, and values that are SQL."""
        file = decoded(self.source)
        if file is None:
            return Hosted()
        of_commands = carried(file, told="a command in settings")
        values = (stretch(file, Span(*found.span("sql")), "") for found in _SQL.finditer(file.text))
        of_values = (Embedded(value, (Place("value"),), told="a setting") for value in values)
        return Hosted((*_listed(file), *of_commands, *of_values))

    def difference(self, after: bytes, edits: Collection[Edit]) -> str | None:
        """Any change is one."""
        return None if after == self.source else "settings are not edited"


def _listed(file: MappedText) -> Iterator[Embedded]:
    """Each table that a file's settings list, as a text that reads it."""
    text = file.text
    for row in _rows():
        if row["in"] not in text:
            continue
        blocks = re.compile(row["block"], re.MULTILINE).finditer(text) if "block" in row else ()
        spans = [found.span("block") for found in blocks] if "block" in row else [(0, len(text))]
        for start, stop in spans:
            for found in re.compile(row["names"], re.MULTILINE).finditer(text, start, stop):
                for name in _NAME.finditer(text, *found.span("names")):
                    yield _named(file, name, found.groupdict().get("schema"), row["what"])


def _named(file: MappedText, name: re.Match[str], schema: str | None, what: str) -> Embedded:
    """The text that reads a table; its schema stands elsewhere in the file, if it has one."""
    text = as_table(stretch(file, Span(*name.span()), ""))
    if schema:
        shift = len(schema) + 1
        pieces = tuple(Piece(piece.at + shift, piece.offsets, piece.layers) for piece in text.pieces)
        text = MappedText(f"TABLE {schema}.{name[0]}", pieces, (), text.charset)
    return Embedded(text, (Place("argument", "execute", 0),), told=what)


@cache
def _rows() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = load_table(__package__, "settings.toml")["setting"]
    return rows
