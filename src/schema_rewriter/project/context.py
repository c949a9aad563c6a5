"""What a file gets from the others of its run: one small value, part of what a result depends on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_rewriter.ruleset import Move


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for one file beyond the rules.

    `moves` are those of the indexes and sequences that it may name, and that move with a relation. Equal contexts give
    equal results.
    """

    moves: tuple[Move, ...] = ()

    def within(self, source: bytes) -> Context:
        """What of it concerns a file that holds these bytes, so that little changes when much does."""
        text = source.lower()
        moves = tuple(move for move in self.moves if _holds(text, move.relation.name) or _holds(text, move.to.name))
        return self if len(moves) == len(self.moves) else replace(self, moves=moves)


def _holds(text: bytes, name: str) -> bool:
    """Whether a file's lower-case bytes may name a relation; a name outside ASCII may be spelled in any way."""
    return not name.isascii() or name.lower().encode() in text or b"\\" in text


ALONE = Context()
"""A file that gets nothing from others."""
