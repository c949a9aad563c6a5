"""Text for a terminal: how wide it is there, and lines that end between words. Knows no colour and no finding."""

from __future__ import annotations

import re
import unicodedata

_WIDE = re.compile("[^\x00-\x7f]")

# What continued lines stand below: the sentence of a row, else the line's own margin and a bit.
_ROW = re.compile(r" +\d+:\d+ +[a-z-]+ +| *[\d,]+  \[.\]  \S+ +|  [a-z][a-z ]{9} (?=\S)| *= ")
_CODE = re.compile(r" *\d* [|+] ")
_HANG = 4


def columns(text: str) -> int:
    """How many columns of a terminal a text takes (Unicode, UAX #11; marks that combine take none)."""
    return len(text) + sum(
        -1 if unicodedata.combining(char) else unicodedata.east_asian_width(char) in "WF"
        for char in _WIDE.findall(text)
    )


def fold(text: str, width: int) -> str:
    """The text with no line wider than `width` columns, where a blank lets it; lines of code stay as they are.

    A terminal would break them, too, but in the middle of words and with nothing before them.
    """
    return "\n".join(_folded(line, width) for line in text.split("\n"))


def _folded(line: str, width: int) -> str:
    if columns(line) <= width or _CODE.match(line):
        return line
    row = _ROW.match(line)
    margin = len(line) - len(line.lstrip(" "))
    hang = len(row[0]) if row and len(row[0]) * 2 <= width else margin + _HANG
    done: list[str] = []
    words = re.findall(" *[^ ]+", line)
    now = words[0]
    for word in words[1:]:
        if columns(now) + columns(word) <= width or not now.strip():
            now += word
        else:
            done.append(now)
            now = " " * hang + word.lstrip(" ")
    return "\n".join([*done, now])
