"""What a text says of the names of interest: references, what is unclear, and what only looks like one."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.relation import RESERVED
from schema_rewriter.sql.lexer import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.relation import Relation
    from schema_rewriter.sql.lexer import Token


class _Every(Collection[str]):
    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        raise TypeError("there is no end of names")

    def __len__(self) -> int:
        raise TypeError("there is no end of names")


EVERY: Collection[str] = _Every()
"""All names there can be, for whoever asks which relations a text names at all. It can't be listed.

What is unclear then holds keywords too, and a TYPE may be any type: whoever asks must know which relations there are.
"""


class Role(enum.Enum):
    """What a statement does with a relation.

    OWNER is a bare name that means a source of its query: a column's owner, or FOR UPDATE OF. COLUMN is the
    relation within schema.relation.column. TYPE is a type: a relation's row type, if there is a relation of its name.
    INDEX is the name that CREATE INDEX gives: it takes no schema, and has that of its table.
    """

    READ = "read"
    WRITE = "write"
    DEFINE = "define"
    DROP = "drop"
    NAME = "name"
    OWNER = "owner"
    COLUMN = "column"
    TYPE = "type"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names a relation; spans in characters of the text, quotes included.

    `relation` is as written, folded; `schema` is the schema's span. `doubt` tells why an unqualified name may mean
    another relation, "" if it can't. `captured`: without its schema it would mean a CTE. `source` is the name's span
    of the relation that an OWNER means. `search_path` is what a SET before it says, None if none does. `parsed` is
    False where no parser reads the statement, and only the clause tells. `owner` is, for an index or a sequence that
    no statement is known to make, the relation it belongs to by its name.
    """

    name: Span
    relation: Relation
    role: Role
    schema: Span | None = None
    doubt: str = ""
    captured: bool = False
    source: Span | None = None
    search_path: tuple[str, ...] | None = None
    parsed: bool = True
    owner: Relation | None = None


@dataclass(frozen=True, slots=True)
class UnresolvedName:
    """A place that may name a relation; `relation` says what is known of it (an empty name: nothing).

    `is_value`: what stands there gives a value to SQL, which reads a name in it; it is no part of the text of SQL.
    """

    span: Span
    code: str
    reason: str
    relation: Relation
    is_value: bool = False


@dataclass(frozen=True, slots=True)
class NonReference:
    """A place that says the name and is no reference: a column, an alias, a CTE."""

    span: Span


Named = Reference | UnresolvedName | NonReference


def may_name(token: Token, names: Collection[str]) -> bool:
    """Whether a token says one of the names: a reserved word without quotes never names a relation."""
    return token.is_name and token.word in names and (token.kind is Kind.QUOTED or token.word not in RESERVED)
