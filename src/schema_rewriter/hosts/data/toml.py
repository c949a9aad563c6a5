"""The strings of a TOML file, each character with its place; knows TOML's lexical structure and no SQL."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from schema_rewriter.escapes import Json, Verbatim
from schema_rewriter.hosts.data.datafile import DataFile
from schema_rewriter.hosts.data.values import BadFileError, Flat, Value, flattened, value

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      "{3}(?P<m>(?:[^"\\]|\\.|"{1,2}(?!"))*"{0,2})"{3}
    | '{3}(?P<r>(?:[^']|'{1,2}(?!'))*'{0,2})'{3}
    | "(?P<b>(?:[^"\\\n]|\\.)*)"
    | '(?P<l>[^'\n]*)'
    | (?P<comment>\#[^\n]*)
    | (?P<bare>[A-Za-z0-9_+:.-]+)
    | (?P<sign>[=,\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:[ \t]*\r?\n[ \t\r\n]*|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|.)|\r\n")
_CRLF = re.compile(r"\r\n")
_SIMPLE = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_RAW = Verbatim("'\r\n\0")


class TomlFile(DataFile):
    """A file of TOML."""

    def located(self, text: str) -> Iterator[Value]:
        """The strings of a text that are no keys, in order. Raises BadFileError."""
        return strings(text)

    def flat(self, text: str) -> Iterator[Flat]:
        """The data of a text, step by step. Raises BadFileError."""
        return flat(text)


def strings(text: str) -> Iterator[Value]:
    """The strings of a TOML text that are no keys, in order. Raises BadFileError."""
    data = _parsed(text)
    found = list(_strings(text))
    if sorted(each.text.text for each in found) != sorted(step[1] for step in flattened(data) if step[0] == "text"):
        raise BadFileError("holds strings that could not be located; please report it")
    yield from found


def _strings(text: str) -> Iterator[Value]:
    """Keys stand at the beginning of a line or of an inline table's entry; behind `=` and in arrays stand values."""
    stack: list[str] = []  # the open brackets of the value that is being read
    key, expects_key = "", True
    done = 0
    for found in _TOKEN.finditer(text):
        if not stack and not expects_key and "\n" in text[done : found.start()]:
            expects_key = True  # the value has ended with its line
        done = found.end()
        sign = found["sign"]
        if found["comment"] is not None:
            continue
        if expects_key:
            if sign == "=":
                expects_key = False
            elif sign == "}":
                stack.pop()  # of an empty inline table
                expects_key = False
            elif sign is None:
                key = found["b"] or found["l"] or found["bare"] or ""
        elif sign in ("[", "{"):
            stack.append(sign)
            expects_key = sign == "{"
        elif sign in ("]", "}"):
            stack.pop()
        elif sign == ",":
            expects_key = bool(stack) and stack[-1] == "{"
        elif sign is None and found["bare"] is None:
            yield _value(found, key.rpartition(".")[2])


def _value(found: re.Match[str], key: str) -> Value:
    name = next(group for group in "mrbl" if found[group] is not None)
    body, at = found[name], found.start(name)
    if name in "mr":  # a line end right behind the quotes is no part of the text
        lead = 2 if body.startswith("\r\n") else 1 if body.startswith("\n") else 0
        body, at = body[lead:], at + lead
    text: list[str] = []
    offsets: list[int] = []
    done = 0
    for escape in (_ESCAPE if name in "mb" else _CRLF).finditer(body):
        text += body[done : escape.start()]
        offsets += range(at + done, at + escape.start())
        if char := _char(escape[0]):
            text.append(char)
            offsets.append(at + escape.start())
        done = escape.end()
    text += body[done:]
    offsets += range(at + done, at + len(body) + 1)
    return value("".join(text), tuple(offsets), Json() if name in "mb" else _RAW, key)


def _char(escape: str) -> str:
    """The character of an escape, or of a line end; "" for one that joins lines."""
    if escape == "\r\n":
        return "\n"
    if escape[1] in "uUx":
        return chr(int(escape[2:], 16))
    return _SIMPLE.get(escape[1], "")


def flat(text: str) -> Iterator[Flat]:
    """The data of a TOML text, step by step. Raises BadFileError."""
    return flattened(_parsed(text))


def _parsed(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadFileError(f"can't be parsed as TOML: {error}") from None
