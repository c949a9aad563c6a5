"""A file of data: each of its strings is a text; knows no format's syntax and no SQL."""

from __future__ import annotations

import codecs
import json
from contextlib import suppress
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING

from schema_rewriter.hosts.comparison import disagreement
from schema_rewriter.hosts.data.values import BadFileError
from schema_rewriter.hosts.host import Embedded, Hosted, NoCode, Place
from schema_rewriter.text import decode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from schema_rewriter.edit import Edit
    from schema_rewriter.hosts.data.values import Flat, Value


class DataFile(NoCode):
    """A file of one of the formats, which say where its strings stand, and what its data are."""

    def located(self, text: str) -> Iterable[Value]:
        """The strings of a text that are no keys, in order. Raises BadFileError."""
        raise NotImplementedError

    def flat(self, text: str) -> Iterable[Flat]:
        """The data of a text, step by step. Raises BadFileError."""
        raise NotImplementedError

    @cached_property
    def hosted(self) -> Hosted:
        """Each string with the key that it stands under."""
        source = self.source
        try:
            file = decode(source, "utf-8", len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0)
            found = list(self.located(file.text))
        except UnicodeDecodeError:
            return Hosted(error="not UTF-8; convert it to UTF-8")
        except BadFileError as error:
            return Hosted(error=str(error))
        except RecursionError:
            return Hosted(error="nested too deeply")
        places = ((each, Place("value", names=(each.key,) if each.key else ())) for each in found)
        return Hosted(tuple(Embedded(each.text.within(file), (place,)) for each, place in places if each.text.text))

    def difference(self, after: bytes, edits: Collection[Edit]) -> str | None:
        """Why the data of two versions differ by more than these edits of strings; None if they do not."""
        spellings = [_spellings(self.source[e.span.start : e.span.stop], e.new) for e in edits]
        try:
            pairs: Iterable[tuple[Flat, Flat]] = zip_longest(
                self.flat(self.source.decode("utf-8-sig")),
                self.flat(after.decode("utf-8-sig")),
                fillvalue=("nothing", None),
            )
            changed = [(one, other) for one, other in pairs if one != other]
        except BadFileError as error:
            return str(error)
        return disagreement(changed, spellings, "the data", "differ")


def _spellings(old: bytes, new: bytes) -> frozenset[tuple[str, str]]:
    """An edit as the data may show it: as it is written, or with escapes or doubled quotes read."""
    gone, come = old.decode(), new.decode()
    pairs = {(gone, come), (gone.replace("''", "'"), come.replace("''", "'"))}
    with suppress(ValueError):  # not written so
        pairs.add((json.loads(f'"{gone}"'), json.loads(f'"{come}"')))
    return frozenset(pairs)
