"""A file's change as a patch for `git apply`; knows bytes and line feeds, neither encodings nor files."""

from __future__ import annotations

import difflib
import itertools
import os
import re
from bisect import bisect_left
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CONTEXT = 3


def diff(path: str, before: bytes, after: bytes) -> bytes:
    r"""The unified diff, as git writes it, that takes `before` to `after`; empty if they are equal.

    `path` is a POSIX path relative to the directory the patch is for. `git apply` finds it from there if that
    is the top of a repository or in none. From below the top it wants `--directory`, and without that skips
    the file in silence, as it does with all of git's own diffs.

    Lines end at a line feed and nowhere else, so that `git apply` gives back any bytes: form feeds, lone
    carriage returns, any encoding. The time is linear where as many lines come as go and nearly so elsewhere;
    the diff is always right, and not always the shortest.

    Raises ValueError for a path that `git apply` would refuse: absolute, through `..`, or naming no file.

    >>> diff("a.sql", b"from jobs\n", b"from app.jobs\n").splitlines()[3:]
    [b'@@ -1 +1 @@', b'-from jobs', b'+from app.jobs']
    """
    name = PurePosixPath(path)
    if name.is_absolute() or ".." in name.parts or not name.parts:
        raise ValueError(f"not a path within a directory: {path!r}")
    if before == after:
        return b""
    old, new = _quoted(b"a/" + os.fsencode(name)), _quoted(b"b/" + os.fsencode(name))
    end = b"\t\n" if b" " in old else b"\n"  # the tab tells where a name with blanks ends
    header = b"diff --git %s %s\n--- %s%s+++ %s%s" % (old, new, old, end, new, end)
    return header + b"".join(_hunks(_lines(before), _lines(after)))


def _quoted(name: bytes) -> bytes:
    """A path as git shows it: quoted and escaped as in C if it holds more than blanks and plain ASCII."""
    escaped = re.sub(rb'[\x00-\x1f"\\\x7f-\xff]', lambda found: _escape(found[0]), name)
    return name if escaped == name else b'"%s"' % escaped


def _escape(byte: bytes) -> bytes:
    letter = {b"\a": b"a", b"\b": b"b", b"\t": b"t", b"\n": b"n", b"\v": b"v", b"\f": b"f", b"\r": b"r"}
    plain = byte if byte in b'"\\' else letter.get(byte)
    return b"\\" + (plain or b"%03o" % ord(byte))


def _lines(source: bytes) -> list[bytes]:
    """The lines with their line feeds; the last one may have none."""
    lines = [line + b"\n" for line in source.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


class _Range(NamedTuple):
    """The lines [start, stop) of the old file that the lines [new_start, new_stop) of the new one replace."""

    start: int
    stop: int
    new_start: int
    new_stop: int


def _changed(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[_Range]:
    """The ranges in order, with equal lines between any two.

    As in patience diff, lines that both files hold once hold the two together. That keeps the stretches that
    difflib sees short: its time grows with the square of their changes.
    """
    anchors = [] if len(old) == len(new) else _anchors(old, new)
    start = new_start = 0
    for stop, new_stop in [*anchors, (len(old), len(new))]:
        for found in _compared(old[start:stop], new[new_start:new_stop]):
            yield _Range(start + found[0], start + found[1], new_start + found[2], new_start + found[3])
        start, new_start = stop + 1, new_stop + 1


def _anchors(old: Sequence[bytes], new: Sequence[bytes]) -> list[tuple[int, int]]:
    """Where lines stand that are unique in both: the longest choice of them that is in order in both."""
    often, new_often = Counter(old), Counter(new)
    places = {line: at for at, line in enumerate(new)}
    pairs = [(at, places[line]) for at, line in enumerate(old) if often[line] == new_often[line] == 1]
    ends: list[int] = []  # ends[n] is the least place in `new` at which n + 1 pairs in order can end
    chosen: list[int] = []  # the pair that ends there
    previous: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        previous.append(chosen[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        chosen[length : length + 1] = [number]
    found = []
    number = chosen[-1] if chosen else -1
    while number >= 0:
        found.append(pairs[number])
        number = previous[number]
    return found[::-1]


def _compared(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[_Range]:
    if len(old) == len(new):
        at = 0
        for changed, run in itertools.groupby(one != other for one, other in zip(old, new, strict=True)):
            start, at = at, at + sum(1 for _ in run)
            if changed:
                yield _Range(start, at, start, at)
        return
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    most = shorter - head
    tail = next((at for at in range(most) if old[-1 - at] != new[-1 - at]), most)
    # autojunk: without it, ten thousand equal lines cost a hundred million steps.
    middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    for tag, *ends in difflib.SequenceMatcher(None, middle, new_middle, autojunk=True).get_opcodes():
        if tag != "equal":
            yield _Range(*(head + end for end in ends))


def _hunks(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[bytes]:
    """Each a run of changes with its context; changes stand together where their contexts would touch."""
    group: list[_Range] = []
    for changed in _without_commands(list(_changed(old, new)), old):
        if group and changed.start - group[-1].stop > 2 * _CONTEXT:
            yield _hunk(group, old, new)
            group = []
        group.append(changed)
    if group:
        yield _hunk(group, old, new)


_COMMAND = re.compile(rb"\s*::[\w-]+.*::", re.DOTALL)


def _without_commands(changed: Sequence[_Range], old: Sequence[bytes]) -> Iterator[_Range]:
    """The ranges, and as one of its own each equal line that would stand near one and be a command.

    The log of a GitHub workflow takes a line for a command that begins with `::`, perhaps behind blanks. Taken away and
    put back, a line begins with a sign instead.
    """
    start = shift = 0
    for at, found in enumerate([*changed, None] if changed else []):
        stop = len(old) if found is None else found.start
        near: set[int] = set()
        if at:
            near.update(_chain(range(start, stop), old))
        if found is not None:
            near.update(_chain(range(stop - 1, start - 1, -1), old))
        yield from (_Range(line, line + 1, line + shift, line + 1 + shift) for line in sorted(near))
        if found is not None:
            yield found
            start, shift = found.stop, found.new_stop - found.stop


def _chain(lines: range, old: Sequence[bytes]) -> Iterator[int]:
    """Those of some lines that are commands, up to where so many others stand between as are context."""
    others = 0
    for line in lines:
        if _COMMAND.match(old[line]):
            others = 0
            yield line
        elif (others := others + 1) >= _CONTEXT:
            return


def _hunk(group: Sequence[_Range], old: Sequence[bytes], new: Sequence[bytes]) -> bytes:
    above = min(_CONTEXT, group[0].start)
    below = min(_CONTEXT, len(old) - group[-1].stop)
    at, stop = group[0].start - above, group[-1].stop + below
    extents = _extent(at, stop), _extent(group[0].new_start - above, group[-1].new_stop + below)
    parts = [b"@@ -%s +%s @@\n" % extents]
    for changed in group:
        parts.append(_marked(b" ", old[at : changed.start]))
        parts.append(_marked(b"-", old[changed.start : changed.stop]))
        parts.append(_marked(b"+", new[changed.new_start : changed.new_stop]))
        at = changed.stop
    return b"".join([*parts, _marked(b" ", old[at:stop])])


def _extent(start: int, stop: int) -> bytes:
    """First line, counted from 1, and how many unless it is one; of no lines, the line before them."""
    count = stop - start
    return b"%d" % stop if count == 1 else b"%d,%d" % (start + (count > 0), count)


def _marked(mark: bytes, lines: Sequence[bytes]) -> bytes:
    return b"".join(
        mark + line + (b"" if line.endswith(b"\n") else b"\n\\ No newline at end of file\n") for line in lines
    )
