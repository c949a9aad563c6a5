"""Jupyter notebooks: the code of all cells as one Python module, and cells of SQL (`%%sql`); knows nbformat 4, no SQL.

The code stands in strings of JSON. Magics, which are no Python, are overwritten in their own width before it is parsed.
"""

from __future__ import annotations

import codecs
import json
import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from schema_rewriter import engines
from schema_rewriter.edit import Edit, Span
from schema_rewriter.escapes import Json
from schema_rewriter.hosts.data.json import JsonFile, located, unescaped
from schema_rewriter.hosts.data.values import BadFileError
from schema_rewriter.hosts.host import Embedded, Hosted, NoCode, Place
from schema_rewriter.hosts.python.pythonfile import PythonFile
from schema_rewriter.hosts.python.syntax import Syntax, TooDeepError
from schema_rewriter.hosts.shell import stretch, with_carried
from schema_rewriter.hosts.valueflow import placed
from schema_rewriter.text import MappedText, Piece, decode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from schema_rewriter.hosts.valueflow import Names
    from schema_rewriter.text import Offsets

_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*")
_PYTHON = frozenset(("time", "timeit", "capture", "prun", "python", "python3", "debug", "memit", "mprun", "lprun"))
_SHELLS = frozenset(("bash", "sh", "script", "system", "cmd", "sx"))
_SQL = frozenset(("sql", "sqlcell", "read_sql", "jupysql", "postgres", "postgresql", "psql"))
_OPTIONS = re.compile(r"(?:[ \t]+(?:--\w+(?:[ \t]+(?!\w+\s)[^\s-]\S*)?|[\w+]+://\S*|\w+[ \t]*<<|@\w+|\$\w+))*[ \t]*\n?")
_LINE_MAGIC = re.compile(
    r"^(?P<lead>[ \t]*(?:[\w.,\[\]'\" ]+=[ \t]*)?)(?P<magic>%[A-Za-z]\w+|![^=]|\?)[^\n]*|^[\w.]+\?\??$", re.M
)
_URL = re.compile(r"[\w+]+://\S*")
_LINE_SQL = re.compile(r"%sql\b")


class _BadNotebookError(Exception):
    """A notebook that can't be read; the text says why."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """The source of a code cell, with characters of the file's text as offsets."""

    number: int
    text: MappedText


@dataclass(frozen=True, slots=True)
class _Code:
    """All Python of a notebook: its bytes, and a text of as many characters whose offsets are bytes of the file.

    `sql` are the texts of cells and lines that magics run, or may run.
    """

    source: bytes
    mapped: MappedText
    sql: tuple[Embedded, ...]


class Notebook(NoCode):
    """A notebook. Its code is one Python file, whose texts are mapped through the strings of JSON."""

    @cached_property
    def hosted(self) -> Hosted:
        """The texts of the cells, those of Python code as of a Python file."""
        try:
            code = self._code
        except (_BadNotebookError, BadFileError) as error:
            return Hosted(error=str(error))
        except UnicodeDecodeError:
            return Hosted(error="not UTF-8; convert it to UTF-8")
        except TooDeepError as error:
            return Hosted(error=f"can't be parsed as Python: {error}")
        hosted = PythonFile(code.source).hosted
        texts = [_within(embedded, code.mapped) for embedded in hosted.texts]
        texts += code.sql
        return replace(hosted, texts=tuple(texts))

    def names(self, path: str) -> Names | None:
        """What the code of its cells does with the values it names."""
        try:
            code = self._code
        except (_BadNotebookError, BadFileError, UnicodeDecodeError, TooDeepError):
            return None
        found = PythonFile(code.source).names(path)
        return None if found is None else placed(found, code.mapped.place)

    def difference(self, after: bytes, edits: Collection[Edit]) -> str | None:
        """Why two versions differ by more than these edits: in their data, or in their Python code."""
        if reason := JsonFile(self.source).difference(after, edits):
            return reason
        try:
            old, new = self._code, _code(after)
        except (_BadNotebookError, BadFileError) as error:
            return str(error)
        inside = [_in_code(edit, self.source, old) for edit in edits]
        return PythonFile(old.source).difference(new.source, [edit for edit in inside if edit])

    @cached_property
    def _code(self) -> _Code:
        return _code(self.source)


def _in_code(edit: Edit, before: bytes, code: _Code) -> Edit | None:
    """An edit of the file as one of the Python code; None for one of a cell of SQL."""
    pieces = code.mapped.pieces
    index = bisect_right(pieces, edit.span.start, key=lambda piece: piece.offsets[0]) - 1
    if index < 0 or edit.span.start > pieces[index].offsets[-1]:
        return None
    piece = pieces[index]
    written = before[edit.span.start : edit.span.stop].decode()
    start = piece.at + bisect_right(piece.offsets, edit.span.start) - 1
    old: str = json.loads(f'"{written}"')
    new: str = json.loads(f'"{edit.new.decode()}"')
    return Edit(Span(start, start + len(old.encode())), new.encode())


def _code(source: bytes) -> _Code:
    file = decode(source, "utf-8", len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0)
    data = _parsed(file.text)
    parts: list[bytes] = []
    pieces: list[Piece] = []
    magics = _Magics()
    at = 0
    for cell in _cells(file.text, data):
        text = cell.text.text
        magic = _CELL_MAGIC.match(text)
        if magic and magic[1] in _SHELLS:
            magics.command(cell.text, magic.end(), len(text), file)
            continue
        if magic and magic[1] not in _PYTHON:
            magics.run(magic[1], cell.text, magic.end(1), len(text), magic.end(), file)
            continue
        kept = text
        if Syntax(text.encode()).tree is None:
            kept, lines = _without_magics(text)
            for start, stop in lines:
                if text[start - 1] == "!":
                    magics.command(cell.text, start, stop, file)
                else:
                    magics.run("sql", cell.text, start, stop, stop, file)
            if (syntax := Syntax(kept.encode())).tree is None:
                raise _BadNotebookError(f"cell {cell.number} can't be parsed as Python: {syntax.refusal}")
        masked = [kept[index] != char for index, char in enumerate(text)]
        for piece in cell.text.within(file).pieces:
            pieces += _in_bytes(piece, kept, masked, at + len(kept[: piece.at].encode()))
        parts += [kept.encode(), b"\n\n"]
        at += len(kept.encode()) + 2
    code = b"".join(parts)
    return _Code(code, MappedText(code.decode("latin-1"), tuple(pieces), (), "utf-8"), tuple(magics.texts))


class _Magics:
    """The texts that magics run, each with the system that its magic, or the URL it was last told, names."""

    def __init__(self) -> None:
        self.texts: list[Embedded] = []
        self._connected: str | None = None

    def command(self, cell: MappedText, start: int, stop: int, file: MappedText) -> None:
        """Take the SQL that a command for the shell hands to psql."""
        text = stretch(cell, Span(start, stop), "{}").within(file)
        self.texts += list(with_carried([Embedded(text, (Place("argument", "os.system", 0),))]))[1:]

    def run(self, magic: str, cell: MappedText, start: int, stop: int, line_end: int, file: MappedText) -> None:
        """Take what a magic stands before; its options begin at `start`, its line ends at `line_end`."""
        system = engines.by_magic(magic)
        if magic in _SQL and (options := _OPTIONS.match(cell.text, start, stop)) is not None:
            for url in _URL.findall(options[0]):
                self._connected = engines.by_url(url)
            text, place = stretch(cell, Span(options.end(), stop), "{}%"), Place("file")
            system = self._connected if system is None else system
        else:
            text, place = stretch(cell, Span(line_end, stop), "{}%"), Place("value" if system is None else "file")
        self.texts.append(Embedded(text.within(file), (place,), dialect=system))


def _in_bytes(piece: Piece, text: str, masked: list[bool], at: int) -> Iterator[Piece]:
    """A piece by the bytes of its characters, `at` the first; stretches that were overwritten are left out."""
    offsets: list[int] = []
    begin = at
    for index in range(piece.at, piece.stop):
        width = len(text[index].encode())
        if masked[index]:
            if offsets:
                yield Piece(begin, (*offsets, piece.offsets[index - piece.at]), piece.layers)
            offsets, begin = [], at + width
        else:
            offsets += [piece.offsets[index - piece.at]] * width
        at += width
    if offsets:
        yield Piece(begin, (*offsets, piece.offsets[-1]), piece.layers)


def _without_magics(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The code with magics overwritten, and where what follows `%sql`, or `!`, stands."""
    parts: list[str] = []
    lines: list[tuple[int, int]] = []
    done = 0
    if found := _CELL_MAGIC.match(text):
        parts.append("#" * found.end())
        done = found.end()
    for found in _LINE_MAGIC.finditer(text, done):
        start = found.end("lead") if found["magic"] else found.start()
        if found["magic"] and _LINE_SQL.match(text, start):
            lines.append((start + len("%sql"), found.end()))
        elif found["magic"] and text[start] == "!":
            lines.append((start + 1, found.end()))
        parts += [text[done:start], "0", "#" * (found.end() - start - 1)]
        done = found.end()
    return "".join([*parts, text[done:]]), lines


def _parsed(text: str) -> Any:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _BadNotebookError(f"can't be parsed as JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list) or data.get("nbformat", 4) < 4:
        raise _BadNotebookError("no notebook of format 4; convert it with jupyter nbconvert")
    metadata = data.get("metadata") or {}
    told = (metadata.get("language_info") or {}).get("name") or (metadata.get("kernelspec") or {}).get("language")
    if str(told or "python").lower() not in ("python", "ipython"):
        raise _BadNotebookError(f"a notebook of {told}; only those of Python are read")
    return data


def _cells(text: str, data: Any) -> Iterator[_Cell]:
    """The code cells, in order."""
    sources: dict[int, list[tuple[str, Offsets]]] = {}
    for path, body, at in located(text):
        if len(path) >= 3 and path[0] == "cells" and path[2] == "source" and isinstance(path[1], int):
            sources.setdefault(path[1], []).append(unescaped(body, at))
    for index, cell in enumerate(data["cells"]):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        pieces: list[Piece] = []
        written = ""
        for part, offsets in sources.get(index, ()):
            if part:
                pieces.append(Piece(len(written), offsets, (Json(),)))
                written += part
        if "\r" in written:
            raise _BadNotebookError(f"cell {index + 1} has carriage returns; save the notebook with line feeds")
        yield _Cell(index + 1, MappedText(written, tuple(pieces)))


def _within(embedded: Embedded, outer: MappedText) -> Embedded:
    """A text of the code of cells, and the values that calls bind to it, by their places in the notebook."""

    def at(place: Place) -> Place:
        bound = ((one, outer.place(one.code)) for one in place.bound)
        return replace(place, bound=tuple(replace(one, code=span) for one, span in bound if span is not None))

    return replace(embedded, text=embedded.text.within(outer), places=tuple(map(at, embedded.places)))


def cells(source: bytes) -> list[tuple[int, MappedText]]:
    """The code cells of a notebook, by their numbers from 1 on, their characters mapped to bytes of the file.

    No cells of a file that can't be read as a notebook.
    """
    try:
        file = decode(source, "utf-8", len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0)
        return [(cell.number, cell.text.within(file)) for cell in _cells(file.text, _parsed(file.text))]
    except (_BadNotebookError, BadFileError, UnicodeDecodeError, RecursionError):
        return []
