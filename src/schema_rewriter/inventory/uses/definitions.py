"""What the statements of a file make besides tables: indexes, sequences and types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.relation import split_identifier

if TYPE_CHECKING:
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.relation import Relation

_MAKES_TYPE = re.compile(r'\bcreate\s+(?:type|domain)\s+((?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))?)', re.IGNORECASE)
_MAKES = re.compile(rb"\b(?:create|alter)\b", re.IGNORECASE)


def owned(file: SourceFile) -> tuple[tuple[str, Relation], ...]:
    """The indexes and sequences that the statements of a file make, with the relations they belong to, as written."""
    if not _MAKES.search(file.source):
        return ()
    strings = file.host.strings
    found = (owner for each in strings for owner in sql.ownership(each.text, each.holes, script=each.script))
    return tuple(dict.fromkeys(found))


def types(file: SourceFile) -> tuple[str, ...]:
    """The names of the types that the statements of a file make: enums, composites, ranges, domains."""
    if not _MAKES_TYPE.search(file.source.decode("latin-1")):
        return ()
    found = (match[1] for each in file.host.strings for match in _MAKES_TYPE.finditer(each.text))
    return tuple(dict.fromkeys(split_identifier(name)[-1] for name in found if split_identifier(name)))
