"""Relations by the clauses they stand in: for statements sqlglot can't parse, and for pieces; knows tokens only.

A relation stands behind FROM, JOIN, INSERT INTO, MERGE INTO, UPDATE, USING (of DELETE and MERGE) and TABLE, and behind
the commas of a FROM list (source: PostgreSQL manual, SELECT, "FROM Clause"). FROM is none of these in the parentheses
of a function (`extract(year FROM x)`) and behind IS DISTINCT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import RESERVED, Relation
from schema_rewriter.sql import ctes
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.names import Named, NonReference, Reference, Role, UnresolvedName, may_name
from schema_rewriter.sql.parse import is_dynamic, is_dynamic_name
from schema_rewriter.sql.tree import TYPES
from schema_rewriter.words import QUERY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.sql.lexer import Token

_ENDS_FROM = frozenset(
    """select where group order having limit offset fetch for union except intersect window returning set when values
    insert update delete merge""".split()
)
_NOT_UPDATE = frozenset(("for", "on", "do", "key", "then", "before", "after", "or", "of"))
_ALIAS_ENDS = frozenset(
    """on using join left right inner full cross natural tablesample where set values default select with overriding
    group order having limit offset fetch for union except intersect window returning when""".split()
)
_BEFORE_QUERY = frozenset("( from join using union all except intersect as materialized in exists".split())


@dataclass
class _Frame:
    """What stands between two parentheses, so far. `verb` is the statement's; `listing`: commas separate relations."""

    verb: str = ""
    query: bool = True
    listing: bool = False
    expects: Role | None = None


def clauses(tokens: Sequence[Token], names: Collection[str], doubt: str) -> Iterator[Named]:
    """The references to relations of these names in a statement that can't be parsed, or in a piece of one.

    `doubt` tells why a name that is read may be a CTE's. A name elsewhere is an UnresolvedName, unless it can't be a
    relation there.
    """
    reason = "this statement could not be parsed"
    reader = _Reader(tokens)
    reader.read()
    hidden = {token.word for token in ctes.defined(tokens)}
    open_list = any(token.word == "with" for token in tokens) and any(token.kind is Kind.HOLE for token in tokens)
    told: set[int] = set()
    sources: dict[str, Reference] = {}
    for parts, role, alias in reader.found:
        told.update(part.start for part in parts)
        bare = role is Role.READ and len(parts) == 1
        found = named(parts, names, role, doubt if bare else "", parsed=False)
        if isinstance(found, Reference):
            if bare and (open_list or found.relation.name in hidden):
                yield UnresolvedName(
                    found.name, "unparsed-sql", reason + ", and it may be a CTE's name", found.relation
                )
                continue
            if not alias:
                sources[found.relation.name] = found
        if found is not None:
            yield found
    for index, token in enumerate(tokens):
        if may_name(token, names) and token.start not in told:
            yield _other(tokens, index, sources, reason)


def _other(tokens: Sequence[Token], index: int, sources: dict[str, Reference], reason: str) -> Named:
    """What a name is that no clause makes a relation: a column's owner, an alias, a function ..., or not known."""
    token = tokens[index]
    before = tokens[index - 1].word if index else ""
    after = tokens[index + 1].word if index + 1 < len(tokens) else ""
    qualified = before == "." and index > 1 and tokens[index - 2].is_name
    if (cast := row_type(tokens, index)) is not None:
        return cast
    if after == "." and not qualified and (source := sources.get(token.word)):
        doubt = "which column's owner it is could not be told"
        return Reference(token.span, source.relation, Role.OWNER, None, doubt, source=source.name, parsed=False)
    if (after in (".", "(") and not qualified) or before == "as":
        return NonReference(token.span)
    schema = tokens[index - 2].word if qualified else None
    return UnresolvedName(token.span, "unparsed-sql", reason, Relation(schema, token.word))


def row_type(tokens: Sequence[Token], index: int) -> Reference | None:
    """The row type that a name behind :: is; None if it stands at another place, or is one of pg_catalog."""
    token, start, schema = tokens[index], index, None
    if index > 1 and tokens[index - 1].word == "." and tokens[index - 2].is_name:
        start, schema = index - 2, tokens[index - 2]
    cast = start > 1 and tokens[start - 1].word == ":" == tokens[start - 2].word
    if (
        not cast
        or (schema is None and token.word in TYPES)
        or any(touching(token, each) for each in tokens[index + 1 :][:1])
    ):
        return None
    relation = Relation(schema.word if schema else None, token.word)
    return Reference(token.span, relation, Role.NAME, schema.span if schema else None)


def named(
    parts: Sequence[Token], names: Collection[str], role: Role, doubt: str = "", *, parsed: bool = True
) -> Reference | UnresolvedName | None:
    """What a name of these parts is where a relation stands; None for one that is none of `names`, in no spelling."""
    name, schema = parts[-1], parts[-2] if len(parts) > 1 else None
    if any(is_dynamic(part) or is_dynamic_name(part) for part in parts[-2:]):
        known = Relation(
            schema.word if schema and not is_dynamic(schema) else None,
            "" if is_dynamic(name) or is_dynamic_name(name) else name.word,
        )
        if known.name and known.name not in names:
            return None
        reason = "only the running program knows this name"
        return UnresolvedName(Span(parts[0].start, name.stop), "dynamic-relation", reason, known)
    if name.word not in names or (name.kind is Kind.NAME and name.word in RESERVED):
        return None
    relation = Relation(schema.word if schema else None, name.word)
    return Reference(name.span, relation, role, schema.span if schema else None, doubt, parsed=parsed)


def touching(token: Token, after: Token) -> bool:
    """Whether code of the host touches a name: they are one name."""
    return token.stop == after.start and (is_dynamic(after) or (is_dynamic(token) and after.is_name))


class _Reader:
    """Walks the tokens once and notes the relations: their parts, what is done with them, whether an alias follows."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens, self.at = tokens, 0
        self.found: list[tuple[tuple[Token, ...], Role, bool]] = []

    def word(self, ahead: int = 0) -> str:
        """The folded word some tokens ahead, "" for a quoted name or none."""
        index = self.at + ahead
        if not 0 <= index < len(self.tokens) or self.tokens[index].kind is Kind.QUOTED:
            return ""
        return self.tokens[index].word

    def read(self) -> None:
        frames = [_Frame()]
        while self.at < len(self.tokens):
            frame, word = frames[-1], self.word()
            if word == "(" and self.tokens[self.at].kind is Kind.OTHER:
                frames.append(self.opened(frame))
            elif word == ")" and self.tokens[self.at].kind is Kind.OTHER:
                frames.pop()
                if not frames:  # a piece: what stands before may be a function's, extract(year from x)
                    frames, self.found = [_Frame()], []
            elif frame.expects is not None and self.relation(frame):
                continue
            elif self.tokens[self.at].kind is Kind.NAME and frame.query:
                self.keyword(frame, word)
            elif word == "," and frame.listing:
                frame.expects = Role.READ
            self.at += 1

    def opened(self, frame: _Frame) -> _Frame:
        """The frame of a parenthesis that opens here."""
        expected, frame.expects = frame.expects, None
        if self.word(1) in QUERY:
            return _Frame()
        if self.word(1) == "(" and (self.word(-1) in _BEFORE_QUERY or not self.at):
            return _Frame(expects=expected)
        return _Frame(expects=expected) if expected is Role.READ else _Frame(query=False)

    def keyword(self, frame: _Frame, word: str) -> None:
        """Note what a keyword tells of the names after it."""
        before = self.word(-1)
        if word in _ENDS_FROM:
            frame.listing, frame.expects = False, None
        if word in ("select", "insert", "delete", "merge"):
            frame.verb = word
        elif word == "update" and before not in _NOT_UPDATE:
            frame.verb, frame.expects = word, Role.WRITE
        elif word == "table" and before in ("", "(", "union", "all", "except", "intersect", "as"):
            frame.expects = Role.READ
        elif word == "from" and before != "distinct":
            frame.expects = Role.WRITE if before == "delete" else Role.READ
            frame.listing = before != "delete"
        elif word == "join":
            frame.expects = Role.READ
        elif word == "into" and before in ("insert", "merge"):
            frame.expects = Role.WRITE
        elif word == "using" and frame.verb in ("delete", "merge") and (self.word(1) != "(" or self.word(2) in QUERY):
            frame.expects, frame.listing = Role.READ, frame.verb == "delete"

    def relation(self, frame: _Frame) -> bool:
        """Pass the relation that is expected here; False if none stands here."""
        if self.word() in ("only", "lateral"):
            self.at += 1
            return True
        role, frame.expects = frame.expects, None
        if role is None or self.word() in _ALIAS_ENDS:
            return False
        parts: list[Token] = []
        while self.at < len(self.tokens) and (self.tokens[self.at].is_name or is_dynamic(self.tokens[self.at])):
            token = self.tokens[self.at]
            parts.append(token)
            self.at += 1
            while self.at < len(self.tokens) and touching(token, self.tokens[self.at]):
                parts[-1] = next(each for each in (self.tokens[self.at], token) if is_dynamic(each))
                token = self.tokens[self.at]
                self.at += 1
            if self.word() != ".":
                break
            self.at += 1
        if not parts or (self.word() == "(" and role is Role.READ):
            return bool(parts)  # a function
        self.at += self.word() == "*"
        alias = self.word() == "as" or (
            self.at < len(self.tokens) and self.tokens[self.at].is_name and self.word() not in _ALIAS_ENDS
        )
        self.found.append((tuple(parts), role, alias))
        self.at += (2 if self.word() == "as" else 1) if alias else 0
        return True
