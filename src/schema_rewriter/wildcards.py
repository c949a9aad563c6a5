"""Wildcards as regular expressions that match in linear time, however many stars; knows no syntax of a glob.

What stands between two stars has one length, so the first place where it fits leaves most to what follows: no other
place need be tried. An atomic group says that to `re`. The same holds for the parts of a path between two `**`.
A path has a slash behind each of its parts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STAR = "*"
"""In a part: any characters. Everything else there is the expression of a single character (`one`, `any_of`)."""

SPAN = "**"
"""Among parts: any number of parts."""

ANY = "[^/]"
"""Any character of a part."""

NEVER = r"(?!)"
"""What no character is."""


def one(char: str) -> str:
    """The expression of a character that stands for itself."""
    return re.escape(char)


def any_of(ranges: Iterable[tuple[str, str]], *, negated: bool) -> str:
    """The expression of a character in, or in none of, some ranges; a slash is never in a class."""
    inside = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges if low <= high)
    if not inside:
        return ANY if negated else NEVER
    return f"(?!/)[{'^' * negated}{inside}]"


def part(tokens: Sequence[str], gap: str = ANY) -> str:
    """The expression of a part: single characters and stars, each of which stands for any number of `gap`.

    What follows must fail for all but one end of the last star, as the end of the part does.
    """
    first, *others = _split(tokens, STAR)
    if not others:
        return "".join(first)
    *middle, last = ("".join(chunk) for chunk in others)
    found = "".join(f"(?>{gap}*?{chunk})" for chunk in middle if chunk)
    return f"{''.join(first)}{found}{gap}*{last}"


def whole(parts: Sequence[str]) -> str:
    """The expression of a path with exactly these parts."""
    first, *others = _split(parts, SPAN)
    if not others:
        return _run(first)
    *middle, last = map(_run, others)
    end = f"(?:[^/]+/)*{last}" if last else ".+"
    return _run(first) + _spans(middle) + end


def above(parts: Sequence[str]) -> str:
    """The expression of a path with these parts, and of all that lies below it."""
    first, *others = map(_run, _split(parts, SPAN))
    return f"{first}{_spans(others)}.*"


def _run(parts: Sequence[str]) -> str:
    return "".join(f"{one}/" for one in parts)


def _spans(runs: Iterable[str]) -> str:
    return "".join(f"(?>(?:[^/]+/)*?{run})" for run in runs if run)


def _split(tokens: Sequence[str], mark: str) -> list[list[str]]:
    chunks: list[list[str]] = [[]]
    for token in tokens:
        if token == mark:
            chunks.append([])
        else:
            chunks[-1].append(token)
    return chunks
