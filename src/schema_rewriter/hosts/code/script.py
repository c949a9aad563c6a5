"""Scripts of the shell, makefiles: SQL for psql is edited where its quoting is plain; knows no SQL."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.hosts.code.codefile import as_table, decoded, texts
from schema_rewriter.hosts.code.lexer import language
from schema_rewriter.hosts.host import Embedded, Hosted, NoCode, Place
from schema_rewriter.hosts.shell import UNPLAIN, found, stretch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from schema_rewriter.edit import Edit
    from schema_rewriter.text import MappedText

RUN = Place("argument", "os.system", 0)
_TOOL = re.compile(r"\b(?:pg_dump|pg_restore|vacuumdb|reindexdb|clusterdb)\b(?:\\\n|[^\n;|&])*")
_TABLE = re.compile(
    r"""\s(?:-[tT]\s*|--(?:exclude-)?table(?:-data|-and-children)?[=\s]\s*)["']?(?P<name>[\w.]+)["']?(?![\w.*?$])"""
)
_COMMENT = re.compile(r"^[ \t]*#[^\n]*$", re.MULTILINE)


class ScriptFile(NoCode):
    """A script of the shell."""

    makes = False
    """Whether make reads it first, to which every dollar sign is its own."""

    @cached_property
    def hosted(self) -> Hosted:
        """What it hands to psql, the tables that tools are given, and its other strings, which are told."""
        file = decoded(self.source)
        if file is None:
            return Hosted()
        mine = list(carried(file, makes=self.makes))
        taken = [span for one in mine for span in one.text.stretches]
        others = (one for one in texts(file, language("a shell script")) if not _overlaps(one.text, taken))
        return Hosted((*mine, *others))

    def difference(self, after: bytes, edits: Collection[Edit]) -> str | None:
        """Why the commands differ by more than their SQL; None if not."""
        before, now = (_Shape.of(source) for source in (self.source, after))
        return None if before == now else "the words of the commands differ"


class MakeFile(ScriptFile):
    """A makefile, whose recipes are scripts."""

    makes = True


class _Shape:
    """What a script is but for the SQL that it hands to psql."""

    @staticmethod
    def of(source: bytes) -> tuple[str, ...]:
        file = decoded(source)
        text, at, parts = (file.text if file else ""), 0, []
        for each in sorted(found(text), key=lambda one: one.span):
            if each.span.start >= at:
                parts.append(text[at : each.span.start])
                at = each.span.stop
        return (*parts, text[at:])


def carried(file: MappedText, *, makes: bool = False, told: str = "") -> Iterator[Embedded]:
    """The SQL that the commands of a text hand to psql, and the tables that they name to PostgreSQL's tools."""
    text = _COMMENT.sub(lambda line: " " * len(line[0]), file.text)
    for each in found(text) if "psql" in text else ():
        inner = stretch(file, each.span, each.quote)
        is_plain = each.is_plain and not (makes and "$" in inner.text)
        yield Embedded(inner, (RUN,), each.is_script, carried=True, doubt="" if is_plain else UNPLAIN, told=told)
    for tool in _TOOL.finditer(text):
        for given in _TABLE.finditer(text, *tool.span()):
            name = as_table(stretch(file, Span(*given.span("name")), ""))
            yield Embedded(name, (Place("argument", "execute", 0),), told=told or "a command")


def _overlaps(text: MappedText, taken: list[Span]) -> bool:
    return any(one.overlaps(other) for one in text.stretches for other in taken)
