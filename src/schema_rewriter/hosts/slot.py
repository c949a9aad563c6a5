"""A place of code where a string stands or can be put, and what to write there. Knows no language and no SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.edit import Edit, Span

if TYPE_CHECKING:
    from schema_rewriter.relation import Relation


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """Where a string of code tells a schema, or can be made to; all places in bytes of the file.

    `value` is the string that stands there; None where none does. What is put there replaces `span`: the string's
    content alone where one stands, else `before`, the string in `quote`s, and `after`. To take the string away, with
    all that says it alone (its keyword, its comma, its statement), `gone` becomes `rest`; None where it can't be.

    To give a call `schema="core"`, in the style of its file::

        slot = slots.keyword(call, "schema", code)      # in hosts/python: a Slot, or why there is none (one line)
        edit = slot.put("core")                         # in rewriting: an Edit, or None if it can't be written
        edit = slot.take()                              # the way back, where the schema is not written out

    Edits of slots are proved as all edits are: `hosts.python.proof` takes a keyword, an item of a mapping, a mapping at
    the end of a tuple, or an assignment in a class, where it is exactly what an edit wrote, and nothing else.
    """

    span: Span
    before: str = ""
    after: str = ""
    quote: str = '"'
    charset: str = "utf-8"
    value: str | None = None
    gone: Span | None = None
    rest: str = ""

    def put(self, value: str) -> Edit | None:
        """The edit that makes a string of this value stand there; None where it can't be written as it is."""
        if not value.isprintable() or not value or not _UNWRITABLE.isdisjoint(value):
            return None
        written = value if self.value is not None else f"{self.before}{self.quote}{value}{self.quote}{self.after}"
        return self._edit(self.span, written)

    def take(self) -> Edit | None:
        """The edit that takes the string away; None where that can't be done."""
        return self._edit(self.gone, self.rest) if self.gone is not None else None

    def leads_to(self, target: Relation, bare: frozenset[str]) -> Edit | None:
        """The edit by which the slot tells the schema of `target`, which is not written out if it is `bare`."""
        return self.take() if target.schema in bare else self.put(target.schema or "")

    def _edit(self, span: Span, written: str) -> Edit | None:
        try:
            return Edit(span, written.encode(self.charset))
        except UnicodeEncodeError:
            return None


_UNWRITABLE = frozenset("\"'\\{}")
