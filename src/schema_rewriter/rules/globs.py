"""Globs over relative POSIX paths: does one match, can two match the same; knows no file system.

`*` and `?` stay within a path's part, `**` spans parts, `[...]` is a class. A glob names a file, or a directory
and with it all that lies below. Without a slash it holds at any depth, as in .gitignore.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from schema_rewriter import wildcards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def _parts(glob: str) -> tuple[str, ...]:
    anchored = "/" in glob.rstrip("/")
    parts = tuple(part for part in glob.split("/") if part not in ("", "."))
    return parts if anchored else ("**", *parts)


@lru_cache(maxsize=512)
def _pattern(glob: str) -> re.Pattern[str]:
    parts = [part if part == "**" else wildcards.part(_tokens(part)) for part in _parts(glob)]
    return re.compile(wildcards.above(parts), re.DOTALL)


def _tokens(part: str) -> list[str]:
    """The wildcards of a part. A bracket that nothing closes stands for itself."""
    found, at = [], 0
    while at < len(part):
        char = part[at]
        first = at + 2 if part[at + 1 : at + 2] in ("!", "^") else at + 1
        end = part.find("]", first + 1)
        if char == "[" and end > 0:
            found.append(wildcards.any_of(_ranges(part[first:end]), negated=first == at + 2))
            at = end
        else:
            found.append({"*": wildcards.STAR, "?": wildcards.ANY}.get(char) or wildcards.one(char))
        at += 1
    return found


def _ranges(inside: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(inside):
        last = at + 2 if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside) else at
        yield inside[at], inside[last]
        at = last + 1


def matches(path: str, globs: tuple[str, ...]) -> bool:
    """Whether a relative POSIX path, or a directory above it, matches one of the globs.

    >>> matches("app/core/events.py", ("app/**/events.py",)), matches("app/core/events.py", ("app/*.py",))
    (True, False)
    """
    return any(_pattern(glob).fullmatch(path.strip("/") + "/") for glob in globs)


def overlap(one: str, other: str) -> bool:
    """Whether some path could match both globs. Never wrongly False; a character class counts as any character.

    >>> overlap("app/*.py", "app/core.*"), overlap("app/*.py", "lib/**")
    (True, False)
    """
    return _parts_overlap(_parts(one), _parts(other))


def _parts_overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    # Where one of them ends, what is left of the other lies below the directory that this one names.
    return _meet(one, other, "**", _segments_overlap, open_end=True)


def _segments_overlap(one: str, other: str) -> bool:
    one, other = (re.sub(r"\[[!^]?.[^]]*\]", "?", segment) for segment in (one, other))
    return _meet(one, other, "*", lambda a, b: a == b or "?" in (a, b), open_end=False)


def _meet(
    one: Sequence[str], other: Sequence[str], star: str, fits: Callable[[str, str], bool], *, open_end: bool
) -> bool:
    """Whether something matches both of two patterns of single things and stars. The time is that of all pairs.

    `open_end`: what a pattern matches may go on behind its end.
    """
    below = [False] * (len(other) + 1)
    for at in range(len(one), -1, -1):
        row = [False] * (len(other) + 1)
        for place in range(len(other), -1, -1):
            if at == len(one) or place == len(other):
                is_end = at == len(one) and place == len(other)
                left = one[at] if at < len(one) else other[place] if place < len(other) else star
                row[place] = (
                    open_end or is_end or (left == star and (below[place] if at < len(one) else row[place + 1]))
                )
            elif star in (one[at], other[place]):
                row[place] = below[place] or row[place + 1]
            else:
                row[place] = below[place + 1] and fits(one[at], other[place])
        below = row
    return below[0]


def verdict(path: str, globs: Sequence[str]) -> bool | None:
    """Whether the last glob that matches a path takes it (one with a "!" in front does not); None if none matches."""
    for glob in reversed(globs):
        if matches(path, (glob.removeprefix("!"),)):
            return not glob.startswith("!")
    return None
