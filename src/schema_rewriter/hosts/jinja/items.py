"""A Jinja template cut into stretches of text, expressions, tags and comments. Knows Jinja's tags and no SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

QUOTED = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*\'"""
_ITEM = re.compile(
    rf"\{{\#.*?\#\}}|\{{%[-+]?\s*raw\s*[-+]?%\}}|\{{\{{(?:{QUOTED}|[^\"'])*?\}}\}}|\{{%(?:{QUOTED}|[^\"'])*?%\}}",
    re.DOTALL,
)
_END_RAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_WORD = re.compile(r"\{%[-+]?\s*(\w+)")
_BLOCK_SET = re.compile(r"\{%[-+]?\s*set\s[^=]*%\}\Z", re.DOTALL)
_EMPTY = re.compile(r"\{\{[-+]?\s*config\s*\(")  # dbt: sets something, and comes to nothing

BRANCHING = ("if", "for")
NEXT = ("elif", "else")
APART = frozenset(("macro", "set", "call", "test", "materialization"))
"""Blocks whose content is a text of its own."""
_INLINE = frozenset(("block", "filter", "with", "autoescape", "snapshot", "trans"))


class NotATemplateError(Exception):
    """A text that Jinja could not read; its own text says why."""


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch of the file: text, "{{", "{%" or "{#"; `word` is that of a tag, such as "if"."""

    kind: str
    start: int
    stop: int
    word: str = ""


def items(text: str) -> Iterator[Item]:
    at = 0
    while found := _ITEM.search(text, at):
        start, stop = found.span()
        if start > at:
            yield Item("text", at, start)
        opening = found[0][:2]
        word = _WORD.match(found[0])
        if word and word[1] == "raw":
            end = _END_RAW.search(text, stop)
            if end is None:
                raise NotATemplateError("{% raw %} without {% endraw %}")
            yield Item("{#", start, stop)
            if end.start() > stop:
                yield Item("text", stop, end.start())
            yield Item("{#", end.start(), end.end())
            at = end.end()
            continue
        if opening == "{{" and _EMPTY.match(found[0]):
            yield Item("{%", start, stop, "config")
            at = stop
            continue
        yield Item(opening, start, stop, word[1] if word else "")
        at = stop
    for opening in ("{{", "{%", "{#"):
        if opening in text[at:]:
            raise NotATemplateError(f"{opening} without its end")
    if at < len(text):
        yield Item("text", at, len(text))


def opens(text: str, item: Item) -> bool:
    """Whether a tag begins a block that a tag of its own ends."""
    if item.word == "set":
        return _BLOCK_SET.match(text, item.start, item.stop) is not None
    return item.word in BRANCHING or item.word in APART or item.word in _INLINE
