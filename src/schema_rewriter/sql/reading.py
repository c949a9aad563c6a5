"""All that a text of any number of statements says of relations; the one entry to the readers of SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import Relation
from schema_rewriter.sql import ctes, search_path
from schema_rewriter.sql.bodies import said, unread
from schema_rewriter.sql.catalog import SchemaUse, schema_uses
from schema_rewriter.sql.constants import taken, takers
from schema_rewriter.sql.lexer import Kind, Token, mask
from schema_rewriter.sql.names import NonReference, Reference, UnresolvedName
from schema_rewriter.sql.ownership import by_name, ownership
from schema_rewriter.sql.references import references, unreadable
from schema_rewriter.sql.search_path import PathChange
from schema_rewriter.sql.session import Session
from schema_rewriter.sql.statements import Row, Statement, statements
from schema_rewriter.sql.temporary import created
from schema_rewriter.words import AROUND_A_PATH, VERBS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.sql.names import Named


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a text says of relations: spans in characters of the text, in the order of the text.

    `non_references` are places that say a name and are no reference. `temporary` holds the names of temporary tables
    that the text creates: from there on they hide relations. `loose` are CTEs, by name and place, of a WITH whose
    query the text does not hold. `schema_uses` name schemas by themselves.
    """

    text: str
    named: tuple[Reference | UnresolvedName, ...]
    non_references: tuple[Span, ...] = ()
    path_changes: tuple[PathChange, ...] = ()
    temporary: frozenset[str] = frozenset()
    loose: tuple[tuple[str, Span], ...] = ()
    schema_uses: tuple[SchemaUse, ...] = ()


def read(
    text: str, holes: Sequence[Span], names: Collection[str], *, script: bool = False, owned: bool = False
) -> Reading:
    """The references to relations of these folded names in a text of any number of statements.

    `holes` are stretches that the running program fills; `script` tells that psql reads the text. `owned`:
    indexes and sequences count that belong to one of the relations by their names only. Never raises.
    """
    text = mask(text, holes)
    reader = _Reader(text, names, script, owned, by_name(text, names) if owned else {}, Session(script))
    for statement in statements(text, script=script, meta=script):
        reader.statement(statement) if statement.tokens[0].kind is not Kind.META else reader.meta(statement.tokens[0])
    reader.found += liquibase(text, names) if script else ()
    changes = reader.changes
    return Reading(
        text,
        tuple(sorted(_distinct(reader.found), key=_place)),
        tuple(reader.non_references),
        tuple(changes) if reader.says_more else tuple(replace(change, alone=True) for change in changes),
        frozenset(reader.temporary),
        tuple(reader.loose),
        tuple(reader.schema_uses),
    )


@dataclass
class _Reader:
    """What the statements so far say. `alike` are words that belong to a relation by their names only."""

    text: str
    names: Collection[str]
    script: bool
    owned: bool
    alike: dict[str, str]
    session: Session
    found: list[Reference | UnresolvedName] = field(default_factory=list)
    non_references: list[Span] = field(default_factory=list)
    changes: list[PathChange] = field(default_factory=list)
    temporary: set[str] = field(default_factory=set)
    loose: list[tuple[str, Span]] = field(default_factory=list)
    schema_uses: list[SchemaUse] = field(default_factory=list)
    says_more: bool = False
    made: frozenset[str] | None = None
    takers: dict[str, frozenset[int]] = field(default_factory=dict)

    def statement(self, statement: Statement) -> None:
        """Read one statement."""
        setting = None if isinstance(statement, Row) else search_path.setting(statement, self.text)
        if setting is not None:
            self.session.set_path(setting)
            self.changes += [] if setting.default else [PathChange(statement.span, setting.path)]
        elif isinstance(statement, Row):
            self.says_more = True
            self.relations(statement)
        else:
            kept = search_path.kept(statement, self.text)
            self.changes += [kept] if kept is not None else []
            self.says_more = self.says_more or statement.tokens[0].word not in AROUND_A_PATH
            if is_verb(statement) or not self.script:  # psql: the server refuses what is no statement
                self.schema_uses += schema_uses(statement, self.text) if self.owned else ()
                self.loose += [(token.word, token.span) for token in ctes.loose(statement, self.names)]
                self.relations(statement)
            elif statement.tokens[0].kind is Kind.PARAMETER:
                self.behind_variables(statement)
        self.temporary.update(created(statement, self.text))
        self.session.pass_by(statement, self.text)

    def relations(self, statement: Statement) -> None:
        """Note what a statement says of relations."""
        wanted = {*self.names, *self.alike} if self.alike else self.names
        try:
            found = list(references(statement, self.text, wanted))
        except RecursionError:
            found = list(unreadable(statement, self.names, "this statement is nested too deep to be read"))
        for named in found:
            self.note(statement, named)
        for named in taken(statement.tokens, self.text, self.names, self.takers) if self.takers else ():
            self.note(statement, named)
        if not isinstance(statement, Row):
            self.takers |= takers(statement.tokens)
        if statement.sends == "\\gexec":
            for token in statement.tokens:
                if token.kind in (Kind.STRING, Kind.BODY):
                    self.found += unread(token, self.text, self.names, "psql runs what the query returns")

    def behind_variables(self, statement: Statement) -> None:
        """A statement of a script behind variables of psql: they may be empty, EXPLAIN, a CTE, a comment ..."""
        start = next((at for at, each in enumerate(statement.tokens) if each.kind is not Kind.PARAMETER), 0)
        rest = Statement(statement.tokens[start:])
        if start and is_verb(rest):
            for named in references(rest, self.text, self.names):
                doubt = "it depends on what the variable before its statement stands for"
                self.note(rest, replace(named, doubt=named.doubt or doubt) if isinstance(named, Reference) else named)

    def meta(self, token: Token) -> None:
        """What \\set gives to a variable, or \\d describes."""
        start = token.start + len(_COMMAND.match(token.word)[0])  # type: ignore[index]
        for span, relation in said(self.text[start : token.stop], self.names):
            reason = "psql takes it from this command, perhaps as SQL"
            place = Span(start + span.start, start + span.stop)
            self.found.append(UnresolvedName(place, "unparsed-sql", reason, relation))

    def note(self, statement: Statement, named: Named) -> None:
        """Note what a statement says of one name."""
        if not isinstance(named, NonReference) and named.relation.name in self.alike:
            mine = self.by_name(statement, named)
            if mine is None:
                return
            named = mine
        if isinstance(named, NonReference):
            self.non_references.append(named.span)
        elif self.session.hides(named):
            self.non_references.append(named.name if isinstance(named, Reference) else named.span)
        else:
            self.found.append(self.session.resolve(named) if isinstance(named, Reference) else named)

    def by_name(self, statement: Statement, named: Reference | UnresolvedName) -> Reference | None:
        """An index or a sequence that belongs to a relation by its name only; None for what is none."""
        if not isinstance(named, Reference) or not _is_owned(statement, named, self.text):
            return None
        if self.made is None:
            self.made = frozenset(name for name, _ in ownership(self.text, script=self.script))
        if named.relation.name in self.made:
            return None  # of another relation
        owner = self.alike[named.relation.name]
        doubt = f"by its name it belongs to {owner}, but no statement that is known makes it"
        return replace(named, owner=Relation(named.relation.schema, owner), doubt=doubt)


_COMMAND = re.compile(r"\\set\s+\w+|\\\w+\+?")
_LIQUIBASE = re.compile(r"\s*--\s*liquibase formatted sql", re.IGNORECASE)
_RUN_COMMENT = re.compile(
    r"^[ \t]*--[ \t]*(?:rollback|precondition-sql-check)\b([^\r\n]*)", re.MULTILINE | re.IGNORECASE
)


def liquibase(text: str, names: Collection[str]) -> Iterator[UnresolvedName]:
    """The names in comments of a changelog that Liquibase runs as SQL (its manual, "formatted SQL")."""
    if _LIQUIBASE.match(text) is None:
        return
    for comment in _RUN_COMMENT.finditer(text):
        for span, relation in said(comment[1], names):
            start = comment.start(1)
            reason = "Liquibase runs this comment as SQL"
            yield UnresolvedName(Span(start + span.start, start + span.stop), "unparsed-sql", reason, relation)


def _distinct(found: Sequence[Reference | UnresolvedName]) -> Iterator[Reference | UnresolvedName]:
    """What is found, without what is unclear at a place that is clear, or that was told before."""
    told = {named.name for named in found if isinstance(named, Reference)}
    for named in found:
        if isinstance(named, Reference) or named.code != "unparsed-sql":
            yield named
        elif named.span not in told:
            told.add(named.span)
            yield named


def is_verb(statement: Statement) -> bool:
    """Whether a statement begins as one of SQL's does: with a verb, perhaps behind parentheses or a hole."""
    tokens = statement.tokens
    at = 0
    while at < len(tokens) and tokens[at].word == "(":
        at += 1
    if at + 1 < len(tokens) and tokens[at].kind is Kind.HOLE:
        at += 1
    return at < len(tokens) and tokens[at].kind is Kind.NAME and tokens[at].word in VERBS


def _is_owned(statement: Statement, named: Reference, text: str) -> bool:
    """Whether a place names an index or a sequence: a command on one, a function of sequences, SET CONSTRAINTS."""
    words = statement.words(8)
    if words[:2] == ("set", "constraints") or {"index", "sequence"} & set(words) - {"create"}:
        return words[0] != "create"
    start = named.schema.start if named.schema else named.name.start
    return named.relation.name.endswith("_seq") and text[start - 1 : start] in ("'", '"')


def _place(named: Reference | UnresolvedName) -> tuple[int, int]:
    span = named.name if isinstance(named, Reference) else named.span
    return span.start, span.stop
