"""Files of values (JSON, TOML, YAML): each string is a text with its key; knows no format's syntax and no SQL."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from schema_rewriter.escapes import Closed, Layer, Verbatim
from schema_rewriter.hosts.host import Embedded, Hosted, Place
from schema_rewriter.text import MappedText, Piece, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from schema_rewriter.edit import Edit

Flat = tuple[str, Any]
"""A step of a walk through data, in order: "text" with a string, or any other kind with what it holds."""


class BadFileError(Exception):
    """A file that is not in its format, or can't be read here; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Value:
    """A string of a file: its characters with their places in the file's text, and the key that it stands under."""

    text: MappedText
    key: str


def value(text: str, offsets: Sequence[int], layer: Layer, key: str) -> Value:
    """A string whose characters stand at these offsets of the file's text."""
    return Value(MappedText(text, (Piece(0, offsets, (Verbatim("{}%"), layer)),) if text else ()), key)


def unknown(text: str, start: int, stop: int, key: str) -> Value:
    """A string that stands somewhere in this stretch of the file's text: what it says can be told, and not edited."""
    return value(text, [start] * len(text) + [stop], Closed(), key)


def reader(name: str) -> Callable[[bytes], Hosted]:
    """The reader of a format: "json", "toml" or "yaml"."""
    return partial(_read, name)


def _read(name: str, source: bytes) -> Hosted:
    try:
        file = decode(source, "utf-8", len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0)
        found = list(_format(name).strings(file.text))
    except UnicodeDecodeError:
        return Hosted(error="not UTF-8; convert it to UTF-8")
    except BadFileError as error:
        return Hosted(error=str(error))
    except RecursionError:
        return Hosted(error="nested too deeply")
    places = ((each, Place("value", names=(each.key,) if each.key else ())) for each in found)
    return Hosted(tuple(Embedded(each.text.within(file), (place,)) for each, place in places if each.text.text))


def difference(name: str, before: bytes, after: bytes, edits: Collection[Edit]) -> str | None:
    """Why the data of two versions of a file differ by more than these edits of strings; None if they do not."""
    from schema_rewriter.hosts.python.proof import disagreement

    spellings = [_spellings(before[e.span.start : e.span.stop], e.new) for e in edits]
    try:
        pairs: Iterable[tuple[Flat, Flat]] = zip_longest(
            _flat(name, before), _flat(name, after), fillvalue=("nothing", None)
        )
        changed = [(one, other) for one, other in pairs if one != other]
    except BadFileError as error:
        return str(error)
    return disagreement(changed, spellings, "the data", "differ")


def _flat(name: str, source: bytes) -> list[Flat]:
    return list(_format(name).flat(source.decode("utf-8-sig")))


def _spellings(old: bytes, new: bytes) -> frozenset[tuple[str, str]]:
    """An edit as the data may show it: as it is written, or with escapes or doubled quotes read."""
    import json
    from contextlib import suppress

    gone, come = old.decode(), new.decode()
    pairs = {(gone, come), (gone.replace("''", "'"), come.replace("''", "'"))}
    with suppress(ValueError):  # not written so
        pairs.add((json.loads(f'"{gone}"'), json.loads(f'"{come}"')))
    return frozenset(pairs)


def flattened(data: object) -> Iterator[Flat]:
    """A walk through nested tables, pairs, lists and scalars."""
    if isinstance(data, dict):
        yield "table", len(data)
        for key, inner in data.items():
            yield "key", key
            yield from flattened(inner)
    elif isinstance(data, (list, tuple)):
        yield type(data).__name__, len(data)
        for inner in data:
            yield from flattened(inner)
    elif isinstance(data, str):
        yield "text", data
    else:
        yield type(data).__name__, repr(data)


@dataclass(frozen=True, slots=True)
class _Format:
    strings: Callable[[str], Iterable[Value]]
    flat: Callable[[str], Iterable[Flat]]


def _format(name: str) -> _Format:
    if name == "json":
        from schema_rewriter.hosts.data import json

        return _Format(json.strings, json.flat)
    if name == "toml":
        from schema_rewriter.hosts.data import toml

        return _Format(toml.strings, toml.flat)
    from schema_rewriter.hosts.data import yaml

    return _Format(yaml.strings, yaml.flat)
