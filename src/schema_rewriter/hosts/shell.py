"""SQL that a command for the shell hands to psql: `psql -c "..."`, `psql <<EOF`, `echo "..." | psql`. Knows no SQL.

Where the shell changes nothing of it, it is a text within the text; where it might (variables, escapes, words put
together of several quotes), it is one that is for a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.escapes import Verbatim
from schema_rewriter.text import MappedText, Piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.hosts.host import Embedded

UNPLAIN = "the shell may change it before psql runs it"
_WORD = r"""(?:'[^']*'|\\?"(?:[^"\\]|\\[^"])*\\?"|\\.|[^\s'"\\;|&<>()])+"""
_PSQL = re.compile(
    rf"""(?<![\w.$-])psql(?![\w.=-])(?P<words>(?:[^\S\n]+|\\\n|(?!<<){_WORD}|\d?>+(?:&\d|\s*\S+)|<(?![<])\s*\S+)*)"""
    r"(?P<here><<-?\s*(?P<mark>['\"]?\w+['\"]?)[^\n]*\n|<<<\s*)?"
)
_COMMAND = re.compile(rf"(?<!\S)(?:-[a-zA-Z]*c\s*|--command(?:=|\s+))(?P<sql>{_WORD})")
_ARGUMENT = re.compile(r"(?:-[a-zA-Z]*c\s*|--command=)(?=[A-Za-z])")
_ECHO = re.compile(rf"(?<![\w.-])(?:echo|printf)\s+(?:-\w+\s+)*(?P<sql>{_WORD})\s*\|[^|;]*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Carried:
    """Where SQL stands in a command; `quote` is the sign that it can't hold there. `is_script`: psql reads it."""

    span: Span
    quote: str
    is_plain: bool
    is_script: bool = False


def with_carried(texts: Iterable[Embedded]) -> Iterator[Embedded]:
    """The texts, and behind each the SQL that it hands to psql, if it is a command for the shell."""
    for one in texts:
        yield one
        for each in found(one.text.text) if "psql" in one.text.text or one.text.text[:1] == "-" else ():
            reason = "" if each.is_plain else UNPLAIN
            inner = stretch(one.text, each.span, each.quote)
            yield replace(one, text=inner, script=each.is_script, carried=True, doubt=reason)


def stretch(text: MappedText, span: Span, forbidden: str) -> MappedText:
    """A stretch of a text as one of its own, which can't hold some signs."""
    whole = Piece(0, range(span.start, span.stop + 1), (Verbatim(forbidden),))
    return MappedText(text.text[span.start : span.stop], (whole,) if span.stop > span.start else ()).within(text)


def found(text: str) -> Sequence[Carried]:
    """The SQL that a command hands to psql, in order."""
    sql: list[Carried] = []
    for psql in _PSQL.finditer(text):
        at = psql.start("words")
        for command in _COMMAND.finditer(psql["words"]):
            sql += _quoted(text, at + command.start("sql"), at + command.end("sql"))
        if (echo := _ECHO.search(text, 0, psql.start())) is not None:
            sql += _quoted(text, echo.start("sql"), echo.end("sql"))
        if psql["mark"]:
            sql += _here_document(text, psql.end(), psql["mark"])
        elif psql["here"] and (word := re.compile(_WORD).match(text, psql.end())):
            sql += _quoted(text, word.start(), word.end())
    if not sql and (argument := _ARGUMENT.match(text)) is not None:
        sql.append(Carried(Span(argument.end(), len(text)), "", is_plain=True))
    return sql


def _quoted(text: str, start: int, stop: int) -> Iterator[Carried]:
    """The SQL of one word of the shell."""
    word = text[start:stop]
    if re.fullmatch(r"'[^']*'", word):
        yield Carried(Span(start + 1, stop - 1), "'", is_plain=True)
    elif re.fullmatch(r'"[^"\\$`!]*"', word):
        yield Carried(Span(start + 1, stop - 1), '"\\$`!', is_plain=True)
    elif re.fullmatch(r'\\"[^"\\$`!]*\\"', word):  # within quotes of a command around this one
        yield Carried(Span(start + 2, stop - 2), '"\\$`!', is_plain=True)
    else:
        shift = 2 if word[:1] == "\\" else 1 if word[:1] in "'\"" else 0
        yield Carried(Span(start + shift, stop - (shift if word[-1:] in "'\"" else 0)), "", is_plain=False)


def _here_document(text: str, start: int, mark: str) -> Iterator[Carried]:
    """The SQL of a here-document, which ends with a line that is its mark."""
    end = re.compile(rf"^\t*{re.escape(mark.strip(chr(39) + chr(34)))}[^\S\n]*$", re.MULTILINE).search(text, start)
    stop = end.start() if end is not None else len(text)
    is_plain = mark[:1] in "'\"" or not re.search(r"[$`\\]", text[start:stop])
    yield Carried(Span(start, stop), "", is_plain=is_plain, is_script=True)
