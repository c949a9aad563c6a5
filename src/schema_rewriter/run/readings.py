"""What hosts have found in files for their facts, kept for their results: a file is read once. Knows no host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.run.worker import Asked

if TYPE_CHECKING:
    from schema_rewriter.project import Context, Facts
    from schema_rewriter.run.worker import Keyed

ROOM = 128 * 1024 * 1024
"""Bytes that may be kept, which is what some 350 MB of code comes to; what comes later is read once more."""


class Readings:
    """What was found in each file, packed, until it is asked for; at most ROOM bytes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, bytes]] = {}
        self._room = ROOM

    def add(self, made: Keyed[Facts]) -> None:
        """Keep what was found beside the facts of a file."""
        if made.content is not None and made.packed and len(made.packed) <= self._room:
            self._room -= len(made.packed)
            self._kept[made.path] = made.content, made.packed

    def asked(self, path: str, context: Context) -> Asked:
        """The question for a file's result, with what was found in it, which is let go."""
        content, packed = self._kept.pop(path, (None, b""))
        return Asked(path, context, content, packed)
