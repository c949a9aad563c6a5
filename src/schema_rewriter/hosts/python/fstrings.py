"""Where the code in f-strings stands, for Python's own parser before 3.12, which tells wrong places (PEP 701).

Each field is found by its braces in the source, parsed by itself, and takes the place of what the parser gave, if it is
the same code; else nothing is said of its place. Source: Python language reference 3.11, 2.4.3.
"""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

IS_NEEDED = sys.version_info < (3, 12)
_BETWEEN = re.compile(rb"(?:\s|\\\r?\n|#[^\r\n]*)*")
_OPENING = re.compile(rb"([A-Za-z]*)('''|\"\"\"|'|\")")
_Field = tuple[int, int]
"""The bytes between a brace and what ends the expression behind it."""


def put_right(tree: ast.AST, lines: Sequence[bytes]) -> None:
    """Give the code in the f-strings of a tree its true places; `lines` are the source's, as UTF-8."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr):
            _put_right(node, lines)
            waiting += [value.value for value in _values(node)]
        else:
            waiting += nodes.below(node)


def _put_right(node: ast.JoinedStr, lines: Sequence[bytes]) -> None:
    last = node.end_lineno or node.lineno
    source = b"".join(lines[node.lineno - 1 : last])
    stop = len(source) - len(lines[last - 1]) + (node.end_col_offset or 0)
    fields = list(_fields(source[:stop], node.col_offset))
    values = list(_values(node))
    for index, value in enumerate(values):
        made = _parsed(source, fields[index], node.lineno) if len(fields) == len(values) else None
        if made is not None and ast.dump(made) == ast.dump(value.value):
            value.value = made
            continue
        for inner in ast.walk(value.value):
            if isinstance(inner, ast.expr):
                inner.end_lineno = None  # nothing is said of its place


def _values(node: ast.JoinedStr) -> Iterator[ast.FormattedValue]:
    """The fields of an f-string in the order of the source, those in what formats one behind it."""
    for value in node.values:
        if isinstance(value, ast.FormattedValue):
            yield value
            if isinstance(value.format_spec, ast.JoinedStr):
                yield from _values(value.format_spec)


def _parsed(source: bytes, field: _Field, line: int) -> ast.expr | None:
    """The expression of a field, its places those in the file."""
    start, stop = field
    before = source[:start].splitlines(keepends=True) or [b""]
    ends = before[-1].endswith((b"\n", b"\r"))
    down, right = line - 1 + len(before) - (not ends), 0 if ends else len(before[-1])
    try:
        made = ast.parse(b"(" + source[start:stop] + b"\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(made):
        if isinstance(node, (ast.expr, ast.keyword, ast.arg)):
            if node.lineno == 1:
                node.col_offset += right - 1
            if node.end_lineno == 1 and node.end_col_offset is not None:
                node.end_col_offset += right - 1
            node.lineno += down
            node.end_lineno = None if node.end_lineno is None else node.end_lineno + down
    return made


def _fields(source: bytes, at: int) -> Iterator[_Field]:
    """The fields of the literals that stand side by side from a byte on."""
    while (opening := _OPENING.match(source, at)) is not None:
        prefix, quote = opening[1].lower(), opening[2]
        at = opening.end()
        while not source.startswith(quote, at):
            if at >= len(source):
                return
            if source[at] == ord("\\"):
                at = _escaped(source, at, prefix)
            elif source[at] != ord("{") or b"f" not in prefix:
                at += 1
            elif source.startswith(b"{{", at):
                at += 2
            else:
                inner: list[_Field] = []
                at = _field(source, at + 1, inner)
                yield from inner
        between = _BETWEEN.match(source, at + len(quote))
        at = between.end() if between is not None else len(source)


def _escaped(source: bytes, at: int, prefix: bytes) -> int:
    """Where the text goes on behind a backslash, which keeps a quote, and no brace, from its meaning."""
    if b"f" in prefix and b"r" not in prefix and source.startswith(b"\\N{", at):
        return source.find(b"}", at) + 1 or len(source)
    return at + (1 if source[at + 1 : at + 2] == b"{" else 2)


def _field(source: bytes, at: int, found: list[_Field]) -> int:
    """Note a field that begins at a byte, and those in what formats it; where the text goes on."""
    stop = _end(source, at)
    found.append((at, stop))
    at = stop
    while source[at : at + 1] not in (b":", b"}", b""):
        at += 1
    while source[at : at + 1] not in (b"}", b""):
        at = _field(source, at + 1, found) if source[at : at + 1] == b"{" else at + 1
    return at + 1


_STOPS = re.compile(rb"[\[({]|[\])}]|'''|\"\"\"|'|\"|![^=]|[=!<>]=|[=:]")


def _end(source: bytes, at: int) -> int:
    """Where the expression ends that begins at a byte of a field."""
    depth = 0
    while (found := _STOPS.search(source, at)) is not None:
        what = found[0]
        at = found.end()
        if what in (b"(", b"[", b"{"):
            depth += 1
        elif what[:1] in (b"'", b'"'):
            at = source.find(what, at) + len(what)
            if at < found.end():
                break
        elif depth and what in (b")", b"]", b"}"):
            depth -= 1
        elif (not depth and len(what) == 1) or (not depth and what[:1] == b"!" and what != b"!="):
            return found.start()
        elif what[:1] == b"!" and what != b"!=":
            at -= 1
    return len(source)
