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
from schema_rewriter.hosts.jinja.flow import glued
from schema_rewriter.hosts.jinja.items import APART, BRANCHING, NEXT, QUOTED, Item, NotATemplateError, items, opens
from schema_rewriter.text import Hole, MappedText, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_TEXTS = 64
"""How many ways through its branches a template may have."""

_LAYERS = (Verbatim("{}%#"),)
_SET = re.compile(r"\{%[-+]?\s*set\s+(\w+)")
_STRING = re.compile(QUOTED, re.DOTALL)
_CALL = re.compile(r"([A-Za-z_][\w.]*)\s*\(\s*\Z")
_REFERENCE = re.compile(rf"\s*(?:ref|source)\s*\((?:[^()'\"]|{QUOTED})*\)\s*\Z", re.DOTALL)


@dataclass(slots=True)
class _Block:
    """A branching: the branches of an `if` (one of them may be empty: no `else`), or the body of a loop and nothing."""

    branches: list[list[Item | _Block]] = field(default_factory=lambda: [[]])
    complete: bool = False


_Part = list["Item | _Block"]


def texts(file: MappedText) -> tuple[Embedded, ...]:
    """The texts of a template, with characters of `file` as offsets. Raises NotATemplateError."""
    text = file.text
    cut = list(items(text))
    joints = glued(text, cut)
    found: list[Embedded] = []
    for part in _parts(cut, text):
        count = _ways(part)
        if count > MOST_TEXTS:
            raise NotATemplateError(f"more than {MOST_TEXTS} ways through its branches; split the file")
        variants = dict.fromkeys(tuple(_taken(part, way)) for way in range(count))
        found += [Embedded(_mapped(text, way, joints).within(file), (Place("file"),)) for way in variants]
    for item in cut:
        if item.kind in ("{{", "{%"):
            found += [Embedded(string.within(file), (place,)) for string, place in _strings(text, item)]
    return tuple(found)


@dataclass(slots=True)
class _Open:
    """A block whose end is not reached yet: its tag, the sequence it stands in, and the branching it makes, if any."""

    tag: str
    outer: _Part
    block: _Block | None


def _parts(cut: Sequence[Item], text: str) -> list[_Part]:
    """The sequences that are texts of their own: the template itself first, then its macros and the like."""
    parts: list[_Part] = [[]]
    waiting: list[_Open] = []
    current = parts[0]
    for item in cut:
        current.append(item)
        if item.kind != "{%":
            continue
        if opens(text, item):
            block = _Block() if item.word in BRANCHING else None
            waiting.append(_Open(item.word, current, block))
            if block:
                current.append(block)
                current = block.branches[0]
            elif item.word in APART:
                parts.append(current := [])
        elif item.word in NEXT and waiting and (block := waiting[-1].block):
            block.complete = block.complete or item.word == "else"
            block.branches.append(current := [])
        elif item.word.startswith("end"):
            current = _closed(item, current, waiting)
    if waiting:
        raise NotATemplateError(f"{{% {waiting[-1].tag} %}} without its end")
    return parts


def _closed(item: Item, current: _Part, waiting: list[_Open]) -> _Part:
    """The sequence that goes on behind the end of a block, with its tag."""
    if not waiting or waiting[-1].tag != item.word[3:]:
        raise NotATemplateError(f"{{% {item.word} %}} without its beginning")
    closed = waiting.pop()
    if closed.block and not closed.block.complete:
        closed.block.branches.append([])
    if closed.block or closed.tag in APART:
        current.pop()
        closed.outer.append(item)
        return closed.outer
    return current


def _ways(part: _Part) -> int:
    """How many ways through a sequence it takes to have each of its branches in one of them."""
    blocks = (entry for entry in part if isinstance(entry, _Block))
    return max((sum(_ways(branch) for branch in block.branches) for block in blocks), default=1)


def _taken(part: _Part, way: int) -> Iterator[Item]:
    """The items on one way. Where a branching has fewer than the part, its ways come again."""
    for entry in part:
        if isinstance(entry, Item):
            yield entry
            continue
        left = way % sum(_ways(branch) for branch in entry.branches)
        for branch in entry.branches:
            if left < (count := _ways(branch)):
                yield from _taken(branch, left)
                break
            left -= count


def _mapped(text: str, items: Sequence[Item], glued: frozenset[int]) -> MappedText:
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


def _literals(text: str, item: Item) -> Iterator[tuple[MappedText, int]]:
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


def _strings(text: str, item: Item) -> Iterator[tuple[MappedText, Place]]:
    """The strings in a tag or an expression with their places; those that a hole stands for are left out."""
    inside = text[item.start + 2 : item.stop - 2].strip("-+")
    if item.kind == "{{" and _REFERENCE.match(inside):
        return
    bound = _SET.match(text, item.start, item.stop)
    for string, at in _literals(text, item):
        call = _CALL.search(text, item.start, at)
        names = (bound[1],) if bound else ()
        yield string, Place("expression", call[1] if call else "", 0, names)
