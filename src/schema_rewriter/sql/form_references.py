"""The references of a statement that is read by its form (forms.py): what no tree of sqlglot's shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.relation import Relation
from schema_rewriter.sql.clauses import named
from schema_rewriter.sql.kinds import has_pair
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.names import EVERY, Named, NonReference, Reference, Role, UnresolvedName, may_name
from schema_rewriter.sql.signatures import is_built_in
from schema_rewriter.sql.statements import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from schema_rewriter.sql.forms import Form
    from schema_rewriter.sql.lexer import Token


def form_references(
    statement: Statement, names: Collection[str], form: Form, read: Callable[[Statement], Iterable[Named]]
) -> Iterator[Named]:
    """The references of a statement by its form; `read` tells those of the statements in it."""
    within = [named for start, stop in form.statements for named in read(Statement(statement.tokens[start:stop]))]
    own: list[Named] = [*new_index(statement, names), *_relations(statement, names, form)]
    own += _set_schema(statement, names, form)
    yield from (*within, *own)
    inner = {index for start, stop in form.statements for index in range(start, stop)}
    seen = {named.name.start for named in own if isinstance(named, Reference)}
    seen |= {parts[-1].start for parts in (*form.relations, *form.types)}
    taken = seen | {named.name.start for named in within if isinstance(named, Reference)}
    owners = list(_owners(statement.tokens, own, inner, taken))
    yield from owners
    seen |= {owner.name.start for owner in owners}
    yield from _others(statement.tokens, names, inner, seen)


def _relations(statement: Statement, names: Collection[str], form: Form) -> Iterator[Named]:
    """The relations and types that the form itself names."""
    moves = statement.tokens[0].word == "alter" and has_pair(statement.tokens, "set", "schema")
    doubt = "this statement moves it by itself" if moves else ""
    if statement.tokens[0].word == "set" and not any(_CONSTRAINT.search(parts[-1].word) for parts in form.relations):
        doubt = "a constraint has that name; whether its table moves is not known"
    roles = [_role(statement), *[Role.NAME] * len(form.relations)]
    types = [parts for parts in form.types if not is_built_in(parts)]
    for parts, role in (*zip(form.relations, roles, strict=False), *((parts, Role.TYPE) for parts in types)):
        if (found := named(parts, names, role, doubt)) is not None:
            yield found


def _set_schema(statement: Statement, names: Collection[str], form: Form) -> Iterator[UnresolvedName]:
    """The schema that ALTER .. SET SCHEMA brings a relation to: there it may be one that the rules move away."""
    tokens = statement.tokens
    for index in range(2, len(tokens)):
        moves = tokens[index - 2].word == "set" and tokens[index - 1].word == "schema" and tokens[index].is_name
        for parts in form.relations[:1] if moves and tokens[0].word == "alter" else ():
            if parts[-1].word in names:
                reason = "this statement brings it to where the rules move it away from"
                brought = Relation(tokens[index].word, parts[-1].word)
                yield UnresolvedName(tokens[index].span, "unparsed-sql", reason, brought)


def _owners(tokens: Sequence[Token], own: Iterable[Named], inner: set[int], taken: set[int]) -> Iterator[Reference]:
    """The owners of columns in a form's expressions, where they can mean nothing but a relation that the form names."""
    sources: dict[str, Reference] = {}
    for found in own:
        if isinstance(found, Reference) and found.role not in (Role.TYPE, Role.INDEX):
            sources.setdefault(found.relation.name, found)
    for index, token in enumerate(tokens[:-1]):
        if not token.is_name or token.word not in sources or token.start in taken:
            continue
        if index not in inner or not _is_exposed(tokens, inner, token.word):
            owner = _form_owner(tokens, index, sources[token.word])
            if owner is not None:
                yield owner


def _others(tokens: Sequence[Token], names: Collection[str], inner: set[int], seen: set[int]) -> Iterator[Named]:
    """What the form does not account for: behind FROM and JOIN it may be a relation, else it is none."""
    lists = tokens[0].word not in ("grant", "revoke", "import", "alter")
    for index, token in enumerate(tokens):
        if may_name(token, names) and index not in inner and token.start not in seen:
            if lists and index and tokens[index - 1].word in ("from", "join"):
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
            if may_name(token, names) and token.word != "on":
                yield Reference(token.span, Relation(None, token.word), Role.INDEX)
            return
