"""Temporary tables: which statements make them, and how long they live. Knows tokens, and no tree.

Source: PostgreSQL manual, CREATE TABLE ("ON COMMIT"), DISCARD. A temporary table hides a relation of its name that is
named without a schema.
"""

from __future__ import annotations

import enum
import re
from itertools import islice
from typing import TYPE_CHECKING

from schema_rewriter.sql.lexer import Kind, mask, tokens
from schema_rewriter.sql.parse import is_dynamic, is_dynamic_name
from schema_rewriter.sql.quoted import inner
from schema_rewriter.sql.statements import Row, statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.sql.lexer import Token
    from schema_rewriter.sql.statements import Statement


class Life(enum.Enum):
    """How long a temporary table lives: to the end of its session, or of its transaction, or it may not be made."""

    SESSION = "session"
    TRANSACTION = "transaction"
    UNSURE = "unsure"


def created(statement: Statement, text: str) -> dict[str, Life]:
    """The temporary tables (views, sequences) that a statement makes; what a body makes is made when it is run."""
    if isinstance(statement, Row):
        return {}
    found = _named(statement.tokens)
    if statement.has_body:
        found |= dict.fromkeys(_quoted(statement.tokens, text), Life.UNSURE)
    return found


def in_body(text: str) -> frozenset[str]:
    """The temporary tables that a body makes, by its statements and by strings that it executes."""
    if "temp" not in text.lower():
        return frozenset()
    found = list(tokens(text))
    return frozenset((*_named(found), *_quoted(found, text)))


def temporary(text: str, holes: Sequence[Span] = (), *, script: bool = False) -> frozenset[str]:
    """The names of the temporary tables that a text makes for sure."""
    if "temp" not in text.lower():
        return frozenset()
    masked = mask(text, holes)
    return frozenset(
        name
        for each in statements(masked, script=script)
        for name, life in created(each, masked).items()
        if life is not Life.UNSURE
    )


def said_temporary(text: str, holes: Sequence[Span] = (), *, script: bool = False) -> frozenset[str]:
    """The names of the temporary tables that a text says it makes, if only in a body that it runs or defines."""
    if "temp" not in text.lower():
        return frozenset()
    masked = mask(text, holes)
    found: set[str] = set()
    for each in statements(masked, script=script):
        if not isinstance(each, Row):
            found |= _named(each.tokens, dynamic=False).keys()
            found.update(_quoted(each.tokens, masked) if each.has_body else ())
    return frozenset(found)


def temporary_holes(text: str, holes: Sequence[Span]) -> frozenset[Span]:
    """The holes of a text that are all of the name of a temporary table which it makes."""
    if "temp" not in text.lower():
        return frozenset()
    each = (one for one in statements(mask(text, holes)) if not isinstance(one, Row))
    made = {token.span for one in each for token, _ in _made(one.tokens) if _is_whole_hole(token, text)}
    return frozenset(hole for hole in holes if any(span.covers(hole) for span in made))


def _is_whole_hole(token: Token, text: str) -> bool:
    """Whether a token is a hole, in double quotes or not."""
    return token.kind is Kind.HOLE or is_dynamic_name(token)


def _quoted(found: Sequence[Token], text: str) -> Iterator[str]:
    """What the bodies and strings among some tokens make; of a string without the name, any other string may be it."""
    for token in found:
        if token.kind in (Kind.STRING, Kind.BODY) and "temp" in token.word.lower():
            content = inner(token, text)
            yield from in_body(content.text) if content is not None else ()
            if content is not None and _OPEN.search(content.text):
                every = (inner(one, text) for one in found if one.kind is Kind.STRING)
                yield from (one.text for one in every if one is not None and one.text.isidentifier())


_OPEN = re.compile(
    r'\btemp(?:orary)?\s+(?:(?:table|view|sequence)\s+)?(?:if\s+not\s+exists\s+)?"?(?:%|\Z)', re.IGNORECASE
)

_BEFORE = frozenset("create local global replace into".split())
_GOES_ON = frozenset("as on with using partition tablespace".split())
_BEHIND = frozenset("recursive table view if not exists sequence unlogged".split())


def _named(found: Sequence[Token], *, dynamic: bool = True) -> dict[str, Life]:
    """The names of `_made`, with how long they live; with `dynamic`, code before TABLE may be TEMP, too."""
    names = {token.word: life for token, life in _made(found) if token.is_name}
    for at, token in enumerate(found) if dynamic else ():
        if token.word in ("table", "view") and at > 1 and is_dynamic(found[at - 1]) and found[at - 2].word in _BEFORE:
            rest = (token for token in found[at + 1 :] if token.is_name and token.word not in _BEHIND)
            names |= {token.word: Life.UNSURE for token in islice(rest, 1)}
    return names


def _made(found: Sequence[Token]) -> Iterator[tuple[Token, Life]]:
    """The names, or holes, behind CREATE TEMP .., SELECT INTO TEMP and CREATE .. pg_temp, with how long they live."""
    words = [token.word for token in found]
    for at, word in enumerate(words):
        if word in ("temp", "temporary") and at and words[at - 1] in _BEFORE:
            rest = (token for token in found[at + 1 :] if token.word not in _BEHIND)
            name = next(rest, None)
        elif word == "pg_temp" and words[at + 1 : at + 2] == ["."] and _creates(words[:at]):
            name = next(iter(found[at + 2 : at + 3]), None)
        else:
            continue
        life = Life.TRANSACTION if _until_commit(words[at:]) else Life.SESSION
        if name is not None and (name.is_name or is_dynamic(name)):
            yield name, life
        if name is not None and is_dynamic(name):  # code may be TABLE, too
            behind = found[found.index(name) + 1 :][:1]
            yield from ((token, Life.UNSURE) for token in behind if token.is_name and token.word not in _GOES_ON)


def _creates(before: Sequence[str]) -> bool:
    """Whether words end as CREATE TABLE [IF NOT EXISTS] does, or CREATE VIEW."""
    at = len(before) - 1
    while at >= 0 and before[at] in _BEHIND:
        at -= 1
    return at >= 0 and at < len(before) - 1 and before[at] in ("create", "replace")


def _until_commit(words: Sequence[str]) -> bool:
    """Whether ON COMMIT DROP stands before the statement's end."""
    end = words.index(";") if ";" in words else len(words)
    return ("on", "commit", "drop") in zip(words[:end], words[1:end], words[2:end], strict=False)
