"""A text within a constant, and where its characters stand; knows the quotes of PostgreSQL (manual, section 4.1.2)."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.sql.lexer import Kind, Token
from schema_rewriter.sql.names import Named, Reference

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Inner:
    """A text within a constant: `offsets[i]` is the character of the outer text that character i stands at."""

    text: str
    offsets: Sequence[int]

    def lift(self, named: Named) -> Named:
        """What the inner text says, in characters of the outer one."""

        def lifted(span: Span) -> Span:
            start = self.offsets[span.start]
            return Span(start, self.offsets[span.stop - 1] + 1 if span.start < span.stop else start)

        if isinstance(named, Reference):
            return replace(
                named,
                name=lifted(named.name),
                schema=lifted(named.schema) if named.schema else None,
                source=lifted(named.source) if named.source else None,
            )
        return replace(named, span=lifted(named.span))


def inner(token: Token, text: str) -> Inner | None:
    """What a constant holds; None for one with a prefix other than E, or that is no constant."""
    written = text[token.start : token.stop]
    if token.kind is Kind.BODY:
        tag = _TAG.match(written)
        if tag is None:
            return None
        start, stop = token.start + tag.end(), token.stop - tag.end()
        return Inner(text[start:stop], range(start, stop + 1))
    if token.kind is not Kind.STRING or token.word[0] not in "'eE":
        return None
    at = token.start + written.index("'") + 1
    escapes = token.word[0] != "'"
    chars: list[str] = []
    offsets: list[int] = []
    while at < token.stop - 1:
        offsets.append(at)
        found = _ESCAPE.match(text, at) if escapes else None
        chars.append(_character(found) if found else text[at])
        at = found.end() if found else at + (2 if text[at] == "'" else 1)
    return Inner("".join(chars), [*offsets, token.stop - 1])


_TAG = re.compile(r"\$[^$]*\$")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _character(escape: re.Match[str]) -> str:
    """The character that an escape of an E'' string stands for."""
    *hexadecimal, octal, letter = escape.groups()
    digits = next((each for each in hexadecimal if each), "")
    if letter:
        return _LETTERS.get(letter, letter)
    return chr(min(int(digits, 16) if digits else int(octal, 8), sys.maxunicode))
