"""What the statements of a file make besides tables: indexes, sequences and types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter import hosts, sql
from schema_rewriter.relation import split_identifier

if TYPE_CHECKING:
    from schema_rewriter.relation import Relation

_MAKES_TYPE = re.compile(r'\bcreate\s+(?:type|domain)\s+((?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))?)', re.IGNORECASE)
_MAKES = re.compile(rb"\b(?:create|alter)\b", re.IGNORECASE)


def owned(path: str, source: bytes) -> tuple[tuple[str, Relation], ...]:
    """The indexes and sequences that the statements of a file make, with the relations they belong to, as written."""
    if not _MAKES.search(source):
        return ()
    texts = hosts.strings(path, source)
    found = (owner for text, holes, script in texts for owner in sql.ownership(text, holes, script=script))
    return tuple(dict.fromkeys(found))


def types(path: str, source: bytes) -> tuple[str, ...]:
    """The names of the types that the statements of a file make: enums, composites, ranges, domains."""
    if not _MAKES_TYPE.search(source.decode("latin-1")):
        return ()
    found = (match[1] for text, _, _ in hosts.strings(path, source) for match in _MAKES_TYPE.finditer(text))
    return tuple(dict.fromkeys(split_identifier(name)[-1] for name in found if split_identifier(name)))
