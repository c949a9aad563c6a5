"""An SQL case written as every kind of file that carries SQL. Knows Python's literals, not the rewriter.

A spelling is `SqlCase -> (before, after)`, the bytes of two files, or it raises LeftOutError with the rule
why this kind of file can't hold the case. The text after is not simply spelled anew: what stays is spelled as
it was, what the edits bring as the rewriter promises (quotes, backslashes, control characters escaped).
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.cases import SqlCase

HOLE = re.compile(r"\{[^{}]*\}")
_FIELD = re.compile(r"\{\w*\}")
_QUOTED = r'''"(?:[^"]|"")*"'''
_COMMENT = r"--[^\n]*|/\*.*?\*/"
_DATA = re.compile(rf"""[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|{_QUOTED}|(\$\w*\$).*?\1|{_COMMENT}""", re.DOTALL)
_TOKEN = re.compile(rf"{_DATA.pattern}|\w+|\s+|.", re.DOTALL)
_NAME = re.compile(rf"{_QUOTED}|(?:\s|{_COMMENT})*\.(?:\s|{_COMMENT})*", re.DOTALL)
_SPACE = re.compile(r"\s+")
_BAD = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

Files = tuple[bytes, bytes]


class LeftOutError(Exception):
    """This kind of file can't hold the case; the text is the rule."""


@dataclass(frozen=True)
class Chunk:
    """A stretch of the SQL that stays (`new` is None) or that an edit replaces; the old text may be empty."""

    old: str
    new: str | None = None


@cache
def chunks(case: SqlCase) -> tuple[Chunk, ...]:
    """The text before, cut where the edits are."""
    old, new = (re.findall(r"\w+|\W", text) for text in (case.before, case.after))
    result: list[Chunk] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        result.append(Chunk("".join(old[a:b]), None if kind == "equal" else "".join(new[c:d])))
    return tuple(result)


@cache
def has_holes(case: SqlCase) -> bool:
    """Whether a brace stands outside SQL's strings, quoted names and comments, where SQL has none."""
    return "{" in _DATA.sub("", case.before) or "fstring" in case.only


@dataclass(frozen=True)
class Literal:
    """One kind of Python literal; `doubled` characters are written twice, `holes` are copied as they are."""

    prefix: str
    quote: str
    doubled: str = ""
    holes: bool = False

    def write(self, parts: tuple[Chunk, ...], *, after: bool) -> str:
        """The literal with the text before or after the edits."""
        body = ""
        for chunk in parts:
            if chunk.new is None or not after:
                body += self._kept(chunk.old)
            else:
                body += self._escape(self._double(chunk.new), self.quote[0] + "\\\n\r\t")
        return self.prefix + self.quote + body + self.quote

    def _kept(self, text: str) -> str:
        if not self.holes:
            return self._plain(self._double(text))
        parts, at = "", 0
        for hole in HOLE.finditer(text):
            parts += self._plain(self._double(text[at : hole.start()])) + hole[0]
            at = hole.end()
        return parts + self._plain(self._double(text[at:]))

    def _double(self, text: str) -> str:
        for char in self.doubled:
            text = text.replace(char, char * 2)
        return text

    def _plain(self, text: str) -> str:
        """The text as a person would write it."""
        if "r" in self.prefix:
            return text
        if len(self.quote) == 1:
            return self._escape(text, self.quote + "\\\n\r\t")
        text = self._escape(text, "\\\r")
        quote = re.escape(self.quote[0])
        return re.sub(f"{quote}(?={quote}|\\Z)|(?<={quote}){quote}|\\A{quote}", "\\\\" + self.quote[0], text)

    def _escape(self, text: str, chars: str) -> str:
        if "r" in self.prefix:
            return text
        return "".join(_BAD.get(char, "\\" + char) if char in chars else char for char in text)


def _python(before: str, after: str) -> Files:
    """Two files with one call each."""
    head, tail = "def run(cursor, values):\n    return cursor.execute(", ")\n"
    return (head + before + tail).encode(), (head + after + tail).encode()


def as_sql(case: SqlCase) -> Files:
    """A .sql file with nothing else."""
    return (case.before + "\n").encode(), (case.after + "\n").encode()


def _as(literal: Literal, tail: str = "") -> Callable[[SqlCase], Files]:
    def spell(case: SqlCase) -> Files:
        if has_holes(case) and not literal.holes:
            raise LeftOutError("has holes")
        parts = chunks(case)
        return _python(literal.write(parts, after=False) + tail, literal.write(parts, after=True) + tail)

    return spell


def as_fstring(case: SqlCase) -> Files:
    """An f-string; a case without holes has its braces doubled."""
    if not has_holes(case):
        return _as(Literal("f", '"', "{}"))(case)
    for hole in HOLE.findall(case.before):
        if hole == "{}" or hole[1:-1].isdigit():
            raise LeftOutError("has holes without an expression")
        if '"' in hole or "\\" in hole:
            raise LeftOutError("a hole with the quote of the f-string, which needs Python 3.12")
    return _as(Literal("f", '"', "", holes=True))(case)


def as_format(case: SqlCase) -> Files:
    """A call of str.format; holes are its fields, a case without has its braces doubled."""
    if not has_holes(case):
        return _as(Literal("", '"', "{}"), ".format(*values)")(case)
    if not all(_FIELD.fullmatch(hole) for hole in HOLE.findall(case.before)):
        raise LeftOutError("has holes that are no fields of str.format")
    return _as(Literal("", '"', "", holes=True), ".format(*values, **values)")(case)


def as_raw(case: SqlCase) -> Files:
    """A raw literal in the first quotes that can hold the text and what the edits bring."""
    if has_holes(case):
        raise LeftOutError("has holes")
    brought = "".join(chunk.new or "" for chunk in chunks(case))
    for quote in ('"', "'", '"""', "'''"):
        line = len(quote) == 1 and "\n" in case.before
        if line or quote in case.before or case.before.endswith(quote[0]) or quote[0] in brought:
            continue
        if "\\" not in brought and not case.before.endswith("\\") and "\r" not in case.before:
            return _as(Literal("r", quote))(case)
    raise LeftOutError("no quotes in which a raw literal could hold it")


def as_bytes(case: SqlCase) -> Files:
    """A bytes literal."""
    if not case.before.isascii() or not case.after.isascii():
        raise LeftOutError("not ASCII")
    return _as(Literal("b", "'"))(case)


def as_split(case: SqlCase) -> Files:
    """Two or three literals side by side, cut beside white space, never within a name."""
    before, after = _cut(case)
    return _python(
        "\n        " + "\n        ".join(before) + "\n    ",
        "\n        " + "\n        ".join(after) + "\n    ",
    )


def as_plus(case: SqlCase) -> Files:
    """The same literals with `+` between them."""
    before, after = _cut(case)
    return _python(" + ".join(before), " + ".join(after))


def _cut(case: SqlCase) -> tuple[list[str], list[str]]:
    """The literals before and after, in turn in double and single quotes; the name decides on the cuts."""
    if has_holes(case):
        raise LeftOutError("has holes")
    choice = random.Random(case.name)
    names = [found.span() for found in _NAME.finditer(case.before)]
    places: set[int] = set()
    at = 0
    for chunk in chunks(case):
        for space in _SPACE.finditer(chunk.old) if chunk.new is None else ():
            place = at + choice.choice(space.span())
            if at < place <= at + len(chunk.old) and not any(start < place < stop for start, stop in names):
                places.add(place)
        at += len(chunk.old)
    if not places:
        raise LeftOutError("no white space to cut at")
    cuts = [0, *sorted(choice.sample(sorted(places), min(2, len(places)))), len(case.before)]
    texts = [_between(chunks(case), start, stop) for start, stop in pairwise(cuts)]
    kinds = [Literal("", "\"'"[number % 2]) for number in range(len(texts))]
    return (
        [kind.write(text, after=False) for kind, text in zip(kinds, texts, strict=True)],
        [kind.write(text, after=True) for kind, text in zip(kinds, texts, strict=True)],
    )


def _between(parts: tuple[Chunk, ...], start: int, stop: int) -> tuple[Chunk, ...]:
    """The chunks of a stretch of the text before. An insertion at its end belongs to the next stretch."""
    result: list[Chunk] = []
    at = 0
    for chunk in parts:
        end = at + len(chunk.old)
        if chunk.new is None:
            result += [Chunk(kept)] if (kept := chunk.old[max(start - at, 0) : max(stop - at, 0)]) else []
        elif start <= at and end <= stop and (at < stop or at == end == len("".join(part.old for part in parts))):
            result.append(chunk)
        at = end
    return tuple(result)


SPELLINGS: dict[str, Callable[[SqlCase], Files]] = {
    "sql": as_sql,
    "single": _as(Literal("", "'")),
    "double": _as(Literal("", '"')),
    "triple-single": _as(Literal("", "'''")),
    "triple-double": _as(Literal("", '"""')),
    "raw": as_raw,
    "bytes": as_bytes,
    "fstring": as_fstring,
    "percent": _as(Literal("", '"', "%"), " % values"),
    "format": as_format,
    "split": as_split,
    "plus": as_plus,
}
"""Every kind of file, by its name; all but "sql" are Python."""


def _in_json(text: str) -> str:
    return '{"queries": [{"sql": ' + json.dumps(text, ensure_ascii=len(text) % 2 == 0) + "}]}\n"


def _in_toml(text: str) -> str:
    return f"[queries]\nsql = {json.dumps(text, ensure_ascii=False)}\n"


def _in_yaml(text: str) -> str:
    lines = "".join(f"    {line}\n" if line else "\n" for line in text.split("\n"))
    return f"queries:\n  sql: |2-\n{lines}"


VALUES: dict[str, Callable[[str], str]] = {"json": _in_json, "toml": _in_toml, "yaml": _in_yaml}
"""A text as a value of a file, by the file's suffix."""

GROUPS = {"python": frozenset(SPELLINGS) - {"sql"}}
IN_TURN = "in-turn"
"""The option's word for SQL and one spelling of Python."""


def in_turn(number: int) -> tuple[str, str]:
    """SQL, and for each number another spelling of Python, until all had their turn."""
    sql, *python = SPELLINGS
    return sql, python[number % len(python)]


def spell(case: SqlCase, name: str) -> tuple[str, bytes, bytes]:
    """The path and the two files of a case in one spelling. Raises LeftOutError."""
    if case.only and name not in frozenset().union(*(GROUPS.get(word, {word}) for word in case.only)):
        raise LeftOutError(f"only for {', '.join(sorted(case.only))}")
    before, after = SPELLINGS[name](case)
    return ("case.sql" if name == "sql" else "case.py"), before, after
