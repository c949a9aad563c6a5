"""All that a text of any number of statements says of relations; the one entry to the readers of SQL."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_rewriter.relation import Relation
from schema_rewriter.sql import ctes, search_path
from schema_rewriter.sql.catalog import SchemaUse, schema_uses
from schema_rewriter.sql.lexer import Kind, mask
from schema_rewriter.sql.names import NonReference, Reference, UnresolvedName
from schema_rewriter.sql.ownership import by_name, ownership
from schema_rewriter.sql.references import references
from schema_rewriter.sql.search_path import PathChange
from schema_rewriter.sql.session import Session
from schema_rewriter.sql.statements import Row, Statement, statements
from schema_rewriter.sql.temporary import created
from schema_rewriter.words import AROUND_A_PATH, VERBS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from schema_rewriter.edit import Span
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
    reader = _Reader(text, names, script, owned, by_name(text, names) if owned else {})
    for statement in statements(text, script=script):
        reader.statement(statement)
    changes = reader.changes
    return Reading(
        text,
        tuple(sorted(reader.found, key=_place)),
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
    session: Session = field(default_factory=Session)
    found: list[Reference | UnresolvedName] = field(default_factory=list)
    non_references: list[Span] = field(default_factory=list)
    changes: list[PathChange] = field(default_factory=list)
    temporary: set[str] = field(default_factory=set)
    loose: list[tuple[str, Span]] = field(default_factory=list)
    schema_uses: list[SchemaUse] = field(default_factory=list)
    says_more: bool = False
    made: frozenset[str] | None = None

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
        self.temporary.update(created(statement, self.text))
        self.session.pass_by(statement, self.text)

    def relations(self, statement: Statement) -> None:
        """Note what a statement says of relations."""
        for named in references(statement, self.text, {*self.names, *self.alike} if self.alike else self.names):
            self.note(statement, named)

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
