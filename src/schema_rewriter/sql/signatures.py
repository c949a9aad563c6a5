"""The types in lists: of arguments, columns, results, and of the options of CREATE OPERATOR and its like.

Knows tokens only. Source: PostgreSQL manual, CREATE FUNCTION, CREATE AGGREGATE, CREATE OPERATOR, CREATE TYPE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.sql.tree import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.sql.lexer import Token

_BEHIND = frozenset(", ) [ % default = as language stable immutable order".split())
"""What stands behind a type in a list."""

TYPE_OPTIONS = frozenset("leftarg rightarg stype mstype basetype subtype like".split())
"""The options of CREATE OPERATOR, AGGREGATE and TYPE whose value is a type."""


def type_names(words: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    """The dotted names that are types in a list, each by its parts: a name before `,`, `)`, `[`, `%` or a default.

    In `a w` the first name is the argument's; in `w.c%TYPE` the last is the column's.
    """
    index = 0
    while index < len(words):
        if not words[index].is_name:
            index += 1
            continue
        parts, index = _dotted(words, index)
        after = [token.word for token in words[index : index + 2]]
        if after == ["%", "type"]:
            parts = parts[:-1]
        elif after and after[0] not in _BEHIND:
            continue
        if parts:
            yield tuple(parts)


def option_types(words: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    """The types in a list of options: `leftarg = events, function = f`."""
    for index, token in enumerate(words[:-2]):
        if token.word in TYPE_OPTIONS and words[index + 1].word == "=" and words[index + 2].is_name:
            yield tuple(_dotted(words, index + 2)[0])


def is_built_in(parts: Sequence[Token]) -> bool:
    """Whether a type's name means one of pg_catalog, which is found before any other."""
    return len(parts) == 1 and parts[0].word in TYPES


def _dotted(words: Sequence[Token], index: int) -> tuple[list[Token], int]:
    """The parts of the dotted name at a token, and the token behind it."""
    parts = [words[index]]
    index += 1
    while index + 1 < len(words) and words[index].word == "." and words[index + 1].is_name:
        parts.append(words[index + 1])
        index += 2
    return parts, index
