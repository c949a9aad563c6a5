"""The keeping of an answer, once a run has it."""

from __future__ import annotations

import os
import time
from array import array
from typing import TYPE_CHECKING

from schema_rewriter.cache import place, secret
from schema_rewriter.cache.answer_cache import (
    COARSE,
    IS_POSSIBLE,
    KIND,
    MAGIC,
    SELF,
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


def prepare(directory: str | os.PathLike[str]) -> None:
    """Make the cache, before a run looks at anything: to make it changes the directory that it lies in."""
    try:
        place.prepared(os.fspath(directory))
    except OSError:
        return  # a run without a cache, then
    begin()


def keep(words: Sequence[str], directory: str | os.PathLike[str], trace: Trace, answer: Answer) -> bool:
    """Keep an answer, and tell whether that was done: not where something changed of late, or can't be written."""
    sealed_by = secret.own()
    if not IS_POSSIBLE or sealed_by is None or not trace.holds:
        return False
    try:
        new = f"{place.prepared(os.fspath(directory), 'answers')}/{place.new_name()}"
        paths = list(dict.fromkeys((SELF, *trace.paths)))
        state = states(paths)
        if is_fresh(array("q", state)):
            return False
        key = key_of(words)
        try:
            with open(new, "xb") as file:  # noqa: PTH123
                file.write(_encoded(key, trace, paths, state, answer, sealed_by))
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


def _encoded(key: str, trace: Trace, paths: Sequence[str], state: bytes, answer: Answer, sealed_by: bytes) -> bytes:
    links = "\0".join(part for link in trace.links.items() for part in link)
    texts = [f"{'2' if is_error else '1'}{text}" for text, is_error in answer.said]
    parts = [as_bytes(part) for part in (key, trace.day, str(answer.code), links, "\0".join(paths))]
    parts = [*parts, state, *map(as_bytes, texts)]
    body = b"".join(b"%d:%s" % (len(part), part) for part in parts)
    return MAGIC + secret.seal(sealed_by, KIND, body) + body


def _forget_the_oldest(answers: str) -> None:
    ours = [entry for entry in os.scandir(answers) if place.is_ours("answers", entry.name)]
    found = sorted(ours, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    for entry in found[MOST:]:
        os.unlink(entry.path)  # noqa: PTH108
