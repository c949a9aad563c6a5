"""Plainer spellings for what sqlglot can't parse and no name of a relation depends on, each in its own width.

sqlglot knows no operators and types of extensions, and not every clause. For a tree that only tells where relations
stand, any operator is as good as +, any type as good as text. Applied only where the statement does not parse as it
is; the words of relations, aliases, CTEs and columns are never touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.sql.lexer import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.sql.lexer import Token

_OPERATOR = frozenset("+-*/<>=~!@#%^&|`?")
_FUNCTIONS = frozenset(
    """convert cube set delete insert replace xmlparse xmlroot xmlserialize json set_bit left right
    sum avg lower upper length abs ceil floor sqrt exp ln sign reverse initcap md5 unnest""".split()
)
"""Functions that sqlglot reads in a way of its own, or with fewer arguments than a project's of that name may have."""
_CONSTANT_BEFORE = frozenset(
    """select where and or not in like ilike between when then else on by limit offset set values returning as is any
    from using having interval similar to escape with distinct all case default similar rlike regexp""".split()
)

_NO_CALL = ("by", "into", "table", "join", "references", ".")


def plainer(tokens: Sequence[Token]) -> dict[int, str]:
    """By the index of a token, what to write for it; an empty string is spaces."""
    words = [token.word if token.kind is not Kind.QUOTED else "" for token in tokens] + [""] * 4
    new: dict[int, str] = {}
    index = 0
    while index < len(tokens):
        step = _clause(tokens, words, index, new)
        index += step or 1
    return new


def _clause(tokens: Sequence[Token], words: list[str], index: int, new: dict[int, str]) -> int:
    """Note the plainer spelling of what begins at a token; how many tokens it takes, 0 for none."""
    word, token = words[index], tokens[index]
    if word in _OPERATOR and token.kind is Kind.OTHER:
        return _operator(tokens, index, new)
    if words[index : index + 2] == [":", ":"]:
        return 2 + _type(tokens, words, index + 2, new)
    if token.kind is Kind.PARAMETER and token.word[:1] == "$":
        new[index] = "x" * (token.stop - token.start)  # `in($1,$2)` begins a constant in dollar quotes to sqlglot
        return 1
    if dropped := _dropped(tokens, words, index):
        new.update(dict.fromkeys(dropped, ""))
        return dropped.stop - index
    for phrase, plain in _PLAIN.items():
        if tuple(words[index : index + len(phrase)]) == phrase:
            new.update({index + at: spelt for at, spelt in enumerate(plain)})
            return len(plain)
    if token.is_name and words[index + 1] == "(" and word in _FUNCTIONS and words[index - 1] not in _NO_CALL:
        new[index] = "x" * (token.stop - token.start)
        return 1
    if token.is_name and index + 1 < len(tokens) and tokens[index + 1].kind is Kind.STRING:
        if word and word not in _CONSTANT_BEFORE:
            new[index] = ""  # a constant of a type: polygon '((0,0))'
        return 1
    return _subscript(words, index, new)


_PLAIN: dict[tuple[str, ...], tuple[str, ...]] = {
    ("current", "of"): ("true", "", ""),
    ("collation", "for", "("): ("x", ""),
    ("varying",): ("",),  # bit varying
    ("only", "("): ("",),
}
"""Phrases that begin at a token, with what is written for its words."""


def _dropped(tokens: Sequence[Token], words: list[str], index: int) -> range:
    """The tokens of a clause here, or behind the list here, that no relation depends on; empty for none."""
    word = words[index]
    if word == "overriding" and words[index + 2] == "value":
        return range(index, index + 3)
    if word == "tablesample" and words[index + 2] == "(":
        stop = _closing(words, index + 2)
        if words[stop + 1] == "repeatable":
            stop = _closing(words, stop + 2)
        return range(index, stop + 1)
    if word in ("search", "cycle") and index and words[index - 1] == ")":
        return range(index, _cte_clause(tokens, words, index))
    if word == "using" and words[index + 1] == "(" and words[(stop := _closing(words, index + 1)) + 1] == "as":
        return range(stop + 1, stop + 3)  # JOIN b USING (a) AS x: x owns columns, and hides nothing
    return range(0)


def _cte_clause(tokens: Sequence[Token], words: list[str], index: int) -> int:
    """Where SEARCH or CYCLE of a recursive CTE ends."""
    stop = index
    while stop < len(tokens) and words[stop] not in ("select", "insert", "update", "delete", "merge", ")", ","):
        stop += 1 if words[stop] != "(" else _closing(words, stop) - stop + 1
        if words[stop] == "," and words[stop + 2] in (",", "set", "using"):
            stop += 1
    return stop


def _operator(tokens: Sequence[Token], index: int, new: dict[int, str]) -> int:
    stop = index + 1
    while stop < len(tokens) and tokens[stop].word in _OPERATOR and tokens[stop].start == tokens[stop - 1].stop:
        stop += 1
    if stop - index > 1 or tokens[index].word in "@#?|&`":
        new[index] = "+"
        new.update(dict.fromkeys(range(index + 1, stop), ""))
    return stop - index


def _type(tokens: Sequence[Token], words: list[str], index: int, new: dict[int, str]) -> int:
    """A cast's type: its name, its modifiers and brackets."""
    if index >= len(tokens) or not tokens[index].is_name:
        return 0
    stop = index + 1
    while words[stop] == "." or (words[stop - 1] == "." and stop < len(tokens)):
        stop += 1
    if stop - index > 1 or tokens[index].kind is Kind.QUOTED:
        return stop - index  # a schema's type: it may be a relation's
    if words[stop] in ("varying", "precision"):
        stop += 1
    if words[stop] == "(":
        stop = _closing(words, stop) + 1
    while words[stop] == "[":
        while words[stop] not in ("]", ""):
            stop += 1
        stop += 1
    width = tokens[index].stop - tokens[index].start
    if stop - index > 1 and width >= len("int"):  # a name alone may be a row type
        new.update(dict.fromkeys(range(index + 1, min(stop, len(tokens))), ""))
        new[index] = "text" if width >= len("text") else "int"
    return stop - index


def _subscript(words: list[str], index: int, new: dict[int, str]) -> int:
    """INSERT INTO t (a[1], b.c): what is behind the column."""
    if words[index] != "insert" or words[index + 1] != "into":
        return 0
    at = index + 3
    while words[at] == ".":
        at += 2
    if words[at:][:2] == ["as", words[at + 1]]:
        at += 2
    if words[at] != "(" or words[at + 1] in ("select", "with", "values"):
        return at - index
    stop = _closing(words, at)
    depth = 0
    for place in range(at + 1, stop):
        depth += (words[place] == "[") - (words[place] == "]")
        behind = words[place] in ("[", "]", ".") or words[place - 1] == "." or depth
        if behind:
            new[place] = ""
    return stop - index


def _closing(words: list[str], index: int) -> int:
    depth = 0
    for place in range(index, len(words)):
        depth += (words[place] == "(") - (words[place] == ")")
        if depth == 0:
            return place
    return len(words) - 4
