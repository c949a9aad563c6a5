"""Kinds of files that carry SQL, each a reader from bytes to mapped texts; knows no SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.hosts.host import Comment, Embedded, Hosted, Layout, Place
from schema_rewriter.hosts.kinds import OURS, kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from schema_rewriter.edit import Edit, Span
    from schema_rewriter.hosts.python.models import Model
    from schema_rewriter.hosts.python.settings import Setting
    from schema_rewriter.hosts.valueflow import Names


__all__ = [
    "Comment",
    "Embedded",
    "Hosted",
    "Layout",
    "Place",
    "dialect",
    "difference",
    "hint",
    "is_text",
    "layout",
    "located",
    "models",
    "names_in",
    "normal",
    "reader",
    "renames",
    "settings",
    "strings",
]


def reader(path: str, source: bytes) -> Callable[[bytes], Hosted] | None:
    """The reader for a file, by its suffixes or its shebang; None if there is none for its kind."""
    name = kind(path).reader
    if name == "python" or (_has_no_suffix(path) and source[:64].split(b"\n")[0].find(b"python") > 0):
        from schema_rewriter.hosts import python

        return python.read
    if name in ("sql", "template"):
        from schema_rewriter.hosts import sqlfile

        return sqlfile.read if name == "sql" else sqlfile.read_template
    if name in ("json", "toml", "yaml"):
        from schema_rewriter.hosts.data import values

        return values.reader(name)
    if name == "notebook":
        from schema_rewriter.hosts import notebook

        return notebook.read
    return None


def strings(path: str, source: bytes) -> Iterator[tuple[str, tuple[Span, ...], bool]]:
    """The texts of a file as cheaply as they can be had: each with its holes, and whether psql reads it.

    Without the places of their characters, and what is put together of several literals in pieces. Nothing for a file
    that can't be read.
    """
    read = reader(path, source)
    if read is None:
        return
    if getattr(read, "__module__", "") == f"{__name__}.python":
        from schema_rewriter.hosts.python import constants

        if (found := constants.located(source)) is not None:
            yield from ((text, holes, False) for text, holes, _ in found)
            return
    for embedded in read(source).texts:
        yield embedded.text.text, tuple(hole.span for hole in embedded.text.holes), embedded.script


def dialect(path: str) -> str:
    """The other system whose SQL a file holds, by its suffixes; "" where they name none, or PostgreSQL."""
    named = kind(path).dialect
    return "" if named == OURS else named


def hint(path: str) -> str:
    """The other system that the path of an SQL file names beside its suffixes: it may be the file's, or not."""
    return kind(path).hint


def _has_no_suffix(path: str) -> bool:
    return "." not in path.rpartition("/")[2].lstrip(".")


def names_in(path: str, source: bytes) -> Names | None:
    """What the code of a file does with the values it names; None for a file without code, or that can't be read."""
    read = reader(path, source)
    if read is None or read.__module__ != f"{__name__}.python":
        return None
    from schema_rewriter.hosts import python

    return python.names_of(path, source)


def normal(expression: str) -> str:
    """An expression of Python code in one spelling; as it is, where it can't be parsed."""
    from schema_rewriter.hosts.python import constants

    return constants.normal(expression)


def located(path: str, source: bytes) -> Iterator[tuple[str, tuple[Span, ...], bool, int]]:
    """The texts of a file as `strings` tells them, each with the line it begins at (from 1 on)."""
    read = reader(path, source)
    if read is not None and read.__module__ == f"{__name__}.python":
        from schema_rewriter.hosts.python import constants

        yield from ((text, holes, False, line) for text, holes, line in constants.located(source) or ())
    elif read is not None:
        for embedded in read(source).texts:
            yield embedded.text.text, tuple(hole.span for hole in embedded.text.holes), embedded.script, 1


def models(path: str, source: bytes) -> Iterator[Model]:
    """The tables that classes and calls of a Python file define; nothing for other files."""
    read = reader(path, source)
    if read is not None and read.__module__ == f"{__name__}.python":
        from schema_rewriter.hosts.python import models as python

        yield from python.models(source)


def renames(path: str, source: bytes) -> Iterator[tuple[str | None, str, str, int, Span]]:
    """The tables that calls in a Python file rename: schema, old and new name, line and place of the old one."""
    read = reader(path, source) if b"rename_table" in source else None
    if read is not None and read.__module__ == f"{__name__}.python":
        from schema_rewriter.hosts.python import models as python

        yield from python.renames(source)


def settings(path: str, source: bytes) -> Iterator[Setting]:
    """What mappings in a Python file tell a driver of how names resolve; nothing for other files."""
    read = reader(path, source)
    if read is not None and read.__module__ == f"{__name__}.python":
        from schema_rewriter.hosts.python import settings as python

        yield from python.settings(source)


def difference(path: str, before: bytes, after: bytes, edits: Collection[Edit]) -> str | None:
    """Why the host's code differs between two versions of a file by more than these edits of texts; None if not."""
    if is_text(path):
        return None  # all of the file is text
    if (name := kind(path).reader) in ("json", "toml", "yaml"):
        from schema_rewriter.hosts.data import values

        return values.difference(name, before, after, edits)
    if name == "notebook":
        from schema_rewriter.hosts import notebook

        return notebook.difference(before, after, edits)
    from schema_rewriter.hosts.python import proof

    return proof.difference(before, after, edits)


def is_text(path: str) -> bool:
    """Whether all of a file is SQL, without a host's code around it."""
    return kind(path).reader in ("sql", "template")


def layout(path: str, source: bytes) -> Layout | None:
    """Where the comments and literals of the host's code are; None for a file that is no code."""
    if kind(path).reader not in ("", "python"):
        return None
    from schema_rewriter.hosts.python import comments

    return comments.layout(source)
