"""The words of statements and constants, so that two may be compared but for the schemas of relations that move.

`names` maps each name that such a relation may have, before or after, to the one to compare it by.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.sql.lexer import Kind, tokens
from schema_rewriter.sql.statements import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping


def words(statement: Statement, text: str, names: Mapping[str, str]) -> list[str]:
    """The words of a statement, without the schemas of relations that move, and these by the name to compare by."""
    found: list[str] = []
    for token in statement.tokens:
        if token.is_name and token.word in names:
            if len(found) > 1 and found[-1] == ".":
                del found[-2:]
            found.append(names[token.word])
        else:
            if token.word[:1] == "%" and found[-1:] == ["."] and len(found) > 1:
                del found[-2:]  # a schema before format()'s %I
            written = text[token.start : token.stop]
            if token.kind is Kind.BODY or (token.kind is Kind.STRING and written[0] in "'eE"):
                written = _content(written, names)
            found.append(token.word if token.is_name else written)
    return found


def same_constant(one: str, other: str, names: Mapping[str, str]) -> bool:
    """Whether two string constants say the same, where they hold SQL or the name of a relation that moves."""
    return one == other or _content(f"'{one}'", names) == _content(f"'{other}'", names)


def _content(written: str, names: Mapping[str, str]) -> str:
    """What a constant says: where it holds SQL or a name, its words as those of a statement."""
    content = written.lstrip("eE").strip("'") if written[0] in "'eE" else written
    if not _MAY_NAME.search(content) and names.keys().isdisjoint(_WORD.findall(content.lower())):
        return written
    plain = content.translate(_NO_QUOTES)
    found = words(Statement(tuple(tokens(plain))), plain, names)
    return "\0".join(found[:-2] if found[-1:] == ["."] else found)  # a schema before || and a name


_WORD = re.compile(r"\w+")
_MAY_NAME = re.compile(r'["$%\s]')
_NO_QUOTES = str.maketrans("${}", "   ")
"""Within a constant these begin no quote and no hole: '{a,b}' is an array."""
