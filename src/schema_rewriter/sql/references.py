"""Who names a relation: the references of a statement, and the names whose meaning stays open.

Every name of interest in a statement ends up in one of three groups: a reference, something that only looks like
one (a column, an alias, a CTE ...), or an Unclear. None is lost: names that no tree accounts for are Unclear.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import RESERVED, Relation
from schema_rewriter.sql import forms
from schema_rewriter.sql.bodies import routine, said, unread
from schema_rewriter.sql.clauses import QUERY, clauses, row_type
from schema_rewriter.sql.constants import constants
from schema_rewriter.sql.lexer import Kind, tokens
from schema_rewriter.sql.names import EVERY, Bystander, Named, Reference, Role, Unclear
from schema_rewriter.sql.parse import is_dynamic, is_dynamic_name, parse
from schema_rewriter.sql.plpgsql import plpgsql
from schema_rewriter.sql.statements import Row, Statement, gives_temporary, statements
from schema_rewriter.sql.tree import TYPES, Reader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlglot import exp

    from schema_rewriter.sql.lexer import Token
    from schema_rewriter.sql.rows import RowPlaces


def references(statement: Statement, text: str, names: Collection[str]) -> Iterator[Named]:
    """The references to relations of these (folded) names in one statement, and what is unclear about them."""
    if isinstance(statement, Row):
        yield from _row(statement.places, names)
        return
    if _names_no_relation(statement):
        return
    body = routine(statement.tokens, text, names, {"sql": _sql, "plpgsql": _plpgsql})
    if body is not None:
        yield from body
        return
    if any(token.kind is Kind.STRING for token in statement.tokens):
        yield from constants(statement.tokens, text, names)
    if not _worth_parsing(statement, text, names):
        return
    if foreign := _foreign(statement):
        for named in _references(statement, text, names):
            if isinstance(named, Reference):
                yield replace(named, doubt=named.doubt or foreign)
            elif isinstance(named, Unclear) and foreign == NOT_OURS and named.code == "unparsed-sql":
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
        yield from (Bystander(place) for _, place in places.columns(names))


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
            if _worth_parsing(statement, text, names):
                yield from _references(statement, text, names, prefix)

    yield from _doubted(plpgsql(text, names, read), text)


def _sets_path(text: str) -> bool:
    """Whether a body says search_path, in a statement or a constant, but to ask for it: then it may set it."""
    if "search_path" not in text.lower():
        return False
    before: list[str] = ["", ""]
    for token in tokens(text):
        said_by = token.word if token.is_name else text[token.start : token.stop].lower()
        quoted = token.kind in _QUOTES and "search_path" in said_by
        says = quoted or (token.is_name and said_by == "search_path")
        if says and before[-1] != "show" and before[-2:] != ["current_setting", "("]:
            return True
        before.append(token.word)
    return False


def _doubted(found: Iterator[Named], text: str) -> Iterator[Named]:
    """What a body says, with doubt where it creates a temporary table of the name, or sets the search_path."""
    temporary = {name for statement in statements(text) for name in gives_temporary(statement)}
    moved = _sets_path(text)
    for named in found:
        if moved and isinstance(named, Reference) and named.schema is None and named.role is not Role.OWNER:
            yield replace(named, doubt=named.doubt or "the body sets the search_path")
        elif isinstance(named, Reference) and named.schema is None and named.relation.name in temporary:
            yield replace(named, doubt=named.doubt or "the body creates a temporary table of that name")
        else:
            yield named


def _references(statement: Statement, text: str, names: Collection[str], prefix: str = "") -> Iterator[Named]:
    parsed = parse(statement, text, prefix)
    if parsed is None or _is_opaque(parsed.tree, statement.tokens):
        form = None if statement.broken else forms.read(statement.tokens)
        if form is not None:
            yield from _formed(statement, text, names, form)
        elif statement.broken or (statement.tokens[0].word in _COMMANDS and not prefix):
            yield from _mentions(statement, text, names)
        else:
            yield from clauses(statement.tokens, names, _doubt(statement))
        return
    reader = Reader(statement, names, parsed.at, _doubt(statement))
    found = [_guarded(named, statement.tokens) for named in reader.tables(parsed.tree)]
    found += _new_index(statement, names)
    yield from found
    spans = [named.name if isinstance(named, Reference) else named.span for named in found]
    starts = {span.start for span in spans}
    for index, token in enumerate(statement.tokens):
        if not token.is_name or token.word not in names or token.start in starts:
            continue
        if any(span.covers(token.span) for span in spans):
            continue
        if token.start in reader.seen or token.word in TYPES or _is_called(statement.tokens, index):
            yield Bystander(token.span)
        else:
            yield row_type(statement.tokens, index) or _unparsed(token, "the parser does not tell what it names")


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


def _new_index(statement: Statement, names: Collection[str]) -> Iterator[Reference]:
    """The name that CREATE INDEX gives, where the rules rename it; all names are not asked for it."""
    words = statement.words(8)
    if names is EVERY or words[:1] != ("create",) or "index" not in words[1:3]:
        return
    for token in statement.tokens[words.index("index") + 1 :]:
        if token.kind is not Kind.NAME or token.word not in ("concurrently", "if", "not", "exists"):
            if token.is_name and token.word in names and token.word != "on":
                yield Reference(token.span, Relation(None, token.word), Role.INDEX)
            return


def loose_ctes(statement: Statement, names: Collection[str]) -> Iterator[Token]:
    """The CTEs of these names that a statement defines and no query of its own follows."""
    tokens = statement.tokens
    if tokens[0].word != "with" or not any(token.word in names for token in tokens):
        return
    depth = 0
    for token in tokens:
        depth += (token.word == "(") - (token.word == ")") if token.kind is Kind.OTHER else 0
        if depth == 0 and token.word in QUERY and token.word != "with":
            return
    for index, token in enumerate(tokens[1:-1], 1):
        begins = tokens[index - 1].word in ("with", "recursive", ",") and tokens[index + 1].word in ("as", "(")
        if begins and token.is_name and token.word in names:
            yield token


def _formed(statement: Statement, text: str, names: Collection[str], form: forms.Form) -> Iterator[Named]:
    """The references of a statement by its form; those of the statements in it as theirs."""
    moves = statement.tokens[0].word == "alter" and _pair(statement.tokens, "set", "schema")
    doubt = "this statement moves it by itself" if moves else ""
    if statement.tokens[0].word == "set" and not any(_CONSTRAINT.search(parts[-1].word) for parts in form.relations):
        doubt = "a constraint has that name; whether its table moves is not known"
    inner: set[int] = set()
    owners: set[int] = set()
    for start, stop in form.statements:
        for named in references(Statement(statement.tokens[start:stop]), text, names):
            owners.update({named.name.start} if isinstance(named, Reference) else ())
            yield named
        inner.update(range(start, stop))
    told: set[int] = set()
    sources: dict[str, Reference] = {}
    for named in _new_index(statement, names):
        told.add(named.name.start)
        yield named
    roles = [_role(statement), *[Role.NAME] * len(form.relations)]
    told_roles = [*zip(form.relations, roles, strict=False), *((parts, Role.TYPE) for parts in form.types)]
    for parts, role in told_roles:
        name, schema = parts[-1], parts[-2] if len(parts) > 1 else None
        told.add(name.start)
        if any(is_dynamic(part) or is_dynamic_name(part) for part in parts[-2:]):
            known = Relation(
                schema.word if schema and not is_dynamic(schema) else None,
                "" if is_dynamic(name) or is_dynamic_name(name) else name.word,
            )
            if known.name == "" or known.name in names:
                reason = "only the running program knows this name"
                yield Unclear(Span(parts[0].start, name.stop), "dynamic-relation", reason, known)
        elif name.word in names and not (name.kind is Kind.NAME and name.word in RESERVED):
            relation = Relation(schema.word if schema else None, name.word)
            reference = Reference(name.span, relation, role, schema.span if schema else None, doubt)
            if role is not Role.TYPE:
                sources.setdefault(name.word, reference)
            yield reference
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
                yield _unparsed(token, "the form of this statement does not tell what it names")
            else:
                yield Bystander(token.span)


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
    return (follow.startswith("(") and before not in _BEFORE_COLUMNS) or follow in ("=>", ":=")


_BEFORE_COLUMNS = frozenset(
    """
    into table on only update references copy like analyze vacuum exists of
    """.split()
)
"""Words behind which a name with parentheses is a relation and its columns."""


def _worth_parsing(statement: Statement, text: str, names: Collection[str]) -> bool:
    return any(
        token.word in names
        or is_dynamic(token)
        or is_dynamic_name(token)
        or (token.kind in _QUOTES and next(said(text[token.start : token.stop], names), None))
        for token in statement.tokens
    )


_QUOTES = (Kind.STRING, Kind.BODY, Kind.BROKEN)

_COMMANDS = frozenset("create alter drop copy do comment grant revoke prepare security import reindex".split())
"""The words that statements begin with whose names no clause tells."""

_NEVER = """
    savepoint release rollback listen unlisten notify close deallocate fetch move execute show reset discard
    begin start commit end abort checkpoint load set
    """.split()
_NEVER_OBJECTS = """
    role user group database extension schema tablespace language collation conversion server access text
    operator cast event
    """.split()


def _names_no_relation(statement: Statement) -> bool:
    """Whether a statement of this form never names a relation (manual, part VI, SQL commands)."""
    words = [*statement.words(3), "", ""]
    if words[0] == "set":
        return words[1] != "constraints"
    if words[:2] == ["create", "schema"]:
        return not any(token.word in ("create", "grant") for token in statement.tokens[1:])
    if words[1] == "domain" and words[0] in ("alter", "drop"):
        return True
    return words[0] in _NEVER or (words[0] in ("create", "alter", "drop") and words[1] in _NEVER_OBJECTS)


_READ_BY_FORM = frozenset("FUNCTION PROCEDURE AGGREGATE RULE TYPE DOMAIN SEQUENCE".split())


def _is_typed(tokens: Sequence[Token]) -> bool:
    """Whether a table is made of a type: CREATE TABLE t OF type."""
    opening = next((index for index, token in enumerate(tokens) if token.word == "("), len(tokens))
    return (
        any(token.word == "of" for token in tokens[3:opening]) and _pair(tokens[:opening], "partition", "of") is False
    )


def _is_opaque(tree: exp.Expr, tokens: Sequence[Token]) -> bool:
    """Whether sqlglot's tree of such a statement does not show its relations."""
    kind = type(tree).__name__
    if kind == "Create":
        return tree.args.get("kind") in _READ_BY_FORM or (tree.args.get("kind") == "TABLE" and _is_typed(tokens))
    if kind == "Analyze":  # ANALYZE t (column) looks like a function to sqlglot
        return any(type(table.this).__name__ != "Identifier" for table in tree.args.get("tables") or ())
    return kind not in _UNDERSTOOD


_UNDERSTOOD = frozenset(
    """
        Select Union Intersect Except Subquery Values Insert Update Delete Merge Create Alter Drop
        TruncateTable Comment Grant Revoke Table Tuple Analyze
        """.split()
)


def _mentions(statement: Statement, text: str, names: Collection[str]) -> Iterator[Unclear]:
    """Each place of a statement without a tree that says one of the names."""
    reason = "a quote or comment has no end" if statement.broken else "this statement could not be parsed"
    tokens = statement.tokens
    head = {token.word for token in tokens[:4]}
    if (made := _made(tokens)) is not None:
        yield Unclear(made.span, "dynamic-relation", "only the running program knows what it is", Relation(None, ""))
    bodied = tokens[0].word in ("do", "prepare") or (tokens[0].word == "create" and bool(head & _ROUTINES))
    for index, token in enumerate(tokens):
        if token.is_name and token.word in names:
            if _owns(tokens, index) and any(
                other.word == token.word and other.is_name and not _owns(tokens, at) for at, other in enumerate(tokens)
            ):
                continue  # a column's owner: the relation itself is told
            qualified = index > 1 and tokens[index - 1].word == "." and tokens[index - 2].is_name
            schema = tokens[index - 2].word if qualified else None
            yield Unclear(token.span, "unparsed-sql", reason, Relation(schema, token.word))
        elif token.kind in (Kind.BODY, Kind.BROKEN) or (token.kind is Kind.STRING and bodied):
            where = reason if token.kind is Kind.BROKEN else "it stands in a quoted body"
            yield from unread(token, text, names, where)


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


def _unparsed(token: Token, reason: str) -> Unclear:
    return Unclear(token.span, "unparsed-sql", reason, Relation(None, token.word))


NOT_OURS = "the statement is none of PostgreSQL's"
"""The doubt about what another system's syntax holds: PostgreSQL would refuse it, qualified or not."""


def _foreign(statement: Statement) -> str:
    """Why nothing in a statement may be edited: it is another system's, or makes a table of an unknown kind."""
    tokens = statement.tokens
    words = [token.word if token.kind is Kind.NAME else "" for token in tokens]
    if (
        not {"autoincrement", "auto_increment"}.isdisjoint(words)
        or any(token.word == "`" for token in tokens)
        or words[0] in ("replace", "pragma")
        or words[:2] in (["insert", "or"], ["insert", "ignore"], ["update", "or"])
        or (words[:2] == ["create", "table"] and _pair(tokens, "engine", "="))
        or (words[:2] == ["create", "virtual"])
    ):
        return NOT_OURS
    if (
        words[0] == "create"
        and "table" in words
        and any(is_dynamic(token) for token in tokens[1 : words.index("table")])
    ):
        return "it may create a temporary table"
    return ""


def _is_defined(tokens: Sequence[Token], index: int) -> bool:
    """Whether behind AS a CTE's query may stand; in a list of columns an alias does."""
    return index >= len(tokens) or tokens[index].word in ("(", "not", "materialized") or is_dynamic(tokens[index])


def _pair(tokens: Sequence[Token], first: str, second: str) -> bool:
    return any(one.word == first and other.word == second for one, other in pairwise(tokens))


def _doubt(statement: Statement) -> str:
    """Why unqualified names may mean CTEs that the text does not show, or ""."""
    tokens = statement.tokens
    for index, token in enumerate(tokens[:-1]):
        if token.kind is not Kind.HOLE:
            continue
        before, after = tokens[index - 1].word if index else "", tokens[index + 1].word
        if after in QUERY and before in ("", "(", ")"):
            return "what the code puts before the query may define a CTE of that name"
        begins = before in ("with", "recursive") or (before == "," and tokens[0].word == "with")
        if after == "as" and begins and _is_defined(tokens, index + 2):
            return "the name of a CTE is known only at run time"
    return ""
