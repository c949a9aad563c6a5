"""A file of Python code: what the readers of its strings, values, models and comments say of it. Knows no SQL."""

from __future__ import annotations

import codecs
import pickle
import re
import sys
import zlib
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.hosts.host import Embedded, Hosted, Place, in_short
from schema_rewriter.hosts.orm import NONE as NO_ORM
from schema_rewriter.hosts.python.syntax import Syntax, TooDeepError
from schema_rewriter.hosts.shell import with_carried
from schema_rewriter.text import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from libcst import Call, CSTNode

    from schema_rewriter.edit import Edit
    from schema_rewriter.hosts.django import DjangoFile
    from schema_rewriter.hosts.host import Bound, DriverSetting, Layout, Model, String, TableRename
    from schema_rewriter.hosts.orm import Orm
    from schema_rewriter.hosts.python.scope_table import Scopes
    from schema_rewriter.hosts.python.scopes import Scope
    from schema_rewriter.hosts.python.strings.tree import Spans
    from schema_rewriter.hosts.valueflow import Names
    from schema_rewriter.text import MappedText

_THIS = f"Python {sys.version_info[0]}.{sys.version_info[1]}, which runs this"
_LANGUAGE = re.compile(rb"#\s*language\s*=\s*(?:sql|postgres\w*|pgsql)\b", re.IGNORECASE)
_LAYOUT = re.compile(r"\r(?!\n)|(?<![^\r\n])(?<!\\[\r\n])(?<!\\\r\n)[ \t\f]*\f")
"""White space that Python reads and LibCST does not give back: a carriage return that ends a line, and a form feed
before code, which sets the indentation back to none. (Python's Language Reference, 2.1.2 and 2.1.8.)"""

_ORM = re.compile(
    rb"sqlalchemy|sqlmodel|SQLModel|SQLAlchemy|__table|ForeignKey|relationship|\bTable\(|\.tables\b|[Mm]etadata|Model\b"
    rb"|copy_\w+_table|_sql_table|to_sql|to_postgis|write_database|CompositeInfo|register_composite"
    rb"|tablename|jdbc|bulk_load|bulk_dump|insert_rows|create_all|include_schemas|context\.configure|schema_translate_map"
)
"""Words of which a file that tells an ORM something says one."""


def _as_lines(found: re.Match[str]) -> str:
    """As many line ends, which mean the same in code: every other character stays where it is. Strings are read from
    the text as it was.
    """
    return "\n" * len(found[0])


class PythonFile:
    """Python code. Python's own parser is run once, LibCST where its answer is first asked for, and once.

    `packed` is what LibCST told of the same bytes before, and is not asked again.
    """

    is_text = False

    def __init__(self, source: bytes, packed: bytes = b"") -> None:
        self.source = source
        self.syntax = Syntax(source)
        self._packed = packed

    @cached_property
    def scopes(self) -> Scopes | None:
        """Which names the scopes of the code bind; None for what this Python can't parse."""
        from schema_rewriter.hosts.python.scope_table import Scopes

        return Scopes(self.syntax.placed[0]) if self.syntax.placed is not None else None

    @property
    def packed(self) -> bytes:
        """Its texts as bytes, a third of the file's; empty where LibCST was not asked."""
        if not self._packed and "hosted" in vars(self):
            self._packed = zlib.compress(pickle.dumps(self.hosted), 1)
        return self._packed

    @cached_property
    def hosted(self) -> Hosted:
        """The texts, decoded by the file's PEP 263 cookie or byte order mark; an error for what is no Python."""
        if self._packed:
            found: Hosted = pickle.loads(zlib.decompress(self._packed))  # made by this run, never from a file
            return found
        return self._found()

    def _found(self) -> Hosted:
        """The texts, as LibCST has the code."""
        try:
            file = self._decoded()
        except (SyntaxError, LookupError) as error:
            return Hosted(error=f"{error}; name the file's encoding in its first line (PEP 263)")
        except (UnicodeDecodeError, ValueError) as error:
            return Hosted(error=f"not text in its encoding: {error}; convert it to UTF-8")
        from schema_rewriter.hosts.python import percent
        from schema_rewriter.hosts.python.dialects import stretches
        from schema_rewriter.hosts.python.strings import flow, tree
        from schema_rewriter.hosts.python.strings.mapping import mapped

        try:
            known = self.syntax.tree is not None  # raises where LibCST would take minutes
            module, spans = tree.parse(_LAYOUT.sub(_as_lines, file.text))
            if not known:
                return Hosted(error=f"can't be parsed by {_THIS}: {self.syntax.refusal}; run it by the code's Python")
            walk = flow.Flow(file.text, spans, self._scope_of(file, spans), self._bound_by(file, spans))
            walk.module(module)
            found = [Embedded(mapped(parts).within(file), tuple(at)) for parts, at in walk.found.items() if parts]
            texts, connected = stretches.with_systems(self.syntax, self.scopes, found)
        except (tree.NotPythonError, TooDeepError) as error:
            return Hosted(error=f"can't be parsed as Python: {self.syntax.refusal or error}")
        except RecursionError:
            return Hosted(error="can't be parsed as Python: nested too deeply")
        every = (*with_carried(map(self._as_marked, texts)), *percent.texts(file))
        return Hosted(every, frozenset(walk.imports), connected)

    def _as_marked(self, embedded: Embedded) -> Embedded:
        """A text, as bound to a name for SQL where a comment says that its literal is SQL."""
        stretches = embedded.text.stretches if self._marked else ()
        if any(literal.covers(stretch) for stretch in stretches for literal in self._marked):
            return replace(embedded, places=(*embedded.places, Place("value", names=("sql",))))
        return embedded

    @cached_property
    def _marked(self) -> tuple[Span, ...]:
        """The literals that a comment says are SQL: `# language=sql` above one, or in front of it."""
        if not _LANGUAGE.search(self.source):
            return ()
        layout = self.layout
        found: list[Span] = []
        for comment in layout.comments:
            if _LANGUAGE.match(comment.text.encode("utf-8", "replace")):
                behind = (one for one in layout.literals if one.start >= comment.span.stop)
                beside = [one for one in layout.literals if comment.covers.covers(Span(one.start, one.start))]
                found += beside[:1] or [one for one in [next(behind, None)] if one is not None]
        return tuple(found)

    def _scope_of(self, file: MappedText, spans: Spans) -> Callable[[CSTNode], Scope | None]:
        """What tells the scope that a node of LibCST's makes: the one that begins at its place."""
        scopes, placed = self.scopes, self.syntax.placed

        def scope_of(node: CSTNode) -> Scope | None:
            if scopes is None or placed is None:
                return None
            if type(node).__name__ == "Module":
                return scopes.top
            span = spans.code(node)
            place = file.place(span) if span is not None else None
            return scopes.starting(place.start, placed[1]) if place is not None else None

        return scope_of

    def _bound_by(self, file: MappedText, spans: Spans) -> Callable[[Call], tuple[Bound, ...]]:
        """What tells of a call of LibCST's what it binds to the placeholders of SQL."""
        from schema_rewriter.hosts.python.binding import bindings

        found = bindings(*self.syntax.placed) if self.syntax.placed is not None else {}

        def bound_by(node: Call) -> tuple[Bound, ...]:
            span = spans.code(node) if found else None
            place = file.place(span) if span is not None else None
            return found.get(place, ()) if place is not None else ()

        return bound_by

    def _decoded(self) -> MappedText:
        charset = self.syntax.charset
        skip = len(codecs.BOM_UTF8) if self.source.startswith(codecs.BOM_UTF8) else 0
        return decode(self.source, "utf-8" if charset == "utf-8-sig" else charset, skip)

    @cached_property
    def cheap_strings(self) -> tuple[String, ...] | None:
        """The texts by Python's own parser; None for what this Python can't parse as it is written."""
        from schema_rewriter.hosts.python import constants

        try:
            module = self.syntax.tree
        except TooDeepError:
            return None
        return tuple(constants.strings(module)) if module is not None and self.syntax.is_as_written else None

    @property
    def strings(self) -> tuple[String, ...]:
        """The texts by Python's own parser; by LibCST where it can't parse the code."""
        cheap = self.cheap_strings
        return in_short(self.hosted) if cheap is None else cheap

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """The tables that its classes and calls define."""
        from schema_rewriter.hosts.python import models

        return tuple(models.models(self.syntax))

    @cached_property
    def renames(self) -> tuple[TableRename, ...]:
        """The tables that calls of Alembic's rename_table rename."""
        if b"rename_table" not in self.source:
            return ()
        from schema_rewriter.hosts.python import models

        return tuple(models.renames(self.syntax))

    @cached_property
    def settings(self) -> tuple[DriverSetting, ...]:
        """What its mappings tell a driver of how names resolve."""
        from schema_rewriter.hosts.python import settings

        return tuple(settings.settings(self.syntax))

    @cached_property
    def django(self) -> DjangoFile:
        """What it says in Django's terms."""
        from schema_rewriter.hosts.python import django

        return django.read(self.syntax)

    @cached_property
    def orm(self) -> Orm:
        """What its code tells an ORM of tables."""
        if self.scopes is None or not _ORM.search(self.source):
            return NO_ORM
        from schema_rewriter.hosts.python.orm import reader

        try:
            return reader.read(self.syntax, self.scopes)
        except RecursionError:
            return NO_ORM

    @cached_property
    def layout(self) -> Layout:
        """Where its comments and literals are."""
        from schema_rewriter.hosts.python import comments

        return comments.layout(self.source, self.syntax.charset)

    def names(self, path: str) -> Names | None:
        """What the code does with the values it names; None for what this Python can't parse."""
        from schema_rewriter.hosts.python.valueflow.statements import names

        try:
            scopes, placed = self.scopes, self.syntax.placed
            return None if placed is None or scopes is None else names(path, *placed, scopes)
        except RecursionError:
            return None

    def difference(self, after: bytes, edits: Collection[Edit]) -> str | None:
        """Why the syntax trees of two versions differ by more than the edits; None if they do not."""
        from schema_rewriter.hosts.python import proof

        return proof.difference(self.syntax, Syntax(after), edits)
