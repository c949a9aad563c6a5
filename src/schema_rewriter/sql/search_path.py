"""What sets the search_path in SQL: the only place that knows it.

Source: PostgreSQL manual, SET, ALTER ROLE, section 5.10. What sets it for connections,
outside of statements, is read in reading/path_settings.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.relation import split_identifier
from schema_rewriter.sql.lexer import Kind, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.sql.lexer import Token
    from schema_rewriter.sql.statements import Statement

Path = tuple[str, ...] | None
"""The schemas of a search_path, folded; None where only the running program knows one of them."""


@dataclass(frozen=True, slots=True)
class PathChange:
    """A statement that sets the search_path; `path` is None where only the running program knows it.

    `holder` is what keeps the path beyond the session (ALTER ROLE, DATABASE, SYSTEM, FUNCTION ..), "" for a session.
    `alone`: the text says nothing else, so what it means is for the statements that other texts send.
    """

    span: Span
    path: Path
    holder: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What a clause sets the search_path to. `local`: until the transaction ends; `default`: as it was at first."""

    path: Path
    local: bool = False
    default: bool = False


_DEFAULT = Setting(None, default=True)


def setting(statement: Statement, text: str) -> Setting | None:
    """What SET, RESET or DISCARD ALL, or set_config('search_path', ..), sets; None for any other statement."""
    words = [token.word for token in statement.tokens]
    if words[:2] in (["reset", "search_path"], ["reset", "all"], ["discard", "all"]):
        return _DEFAULT
    if words[0] == "set":
        at = 2 if words[1:2] in (["session"], ["local"]) else 1
        return _assigned(statement.tokens, at, text, local=words[1:2] == ["local"])
    return _configured(statement.tokens, words, text) if "set_config" in words else None


def _assigned(tokens: Sequence[Token], at: int, text: str, *, local: bool) -> Setting | None:
    """What `search_path TO ..` or its alias `SCHEMA ..` (with one schema) says from a token on, to the end."""
    words = [token.word for token in tokens[at : at + 3]]
    if words[:1] == ["schema"] and len(tokens) == at + 2:
        return Setting(_schemas([_written(tokens[-1], text)]), local)
    if words[:1] != ["search_path"] or words[1:2] not in (["to"], ["="]):
        return None
    if words[2:] == ["default"] and len(tokens) == at + 3:
        return Setting(None, local, default=True)
    return Setting(_schemas([_written(token, text) for token in tokens[at + 2 :] if token.word != ","]), local)


def _configured(tokens: Sequence[Token], words: Sequence[str], text: str) -> Setting | None:
    """What set_config('search_path', value, is_local) says."""
    at = words.index("set_config")
    arguments = tokens[at + 2 : at + 5]
    if len(arguments) < 3 or _written(arguments[0], text)[1:-1] != "search_path":
        return None
    if arguments[2].kind is not Kind.STRING:
        return Setting(None)
    return Setting(path_of(_written(arguments[2], text)[1:-1]), words[-2:-1] == ["true"])


_HOLDERS = frozenset("role user database system function procedure routine".split())


def kept(statement: Statement, text: str) -> PathChange | None:
    """What ALTER ROLE, DATABASE, SYSTEM or FUNCTION .. SET search_path says; None for any other statement."""
    words = [token.word for token in statement.tokens]
    if words[0] != "alter" or words[1:2] == [] or words[1] not in _HOLDERS:
        return None
    found = clause(statement.tokens, text)
    return None if found is None or found.default else PathChange(statement.span, found.path, words[1].upper())


def clause(tokens: Sequence[Token], text: str) -> Setting | None:
    """What the clause SET search_path of a longer statement says; None where there is none."""
    words = [token.word if token.kind is not Kind.QUOTED else "" for token in tokens]
    for at in range(len(words) - 3):
        if words[at : at + 2] == ["set", "search_path"] and words[at + 2] in ("to", "="):
            stop = at + 4
            while stop + 1 < len(words) and words[stop] == ",":
                stop += 2
            if stop < len(tokens) and tokens[stop].start == tokens[stop - 1].stop and words[stop] not in (";", ")"):
                return Setting(None)  # code of the host touches the name
            return _assigned(tokens[at + 1 : stop], 0, text, local=False)
    return None


def may_be_set(text: str) -> bool:
    """Whether a body says search_path, in a statement or a constant, but to ask for it: then it may set it."""
    if "search_path" not in text.lower():
        return False
    before: list[str] = ["", ""]
    for token in tokens(text):
        said = token.word if token.is_name else _written(token, text).lower()
        quoted = token.kind in (Kind.STRING, Kind.BODY, Kind.BROKEN) and "search_path" in said
        says = quoted or (token.is_name and said == "search_path")
        if says and before[-1] != "show" and before[-2:] != ["current_setting", "("]:
            return True
        before.append(token.word)
    return False


def path_of(listed: str) -> Path:
    """The schemas of a search_path as a setting spells it: `a, "B"`; None if one of them is not written out."""
    return _schemas([part.strip() for part in listed.split(",") if part.strip()])


def _schemas(written: list[str]) -> Path:
    """The schemas of a search_path's list, folded; None if one of them is not written out."""
    schemas: list[str] = []
    for part in written:
        if part.startswith("'"):
            schemas.append(part[1:-1].replace("''", "'"))
        elif (name := split_identifier(part)) and len(name) == 1:
            schemas.append(name[0])
        else:
            return None
    return tuple(schemas)


def _written(token: Token, text: str) -> str:
    return text[token.start : token.stop]
