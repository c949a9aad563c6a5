"""Regular expressions over SQL, as the SQL that they look for; knows no rules."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_rewriter.text import MappedText

PATTERN = "it is a pattern that looks for SQL, and has to follow it"
_IS_PATTERN = re.compile(r"\\[sSbBwWdD]|\[ \]|\(\?[:iPms]|\A\^")
_TOKEN = re.compile(
    r"(?P<name>\\[wSdD]|\[\^?[^\]\s][^\]]*\])(?:[*+?]|\{[\d,]*\})?\??"
    r"|(?P<space>\\[sbBWnrtAZ]|\[ \]|\(\?(?:[a-zA-Z]+\)|:|P<\w+>|[=!<]=?)|(?<!\\)[()^$.])(?:[*+?]|\{[\d,]*\})?\??"
    r"|(?P<maybe>[\"'])\?|(?P<either>\|)|(?<=[\w\" ])[*+?]|\\(?P<sign>.)",
    re.DOTALL,
)


def is_pattern(text: str) -> bool:
    """Whether a text has what regular expressions have, and SQL does not."""
    return _IS_PATTERN.search(text) is not None


def as_sql(text: MappedText) -> MappedText:
    """The text of a pattern with spaces, and names that may be any, for what is no letter of SQL; as long as before."""
    return replace(text, text=_TOKEN.sub(_plain, text.text))


def _plain(found: re.Match[str]) -> str:
    width = len(found[0])
    if found["either"]:
        return ","
    if found["sign"]:
        return f" {found['sign']}"
    return "x".ljust(width) if found["name"] else " " * width
