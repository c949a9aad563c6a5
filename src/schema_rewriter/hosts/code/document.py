"""Documents: the SQL and the commands in the blocks of code of Markdown and reStructuredText are told; knows no SQL."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.hosts.code.codefile import decoded
from schema_rewriter.hosts.code.script import carried
from schema_rewriter.hosts.host import Embedded, Hosted, NoCode, Place
from schema_rewriter.hosts.shell import stretch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from schema_rewriter.edit import Edit

_FENCED = re.compile(
    r"^(?P<margin>[ \t>]*)(?P<fence>`{3,}|~{3,})[ \t]*\{?\.?(?P<kind>[\w+-]+)[^\n`]*\n"
    r"(?P<body>.*?)^(?P=margin)(?P=fence)[`~]*[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_DIRECTIVE = re.compile(
    r"^(?P<margin>[ \t]*)\.\. (?:code-block|code|sourcecode|highlight)::[ \t]*(?P<kind>[\w+-]+)[ \t]*\n"
    r"(?P<body>(?:(?P=margin)[ \t]+[^\n]*(?:\n|\Z)|[ \t]*\n)+)",
    re.MULTILINE,
)
_SQL = frozenset(("sql", "postgres", "postgresql", "pgsql", "psql", "plpgsql"))
_SHELL = frozenset(("sh", "bash", "shell", "console", "zsh", "shell-session", "sh-session"))


class Document(NoCode):
    """A document with examples."""

    @cached_property
    def hosted(self) -> Hosted:
        """Each block of SQL, and the SQL in each block of commands."""
        file = decoded(self.source)
        return Hosted() if file is None else Hosted(tuple(self._blocks()))

    def _blocks(self) -> Iterator[Embedded]:
        file = decoded(self.source)
        for pattern in (_FENCED, _DIRECTIVE) if file else ():
            for block in pattern.finditer(file.text if file else ""):
                kind, span = block["kind"].lower(), Span(*block.span("body"))
                if file is None or not block["body"]:
                    continue
                body = stretch(file, span, "")
                if kind in _SQL:
                    yield Embedded(body, (Place("file"),), script=True, told="an example")
                elif kind in _SHELL:
                    yield from carried(body, told="an example")

    def difference(self, after: bytes, edits: Collection[Edit]) -> str | None:
        """Any change is one."""
        return None if after == self.source else "documents are not edited"
