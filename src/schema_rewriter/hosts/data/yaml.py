"""The strings of a YAML file, each character with its place; PyYAML tells where they are. Knows no SQL.

Between what is written and what it says only white space changes (folding, indents), and what quotes escape. So the
characters that are no white space give the map, and a scalar for which they do not agree with PyYAML is not edited.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from schema_rewriter.escapes import Doubled, Json, Layer, Verbatim
from schema_rewriter.hosts.data.datafile import DataFile
from schema_rewriter.hosts.data.values import BadFileError, Flat, Value, unknown, value

if TYPE_CHECKING:
    from collections.abc import Iterator

Unit = tuple[str, int, int]
"""A character and the stretch of the file's text that spells it."""

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|\r?\n|(.))|''", re.DOTALL)
_NAMED = {"0": "\0", "a": "\a", "b": "\b", "v": "\v", "e": "\x1b", '"': '"', "/": "/", "\\": "\\"}
"""The escapes of one letter that stand for no white space (YAML 1.1, section 5.7)."""
_PLAIN = Verbatim(":#[],&*!|>'\"`@\r\n\t")
_BLOCK = Verbatim("\r\n\t")


class YamlFile(DataFile):
    """A file of YAML."""

    def located(self, text: str) -> Iterator[Value]:
        """The strings of a text that are no keys, in order. Raises BadFileError."""
        return strings(text)

    def flat(self, text: str) -> Iterator[Flat]:
        """The data of a text, step by step. Raises BadFileError."""
        return flat(text)


def strings(text: str) -> Iterator[Value]:
    """The scalars of a YAML text that are no keys, in order. Raises BadFileError."""
    for event, key in _scalars(text):
        start, stop = event.start_mark.index, event.end_mark.index
        if properties := _PROPERTIES.match(text, start, stop):
            start = properties.end()
        offsets = _offsets(event.value, list(_units(text, start, stop, event.style)))
        if offsets is None:
            yield unknown(event.value, start, stop, key)
        else:
            yield value(event.value, tuple(offsets), _layer(event.style), key)


def _layer(style: str | None) -> Layer:
    if style == "'":
        return Doubled("'")
    return Json() if style == '"' else _BLOCK if style in ("|", ">") else _PLAIN


def _units(text: str, start: int, stop: int, style: str | None) -> Iterator[Unit]:
    """The characters of a scalar that are no white space, as it is written."""
    if style in ("|", ">"):
        start = text.find("\n", start, stop)  # behind the header and its comment
        start = stop if start < 0 else start
    elif style:
        start, stop = start + 1, stop - 1
    at = start
    while at < stop:
        found = _ESCAPE.match(text, at) if style in ("'", '"') and text[at] == _ESCAPES[style] else None
        char = text[at] if found is None else _said(found)
        width = 1 if found is None else len(found[0])
        if char.strip():
            yield char, at, at + width
        at += width


_ESCAPES = {"'": "'", '"': "\\"}


def _said(found: re.Match[str]) -> str:
    if found[0] == "''":
        return "'"
    digits = found[1] or found[2] or found[3]
    return chr(int(digits, 16)) if digits else _NAMED.get(found[4] or "", "")


def _offsets(said: str, units: list[Unit]) -> list[int] | None:
    """Where each character of a scalar begins, and its end; None where the units are not what it says."""
    offsets: list[int] = []
    index = 0
    end = units[0][1] if units else 0
    for char in said:
        if not char.strip():
            offsets.append(end)
            continue
        if index == len(units) or units[index][0] != char:
            return None
        offsets.append(units[index][1])
        end = units[index][2]
        index += 1
    return [*offsets, end] if index == len(units) else None


def flat(text: str) -> Iterator[Flat]:
    """What a YAML text says, step by step, its comments and styles left out. Raises BadFileError."""
    for event in _events(text):
        name = type(event).__name__
        yield name, (getattr(event, "anchor", None), getattr(event, "tag", None), getattr(event, "implicit", None))
        if name == "ScalarEvent":
            yield "text", event.value


def _scalars(text: str) -> Iterator[tuple[Any, str]]:
    """The scalars that are no keys, each with the key that it, or its list, stands under."""
    stack: list[list[Any]] = [[False, "", False]]  # a mapping?, its last key, does a value come next?
    for event in _events(text):
        name = type(event).__name__
        if name in ("MappingEndEvent", "SequenceEndEvent"):
            stack.pop()
        if name not in ("ScalarEvent", "AliasEvent", "MappingStartEvent", "SequenceStartEvent"):
            continue
        place = stack[-1]
        mapping, key, is_value = place
        if mapping:
            place[2] = not is_value
            if not is_value:
                place[1] = event.value if name == "ScalarEvent" else ""
        if name == "ScalarEvent" and (is_value or not mapping):
            yield event, key
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            stack.append([name == "MappingStartEvent", place[1], False])


def _events(text: str) -> Iterator[Any]:
    try:
        import yaml
    except ModuleNotFoundError:
        raise BadFileError("YAML needs PyYAML; install schema-rewrite[yaml]") from None
    try:
        yield from yaml.parse(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        problem = getattr(error, "problem", None) or "it holds a character that YAML does not allow"
        raise BadFileError(f"can't be parsed as YAML: {problem}{where}") from None
