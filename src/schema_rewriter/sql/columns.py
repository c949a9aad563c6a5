"""The columns of CREATE TABLE: their types by one name each, and their constraints as the table could have them.

Source: PostgreSQL manual, CREATE TABLE, section 8.1 (names of types).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.sql.lexer import Token


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its folded name, its type by PostgreSQL's own name for it ("" if unknown), and its other clauses."""

    name: str
    type: str
    clauses: tuple[str, ...] = ()


_CLAUSES = frozenset(
    "constraint not null default primary unique references check generated collate deferrable initially".split()
)


def column(tokens: list[Token], words: list[str], constraints: set[str]) -> Column:
    """A column; its constraints that the table could have too are added to those."""
    clauses: list[list[Token]] = [[]]
    depth = 0
    for index, token in enumerate(tokens[1:], 1):
        word = words[index]
        continues = (word == "null" and words[index - 1] in ("not", "default", "set")) or (
            word == "default" and words[index - 1] == "by"
        )
        if depth == 0 and word in _CLAUSES and not continues:
            clauses.append([])
        depth += (word == "(") - (word == ")")
        clauses[-1].append(token)
    name = tokens[0].word
    others: list[str] = []
    for clause in clauses[1:]:
        written = without_schemas(clause)
        if clause[0].word in ("primary", "unique"):
            constraints.add(f"{written} ({name})")
        elif clause[0].word == "references":
            constraints.add(f"foreign key ({name}) {written}")
        elif clause[0].word not in ("constraint", "null"):
            others.append(written)
    if f"primary key ({name})" in constraints and "not null" in others:
        others.remove("not null")
    return Column(name, type_name(without_schemas(clauses[0])), tuple(sorted(others)))


_TYPES = {
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "bool": "boolean",
    "decimal": "numeric",
    "float": "double precision",
    "float8": "double precision",
    "float4": "real",
    "char": "character",
    "varchar": "character varying",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "serial4": "serial",
    "serial8": "bigserial",
}
"""Other names of types (manual, table 8.1)."""


def type_name(written: str) -> str:
    """PostgreSQL's own name for a type, in one spelling.

    >>> type_name("VARCHAR (20)"), type_name("timestamp without time zone"), type_name("int8[]")
    ('character varying(20)', 'timestamp', 'bigint[]')
    """
    plain = written.lower().replace(" (", "(").replace("( ", "(").replace(" )", ")").replace(" ,", ",")
    plain = plain.replace(", ", ",").replace(" [ ]", "[]").replace("[ ]", "[]").removesuffix(" without time zone")
    word = plain.split("(")[0].split("[")[0]
    return _TYPES.get(word, word) + plain[len(word) :]


def without_schemas(tokens: Sequence[Token]) -> str:
    """The words of some tokens, schemas left out: `references public.t(a)` is `references t (a)`."""
    parts: list[str] = []
    for index, token in enumerate(tokens):
        if token.word == "." or (index + 1 < len(tokens) and tokens[index + 1].word == "." and token.is_name):
            continue
        parts.append(token.word)
    return " ".join(parts).replace("( ", "(").replace(" )", ")").replace(" ,", ",").replace(": :", "::")
