"""The strings of a JSON file, each character with its place; knows RFC 8259 and no SQL."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from schema_rewriter.escapes import Json
from schema_rewriter.hosts.data.datafile import DataFile
from schema_rewriter.hosts.data.values import BadFileError, Flat, Value, flattened, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.text import Offsets

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[\[\]{},]', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")


class JsonFile(DataFile):
    """A file of JSON."""

    def located(self, text: str) -> Iterator[Value]:
        """The strings of a text that are no keys, in order. Raises BadFileError."""
        return strings(text)

    def flat(self, text: str) -> Iterator[Flat]:
        """The data of a text, step by step. Raises BadFileError."""
        return flat(text)


def strings(text: str) -> Iterator[Value]:
    """The strings of a JSON text that are no keys, in order. Raises BadFileError."""
    _parsed(text)
    for path, body, at in located(text):
        written, offsets = unescaped(body, at)
        key = next((step for step in reversed(path) if isinstance(step, str)), "")
        yield value(written, offsets, Json(), key)


def located(text: str) -> Iterator[tuple[tuple[str | int, ...], str, int]]:
    """The strings of a text that is JSON: keys and indexes that lead there, what stands in the quotes, and where."""
    path: list[str | int] = []
    for found in _TOKEN.finditer(text):
        sign = found[0]
        if sign in ("{", "["):
            path.append("" if sign == "{" else 0)
        elif sign in ("}", "]"):
            path.pop()
        elif sign == ",":
            last = path[-1]
            path[-1] = last + 1 if isinstance(last, int) else last
        elif found[2]:
            path[-1] = json.loads(f'"{found[1]}"')
        else:
            yield tuple(path), found[1], found.start(1)


def unescaped(body: str, at: int) -> tuple[str, Offsets]:
    """What stands between the quotes of a string that begins there, and where each of its characters begins."""
    if "\\" not in body:
        return body, range(at, at + len(body) + 1)
    text: list[str] = []
    offsets: list[int] = []
    done = 0
    for found in _ESCAPE.finditer(body):
        text += body[done : found.start()]
        offsets += range(at + done, at + found.start())
        text.append(json.loads(f'"{found[0]}"'))
        offsets.append(at + found.start())
        done = found.end()
    text += body[done:]
    offsets += range(at + done, at + len(body) + 1)
    return "".join(text), tuple(offsets)


def flat(text: str) -> Iterator[Flat]:
    """The data of a JSON text, step by step, keys in order and as often as they come. Raises BadFileError."""
    return flattened(_parsed(text))


def _parsed(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: [("pair", *pair) for pair in pairs])
    except ValueError as error:
        raise BadFileError(f"can't be parsed as JSON: {error}") from None
