"""Jinja templates of SQL: the texts that they may come to, their macros and the strings of their expressions.

`{{ .. }}` is a hole, `{% .. %}` and `{# .. #}` stand nowhere in the SQL. Each branch of an `if` is in one of the texts
at least, the body of a loop once. Knows Jinja's tags (its documentation, "Template Designer") and no SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.escapes import Verbatim
from schema_rewriter.hosts.host import Embedded, Place
from schema_rewriter.text import Hole, MappedText, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_TEXTS = 64
"""How many ways through its branches a template may have."""

_LAYERS = (Verbatim("{}%#"),)
_QUOTED = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*\'"""
_ITEM = re.compile(
    rf"\{{\#.*?\#\}}|\{{%[-+]?\s*raw\s*[-+]?%\}}|\{{\{{(?:{_QUOTED}|[^\"'])*?\}}\}}|\{{%(?:{_QUOTED}|[^\"'])*?%\}}",
    re.DOTALL,
)
_END_RAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_WORD = re.compile(r"\{%[-+]?\s*(\w+)")
_BLOCK_SET = re.compile(r"\{%[-+]?\s*set\s[^=]*%\}\Z", re.DOTALL)
_SET = re.compile(r"\{%[-+]?\s*set\s+(\w+)")
_STRING = re.compile(_QUOTED, re.DOTALL)
_CALL = re.compile(r"([A-Za-z_][\w.]*)\s*\(\s*\Z")
_REFERENCE = re.compile(rf"\s*(?:ref|source)\s*\((?:[^()'\"]|{_QUOTED})*\)\s*\Z", re.DOTALL)

_EMPTY = re.compile(r"\{\{[-+]?\s*config\s*\(")  # dbt: sets something, and comes to nothing

_BRANCHING = ("if", "for")
_NEXT = ("elif", "else")
_APART = frozenset(("macro", "set", "call", "test", "materialization"))
"""Blocks whose content is a text of its own."""
_INLINE = frozenset(("block", "filter", "with", "autoescape", "snapshot", "trans"))


class NotATemplateError(Exception):
    """A text that Jinja could not read; its own text says why."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A stretch of the file: text, "{{", "{%" or "{#"; `word` is that of a tag, such as "if"."""

    kind: str
    start: int
    stop: int
    word: str = ""


@dataclass(slots=True)
class _Block:
    """A branching: the branches of an `if` (one of them may be empty: no `else`), or the body of a loop and nothing."""

    branches: list[list[_Item | _Block]] = field(default_factory=lambda: [[]])
    complete: bool = False


_Part = list["_Item | _Block"]


def texts(file: MappedText) -> tuple[Embedded, ...]:
    """The texts of a template, with characters of `file` as offsets. Raises NotATemplateError."""
    text = file.text
    items = list(_items(text))
    glued = _glued(text, items)
    found: list[Embedded] = []
    for part in _parts(items, text):
        count = _ways(part)
        if count > MOST_TEXTS:
            raise NotATemplateError(f"more than {MOST_TEXTS} ways through its branches; split the file")
        variants = dict.fromkeys(tuple(_taken(part, way)) for way in range(count))
        found += [Embedded(_mapped(text, way, glued).within(file), (Place("file"),)) for way in variants]
    for item in items:
        if item.kind in ("{{", "{%"):
            found += [Embedded(string.within(file), (place,)) for string, place in _strings(text, item)]
    return tuple(found)


def _items(text: str) -> Iterator[_Item]:
    at = 0
    while found := _ITEM.search(text, at):
        start, stop = found.span()
        if start > at:
            yield _Item("text", at, start)
        opening = found[0][:2]
        word = _WORD.match(found[0])
        if word and word[1] == "raw":
            end = _END_RAW.search(text, stop)
            if end is None:
                raise NotATemplateError("{% raw %} without {% endraw %}")
            yield _Item("{#", start, stop)
            if end.start() > stop:
                yield _Item("text", stop, end.start())
            yield _Item("{#", end.start(), end.end())
            at = end.end()
            continue
        if opening == "{{" and _EMPTY.match(found[0]):
            yield _Item("{%", start, stop, "config")
            at = stop
            continue
        yield _Item(opening, start, stop, word[1] if word else "")
        at = stop
    for opening in ("{{", "{%", "{#"):
        if opening in text[at:]:
            raise NotATemplateError(f"{opening} without its end")
    if at < len(text):
        yield _Item("text", at, len(text))


def _opens(text: str, item: _Item) -> bool:
    """Whether a tag begins a block that a tag of its own ends."""
    if item.word == "set":
        return _BLOCK_SET.match(text, item.start, item.stop) is not None
    return item.word in _BRANCHING or item.word in _APART or item.word in _INLINE


def _parts(items: Sequence[_Item], text: str) -> list[_Part]:
    """The sequences that are texts of their own: the template itself first, then its macros and the like."""
    parts: list[_Part] = [[]]
    open_: list[tuple[str, _Part, _Block | None]] = []  # tag, where to go on behind it, the branching it makes
    current = parts[0]
    for item in items:
        if item.kind != "{%":
            current.append(item)
        elif _opens(text, item):
            block = _Block() if item.word in _BRANCHING else None
            open_.append((item.word, current, block))
            if block:
                current.append(item)
                current.append(block)
                current = block.branches[0]
            elif item.word in _APART:
                current.append(item)
                parts.append(current := [])
            else:
                current.append(item)
        elif item.word in _NEXT and open_ and (block := open_[-1][2]):
            current.append(item)
            block.complete = block.complete or item.word == "else"
            block.branches.append(current := [])
        elif item.word.startswith("end"):
            if not open_ or open_[-1][0] != item.word[3:]:
                raise NotATemplateError(f"{{% {item.word} %}} without its beginning")
            tag, outer, block = open_.pop()
            if block and not block.complete:
                block.branches.append([])
            if block or tag in _APART:
                current = outer
            current.append(item)
        else:
            current.append(item)
    if open_:
        raise NotATemplateError(f"{{% {open_[-1][0]} %}} without its end")
    return parts


def _ways(part: _Part) -> int:
    """How many ways through a sequence it takes to have each of its branches in one of them."""
    blocks = (entry for entry in part if isinstance(entry, _Block))
    return max((sum(_ways(branch) for branch in block.branches) for block in blocks), default=1)


def _taken(part: _Part, way: int) -> Iterator[_Item]:
    """The items on one way. Where a branching has fewer than the part, its ways come again."""
    for entry in part:
        if isinstance(entry, _Item):
            yield entry
            continue
        left = way % sum(_ways(branch) for branch in entry.branches)
        for branch in entry.branches:
            if left < (count := _ways(branch)):
                yield from _taken(branch, left)
                break
            left -= count


def _mapped(text: str, items: Sequence[_Item], glued: frozenset[int]) -> MappedText:
    """The text that items come to: a space for a tag, a hole for an expression and for a tag that words touch."""
    written: list[str] = []
    pieces: list[Piece] = []
    holes: list[Hole] = []
    at = 0
    for item in items:
        if item.kind not in ("text", "{{") and item.start not in glued:
            written.append(" ")
            at += 1
            continue
        part = text[item.start : item.stop]
        pieces.append(Piece(at, range(item.start, item.stop + 1), _LAYERS))
        if item.kind != "text":
            expression = part[2:-2].strip("-+ \t\r\n")
            names = [string for string, _ in _literals(text, item)] if _REFERENCE.match(expression) else []
            fixed = "dbt resolves it; see the schema of its model or source" if names else ""
            values = tuple(names[-1:]) if fixed else ()
            holes.append(Hole(Span(at, at + len(part)), expression, values, fixed=fixed))
        written.append(part)
        at += len(part)
    return MappedText("".join(written), tuple(pieces), tuple(holes))


def _literals(text: str, item: _Item) -> Iterator[tuple[MappedText, int]]:
    """The strings in a tag or an expression, and where each of them begins."""
    from schema_rewriter.hosts.python.strings import literals

    for found in _STRING.finditer(text, item.start + 2, item.stop - 2):
        pieces: list[Piece] = []
        at = 0
        for chunk in literals.simple(found[0], found.start()):
            pieces.append(Piece(at, chunk.offsets, (*_LAYERS, *chunk.layers)))
            at += len(chunk.text)
        value = "".join(chunk.text for chunk in literals.simple(found[0], found.start()))
        yield MappedText(value, tuple(pieces)), found.start()


def _strings(text: str, item: _Item) -> Iterator[tuple[MappedText, Place]]:
    """The strings in a tag or an expression with their places; those that a hole stands for are left out."""
    inside = text[item.start + 2 : item.stop - 2].strip("-+")
    if item.kind == "{{" and _REFERENCE.match(inside):
        return
    bound = _SET.match(text, item.start, item.stop)
    for string, at in _literals(text, item):
        call = _CALL.search(text, item.start, at)
        names = (bound[1],) if bound else ()
        yield string, Place("expression", call[1] if call else "", 0, names)


def _glued(text: str, items: Sequence[_Item]) -> frozenset[int]:
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


def _ends_in_word(text: str, item: _Item, tag: _Item) -> bool:
    part = text[item.start : item.stop]
    part = part.rstrip() if text.startswith("-", tag.start + 2) else part
    return item.kind == "{{" or not part or _WORDISH.match(part[-1]) is not None


def _begins_with_word(text: str, item: _Item, tag: _Item) -> bool:
    part = text[item.start : item.stop]
    part = part.lstrip() if text[tag.stop - 3] == "-" else part
    return item.kind == "{{" or (bool(part) and _WORDISH.match(part[0]) is not None)


class _Flow:
    """Which items may follow each other when a template runs."""

    def __init__(self, text: str, items: Sequence[_Item]) -> None:
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
            if item.word in _APART and _opens(text, item):
                apart.append(index)
            elif apart and item.word == f"end{items[apart[-1]].word}":
                self.behind[apart.pop()] = index
            elif item.word in _BRANCHING:
                open_.append([index])
            elif open_ and item.word in (*_NEXT, "endif", "endfor"):
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
        if word in _NEXT and not entered and index in self.last:
            yield self.last[index], True
            return
        if index in self.behind:
            yield self.behind[index], True
            return
        if word.removeprefix("end") in _APART and word.startswith("end") and not entered:
            return  # the end of a text
        yield index + 1, False
        if word in (*_BRANCHING, "elif") and index in self.next:
            yield self.next[index], True
        if word == "endfor" and index in self.first and not entered:
            yield self.first[index] + 1, False
