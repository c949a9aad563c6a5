"""Routines: the types in their heads and the SQL in their bodies, quoted or not; knows the clauses of CREATE FUNCTION.

Source: PostgreSQL manual, CREATE FUNCTION, CREATE PROCEDURE, DO. The language decides how a body is read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import Relation
from schema_rewriter.sql.constants import constants
from schema_rewriter.sql.lexer import Kind, Token
from schema_rewriter.sql.names import Named, NonReference, Reference, Role, UnresolvedName, may_name
from schema_rewriter.sql.quoted import Inner, inner
from schema_rewriter.sql.search_path import clause
from schema_rewriter.sql.signatures import is_built_in, type_names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    Reader = Callable[[str, Collection[str]], Iterator[Named]]
    """Reads a text of one language: its text and the names of interest."""


def types(words: Sequence[Token], names: Collection[str]) -> Iterator[Named]:
    """The row types in a list of arguments, columns or results."""
    for parts in type_names(words):
        if parts[-1].word in names and not is_built_in(parts):
            schema = parts[-2] if len(parts) > 1 else None
            relation = Relation(schema.word if schema else None, parts[-1].word)
            yield Reference(parts[-1].span, relation, Role.TYPE, schema.span if schema else None)


def routine(
    statement: Sequence[Token], text: str, names: Collection[str], languages: dict[str, Reader]
) -> Iterator[Named] | None:
    """What CREATE FUNCTION, CREATE PROCEDURE or DO says; None for a statement that is none of these."""
    words = [token.word if token.kind is not Kind.QUOTED else "" for token in statement]
    if words[0] == "do":
        return _bodies(statement, words, text, names, languages, _language(statement, words, text, "plpgsql"))
    at = 3 if words[1:3] == ["or", "replace"] else 1
    if words[0] == "create" and words[at : at + 1] in (["function"], ["procedure"]):
        return _routine(statement, words, at + 1, text, names, languages)
    if words[0] == "create" and words[1:2] == ["type"]:
        start = words.index("(") + 1 if "(" in words else len(words)
        return _told(statement, list(types(statement[start:], names)), names)
    if words[0] in ("drop", "alter") and words[1:2] in (["function"], ["procedure"], ["aggregate"], ["routine"]):
        return _signature(statement, words, names)
    return None


def _signature(statement: Sequence[Token], words: list[str], names: Collection[str]) -> Iterator[Named]:
    opening = words.index("(") if "(" in words else len(words)
    yield from _told(statement, list(types(statement[opening + 1 :], names)), names)


def _routine(
    statement: Sequence[Token],
    words: list[str],
    at: int,
    text: str,
    names: Collection[str],
    languages: dict[str, Reader],
) -> Iterator[Named]:
    body = _body(statement, words, at)
    if body is None or ("begin" in words[at:body] and words[body] != "atomic"):
        yield from _foreign(statement, names)
        return
    head = [token for token in statement[at:body] if token.kind is not Kind.STRING]
    opening = next((index for index, token in enumerate(head) if token.word == "("), len(head))
    found = [*types(head[opening + 1 :], names), *constants(statement[at:body], text, names)]
    block = _unquoted(statement, words, body, text)
    found += [block.lift(named) for named in languages["sql"](block.text, names)] if block else []
    found += _bodies(statement, words, text, names, languages, _language(statement, words, text, "sql"))
    path = clause(statement, text)
    for named in _told(statement, found, names):
        if path is None or path.default or not isinstance(named, Reference) or named.schema is not None:
            yield named
        elif path.path is None:
            yield replace(named, doubt=named.doubt or "it sets the search_path to what only the program knows")
        else:
            yield replace(named, search_path=path.path if named.search_path is None else named.search_path)


def _body(statement: Sequence[Token], words: list[str], at: int) -> int | None:
    """Where the body of a routine begins: a constant, SQL, or what the running program puts in; None without one."""
    for index, token in enumerate(statement[at:], at):
        filled = token.kind in (Kind.HOLE, Kind.PARAMETER) and (words[index - 1] == "as" or index == len(words) - 1)
        if filled or (words[index] in ("atomic", "return") and index > at) or _is_body(words, index, token):
            return index
    return None


def _foreign(statement: Sequence[Token], names: Collection[str]) -> Iterator[UnresolvedName]:
    """The names in a routine whose body is none of PostgreSQL's: MySQL's `BEGIN .. END`, of which this is the start."""
    reason = "PostgreSQL takes no routine with such a body"
    for index, token in enumerate(statement):
        if may_name(token, names):
            owner = statement[index - 2] if index > 1 and statement[index - 1].word == "." else None
            yield UnresolvedName(
                token.span, "unparsed-sql", reason, Relation(owner.word if owner else None, token.word)
            )


def _unquoted(statement: Sequence[Token], words: list[str], body: int, text: str) -> Inner | None:
    """The body of a routine that is no constant: BEGIN ATOMIC .. END, or RETURN and an expression."""
    if body >= len(words) or words[body] not in ("atomic", "return"):
        return None
    atomic = words[body] == "atomic"
    start = statement[body].stop if atomic else statement[body].start
    stop = statement[-1].start if atomic else statement[-1].stop
    return Inner(text[start:stop], range(start, stop + 1))


def _is_body(words: list[str], index: int, token: Token) -> bool:
    if token.kind not in (Kind.BODY, Kind.STRING):
        return False
    before = words[index - 1] if index else ""
    return before != "language" if words[0] == "do" else before == "as"


def _language(statement: Sequence[Token], words: list[str], text: str, default: str) -> str:
    """The language that a routine names, or the default: PL/pgSQL for DO, else SQL (then its body is no constant)."""
    for index, word in enumerate(words[:-1]):
        token = statement[index + 1]
        if word == "language" and (token.kind is Kind.STRING or token.is_name) and token.word != "as":
            return text[token.start + 1 : token.stop - 1].lower() if token.kind is Kind.STRING else token.word
    return default


def _bodies(
    statement: Sequence[Token],
    words: list[str],
    text: str,
    names: Collection[str],
    languages: dict[str, Reader],
    language: str,
) -> Iterator[Named]:
    for index, token in enumerate(statement):
        if _is_body(words, index, token):
            content = inner(token, text)
            if content is not None and language in languages:
                for named in languages[language](content.text, names):
                    yield content.lift(named)
            elif language not in ("c", "internal"):
                yield from unread(token, text, names, f"it stands in a body in {language}")


_WORD = re.compile(r"(?:([^\W\d][\w$]*)\s*\.\s*)?([^\W\d][\w$]*)")


def said(text: str, names: Collection[str]) -> Iterator[tuple[Span, Relation]]:
    """Where a text that is not read as SQL says one of the names, and with which schema."""
    for found in _WORD.finditer(text):
        if found[2].lower() in names:
            yield Span(*found.span(2)), Relation(found[1].lower() if found[1] else None, found[2].lower())


def unread(token: Token, text: str, names: Collection[str], reason: str) -> Iterator[UnresolvedName]:
    """The names that a constant says, for a person to look at."""
    for span, relation in said(text[token.start : token.stop], names):
        yield UnresolvedName(Span(token.start + span.start, token.start + span.stop), "unparsed-sql", reason, relation)


def _told(statement: Sequence[Token], found: list[Named], names: Collection[str]) -> Iterator[Named]:
    """What was found, and a bystander for each token of one of the names that was not."""
    yield from found
    starts = {named.name.start for named in found if isinstance(named, Reference)}
    for token in statement:
        if may_name(token, names) and token.start not in starts:
            yield NonReference(token.span)
