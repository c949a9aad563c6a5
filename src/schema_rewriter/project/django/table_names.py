"""The names of Django's tables: what a `db_table` says, and how long names are cut (`backends.utils.truncate_name`)."""

from __future__ import annotations

import re
from hashlib import md5

from schema_rewriter.relation import Relation

_LONGEST = 63
"""How many bytes of a name PostgreSQL keeps."""
_QUOTED = re.compile(r'"?([^".]+)"\."([^"]+)"?')
"""A `db_table` that says a schema: it gets into double quotes as it is, unless it begins and ends with one."""


def relation(written: str) -> Relation:
    found = _QUOTED.fullmatch(written)
    return Relation(found[1], found[2]) if found else Relation(None, written.strip('"'))


def unquoted(name: str) -> str:
    return name[1:-1] if name.startswith('"') and name.endswith('"') else name


def cut(name: str) -> str:
    """A name as Django writes it: a long one ends with a digest of all of it."""
    schema, joint, bare = name.rpartition('"."')
    if len(bare) <= _LONGEST:
        return name
    digest = md5(bare.encode(), usedforsecurity=False).hexdigest()[:4]
    return f"{schema}{joint}{bare[: _LONGEST - 4]}{digest}"
