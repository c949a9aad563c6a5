"""Two versions of code or data, node by node: do they differ by edits of texts alone? Knows no format."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Node = tuple[str, Any]
"""A node of a tree, flat: its kind, and the text of a constant or the rest of what the node holds by itself."""


def disagreement(
    pairs: Iterable[tuple[Node, Node]], spellings: list[frozenset[tuple[str, str]]], what: str, verb: str
) -> str | None:
    """Why nodes in pairs differ by more than edits of their texts, each made once, in one of its `spellings`."""
    made = 0
    for one, other in pairs:
        if one == other:
            continue
        count = steps(one[1], other[1], spellings) if one[0] == other[0] == "text" else None
        if count is None:
            return f"{what} {verb}: {str(one)[:60]} became {str(other)[:60]}"
        made += count
    return None if made == len(spellings) else f"{len(spellings)} edits changed {made} places of {what}"


def steps(old: str, new: str, edits: list[frozenset[tuple[str, str]]]) -> int | None:
    """By how many edits the one constant becomes the other; None if by none of them."""
    pairs = Counter(pair for spellings in edits for pair in spellings)
    reached = {(0, 0): 0}
    waiting = [(0, 0)]
    while waiting:
        at, to = place = waiting.pop()
        if at == len(old) and to == len(new):
            return reached[place]
        run = _same(old, at, new, to)
        for step in _next(old, at, new, to, pairs):
            count = reached[place] + 1
            if step not in reached:
                reached[step] = count
                waiting.append(step)
        if run:
            for length in range(1, run + 1):
                step = (at + length, to + length)
                if step not in reached:
                    reached[step] = reached[place]
                    waiting.append(step)
    return None


def _same(old: str, at: int, new: str, to: int) -> int:
    length = 0
    while at + length < len(old) and to + length < len(new) and old[at + length] == new[to + length]:
        length += 1
    return length


def _next(old: str, at: int, new: str, to: int, pairs: Counter[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    for gone, come in pairs:
        if old.startswith(gone, at) and new.startswith(come, to) and (gone or come):
            yield at + len(gone), to + len(come)
