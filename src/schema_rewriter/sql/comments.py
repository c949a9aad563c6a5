"""The comments of SQL text that say a given word, and the stretch of code each stands for; knows not what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.sql.lexer import Kind, mask
from schema_rewriter.sql.statements import statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.sql.statements import Statement


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; both spans in characters of the text.

    `covers` is its line up to it; for a comment on a line of its own what follows: the whole next statement where
    it stands before one, else the next line.
    """

    span: Span
    covers: Span


def comments(text: str, holes: Sequence[Span], word: str, *, script: bool = False) -> Iterator[Comment]:
    """The comments that say the word, those in dollar-quoted bodies included; `script`: psql reads the text."""
    if word in text:
        yield from _comments(mask(text, holes), word, 0, script=script)


def _comments(text: str, word: str, base: int, *, script: bool) -> Iterator[Comment]:
    at = 0
    before: Statement | None = None
    for statement in statements(text, script=script):
        gap = _behind_data(text, at, statement.span.start, before) if script else at
        yield from _between(text, gap, statement.span.start, word, base, statement.span.stop, script=script)
        at = statement.span.start
        for token in statement.tokens:
            yield from _between(text, at, token.start, word, base, None, script=False)
            at = token.stop
            if token.kind is Kind.BODY and word in text[token.start : token.stop]:
                tag = text.index("$", token.start + 1) + 1 - token.start
                yield from _comments(
                    text[token.start + tag : token.stop - tag], word, base + token.start + tag, script=False
                )
        before = statement
    yield from _between(text, at, len(text), word, base, None, script=script)


def _behind_data(text: str, start: int, stop: int, before: Statement | None) -> int:
    """Where code goes on behind the data of a COPY."""
    end = text.rfind("\n\\.", start, stop)
    return end + 3 if before is not None and before.tokens[0].word == "copy" and end >= 0 else start


_GAP = re.compile(r"--[^\r\n]*|/\*|\\[^\r\n]*")
_BLOCK = re.compile(r"/\*|\*/")
_LINE_END = re.compile(r"\r\n|\r|\n")


def _between(
    text: str, start: int, stop: int, word: str, base: int, following: int | None, *, script: bool
) -> Iterator[Comment]:
    """The comments between two tokens; a statement ends at `following`, if one begins behind them."""
    if word not in text[start:stop]:
        return
    at = start
    while found := _GAP.search(text, at, stop):
        at = found.end()
        if found[0][0] == "\\":
            at = at if script else found.start() + 1
            continue
        if found[0] == "/*":
            at = _closed(text, found.start(), stop)
        if word in text[found.start() : at]:
            span = Span(found.start(), at)
            covers = _covers(text, span, following)
            yield Comment(_moved(span, base), _moved(covers, base))


def _covers(text: str, span: Span, following: int | None) -> Span:
    line = max(text.rfind("\n", 0, span.start), text.rfind("\r", 0, span.start)) + 1
    if text[line : span.start].strip():
        return Span(line, span.start)
    if following is not None:
        return Span(span.stop, following)
    at = span.stop
    while found := _LINE_END.search(text, at):
        end = _LINE_END.search(text, found.end())
        stop = end.start() if end else len(text)
        written = text[found.end() : stop].strip()
        if written and not written.startswith(("--", "/*")):
            return Span(found.end(), stop)
        at = found.end()
    return Span(span.stop, span.stop)


def _closed(text: str, start: int, stop: int) -> int:
    """Where the comment that begins at `start` ends; comments nest."""
    depth = 0
    for found in _BLOCK.finditer(text, start, stop):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return found.end()
    return stop


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.stop + by)
