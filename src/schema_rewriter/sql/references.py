"""Who names a relation: the references of a statement, and the names whose meaning stays open.

Every name of interest in a statement ends up in one of three groups: a reference, something that only looks like
one (a column, an alias, a CTE ...), or an UnresolvedName. None is lost: what no tree accounts for is unresolved.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from schema_rewriter.relation import RESERVED, Relation
from schema_rewriter.sql import ctes, forms, kinds
from schema_rewriter.sql.arguments import arguments
from schema_rewriter.sql.bodies import routine, said, unread
from schema_rewriter.sql.clauses import clauses, row_type
from schema_rewriter.sql.constants import constants, values
from schema_rewriter.sql.form_references import form_references, new_index
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.names import EVERY, Named, NonReference, Reference, Role, UnresolvedName, may_name
from schema_rewriter.sql.parse import is_dynamic, is_dynamic_name, parse
from schema_rewriter.sql.plpgsql import plpgsql
from schema_rewriter.sql.search_path import may_be_set
from schema_rewriter.sql.statements import Row, Statement, statements
from schema_rewriter.sql.temporary import in_body
from schema_rewriter.sql.tree import TYPES, Reader
from schema_rewriter.words import BEFORE_COLUMNS, NAMES, NO_CLAUSES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.sql.lexer import Token
    from schema_rewriter.sql.rows import RowPlaces


def references(statement: Statement, text: str, names: Collection[str]) -> Iterator[Named]:
    """The references to relations of these (folded) names in one statement, and what is unclear about them."""
    for named in _named(statement, text, names):
        if isinstance(named, Reference) and not named.doubt and (sign := _GLUED.match(text, named.name.stop)):
            yield replace(
                named, doubt=f"no SQL has {sign[1]} right behind a relation's name: something may fill in more"
            )
        else:
            yield named


_GLUED = re.compile(r"([@#~?!^&`]|:(?!:)|%(?!(?:ROW)?TYPE\b))", re.IGNORECASE)
"""What marks a field of a template or macro (`users@s`, `users:suffix`), and follows no relation's name in SQL."""


def _named(statement: Statement | Row, text: str, names: Collection[str]) -> Iterator[Named]:
    if isinstance(statement, Row):
        yield from _row(statement.places, names)
        return
    if kinds.names_no_relation(statement):
        return
    body = routine(statement.tokens, text, names, {"sql": _sql, "plpgsql": _plpgsql})
    if body is not None:
        yield from body
        return
    yield from values(statement.tokens)
    yield from _glued(statement, names)
    if any(token.kind in (Kind.STRING, Kind.BODY) for token in statement.tokens):
        yield from constants(statement.tokens, text, names)
        yield from arguments(statement.tokens, text, names, _sql)
    if not _worth_parsing(statement, text, names):
        return
    if foreign := kinds.foreign(statement):
        for named in _references(statement, text, names):
            if isinstance(named, Reference):
                yield replace(named, doubt=named.doubt or foreign)
            elif isinstance(named, UnresolvedName) and foreign == kinds.NOT_OURS and named.code == "unparsed-sql":
                yield replace(named, code="other-dialect", reason=foreign)
            else:
                yield named
        return
    yield from _references(statement, text, names)


def _row(places: RowPlaces, names: Collection[str]) -> Iterator[Named]:
    """What an INSERT of constants says of relations of these names."""
    (name, span), schema = places.name, places.schema
    if name in names and (name not in RESERVED or span.stop - span.start > len(name)):
        yield Reference(span, Relation(schema[0] if schema else None, name), Role.WRITE, schema[1] if schema else None)
    if names is not EVERY:
        yield from (NonReference(place) for _, place in places.columns(names))


def _sql(text: str, names: Collection[str]) -> Iterator[Named]:
    """What the body of a routine in SQL says."""

    def found() -> Iterator[Named]:
        for statement in statements(text):
            if statement.tokens[0].word == "return" and len(statement.tokens) > 1:
                yield from _references(Statement(statement.tokens[1:]), text, names, "select ")
            else:
                yield from references(statement, text, names)

    yield from _doubted(found(), text)


def _plpgsql(text: str, names: Collection[str]) -> Iterator[Named]:
    def read(tokens: Sequence[Token], text: str, names: Collection[str], prefix: str) -> Iterator[Named]:
        statement = Statement(tuple(tokens))
        if not prefix:
            yield from references(statement, text, names)
        else:
            yield from constants(tokens, text, names)
            yield from arguments(tokens, text, names, _sql)
            if _worth_parsing(statement, text, names):
                yield from _references(statement, text, names, prefix)

    yield from _doubted(plpgsql(text, names, read), text)


def _glued(statement: Statement, names: Collection[str]) -> Iterator[UnresolvedName]:
    """The names with a field of a template behind them, where a relation's stands: `FROM events$suffix`."""
    for before, token in pairwise(statement.tokens):
        name, dollar, field = token.word.partition("$")
        if (
            dollar
            and field.isidentifier()
            and token.kind is Kind.NAME
            and name in names
            and before.word in (*NAMES, ".")
        ):
            reason = f"${field} may be a field of a template, which puts more to the name"
            yield UnresolvedName(token.span, "dynamic-relation", reason, Relation(None, ""))


def _doubted(found: Iterator[Named], text: str) -> Iterator[Named]:
    """What a body says, with doubt where it creates a temporary table of the name, or sets the search_path."""
    temporary = in_body(text)
    moved = may_be_set(text)
    for named in found:
        if moved and isinstance(named, Reference) and named.schema is None and named.role is not Role.OWNER:
            yield replace(named, doubt=named.doubt or "the body sets the search_path")
        elif isinstance(named, Reference) and named.schema is None and named.relation.name in temporary:
            yield replace(named, doubt=named.doubt or "the body creates a temporary table of that name")
        elif not (isinstance(named, UnresolvedName) and named.is_value and text[named.span.start] == "$"):
            yield named  # and not a routine's own parameter, which is a variable as any other


def _references(statement: Statement, text: str, names: Collection[str], prefix: str = "") -> Iterator[Named]:
    parsed = parse(statement, text, prefix)
    if parsed is None or kinds.is_opaque(parsed.tree, statement.tokens):
        form = None if statement.broken else forms.read(statement.tokens)
        if form is not None:
            yield from form_references(statement, names, form, lambda inner: references(inner, text, names))
        elif statement.broken or (statement.tokens[0].word in NO_CLAUSES and not prefix):
            yield from _mentions(statement, text, names)
        else:
            yield from clauses(statement.tokens, names, ctes.doubt(statement))
        return
    reader = Reader(statement, names, parsed.at, ctes.doubt(statement))
    found = [_guarded(named, statement.tokens) for named in reader.tables(parsed.tree)]
    found += new_index(statement, names)
    yield from found
    spans = [named.name if isinstance(named, Reference) else named.span for named in found]
    starts = {span.start for span in spans}
    for index, token in enumerate(statement.tokens):
        if not may_name(token, names) or token.start in starts:
            continue
        if any(span.covers(token.span) for span in spans):
            continue
        if token.start in reader.seen or token.word in TYPES or _is_called(statement.tokens, index):
            yield NonReference(token.span)
        else:
            yield row_type(statement.tokens, index) or _unparsed(token, "the parser does not tell what it names")


def _guarded(named: Named, tokens: Sequence[Token]) -> Named:
    """A reference, with doubt where a hole stands before the parenthesis that it stands in: it may be a column."""
    if not isinstance(named, Reference):
        return named
    start = named.schema.start if named.schema else named.name.start
    for index in range(2, len(tokens)):
        if tokens[index].start == start:
            if tokens[index - 1].word == "(" and is_dynamic(tokens[index - 2]):
                return replace(named, doubt=named.doubt or "what it is depends on the code before its parenthesis")
            break
    return named


def _is_called(tokens: Sequence[Token], index: int) -> bool:
    """Whether a name is that of a function, f(..), or of an argument, name => .. or name := .. ."""
    follow = "".join(token.word for token in tokens[index + 1 : index + 3])
    before = tokens[index - 1].word if index else ""
    return (follow.startswith("(") and before not in BEFORE_COLUMNS) or follow in ("=>", ":=")


def _worth_parsing(statement: Statement, text: str, names: Collection[str]) -> bool:
    return any(
        token.word in names
        or is_dynamic(token)
        or is_dynamic_name(token)
        or (token.kind in _QUOTES and next(said(text[token.start : token.stop], names), None))
        for token in statement.tokens
    )


_QUOTES = (Kind.STRING, Kind.BODY, Kind.BROKEN)


def _mentions(statement: Statement, text: str, names: Collection[str]) -> Iterator[UnresolvedName]:
    """Each place of a statement without a tree that says one of the names."""
    reason = "a quote or comment has no end" if statement.broken else "this statement could not be parsed"
    tokens = statement.tokens
    head = {token.word for token in tokens[:4]}
    if (made := _made(tokens)) is not None:
        yield UnresolvedName(
            made.span, "dynamic-relation", "only the running program knows what it is", Relation(None, "")
        )
    bodied = tokens[0].word in ("do", "prepare") or (tokens[0].word == "create" and bool(head & _ROUTINES))
    for index, token in enumerate(tokens):
        if may_name(token, names):
            if _owns(tokens, index) and any(
                other.word == token.word and other.is_name and not _owns(tokens, at) for at, other in enumerate(tokens)
            ):
                continue  # a column's owner: the relation itself is told
            qualified = index > 1 and tokens[index - 1].word == "." and tokens[index - 2].is_name
            schema = tokens[index - 2].word if qualified else None
            yield UnresolvedName(token.span, "unparsed-sql", reason, Relation(schema, token.word))
        elif token.kind in (Kind.BODY, Kind.BROKEN) or (token.kind is Kind.STRING and bodied):
            where = reason if token.kind is Kind.BROKEN else "it stands in a quoted body"
            yield from unread(token, text, names, where)


def unreadable(statement: Statement, names: Collection[str], reason: str) -> Iterator[UnresolvedName]:
    """Each of the names that a statement says which can't be read."""
    for index, token in enumerate(statement.tokens):
        if may_name(token, names):
            schema = statement.tokens[index - 2].word if index > 1 and statement.tokens[index - 1].word == "." else None
            yield UnresolvedName(token.span, "unparsed-sql", reason, Relation(schema, token.word))


def _made(tokens: Sequence[Token]) -> Token | None:
    """The hole for the name in CREATE {kind} {name}, ALTER and DROP likewise: it may be that of a table."""
    if tokens[0].word not in ("create", "alter", "drop") or len(tokens) < 3 or tokens[1].kind is not Kind.HOLE:
        return None
    at = 2
    while at < len(tokens) and tokens[at].word in ("if", "not", "exists"):
        at += 1
    holes = list(takewhile(lambda token: token.kind is Kind.HOLE, tokens[at:]))
    return holes[-1] if holes else None


def _owns(tokens: Sequence[Token], index: int) -> bool:
    return index + 1 < len(tokens) and tokens[index + 1].word == "."


_ROUTINES = {"function", "procedure"}  # what CREATE makes of a text that is SQL


def _unparsed(token: Token, reason: str) -> UnresolvedName:
    return UnresolvedName(token.span, "unparsed-sql", reason, Relation(None, token.word))
