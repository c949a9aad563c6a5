"""Schemas that statements name by themselves: predicates of catalog queries, and commands on all of a schema.

Source: PostgreSQL manual, chapters 37 (information schema) and 54 (system views); GRANT, ALTER DEFAULT PRIVILEGES,
CREATE PUBLICATION. Knows tokens only, and no rule: what a schema literal means for a move is judged elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.quoted import inner
from schema_rewriter.sql.statements import Statement, statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.sql.lexer import Token

_SCHEMA_COLUMNS = frozenset(
    """table_schema schemaname nspname sequence_schema event_object_schema view_schema foreign_table_schema
    constraint_schema tg_table_schema""".split()
)
_NAME_COLUMNS = frozenset(
    """table_name tablename relname viewname matviewname sequencename sequence_name event_object_table view_name
    foreign_table_name indexname tg_table_name tg_relname""".split()
)
_CATALOGS = frozenset(
    """pg_class pg_tables pg_views pg_matviews pg_indexes pg_sequences pg_policies pg_rules pg_stats
    pg_publication_tables
    pg_constraint pg_trigger pg_index pg_attribute tables columns views sequences table_constraints key_column_usage
    constraint_column_usage constraint_table_usage referential_constraints table_privileges column_privileges
    role_table_grants triggers view_table_usage view_column_usage foreign_tables pg_stat_user_tables
    pg_stat_all_tables pg_stat_user_indexes pg_stat_all_indexes pg_statio_user_tables pg_statio_all_tables
    pg_stat_xact_user_tables pg_statio_user_indexes pg_statio_user_sequences tg_table_schema""".split()
)
"""What tells of relations; schemas of functions and types are none of ours."""

_LOOKED_UP = frozenset("current_schema current_schemas pg_table_is_visible search_path".split())
"""What makes a schema depend on the session."""

WHOLE = {
    "all": "it reaches the relations of this schema only",
    "default": "it holds for relations made in this schema only",
    "publication": "it publishes the tables of this schema only",
    "usage": "who uses the relations that move needs the new schema too",
    "drop": "it no longer drops what moves",
    "reindex": "it reaches the relations of this schema only",
    "import": "it makes the tables in this schema",
}
"""What a command on all of a schema means for relations that leave it."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant, or a bare name, that says a schema or a relation: `word` folded as PostgreSQL compares it."""

    word: str
    span: Span


@dataclass(frozen=True, slots=True)
class SchemaUse:
    """A statement that names schemas by themselves; spans in characters of the text.

    `command` is a key of WHOLE, or "" for a query of the catalog. `names` are the relations that a query asks for,
    `closed` tells that these are all. `looked_up`: the schema is what the session says.
    """

    span: Span
    command: str
    schemas: tuple[Literal, ...]
    names: tuple[Literal, ...] = ()
    closed: bool = True
    looked_up: bool = False


def schema_uses(statement: Statement, text: str) -> Iterator[SchemaUse]:
    """The schemas that a statement, or those in its bodies, name by themselves."""
    words = [token.word if token.kind is Kind.NAME else "" for token in statement.tokens]
    if command := _command(words):
        named = _schemas(statement.tokens, words)
        if named:
            yield SchemaUse(statement.span, command, named)
        return
    if words[0] in ("create", "do", "alter"):
        for token in statement.tokens:
            content = inner(token, text) if token.kind in (Kind.BODY, Kind.STRING) else None
            if content is None or not any(column in content.text.lower() for column in _TELLING):
                continue
            for each in statements(content.text):
                for use in schema_uses(each, content.text):
                    yield _lifted(use, content.offsets)
    if (query := _query(statement, words, text)) is not None:
        yield query


_TELLING = _SCHEMA_COLUMNS | _NAME_COLUMNS | {"schema"}


def _lifted(use: SchemaUse, offsets: Sequence[int]) -> SchemaUse:
    """A use within a body, in characters of the text around it."""

    def lifted(span: Span) -> Span:
        return Span(offsets[span.start], offsets[span.stop])

    schemas = tuple(Literal(each.word, lifted(each.span)) for each in use.schemas)
    names = tuple(Literal(each.word, lifted(each.span)) for each in use.names)
    return replace(use, span=lifted(use.span), schemas=schemas, names=names)


def _command(words: Sequence[str]) -> str:
    """What kind of command on all of a schema a statement is; "" if it is none."""
    if "schema" not in words:
        return ""
    at = words.index("schema")
    before = words[max(0, at - 3) : at]
    if words[0] in ("grant", "revoke") and before[-1:] == ["in"] and set(before) & {"tables", "sequences"}:
        return "all"
    if words[0] == "grant" and before[-1:] == ["on"] and {"usage", "all"} & set(words[:at]):
        return "usage"
    if words[:3] == ["alter", "default", "privileges"] and {"tables", "sequences"} & set(words):
        return "default"
    if words[1:2] == ["publication"] and before[-2:] == ["tables", "in"]:
        return "publication"
    if words[:2] == ["drop", "schema"]:
        return "drop"
    if words[0] == "reindex":
        return "reindex"
    if words[:3] == ["import", "foreign", "schema"] and "into" in words:
        return "import"
    return ""


def _schemas(tokens: Sequence[Token], words: Sequence[str]) -> tuple[Literal, ...]:
    """The schemas behind the word SCHEMA, whatever stands between them and it; of an import the one behind INTO."""
    at = words.index("into" if words[0] == "import" else "schema") + 1
    found: list[Literal] = []
    while at < len(tokens):
        if words[at] in ("if", "exists", "concurrently"):
            at += 1
            continue
        if not tokens[at].is_name:
            break
        found.append(Literal(tokens[at].word, tokens[at].span))
        if at + 1 >= len(tokens) or tokens[at + 1].word != ",":
            break
        at += 2
    return tuple(found)


def _query(statement: Statement, words: Sequence[str], text: str) -> SchemaUse | None:
    """What the predicates of a catalog query ask for."""
    if not _CATALOGS.intersection(words):
        return None
    schemas: list[Literal] = []
    names: list[Literal] = []
    told = closed = True
    for index, word in enumerate(words):
        if word not in _SCHEMA_COLUMNS and word not in _NAME_COLUMNS:
            continue
        asked = _asked(statement.tokens, index, text)
        if asked is None:
            continue
        literals, exact = asked
        if word in _SCHEMA_COLUMNS:
            told = told and exact
            schemas += literals
        else:
            closed = closed and exact and bool(literals)
            names += literals
    looked_up = not schemas and bool(_LOOKED_UP.intersection(words))
    if not schemas and not (looked_up and names):
        return None
    return SchemaUse(statement.span, "", tuple(schemas), tuple(names), closed and told, looked_up)


def _asked(tokens: Sequence[Token], index: int, text: str) -> tuple[list[Literal], bool] | None:
    """The constants that a column at a token is compared with, and whether it is one of them; None if it is with none.

    Not exact are LIKE and patterns, what is not equal, and what only the running program knows.
    """
    after = [token.word for token in tokens[index + 1 : index + 7]]
    start = index
    while start > 1 and tokens[start - 1].word == ".":
        start -= 2
    if after[:3] == [":", ":", "text"]:
        index, after = index + 3, after[3:]
    if after[:1] == ["="]:
        at = index + 2
        if after[1:3] == ["any", "("] or after[1:3] == ["some", "("]:
            at += 2
        return _constants(tokens, at, text), _is_constant(tokens, at)
    if after[:2] == ["in", "("]:
        return _constants(tokens, index + 3, text), _is_constant(tokens, index + 3)
    if after[:1] in (["like"], ["ilike"], ["~"], ["similar"]) or after[:2] in (["<", ">"], ["!", "="], ["not", "in"]):
        return [], False
    if start > 1 and tokens[start - 1].word == "=" and tokens[start - 2].kind is Kind.STRING:
        return _constants(tokens, start - 2, text)[:1], True
    if after[:2] == ["not", "like"]:
        return [], False
    return None


def _is_constant(tokens: Sequence[Token], at: int) -> bool:
    at += sum(token.word in ("array", "[", "(") for token in tokens[at : at + 2])
    return at < len(tokens) and tokens[at].kind is Kind.STRING


def _constants(tokens: Sequence[Token], at: int, text: str) -> list[Literal]:
    """The string constants from a token on, in a list or alone."""
    found: list[Literal] = []
    while at < len(tokens) and (tokens[at].word in ("array", "[", "(", ",") or tokens[at].kind is Kind.STRING):
        token = tokens[at]
        if token.kind is Kind.STRING and text[token.start] == "'":
            span = Span(token.start + 1, token.stop - 1)
            found.append(Literal(text[span.start : span.stop], span))
            if at + 1 < len(tokens) and tokens[at + 1].word != ",":
                break
        at += 1
    return found
