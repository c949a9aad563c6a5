"""Which value a call binds to a driver's placeholder in SQL: `%s`, `%(name)s`, `$1`, `:name`. Knows no statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from schema_rewriter.hosts import Embedded
    from schema_rewriter.hosts.host import Bound

_PLACEHOLDER = re.compile(r"%%|%[sbt]|%\((\w+)\)[sbt]|\$(\d+)|(?<![:\w]):([A-Za-z_]\w*)")


def bound(embedded: Embedded, span: Span) -> tuple[Bound, ...]:
    """The values that calls bind to the placeholder which is all of these characters; none where no call is seen."""
    key = next((key for found, key in _keys(embedded.text.text) if found == span), None)
    return tuple(one for place in embedded.places for one in place.bound if one.key == key)


def only_at(embedded: Embedded, spans: Collection[Span]) -> Iterator[Bound]:
    """The values that are bound to placeholders at these characters, and to no other of the text."""
    keys = list(_keys(embedded.text.text))
    there, elsewhere = ({key for span, key in keys if (span in spans) is wanted} for wanted in (True, False))
    for place in embedded.places:
        yield from (one for one in place.bound if one.key in there - elsewhere)


def _keys(text: str) -> Iterator[tuple[Span, int | str]]:
    """The placeholders of a text, each with what it is bound by: its place among the values, or a name."""
    count = 0
    for found in _PLACEHOLDER.finditer(text):
        if found[0] == "%%":
            continue
        yield Span(*found.span()), found[1] or found[3] or (int(found[2]) - 1 if found[2] else count)
        count += found.lastindex is None
