"""PostgreSQL's tokens, with their places; knows no grammar.

Source: manual, section 4.1 (lexical structure), and psql's reference (meta-commands, variables). Template holes
(`{x}`, `{{ x }}`, `{% x %}`, `${x}`, and before a dot `$(x)`, `@x@`, `<x>`, `[[x]]`) and driver placeholders (`%s`,
`%(x)s`) are tokens too: none of them has a meaning of its own in SQL.
"""

from __future__ import annotations

import enum
import re
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Kind(enum.Enum):
    """What a token is."""

    NAME = "name"  # an unquoted identifier or a keyword
    QUOTED = "quoted"  # "an identifier"
    STRING = "string"  # any constant in quotes, its prefix included
    BODY = "body"  # $$ dollar-quoted $$
    NUMBER = "number"
    PARAMETER = "parameter"  # $1, %s, %(x)s, :x, :'x'
    HOLE = "hole"  # code of the host, or a template's
    META = "meta"  # psql: \echo ...
    BROKEN = "broken"  # a quote, dollar quote or comment without an end
    OTHER = "other"  # one character of anything else


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `start` and `stop` are characters of the text, `word` is the folded name or the character itself."""

    kind: Kind
    start: int
    stop: int
    word: str

    @property
    def span(self) -> Span:
        """The characters of the token."""
        return Span(self.start, self.stop)

    @property
    def is_name(self) -> bool:
        """Whether the token is an identifier (or a keyword)."""
        return self.kind is Kind.NAME or self.kind is Kind.QUOTED


_LETTER = r"A-Za-z_\u0080-\ud7ff\ue100-\U0010ffff"
_PATTERN = rf"""
      (?P<space>\s+)
    | (?P<comment>--[^\r\n]*)
    | (?P<block>/\*)
    | (?P<string>[eE]'(?:[^'\\]|''|\\.)*' | (?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
    | (?P<body>(?<![\w$])\$(?P<tag>(?:[{_LETTER}][{_LETTER}0-9]*)?)\$.*?\$(?P=tag)\$)
    | (?P<quoted>[uU]&"(?:[^"]|"")*"(?:\s+[uU][eE][sS][cC][aA][pP][eE]\s*'[^'"+\s]')? | "(?:[^"]|"")*")
    | (?P<marker>[$\#]\{{[^{{}}]*\}} | (?:\$\([\w.:-]+\) | @\w+@ | <\w+> | \[\[\w+\]\])(?=\.["{_LETTER}]))
    | (?P<template>\{{\{{.*?\}}\}} | \{{%.*?%\}} | \{{\#.*?\#\}} | \{{[^{{}}]*\}})
    | (?P<hole>\ue000+)
    | (?P<name>[{_LETTER}][{_LETTER}0-9$]*)
    | (?P<percent>%%)
    | (?P<parameter>\$[0-9]+ | %\([^()%]*\)[a-zA-Z]
        | %[-+#0]*[0-9]*(?:\.[0-9]+)?[sbtdifgrxXeE](?![{_LETTER}0-9(]) | (?<![:\w]):[{_LETTER}][{_LETTER}0-9]*
        | (?<![:\w]):'[{_LETTER}][{_LETTER}0-9]*' | (?<![:\w]):"[{_LETTER}][{_LETTER}0-9]*")
    | (?P<number>[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    | (?P<broken>['"] | \$(?:[{_LETTER}][{_LETTER}0-9]*)?\$)
    | (?P<meta>\\[^\r\n]*)
    | (?P<other>.)
    """
_TOKEN = re.compile(_PATTERN, re.VERBOSE | re.DOTALL)


@cache
def _with_escapes() -> re.Pattern[str]:
    """The tokens where standard_conforming_strings is off: a backslash escapes in every plain constant too."""
    return re.compile(_PATTERN.replace("[eE]'(?:", "(?:[eE]|(?<!&))'(?:"), re.VERBOSE | re.DOTALL)


_BLOCK = re.compile(r"/\*|\*/")
MASK = "\ue000"
"""The character that stands for a character of a hole of the host; `tokens` takes it for nothing else."""


def tokens(
    masked: str, start: int = 0, end: int = -1, *, script: bool = False, escapes: bool = False
) -> Iterator[Token]:
    """The tokens of a text from character `start` on, spaces and comments left out; its holes are masked.

    They stop at `end`, between two tokens, if it is given. `script` tells that psql reads the text: a backslash
    outside quotes begins a meta-command. A hole that lies in a quoted token is part of it. An unterminated quote or
    comment is one BROKEN token up to the end. `escapes`: standard_conforming_strings is off; the words of plain
    constants then begin with E, which they are as good as.
    """
    pattern = _with_escapes() if escapes else _TOKEN
    at, end = start, len(masked) if end < 0 else end
    while at < end:
        found = pattern.match(masked, at)
        if found is None:  # pragma: no cover - the last alternative takes any character
            raise AssertionError(f"no token at {at}")
        name = found.lastgroup or ""
        stop = found.end()
        kind = _KINDS.get(name)
        if name in ("space", "comment"):
            at = stop
            continue
        if kind is Kind.QUOTED and masked[at] != '"':
            yield Token(kind, at, stop, _unicode(masked[at:stop]))
            at = stop
            continue
        if name == "block":
            closed = _block_end(masked, at)
            if closed is not None:
                at = closed
                continue
            kind = Kind.BROKEN
        if kind is Kind.META and not script:
            kind, stop = Kind.OTHER, at + 1
        if kind is Kind.BROKEN:
            stop = end
        part = masked[at:stop]
        word = part
        if kind is Kind.NAME or (kind is Kind.QUOTED and part[0] == '"'):
            word = fold(part)
        elif escapes and kind is Kind.STRING and part[0] == "'":
            word = "E" + part
        yield Token(kind or Kind.OTHER, at, stop, word)
        at = stop


_KINDS = {
    "string": Kind.STRING,
    "tag": Kind.BODY,
    "body": Kind.BODY,
    "quoted": Kind.QUOTED,
    "template": Kind.HOLE,
    "marker": Kind.HOLE,
    "hole": Kind.HOLE,
    "name": Kind.NAME,
    "parameter": Kind.PARAMETER,
    "number": Kind.NUMBER,
    "broken": Kind.BROKEN,
    "meta": Kind.META,
    "other": Kind.OTHER,
}


def _unicode(written: str) -> str:
    """The name of U&"..", perhaps with UESCAPE and another escape character (manual, section 4.1.2.3)."""
    end = written.rindex('"')
    escape = re.escape(written[-2] if end < len(written) - 1 else "\\")
    code = rf"{escape}(?:\+([0-9a-fA-F]{{6}})|([0-9a-fA-F]{{4}})|({escape}))"
    name = re.sub(code, lambda found: found[3] or _of_code(found[1] or found[2]), written[3:end])
    return name.replace('""', '"')


def _of_code(digits: str) -> str:
    return chr(min(int(digits, 16), sys.maxunicode))


def mask(text: str, holes: Sequence[Span]) -> str:
    """The text with each character of a hole replaced by MASK, and none other that could be taken for one."""
    text = text.replace(MASK, "\uffff") if MASK in text else text
    if not holes:
        return text
    parts: list[str] = []
    at = 0
    for hole in holes:
        parts += [text[at : hole.start], MASK * (hole.stop - hole.start)]
        at = hole.stop
    return "".join([*parts, text[at:]])


def _block_end(text: str, at: int) -> int | None:
    """Where the comment that begins at `at` ends; comments nest."""
    depth = 0
    for found in _BLOCK.finditer(text, at):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return found.end()
    return None
