"""The file that keeps what is known of the files of a project under one set of rules; knows no value's meaning.

A file of the project is known by its state (what the disk tells without reading it) and by the digest of what it holds.
Of that content there are marks (bits), answers to questions that were put to all files (yes or no), and texts by keys.

The store is read as a whole, checked as a whole, and replaced in one step: what is not whole, or not ours, counts as
nothing. Its key is known to nobody who is not to write it (`answers.secret`): it seals the store, and stands neither in
it nor in the file's name, which is made of it. The time of modification is written in it, too, so that a store which
came with a checkout is not ours: git sets the time, while an archive of a build server's cache keeps it.
"""

from __future__ import annotations

import os
import struct
import time
from array import array
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING

from schema_rewriter.cache import answer_cache, place, secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WIDTH = 16
"""Bytes of a digest."""
UNKNOWN = (-1, -1, -1, -1)
"""The state of a file that may change, or has, without that its state shows it."""
MOST_STORES = 6
"""How many sets of rules (and versions of the program) are kept; the oldest go first."""
MOST_TEXTS = 6
"""How many texts are kept of one file; the oldest go first."""
MOST_QUESTIONS = 40
"""How many questions to all files are kept; the oldest go first."""
LARGEST = 256 * 1024 * 1024
"""Bytes of all texts; beyond it, those of files that a run did not meet go, then those of the last files."""

_LARGEST_FILE = 2 * LARGEST
_MAGIC = b"schema-rewrite store 2\n"
_HEAD = struct.Struct("<q16s32s")
_STALE = 3_600


def digest(*parts: bytes) -> bytes:
    """The digest of some bytes; of several, with their lengths."""
    if len(parts) == 1:
        return blake2b(parts[0], digest_size=WIDTH).digest()
    return digest(b"".join(b"%d:%s" % (len(part), part) for part in parts))


class Store:
    """What is known: a row for each file, by columns, as ten thousand rows are read in a moment then."""

    __slots__ = ("asked", "digests", "marks", "met", "paths", "questions", "states", "texts", "was_changed")

    def __init__(self) -> None:
        self.paths: dict[str, int] = {}
        self.states: array[int] = array("q")
        self.digests = bytearray()
        self.marks = bytearray()
        self.questions: dict[bytes, bytearray] = {}
        self.texts: dict[str, dict[bytes, bytes]] = {}
        self.met: set[str] = set()
        self.asked: dict[bytes, None] = {}
        self.was_changed = False

    def row(self, path: str) -> int:
        """The row of a file, -1 for none."""
        return self.paths.get(path, -1)

    def state(self, row: int) -> tuple[int, ...]:
        """The state in which the file had the digest."""
        return tuple(self.states[4 * row : 4 * row + 4])

    def digest(self, row: int) -> bytes:
        """The digest of the file."""
        return bytes(self.digests[WIDTH * row : WIDTH * row + WIDTH])

    def put(self, path: str, state: tuple[int, ...], content: bytes) -> int:
        """The row of a file that has this digest in this state. Of another content, marks and answers are gone."""
        row = self.row(path)
        if row < 0:
            row = self.paths[path] = len(self.paths)
            self.states.extend(state)
            self.digests += content
            self.marks.append(0)
            for column in self.questions.values():
                column.append(0)
            self.was_changed = True
            return row
        if self.state(row) != state:
            self.states[4 * row : 4 * row + 4] = array("q", state)
            self.was_changed = True
        if self.digest(row) != content:
            self.digests[WIDTH * row : WIDTH * row + WIDTH] = content
            self.marks[row] = 0
            for column in self.questions.values():
                column[row] = 0
            self.was_changed = True
        return row

    def mark(self, row: int, marks: int) -> None:
        """Keep marks of a file's content."""
        self.marks[row] = marks
        self.was_changed = True

    def question(self, key: bytes) -> bytearray:
        """The answers to a question, one of each row: 0 for none, 1 for no, 2 for yes."""
        column = self.questions.get(key)
        if column is None:
            column = self.questions[key] = bytearray(len(self.paths))
            self.was_changed = True
        self.asked[key] = None
        return column

    def text(self, path: str, key: bytes) -> bytes | None:
        """A text about a file, by its key."""
        return self.texts.get(path, {}).get(key)

    def keep(self, path: str, key: bytes, text: bytes) -> None:
        """Keep a text about a file. Its key says of which content it is."""
        if self.row(path) < 0:  # one of which no run but this has asked anything else
            self.put(path, UNKNOWN, bytes(WIDTH))
        self.met.add(path)
        texts = self.texts.setdefault(path, {})
        texts.pop(key, None)
        texts[key] = text
        while len(texts) > MOST_TEXTS:
            del texts[next(iter(texts))]
        self.was_changed = True


def load(directory: str, key: bytes) -> Store:
    """The store of a key in a cache; an empty one where none is that is whole and ours."""
    path = _path(directory, key)
    try:
        raw, found = answer_cache.content(path, _LARGEST_FILE)
        if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
            return Store()  # another user could say anything
        return _decoded(raw, key, found.st_mtime_ns)
    except (OSError, ValueError, struct.error, IndexError, OverflowError, MemoryError):
        return Store()  # as if it were not there


def save(directory: str, key: bytes, store: Store, exists: Iterable[str]) -> bool:
    """Put the store in the place of the one there is, and tell whether that was done.

    `exists` are the files, of those that the run did not meet, that are still there.
    """
    try:
        stores = place.prepared(directory, "files")
        new = f"{stores}/{place.new_name()}"
        moment = time.time_ns() // 2_000_000_000 * 2_000_000_000  # no disk tells less
        try:
            with open(new, "xb") as file:  # noqa: PTH123
                if abs(os.fstat(file.fileno()).st_mtime_ns - time.time_ns()) > answer_cache.COARSE:
                    store.states = array("q", UNKNOWN) * len(store.paths)  # another machine's clock: no state is sure
                for part in _encoded(store, key, moment, exists):
                    file.write(part)
            os.utime(new, ns=(moment, moment))
            os.replace(new, _path(directory, key))  # noqa: PTH105
        finally:
            if os.path.exists(new):  # noqa: PTH110
                os.unlink(new)  # noqa: PTH108
        _forget_the_oldest(stores, _name(key).hex())
    except (OSError, ValueError, OverflowError, MemoryError):
        return False  # then the next run has to work again, and that is all
    return True


def _path(directory: str, key: bytes) -> str:
    return f"{directory}/files/{_name(key).hex()}"


def _name(key: bytes) -> bytes:
    """What a store is called: whoever sees it does not know the key."""
    return secret.seal(key, b"name")[:WIDTH]


def _forget_the_oldest(stores: str, own: str) -> None:
    """Delete what is too old, but for our own."""
    ours = [entry for entry in os.scandir(stores) if place.is_ours("files", entry.name)]
    found = sorted(ours, key=lambda entry: (entry.name == own, entry.stat().st_mtime_ns), reverse=True)
    whole = [entry for entry in found if not entry.name.endswith(".new")]
    left = [entry for entry in found if entry.name.endswith(".new") and entry.stat().st_mtime < time.time() - _STALE]
    for entry in (*whole[MOST_STORES:], *left):
        with suppress(FileNotFoundError):  # another run was faster
            os.unlink(entry.path)  # noqa: PTH108


def _encoded(store: Store, key: bytes, moment: int, exists: Iterable[str]) -> Iterator[bytes | bytearray]:
    """The store as bytes, without what is gone."""
    rest = store.paths.keys() - store.met
    gone = rest.difference(exists) if rest else rest
    rows = [(path, row) for path, row in store.paths.items() if path not in gone]
    asked = [*(key for key in store.questions if key not in store.asked), *store.asked]
    questions = {key: store.questions[key] for key in asked[-MOST_QUESTIONS:]}
    states: array[int] = array("q")
    digests, marks = bytearray(), bytearray()
    columns = [bytearray() for _ in questions]
    if not gone:
        states, digests, marks, columns = store.states, store.digests, store.marks, list(questions.values())
    else:
        for _, row in rows:
            states.extend(store.state(row))
            digests += store.digest(row)
            marks.append(store.marks[row])
            for column, old in zip(columns, questions.values(), strict=True):
                column.append(old[row])
    owners: array[int] = array("q")
    keys, texts = bytearray(), []
    total = 0
    places = {path: place for place, (path, _) in enumerate(rows)}
    for path in sorted(store.texts.keys() & places.keys(), key=lambda path: (path not in store.met, places[path])):
        for one, text in store.texts[path].items():
            if (total := total + len(text)) > LARGEST:
                break
            owners.extend((places[path], len(text)))
            keys += one
            texts.append(text)
    parts: list[bytes | bytearray] = [
        "\0".join(path for path, _ in rows).encode("utf-8", "surrogateescape"),
        *(states.tobytes(), digests, marks, b"".join(questions), b"".join(columns), owners.tobytes(), keys),
        b"".join(texts),
    ]
    heads = [b"%d:" % len(part) for part in parts]
    sealed = (one for head, part in zip(heads, parts, strict=True) for one in (head, part))
    yield _MAGIC + _HEAD.pack(moment, _name(key), _seal(key, moment, *sealed))
    for head, part in zip(heads, parts, strict=True):
        yield head
        yield part


def _seal(key: bytes, moment: int, *parts: bytes | bytearray | memoryview) -> bytes:
    return secret.seal(key, b"store", moment.to_bytes(8, "little", signed=True), *parts)


def _decoded(raw: bytes, key: bytes, modified: int) -> Store:
    """The store that the bytes are. Raises ValueError and struct.error for what is none."""
    if not raw.startswith(_MAGIC):
        raise ValueError("no store")
    moment, own, check = _HEAD.unpack_from(raw, len(_MAGIC))
    body = memoryview(raw)[len(_MAGIC) + _HEAD.size :]
    if own != _name(key) or moment != modified or check != _seal(key, moment, body):
        raise ValueError("not whole, or not ours")
    parts = list(_parts(raw, len(raw) - len(body)))
    store = Store()
    paths = bytes(parts[0]).decode("utf-8", "surrogateescape").split("\0") if parts[3] else []
    store.paths = {path: row for row, path in enumerate(paths)}
    store.states.frombytes(parts[1])
    store.digests, store.marks = bytearray(parts[2]), bytearray(parts[3])
    count = len(paths)
    questions = [bytes(parts[4][at : at + WIDTH]) for at in range(0, len(parts[4]), WIDTH)]
    store.questions = {one: bytearray(parts[5][at * count : (at + 1) * count]) for at, one in enumerate(questions)}
    owners: array[int] = array("q")
    owners.frombytes(parts[6])
    at = 0
    for number, (owner, length) in enumerate(zip(owners[::2], owners[1::2], strict=True)):
        one = bytes(parts[7][WIDTH * number : WIDTH * (number + 1)])
        store.texts.setdefault(paths[owner], {})[one] = bytes(parts[8][at : at + length])
        at += length
    return store


def _parts(raw: bytes, at: int) -> Iterator[memoryview]:
    while at < len(raw):
        colon = raw.index(b":", at)
        stop = colon + 1 + int(raw[at:colon])
        yield memoryview(raw)[colon + 1 : stop]
        at = stop
