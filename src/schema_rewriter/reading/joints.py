"""Whether the bytes that are a name in one text are a part of a longer one in another that the code makes of them.

`"FROM events" + "_old"`, `f"{prefix}events"`, `"archive." + "events"`. Knows no rules.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.sql import MASK

if TYPE_CHECKING:
    from schema_rewriter.edit import Span
    from schema_rewriter.text import MappedText

_NAME = re.compile(rf"[\w$.{MASK}]+")
"""A name with all that touches it: words, dots, and holes that the running program fills."""


def longer(text: MappedText, span: Span) -> str:
    """The name of the text that some bytes of the file are a part of, as far as it is known; "" for no longer one."""
    for piece in text.pieces:
        count = len(piece.offsets) - 1
        start = bisect_left(piece.offsets, span.start, 0, count)
        stop = bisect_left(piece.offsets, span.stop, start)
        if start == stop or piece.offsets[start] != span.start or stop > count:
            continue
        first, last = piece.at + start, piece.at + stop
        if _goes_on(text, first, last):
            masked = sql.mask(text.text, [hole.span for hole in text.holes])
            for name in _NAME.finditer(masked, max(0, first - _WIDEST)):
                if name.end() > first:
                    longer = name.start() < first or name.end() > last
                    return text.text[name.start() : name.end()] if longer and name.start() < last else ""
    return ""


def put_behind(name: str, how: str = "") -> str:
    """Why a name is for a person that is a part of a longer one somewhere; `how` it goes on there."""
    return f"the code may put more to it, which names something else: {name}{how}"


def _goes_on(text: MappedText, first: int, last: int) -> bool:
    """Whether characters that may be of a name, or of a hole, stand right before or behind a name: a cheap look."""
    before, after = text.text[max(0, first - 1) : first], text.text[last : last + 1]
    return _MAY_TOUCH.match(before) is not None or _MAY_TOUCH.match(after) is not None or bool(text.holes)


_MAY_TOUCH = re.compile(r"[\w$.]")
_WIDEST = 300
