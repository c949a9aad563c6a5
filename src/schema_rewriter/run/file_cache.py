"""What a run knows of its files from earlier ones, and keeps for later ones; knows no syntax and decides nothing.

A file whose state is as it was is not read to be dismissed. What is kept of it is kept by the digest of its bytes, and
by what else it depends on: where any of that is another, nothing is found.
"""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING, Any

from schema_rewriter.cache import answer_cache, secret
from schema_rewriter.errors import FileError
from schema_rewriter.files import has_mark, is_binary
from schema_rewriter.run.task import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schema_rewriter.cache.store import Store
    from schema_rewriter.run.task import Task

WORTH, READS, SHOWS, IS_TEXT = 1, 2, 4, 8
"""Marks of a file: worth a look; may read SQL from other files; may hold SQL or a model; not binary."""
_BITS = 4


def is_text(source: bytes) -> int:
    """The mark IS_TEXT of a file that holds text, in whatever charset, and no NUL that no charset explains."""
    return IS_TEXT * (has_mark(source) or not is_binary(source))


class FileCache:
    """What is known of the files of one run. Without a cache, nothing is, and nothing is kept.

    `anew`: no value that is kept is taken, so that what is written was proved by this run; all is kept nevertheless.
    """

    def __init__(self, task: Task, directory: Path | None = None, *, anew: bool = False) -> None:
        self.task = task
        self._anew = anew
        self._made: set[tuple[str, bytes]] = set()
        self._directory = "" if directory is None else os.fspath(directory)
        self._rows: dict[str, tuple[int, int]] = {}
        self._store: Store | None = None
        if directory is not None:
            from schema_rewriter.cache import codec, store
            from schema_rewriter.cache.identity import identity

            root = os.path.realpath(task.root)
            own = secret.own(root, make=True)
            if own is None:
                return  # nobody could tell who has kept it
            terms = (root.encode("utf-8", "surrogateescape"), codec.text(task.rules).encode())
            try:
                self._key = secret.seal(own, b"key", store.digest(identity(), *terms))
            except OSError:
                return  # nobody could tell what was kept by another version
            self._store = store.load(self._directory, self._key)

    # -------------------------------------------------------------------------------- what the bytes say

    def _row(self, path: str) -> tuple[int, int, bytes | None]:
        """The row of what a file holds in the store, -1 for none; its size; its bytes, if they were read.

        Raises FileError.
        """
        store = self._store
        if store is None or path in self.task.held:  # what is not on the disk is no file's state
            source = read(path, self.task)
            row = -1
            if store is not None and (row := store.row(path)) >= 0:
                from schema_rewriter.cache.store import digest

                row = row if store.digest(row) == digest(source) else -1
            return row, len(source), source
        if path in self._rows:
            return (*self._rows[path], None)
        from schema_rewriter.cache.store import UNKNOWN, digest

        state = answer_cache.state_of(path if os.path.isabs(path) else f"{self.task.root}/{path}")  # noqa: PTH117
        row = store.row(path)
        store.met.add(path)
        if row >= 0 and state != UNKNOWN and store.state(row) == state:
            self._rows[path] = row, state[0]
            return row, state[0], None
        source = read(path, self.task)
        is_sure = answer_cache.IS_POSSIBLE and len(source) == state[0] and not answer_cache.is_fresh(state)
        row = store.put(path, state if is_sure else UNKNOWN, digest(source))
        self._rows[path] = row, len(source)
        return row, len(source), source

    def marks(self, path: str, which: int, ask: Callable[[bytes], int]) -> tuple[int, int]:
        """The size of a file, and those of the marks `which` that `ask` gives its bytes. Raises FileError."""
        row, size, source = self._row(path)
        store = self._store
        if store is not None and row >= 0 and store.marks[row] >> _BITS & which == which:
            return size, store.marks[row] & which
        source, is_same = self._source(path, row, source)
        marks = ask(source)
        if store is not None and row >= 0 and is_same:
            old = store.marks[row] & ~(which << _BITS | which)
            store.mark(row, old | which << _BITS | marks)
        return len(source), marks

    def question(self, what: object) -> bytes:
        """The key of a question to all files."""
        if self._store is None:
            return b""
        from schema_rewriter.cache import codec

        return self.key(b"question", codec.text(what).encode())

    def says(self, path: str, question: bytes, ask: Callable[[bytes], bool]) -> tuple[int, bool]:
        """The size of a file, and the answer of its bytes to a question. Raises FileError."""
        row, size, source = self._row(path)
        store = self._store
        answered = store.question(question) if store is not None and row >= 0 else None
        if answered is not None and answered[row]:
            return size, answered[row] == 2
        source, is_same = self._source(path, row, source)
        answer = ask(source)
        if store is not None and answered is not None and is_same:
            answered[row] = 1 + answer
            store.was_changed = True
        return len(source), answer

    def _source(self, path: str, row: int, source: bytes | None) -> tuple[bytes, bool]:
        """The bytes of a file, and whether they are those of its row. Raises FileError."""
        if source is not None:
            return source, True
        source = read(path, self.task)
        if self._store is None or row < 0:
            return source, False
        from schema_rewriter.cache.store import digest

        return source, digest(source) == self._store.digest(row)

    # -------------------------------------------------------------------------------- what was made of them

    def content(self, path: str) -> bytes | None:
        """The digest of what a file holds, where that is known."""
        if self._store is None:
            return None
        try:
            if path in self.task.held:
                return self.key(self.task.held[path])
            row, _, _ = self._row(path)
        except FileError:
            return None
        return self._store.digest(row)

    def key(self, *parts: bytes) -> bytes:
        """The key of a value, made of all that the value depends on but rules and program."""
        if self._store is None:
            return b""
        from schema_rewriter.cache.store import digest

        return digest(*parts)

    def text(self, path: str, key: bytes) -> bytes | None:
        """What is kept of a file by a key, not yet read; None for nothing."""
        if self._store is None or (self._anew and (path, key) not in self._made):
            return None
        return self._store.text(path, key)

    def value(self, path: str, key: bytes) -> Any:
        """The value that is kept of a file by a key; None for none."""
        text = self.text(path, key)
        if text is None:
            return None
        from schema_rewriter.cache import codec

        try:
            return codec.value(zlib.decompress(text))
        except (ValueError, zlib.error):
            return None  # it is made again

    def keep(self, path: str, key: bytes, value: object) -> None:
        """Keep a value of a file by a key."""
        if self._store is not None:
            from schema_rewriter.cache import codec

            self._made.add((path, key))
            self._store.keep(path, key, zlib.compress(codec.text(value).encode(), 1))

    # -------------------------------------------------------------------------------- the end

    def save(self) -> None:
        """Keep what is new for later runs."""
        store = self._store
        if store is None or not store.was_changed:
            return
        from schema_rewriter.cache.store import save

        save(self._directory, self._key, store, self._there(store))

    def _there(self, store: Store) -> Iterator[str]:
        """The files that the run did not meet and that are there; all of them where it met a part of the project."""
        rest = store.paths.keys() - store.met
        if len(rest) > len(store.met):
            yield from rest
            return
        root = self.task.root
        yield from (path for path in rest if (root / path).is_file())
