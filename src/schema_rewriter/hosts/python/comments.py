"""The comments of Python code, the lines they stand for, and its literals; knows not what they say.

Source: Python's own tokenizer, so that a `#` in a string is none.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize

from schema_rewriter.edit import Span
from schema_rewriter.hosts.host import Comment, Layout
from schema_rewriter.text import decode

_LINE_END = re.compile(r"\r\n|\r|\n")
_QUIET = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def layout(source: bytes, charset: str) -> Layout:
    """The layout of a file that is Python; nothing of one that the running Python can't cut into tokens."""
    skip = len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0
    file = decode(source, "utf-8" if charset == "utf-8-sig" else charset, skip)
    begins = [0, *(end.end() for end in _LINE_END.finditer(file.text))]
    begins.append(len(file.text))
    offsets = file.pieces[0].offsets if file.pieces else (skip,)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(file.text, newline=None).readline))
    except (tokenize.TokenError, SyntaxError):
        return Layout((), (), (), ())

    def at(place: tuple[int, int]) -> int:
        return offsets[min(begins[min(place[0], len(begins)) - 1] + place[1], len(file.text))]

    def line(row: int) -> Span:
        stop = begins[row] if row < len(begins) else len(file.text)
        written = file.text[begins[row - 1] : stop].rstrip("\r\n")
        return Span(offsets[begins[row - 1]], offsets[begins[row - 1] + len(written)])

    literals = _literals(tokens)
    inside = {row for start, stop in literals for row in range(start[0], stop[0])}  # their ends lie in a literal
    ends, starts = [], []
    rows = len(begins) - 1
    for row in range(1, rows + 1):
        text = file.text[begins[row - 1] : begins[row]].rstrip("\r\n")
        if row not in inside and not text.rstrip().endswith("\\"):
            ends.append(offsets[begins[row - 1] + len(text)])
        above = file.text[begins[row - 2] : begins[row - 1]].rstrip("\r\n") if row > 1 else ""
        if row - 1 not in inside and not above.endswith("\\"):
            starts.append(offsets[begins[row - 1]])
    found = []
    for index, token in enumerate(tokens):
        if token.type != tokenize.COMMENT:
            continue
        here = line(token.start[0])
        covers = Span(here.start, at(token.start))
        if not token.line[: token.start[1]].strip():
            after = next((other for other in tokens[index + 1 :] if other.type not in _QUIET), None)
            covers = line(after.start[0]) if after else Span(here.stop, here.stop)
        found.append(Comment(Span(at(token.start), at(token.end)), token.string, covers))
    spans = tuple(Span(at(start), at(stop)) for start, stop in literals)
    return Layout(tuple(found), spans, tuple(ends), tuple(starts))


def _literals(tokens: list[tokenize.TokenInfo]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where the outermost string literals begin and end, by row and column."""
    opening = {getattr(tokenize, name) for name in ("FSTRING_START", "TSTRING_START") if hasattr(tokenize, name)}
    closing = {getattr(tokenize, name) for name in ("FSTRING_END", "TSTRING_END") if hasattr(tokenize, name)}
    literals: list[tuple[tuple[int, int], tuple[int, int]]] = []
    opened: list[tuple[int, int]] = []
    for token in tokens:
        if token.type in opening:
            opened.append(token.start)
        elif token.type in closing and opened:
            start = opened.pop()
            if not opened:
                literals.append((start, token.end))
        elif token.type == tokenize.STRING and not opened:
            literals.append((token.start, token.end))
    return literals
