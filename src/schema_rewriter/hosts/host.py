"""What every kind of file answers: its texts with their places, imports, models, comments; knows no kind and no SQL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from schema_rewriter.hosts.django import NO_DJANGO
from schema_rewriter.hosts.orm import NONE as NO_ORM

if TYPE_CHECKING:
    from collections.abc import Collection

    from schema_rewriter.edit import Edit, Span
    from schema_rewriter.hosts.django import DjangoFile
    from schema_rewriter.hosts.orm import Orm
    from schema_rewriter.hosts.valueflow import Names
    from schema_rewriter.text import MappedText


@dataclass(frozen=True, slots=True)
class Bound:
    """A value that a call binds to a placeholder of the SQL that it runs.

    `key` is its place among the values, from 0 on, or the name that it is bound by; `code` is where its `expression`
    stands in the file, in bytes.
    """

    key: int | str
    code: Span
    expression: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the host's code a text stands.

    `kind` is "file" (the file is SQL), "argument", "value", "operand" (of a comparison), "key", "docstring" or
    "expression" (a string in the code of a template, whose use is not known).
    `call` is the dotted name of the function it is passed to, with `argument` its position or keyword;
    `names` are the names it is bound to (variables, keywords, keys of a mapping). `bound` are the values that the call
    binds to its placeholders.
    """

    kind: str
    call: str = ""
    argument: int | str = ""
    names: tuple[str, ...] = ()
    bound: tuple[Bound, ...] = ()


@dataclass(frozen=True, slots=True)
class Embedded:
    """A text that may be SQL, with all the places it gets to; `script` tells that psql reads it.

    `dialect` is the system that alone runs it, as the code shows: "" PostgreSQL, engines.ANY the one that a library for
    many is connected to, None where the code does not show it. `also` is another one that may run it.
    `carried`: it stands within one of the other texts, a command that hands it to psql; `doubt` speaks against edits.
    `told`: what it stands in ("Go"), where what it names is told, and never edited.
    """

    text: MappedText
    places: tuple[Place, ...]
    script: bool = False
    dialect: str | None = None
    also: str = ""
    carried: bool = False
    doubt: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Hosted:
    """What a reader found in a file: its texts, the modules it imports, or why it can't be judged (one line).

    `connected` are other systems than PostgreSQL that its code makes connections to.
    """

    texts: tuple[Embedded, ...] = ()
    imports: frozenset[str] = frozenset()
    connected: frozenset[str] = frozenset()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, its text, and what it stands for: its line up to it, or the next line of code if it is alone."""

    span: Span
    text: str
    covers: Span


@dataclass(frozen=True, slots=True)
class Layout:
    """What lies where in a file, in bytes: comments, string literals (the outermost), and ends of lines.

    `ends` are the places where a comment can be put: behind a line's last token, outside literals and line
    continuations. `starts` are the lines that a comment can be put before, each by its first byte.
    """

    comments: tuple[Comment, ...]
    literals: tuple[Span, ...]
    ends: tuple[int, ...]
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class String:
    """A text of a file as cheaply as it can be had: without the places of its characters.

    `holes` are in characters of it, `line` is the line of the file it begins at (from 1 on), `script` tells that psql
    reads it. What is put together of several literals may come in pieces.
    """

    text: str
    holes: tuple[Span, ...] = ()
    line: int = 1
    script: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """A table that code defines: its schema, if that is written out, its name, and its columns with their types.

    `kind` is "SQLAlchemy" or "Django". A type that is not known is "". `span` is the name's literal, quotes included,
    in bytes; `line` its line. `whole`: nothing but this class adds columns, as far as can be told. `managed`: the
    framework makes the table; a Django model with `managed = False` only says what it takes of one that others make.
    """

    kind: str
    schema: str | None
    name: str
    columns: tuple[tuple[str, str], ...]
    whole: bool
    line: int
    span: Span
    managed: bool = True


@dataclass(frozen=True, slots=True)
class TableRename:
    """A call that renames a table: its schema, old and new name; line and place (in bytes) of the old one."""

    schema: str | None
    old: str
    new: str
    line: int
    span: Span


@dataclass(frozen=True, slots=True)
class DriverSetting:
    """One entry of a mapping that tells a driver how names resolve, by its bytes.

    `name` is "search_path", with `value` the text it is set to, or "schema_translate_map", with `key` and `value` two
    schemas, or None for "no schema". What only the running program knows is "{}".
    """

    span: Span
    name: str
    value: str | None
    key: str | None = None


class Host(Protocol):
    """A file of one kind, by its bytes alone. Each answer is found when first asked for, and kept."""

    source: bytes
    is_text: bool
    """Whether all of the file is SQL, without a host's code around it."""

    @property
    def hosted(self) -> Hosted:
        """Its texts with all their places, its imports, or why it can't be judged. The dear one: LibCST's speed."""

    @property
    def packed(self) -> bytes:
        """`hosted`, if it was dear and is found, for a host of the same bytes somewhere else; empty if not."""

    @property
    def cheap_strings(self) -> tuple[String, ...] | None:
        """The texts at the price of Python's own parser; None where they can't be had so."""

    @property
    def strings(self) -> tuple[String, ...]:
        """The texts as cheaply as they can be had; none of a file that can't be read."""

    @property
    def models(self) -> tuple[Model, ...]:
        """The tables that its classes and calls define."""

    @property
    def renames(self) -> tuple[TableRename, ...]:
        """The tables that its calls rename."""

    @property
    def settings(self) -> tuple[DriverSetting, ...]:
        """What its mappings tell a driver of how names resolve."""

    @property
    def django(self) -> DjangoFile:
        """What it says in Django's terms."""

    @property
    def orm(self) -> Orm:
        """What its code tells an ORM of tables."""

    @property
    def layout(self) -> Layout | None:
        """Where the comments and literals of its code are; None for a file that is no code."""

    def names(self, path: str) -> Names | None:
        """What its code does with the values it names; None for a file without code, or that can't be read."""

    def difference(self, after: bytes, edits: Collection[Edit]) -> str | None:
        """Why its code differs from that of another version by more than these edits of texts; None if not."""


class NoCode:
    """The answers of a file without code in which values flow, tables are defined or comments stand."""

    is_text = False
    packed = b""
    cheap_strings: tuple[String, ...] | None = None
    models: tuple[Model, ...] = ()
    renames: tuple[TableRename, ...] = ()
    settings: tuple[DriverSetting, ...] = ()
    django: DjangoFile = NO_DJANGO
    orm: Orm = NO_ORM
    layout: Layout | None = None

    def __init__(self, source: bytes) -> None:
        self.source = source

    @property
    def hosted(self) -> Hosted:
        """Each kind has its own."""
        raise NotImplementedError

    @cached_property
    def strings(self) -> tuple[String, ...]:
        """Those of its texts."""
        return in_short(self.hosted)

    def names(self, path: str) -> Names | None:
        """None: no code, no values."""
        return None


class UnknownFile(NoCode):
    """A file of a kind that nothing here reads."""

    hosted = Hosted(error="no reader for this kind of file; name .py, .pyi or .sql files")

    def difference(self, after: bytes, edits: Collection[Edit]) -> str | None:
        """Any change is one."""
        return None if after == self.source else "nothing is known of its kind"


def in_short(hosted: Hosted) -> tuple[String, ...]:
    """The texts of a file without the places of their characters."""
    return tuple(
        String(each.text.text, tuple(hole.span for hole in each.text.holes), script=each.script)
        for each in hosted.texts
    )
