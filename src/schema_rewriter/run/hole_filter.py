"""Whether a file's bytes may leave a relation's name to the program: `FROM {t}`. Knows no syntax, no rules, no path."""

from __future__ import annotations

import re

from schema_rewriter.functions import binds_a_name
from schema_rewriter.words import ACTS, BEFORE_A_NAME_IN_BYTES, BEGINS_BEFORE_A_NAME, ENDS_OPEN, any_of


def fills(source: bytes) -> bool:
    """Whether a file may hold SQL with a hole where a relation's name stands: `FROM {t}`, `TABLE %s`, `"INTO " + t`."""
    if any(_stands_behind(source, hole.start()) for holes in _HOLES for hole in holes.finditer(source)):
        return True
    if any(_ends_open(source, quote.start()) for quotes in _OPEN for quote in quotes.finditer(source)):
        return True
    for constant in _CONSTANT.finditer(source):
        if _READER.search(source[max(0, constant.start() - 60) : constant.start()]):
            return True
    if any(_IN_CAST.search(source[max(0, cast.start() - 100) : cast.start()]) for cast in _CAST.finditer(source)):
        return True
    if binds_a_name(source):
        return True
    return b".replace(" in source and any(
        _stands_behind(source, mark.start())
        for replaced in set(re.findall(_REPLACED, source))
        for mark in re.finditer(re.escape(replaced), source)
    )


def _ends_open(source: bytes, at: int) -> bool:
    """Whether the literal that ends there ends with a word that a relation's name follows, and is more than a word."""
    end = _LAST.search(source[max(0, at - 40) : at])
    return end is not None and _stands_behind(source, at + 1)


def _stands_behind(source: bytes, at: int) -> bool:
    """Whether the word before a hole is one that a relation's name follows.

    In capitals, or with a verb before it, or as the verb that a statement begins with.
    """
    found = _BEFORE_NAME.search(source, max(0, at - _NEXT), at)
    if found is None:
        return False
    if found[1].isupper() or _VERB.search(source, max(0, at - _NEAR), found.start()):
        return True
    return (
        found[1].lower() in _VERBS and _BEGINS.search(source[max(0, found.start() - _NEAR) : found.start()]) is not None
    )


_LAST = re.compile(
    rb"(?:[\w*)]\s+(?i:" + any_of(ENDS_OPEN).encode() + rb")|\b(?:FROM|INTO|JOIN|UPDATE|TRUNCATE)\s)\s*\Z"
)
_OPEN_END = rb"(?=\s*[,)\]}]|[ \t]*\n(?!\s*[a-zA-Z]{0,2}[\"']))"
# Each begins with one fixed byte, which `re` finds at the speed of a search; the rest looks at what is before it.
_HOLES = (
    re.compile(rb"\{(?<=[a-zA-Z.\"\\'\s][\s\".n]\{)(?![{%])"),
    re.compile(rb"\{(?<=[fF][\"']\{)(?![{%])"),
    re.compile(rb"%(?<=[a-zA-Z.\"\\\s][\s\".n]%)%?[sI(]"),
    re.compile(rb"\{(?<=\w\{)(?![{%])"),  # of a name's end: FROM events_{year}
    re.compile(rb"%(?<=\w%)[sI(]"),
    re.compile(rb"\+(?<=[\"')\s]\s\+)"),
    re.compile(rb"\|\|"),
    re.compile(rb"\$(?<=[a-zA-Z.\"\\'\s][\s\".n]\$)[\w{]"),
    re.compile(rb":(?<=[a-zA-Z.\"\\'\s][\s\".n]:)[a-zA-Z_]"),
    re.compile(rb"\?(?<=[a-zA-Z]\s\?)"),
)
_OPEN = tuple(
    re.compile(quote + rb"(?:(?<=[emnosyEMNOSY]%b)|(?<=[emnosyEMNOSY] %b))" % (quote, quote) + _OPEN_END)
    for quote in (b'"', b"'")
)
"""The end of a literal, behind such a word perhaps, that no literal follows: the name is put there later."""
# Holes in constants that PostgreSQL reads as a relation's name.
_CONSTANT = re.compile(rb"\(\\?'[^'\n]{0,60}[{%$]")
_READER = re.compile(rb"(?:val|regclass|pg_\w+)\s*\Z", re.IGNORECASE)
_CAST = re.compile(rb"::regclass")
_IN_CAST = re.compile(rb"[{%$][^'\n]*\\?'\s*\Z")
_REPLACED = rb"\.replace\(\s*[\"']([^\"'\s]{2,40})[\"']\s*,"
"""What code replaces; by a literal too, which may leave a name of a word: `__P__events`."""
_NEAR, _NEXT = 300, 160
"""How many bytes before a hole are looked at: for a verb, and for the word that a name follows."""
_BEFORE_NAME = re.compile(
    rb"\b(" + any_of(BEFORE_A_NAME_IN_BYTES).encode() + rb")"
    rb"(?:\s|\\n|[\"'()fr+|])+(?:[\w\"\\]+\.)?[\"\\]*\w*\Z",
    re.IGNORECASE,
)
_VERB = re.compile(rb"\b(?:" + any_of(ACTS | {"explain"}).encode() + rb")\b", re.IGNORECASE)
_VERBS = frozenset(word.encode() for word in BEGINS_BEFORE_A_NAME)
_BEGINS = re.compile(rb"(?:[\"'`;(]|\\[nt]|\n|\A)\s*\Z")
