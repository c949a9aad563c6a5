"""What sets the search_path of connections, outside of statements: options in strings and URLs, mappings of the code.

Sources: PostgreSQL manual, section 5.10.3 (the path), libpq, "options"; SQLAlchemy, "Translation of Schema Names".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from schema_rewriter import sql
from schema_rewriter.edit import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.reading.source_file import SourceFile, SqlText

_OPTION = re.compile(
    r"""(?:-c(?:\s|\\\ |%20|\+)*|--)search[-_]path(?:=|%3D)
        ((?:"[^"]*"|\\.|(?:,|%2C)\s*(?=["\w$%{])|[^\s\\"'&;#])*)""",
    re.IGNORECASE | re.VERBOSE,
)
_IN_URL = re.compile(
    r"^(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?://\S*[?&](?:search_path|currentSchema)=([^&\s#]*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Setting:
    """The path that connections get, by its bytes; None where only the running program knows it.

    `translated` are two schemas, of models and of what SQLAlchemy writes for them, instead of a path.
    """

    span: Span
    path: tuple[str, ...] | None
    translated: tuple[str | None, str | None] | None = None


def settings_of(file: SourceFile) -> tuple[Setting, ...]:
    """All settings of a file that are no statements, in the order of their bytes."""
    if not _WORTH.search(file.source):
        return ()
    found: dict[Span, Setting] = {}
    for item in file.texts:
        if not item.engine.other and not any(place.kind == "docstring" for place in item.embedded.places):
            found.update((setting.span, setting) for setting in _options(item))
    for each in file.host.settings:
        if each.name == "search_path":
            found[each.span] = Setting(each.span, None if each.value is None else sql.path_of(each.value))
        else:
            found[each.span] = Setting(each.span, None, (each.key, each.value))
    return tuple(found[span] for span in sorted(found))


_WORTH = re.compile(rb"search[-_]path|schema_translate_map|currentSchema", re.IGNORECASE)
_PATHS = re.compile(r"search|currentSchema", re.IGNORECASE)


def _options(item: SqlText) -> Iterator[Setting]:
    text = item.embedded.text
    if item.embedded.script or not _PATHS.search(text.text):
        return
    for found in (*_OPTION.finditer(text.text), *_IN_URL.finditer(text.text)):
        at = Span(*found.span(1))
        span = text.place(Span(*found.span())) or text.place(at)
        if span is None:
            continue
        known = not any(hole.span.overlaps(at) for hole in text.holes)
        written = re.sub(r"\\(.)", r"\1", unquote(found[1].replace("+", " ") if "%" in found[1] else found[1]))
        yield Setting(span, sql.path_of(written) if known and "%(" not in written else None)
