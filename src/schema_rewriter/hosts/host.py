"""What a reader makes of a file: texts with their places, imports, comments; knows no kind of file and no SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_rewriter.edit import Span
    from schema_rewriter.text import MappedText


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the host's code a text stands.

    `kind` is "file" (the file is SQL), "argument", "value", "operand" (of a comparison), "key", "docstring" or
    "expression" (a string in the code of a template, whose use is not known).
    `call` is the dotted name of the function it is passed to, with `argument` its position or keyword;
    `names` are the names it is bound to (variables, keywords, keys of a mapping).
    """

    kind: str
    call: str = ""
    argument: int | str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Embedded:
    """A text that may be SQL, with all the places it gets to; `script` tells that psql reads it.

    `dialect` is the other system that alone runs it, `also` one that runs it beside PostgreSQL, as the code shows.
    """

    text: MappedText
    places: tuple[Place, ...]
    script: bool = False
    dialect: str = ""
    also: str = ""


@dataclass(frozen=True, slots=True)
class Hosted:
    """What a reader found in a file: its texts, the modules it imports, or why it can't be judged (one line)."""

    texts: tuple[Embedded, ...] = ()
    imports: frozenset[str] = frozenset()
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
