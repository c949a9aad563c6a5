"""Which stretches of a template may follow each other when it runs: which tags may stand inside of one word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.hosts.jinja.items import APART, BRANCHING, NEXT, opens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.hosts.jinja.items import Item


def glued(text: str, items: Sequence[Item]) -> frozenset[int]:
    """Where the tags begin whose neighbours may come to be one word: `events{% if x %}_old{% endif %}`."""
    flow = _Flow(text, items)
    glued: set[int] = set()
    for index, item in enumerate(items):
        if item.kind in ("text", "{{") and index + 1 < len(items) and items[index + 1].kind not in ("text", "{{"):
            if not _ends_in_word(text, item, items[index + 1]):
                continue
            for reached, tag in flow.reached(index + 1):
                if _begins_with_word(text, items[reached], items[tag]):
                    glued.update((items[index + 1].start, items[tag].start))
    return frozenset(glued)


_WORDISH = re.compile(r'[\w$".]')


def _ends_in_word(text: str, item: Item, tag: Item) -> bool:
    part = text[item.start : item.stop]
    part = part.rstrip() if text.startswith("-", tag.start + 2) else part
    return item.kind == "{{" or not part or _WORDISH.match(part[-1]) is not None


def _begins_with_word(text: str, item: Item, tag: Item) -> bool:
    part = text[item.start : item.stop]
    part = part.lstrip() if text[tag.stop - 3] == "-" else part
    return item.kind == "{{" or (bool(part) and _WORDISH.match(part[0]) is not None)


class _Flow:
    """Which items may follow each other when a template runs."""

    def __init__(self, text: str, items: Sequence[Item]) -> None:
        self.text, self.items = text, items
        self.next: dict[int, int] = {}  # a tag of a branching -> the next one of it
        self.first: dict[int, int] = {}  # the last tag of a branching -> its first
        self.last: dict[int, int] = {}  # a later tag of a branching -> its last
        self.behind: dict[int, int] = {}  # the first tag of a text of its own -> its last
        open_: list[list[int]] = []
        apart: list[int] = []
        for index, item in enumerate(items):
            if item.kind != "{%":
                continue
            if item.word in APART and opens(text, item):
                apart.append(index)
            elif apart and item.word == f"end{items[apart[-1]].word}":
                self.behind[apart.pop()] = index
            elif item.word in BRANCHING:
                open_.append([index])
            elif open_ and item.word in (*NEXT, "endif", "endfor"):
                self.next[open_[-1][-1]] = index
                open_[-1].append(index)
                if item.word.startswith("end"):
                    tags = open_.pop()
                    self.first[index] = tags[0]
                    self.last.update(dict.fromkeys(tags[1:-1], index))

    def reached(self, start: int) -> Iterator[tuple[int, int]]:
        """The texts and holes that may come next when the tag `start` does, each with the tag right before it."""
        waiting = [(start, False)]
        seen: set[tuple[int, bool]] = set()
        while waiting:
            state = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            index, entered = state
            for follower, enters in self._followers(index, entered):
                if follower >= len(self.items):
                    continue
                item = self.items[follower]
                if item.kind not in ("text", "{{"):
                    waiting.append((follower, enters))
                    continue
                yield follower, index
                blank = not self.text[item.start : item.stop].strip()
                if item.kind == "text" and blank and follower + 1 < len(self.items) and self._strips(follower):
                    waiting.append((follower + 1, False))

    def _strips(self, index: int) -> bool:
        """Whether the tags beside a blank text take it away."""
        return self.text[self.items[index - 1].stop - 3] == "-" or self.text.startswith(
            "-", self.items[index + 1].start + 2
        )

    def _followers(self, index: int, entered: bool) -> Iterator[tuple[int, bool]]:
        """What follows a tag: `entered` tells that a condition led to it, and not the branch before it."""
        word = self.items[index].word if self.items[index].kind == "{%" else ""
        if word in NEXT and not entered and index in self.last:
            yield self.last[index], True
            return
        if index in self.behind:
            yield self.behind[index], True
            return
        if word.removeprefix("end") in APART and word.startswith("end") and not entered:
            return  # the end of a text
        yield index + 1, False
        if word in (*BRANCHING, "elif") and index in self.next:
            yield self.next[index], True
        if word == "endfor" and index in self.first and not entered:
            yield self.first[index] + 1, False
