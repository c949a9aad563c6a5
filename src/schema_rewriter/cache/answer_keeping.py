"""The keeping of an answer, once a run has it, and the directory that it is kept in."""

from __future__ import annotations

import os
import time
import zlib
from array import array
from typing import TYPE_CHECKING

from schema_rewriter.cache.answer_cache import (
    COARSE,
    IS_POSSIBLE,
    MAGIC,
    SELF,
    TAG,
    as_bytes,
    begin,
    file_of,
    is_fresh,
    key_of,
    states,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.cache.answer_cache import Answer
    from schema_rewriter.cache.trace import Trace

MOST = 32
"""How many answers are kept; the oldest go first."""

_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n# The cache of schema-rewrite; it may be deleted.\n"


def prepare(directory: str | os.PathLike[str]) -> None:
    """Make the cache, before a run looks at anything: to make it changes the directory that it lies in."""
    try:
        prepared(os.fspath(directory))
    except OSError:
        return  # a run without a cache, then
    begin()


def prepared(directory: str, *kinds: str) -> str:
    """Where things of a kind are kept, made if it has to be, in a directory that git ignores and backups leave out."""
    home = "/".join((directory, *kinds))
    if not os.path.isdir(home):  # noqa: PTH112
        os.makedirs(home, exist_ok=True)  # noqa: PTH103
    for name, content in ((".gitignore", "*\n"), (TAG, _SIGNATURE)):
        if not os.path.exists(f"{directory}/{name}"):  # noqa: PTH110
            with open(f"{directory}/{name}", "w", encoding="utf-8") as file:  # noqa: PTH123
                file.write(content)
    return home


def keep(words: Sequence[str], directory: str | os.PathLike[str], trace: Trace, answer: Answer) -> bool:
    """Keep an answer, and tell whether that was done: not where something changed of late, or can't be written."""
    if not IS_POSSIBLE or not trace.holds:
        return False
    try:
        new = f"{prepared(os.fspath(directory), 'answers')}/{os.getpid()}-{time.time_ns()}.new"
        paths = list(dict.fromkeys((SELF, *trace.paths)))
        state = states(paths)
        if is_fresh(array("q", state)):
            return False
        key = key_of(words)
        try:
            with open(new, "xb") as file:  # noqa: PTH123
                file.write(_encoded(key, trace, paths, state, answer))
                clock = os.fstat(file.fileno()).st_mtime_ns
            if abs(clock - time.time_ns()) > COARSE:  # another machine's clock tells when files change
                return False
            os.replace(new, file_of(directory, key))  # noqa: PTH105
        finally:
            if os.path.exists(new):  # noqa: PTH110
                os.unlink(new)  # noqa: PTH108
        _forget_the_oldest(os.path.dirname(new))  # noqa: PTH120
    except (OSError, ValueError, OverflowError, AttributeError):
        return False  # then the next run has to work again, and that is all
    return True


def _encoded(key: str, trace: Trace, paths: Sequence[str], state: bytes, answer: Answer) -> bytes:
    links = "\0".join(part for link in trace.links.items() for part in link)
    texts = [f"{'2' if is_error else '1'}{text}" for text, is_error in answer.said]
    parts = [as_bytes(part) for part in (key, trace.day, str(answer.code), links, "\0".join(paths))]
    parts = [*parts, state, *map(as_bytes, texts)]
    body = b"".join(b"%d:%s" % (len(part), part) for part in parts)
    return MAGIC + b"%08x" % zlib.crc32(body) + body


def _forget_the_oldest(answers: str) -> None:
    found = sorted(os.scandir(answers), key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    for entry in found[MOST:]:
        os.unlink(entry.path)  # noqa: PTH108
