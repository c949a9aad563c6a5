"""The references of a statement that is read by its form (forms.py): what no tree of sqlglot's shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.relation import Relation
from schema_rewriter.sql.clauses import named
from schema_rewriter.sql.kinds import has_pair
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.names import EVERY, Named, NonReference, Reference, Role, UnresolvedName
from schema_rewriter.sql.statements import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from schema_rewriter.sql.forms import Form
    from schema_rewriter.sql.lexer import Token


def formed(
    statement: Statement, names: Collection[str], form: Form, read: Callable[[Statement], Iterable[Named]]
) -> Iterator[Named]:
    """The references of a statement by its form; `read` tells those of the statements in it."""
    moves = statement.tokens[0].word == "alter" and has_pair(statement.tokens, "set", "schema")
    doubt = "this statement moves it by itself" if moves else ""
    if statement.tokens[0].word == "set" and not any(_CONSTRAINT.search(parts[-1].word) for parts in form.relations):
        doubt = "a constraint has that name; whether its table moves is not known"
    inner: set[int] = set()
    owners: set[int] = set()
    for start, stop in form.statements:
        for within in read(Statement(statement.tokens[start:stop])):
            owners.update({within.name.start} if isinstance(within, Reference) else ())
            yield within
        inner.update(range(start, stop))
    told: set[int] = set()
    sources: dict[str, Reference] = {}
    for index_name in new_index(statement, names):
        told.add(index_name.name.start)
        yield index_name
    roles = [_role(statement), *[Role.NAME] * len(form.relations)]
    told_roles = [*zip(form.relations, roles, strict=False), *((parts, Role.TYPE) for parts in form.types)]
    for parts, role in told_roles:
        told.add(parts[-1].start)
        if (found := named(parts, names, role, doubt)) is not None:
            if isinstance(found, Reference) and role is not Role.TYPE:
                sources.setdefault(found.relation.name, found)
            yield found
    for index, token in enumerate(statement.tokens[:-1]):
        if not token.is_name or token.word not in sources or token.start in told or token.start in owners:
            continue
        if index not in inner or not _is_exposed(statement.tokens, inner, token.word):
            owner = _form_owner(statement.tokens, index, sources[token.word])
            if owner is not None:
                told.add(token.start)
                yield owner
    lists = statement.tokens[0].word not in ("grant", "revoke", "import", "alter")
    for index, token in enumerate(statement.tokens):
        if token.is_name and token.word in names and index not in inner and token.start not in told:
            if lists and index and statement.tokens[index - 1].word in ("from", "join"):
                reason = "the form of this statement does not tell what it names"
                yield UnresolvedName(token.span, "unparsed-sql", reason, Relation(None, token.word))
            else:
                yield NonReference(token.span)


def _is_exposed(tokens: Sequence[Token], inner: set[int], word: str) -> bool:
    """Whether the statements within a form may have a source of that name themselves."""
    return any(tokens[at].word == word and not (at + 1 < len(tokens) and tokens[at + 1].word == ".") for at in inner)


def _form_owner(tokens: Sequence[Token], index: int, source: Reference) -> Reference | None:
    """The owner of a column, where a form's expression names its relation: `events.kind`, `public.events.kind`."""
    token = tokens[index]
    if tokens[index + 1].word != "." or (index + 3 < len(tokens) and tokens[index + 3].word == "("):
        return None
    if index < 2 or tokens[index - 1].word != ".":
        return Reference(token.span, source.relation, Role.OWNER, None, source=source.name)
    schema = tokens[index - 2]
    if not schema.is_name or (index > 2 and tokens[index - 3].word == "."):
        return None
    return Reference(token.span, Relation(schema.word, token.word), Role.COLUMN, schema.span)


_CONSTRAINT = re.compile(r"^fk|_(?:key|pkey|fkey|fk|excl|uq|unique)\d*$")
"""The ends of names that the server gives to constraints."""


_KINDS = {"or", "replace", "unlogged", "recursive", "materialized", "foreign"}  # words before what is made or dropped


def _role(statement: Statement) -> Role:
    """What a statement that is read by its form does with the first relation it names."""
    words = statement.words(8)
    head = words[0] if words else ""
    if head in ("truncate", "lock", "refresh", "copy"):
        if head == "copy":
            return Role.READ if any(token.word == "to" for token in statement.tokens) else Role.WRITE
        return Role.NAME if head == "lock" else Role.WRITE
    if head in ("create", "drop"):
        kind = next((word for word in words[1:] if word not in _KINDS), "")
        if kind in ("table", "view", "sequence"):
            return Role.DEFINE if head == "create" else Role.DROP
    return Role.NAME


def new_index(statement: Statement, names: Collection[str]) -> Iterator[Reference]:
    """The name that CREATE INDEX gives, where the rules rename it; all names are not asked for it."""
    words = statement.words(8)
    if names is EVERY or words[:1] != ("create",) or "index" not in words[1:3]:
        return
    for token in statement.tokens[words.index("index") + 1 :]:
        if token.kind is not Kind.NAME or token.word not in ("concurrently", "if", "not", "exists"):
            if token.is_name and token.word in names and token.word != "on":
                yield Reference(token.span, Relation(None, token.word), Role.INDEX)
            return
