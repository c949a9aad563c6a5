"""Globs over relative POSIX paths: does one match, can two match the same; knows no file system.

`*` and `?` stay within a path's part, `**` spans parts, `[...]` is a class. A glob names a file, or a directory
and with it all that lies below. Without a slash it holds at any depth, as in .gitignore.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache


def _parts(glob: str) -> tuple[str, ...]:
    anchored = "/" in glob.rstrip("/")
    parts = tuple(part for part in glob.split("/") if part not in ("", "."))
    return parts if anchored else ("**", *parts)


@lru_cache(maxsize=512)
def _pattern(glob: str) -> re.Pattern[str]:
    regex = ""
    for part in _parts(glob):
        regex += "(?:[^/]+/)*" if part == "**" else _segment(part) + "/"
    return re.compile(regex + "(?:.+)?", re.DOTALL)


def _segment(part: str) -> str:
    regex, at = "", 0
    while at < len(part):
        char = part[at]
        end = part.find("]", at + 2)
        if char == "*":
            regex += "[^/]*"
        elif char == "?":
            regex += "[^/]"
        elif char == "[" and end > 0:
            inside = part[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            regex += "(?!/)[" + ("^" + inside[1:] if inside[0] in "!^" else inside) + "]"
            at = end
        else:
            regex += re.escape(char)
        at += 1
    return regex


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
    if not one or not other:
        return True  # what is left of the other lies below the directory that this one names
    if one[0] == "**":
        return _parts_overlap(one[1:], other) or _parts_overlap(one, other[1:])
    if other[0] == "**":
        return _parts_overlap(other, one)
    return _segments_overlap(one[0], other[0]) and _parts_overlap(one[1:], other[1:])


def _segments_overlap(one: str, other: str) -> bool:
    @cache
    def meet(a: str, b: str) -> bool:
        if not a or not b:
            return not (a or b).strip("*")
        if a[0] == "*":
            return meet(a[1:], b) or meet(a, b[1:])
        if b[0] == "*":
            return meet(b, a)
        return (a[0] == b[0] or "?" in (a[0], b[0])) and meet(a[1:], b[1:])

    return meet(re.sub(r"\[.[^]]*\]", "?", one), re.sub(r"\[.[^]]*\]", "?", other))
