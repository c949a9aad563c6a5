"""SQL text: cut into statements, parsed, and searched for the relations it names. Knows no host language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.relation import Relation, split_identifier
from schema_rewriter.sql import ctes
from schema_rewriter.sql.catalog import WHOLE, SchemaUse, schema_uses
from schema_rewriter.sql.columns import Column
from schema_rewriter.sql.comments import comments
from schema_rewriter.sql.definitions import Altered, Definition, Index, Renamed, Table, Touched, definitions
from schema_rewriter.sql.equal import difference
from schema_rewriter.sql.kinds import NOT_OURS
from schema_rewriter.sql.lexer import Kind, mask, tokens
from schema_rewriter.sql.names import EVERY, NonReference, Reference, Role, UnresolvedName
from schema_rewriter.sql.ownership import by_name, ownership
from schema_rewriter.sql.references import references
from schema_rewriter.sql.statements import Row, Statement, gives_temporary, statements
from schema_rewriter.sql.tree import TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.edit import Span

__all__ = [
    "EVERY",
    "NOT_OURS",
    "TYPES",
    "VERBS",
    "WHOLE",
    "Altered",
    "Column",
    "Definition",
    "Index",
    "Kind",
    "PathChange",
    "Reading",
    "Reference",
    "Renamed",
    "Role",
    "SchemaUse",
    "Statement",
    "Table",
    "Touched",
    "UnresolvedName",
    "comments",
    "cut",
    "definitions",
    "difference",
    "first_statement",
    "is_verb",
    "mask",
    "ownership",
    "path_of",
    "read",
    "statements",
    "temporary",
    "words",
]


@dataclass(frozen=True, slots=True)
class PathChange:
    """A statement that sets the search_path; `path` is None where only the running program knows it.

    `holder` is what keeps the path beyond the session (ALTER ROLE, DATABASE, SYSTEM, FUNCTION ..), "" for a session.
    `alone`: the text says nothing else, so what it means is for the statements that other texts send.
    """

    span: Span
    path: tuple[str, ...] | None
    holder: str = ""
    alone: bool = False


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
    found: list[Reference | UnresolvedName] = []
    non_references: list[Span] = []
    changes: list[PathChange] = []
    path: tuple[str, ...] | None = None
    unknown_path = False
    session: tuple[tuple[str, ...] | None, bool] = (None, False)
    hidden: set[str] = set()
    temporary: set[str] = set()
    loose: list[tuple[str, Span]] = []
    text = mask(text, holes)
    alike = by_name(text, names) if owned else {}
    wanted = {*names, *alike} if alike else names
    made: set[str] | None = None
    uses: list[SchemaUse] = []
    others = False
    for statement in statements(text, script=script):
        is_row = isinstance(statement, Row)
        change = None if is_row else _path_change(statement, text)
        if change is None and not is_row and (kept := _path_kept(statement, text)) is not None:
            changes.append(kept)
        if change is not None:
            path, unknown_path = change.path, change.path is None
            if change.default:
                path, unknown_path = None, False
            if not change.local:
                session = (path, unknown_path)
            if not change.default:
                changes.append(PathChange(statement.span, change.path))
            continue
        others = others or is_row or statement.tokens[0].word not in _AROUND_A_PATH
        if not is_row and statement.tokens[0].word in ("commit", "rollback", "end", "abort"):
            path, unknown_path = session
        if script and not is_row and not is_verb(statement):
            continue  # no statement of SQL: the server refuses it
        uses += schema_uses(statement, text) if owned and not is_row else ()
        loose += [] if is_row else [(token.word, token.span) for token in ctes.loose(statement, names)]
        for named in references(statement, text, wanted):
            if alike and not isinstance(named, NonReference) and named.relation.name in alike:
                if not isinstance(named, Reference) or not _is_owned(statement, named, text):
                    continue
                made = made or {name for name, _ in ownership(text, script=script)} | {""}
                if named.relation.name in made:
                    continue  # of another relation
                owner = alike[named.relation.name]
                doubt = f"by its name it belongs to {owner}, but no statement that is known makes it"
                named = replace(named, owner=Relation(named.relation.schema, owner), doubt=doubt)  # noqa: PLW2901
            if isinstance(named, NonReference):
                non_references.append(named.span)
                continue
            if named.relation.name in hidden:
                if named.relation.schema is None:
                    non_references.append(named.name if isinstance(named, Reference) else named.span)
                    continue
                if isinstance(named, Reference):
                    named = replace(named, captured=True)  # noqa: PLW2901
            if isinstance(named, Reference) and named.relation.schema is None:
                doubt = named.doubt or ("the search_path is set to what only the program knows" if unknown_path else "")
                own = path if named.search_path is None else named.search_path
                named = replace(named, search_path=own, doubt=doubt)  # noqa: PLW2901
            found.append(named)
        created = gives_temporary(statement)
        hidden |= created
        temporary |= created
        if not is_row and statement.tokens[0].word == "drop":
            hidden -= {token.word for token in statement.tokens if token.is_name}
    return Reading(
        text,
        tuple(sorted(found, key=_place)),
        tuple(non_references),
        tuple(changes) if others else tuple(replace(change, alone=True) for change in changes),
        frozenset(temporary),
        tuple(loose),
        tuple(uses),
    )


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


_AROUND_A_PATH = frozenset("begin start commit rollback end abort reset".split())
"""Statements that say nothing of relations."""


@dataclass(frozen=True, slots=True)
class _PathChange:
    path: tuple[str, ...] | None
    local: bool = False
    default: bool = False


def _path_change(statement: Statement, text: str) -> _PathChange | None:
    """What SET search_path, RESET search_path or set_config('search_path', ..) says, if the statement is one."""
    tokens = statement.tokens
    words = [token.word for token in tokens]
    if words[0] == "reset" and words[1:2] in (["search_path"], ["all"]):
        return _PathChange(None, default=True)
    if words[0] == "set":
        at = 2 if words[1:2] in (["session"], ["local"]) else 1
        if words[at : at + 1] == ["search_path"] and words[at + 1 : at + 2] in (["to"], ["="]):
            values = tokens[at + 2 :]
            local = words[1] == "local"
            if [token.word for token in values] == ["default"]:
                return _PathChange(None, local, default=True)
            return _PathChange(_schemas([text[t.start : t.stop] for t in values if t.word != ","]), local)
        if words[at : at + 1] == ["schema"] and len(words) == at + 2:  # manual, SET: an alias with one schema
            return _PathChange(_schemas([text[tokens[-1].start : tokens[-1].stop]]), words[1] == "local")
    if "set_config" in words:
        at = words.index("set_config")
        arguments = tokens[at + 2 : at + 5]
        if len(arguments) == 3 and _unquoted(text, arguments[0].span) == "search_path":
            value = arguments[2]
            if value.kind is not Kind.STRING:
                return _PathChange(None)
            return _PathChange(path_of(_unquoted(text, value.span)), words[-2:-1] == ["true"])
    return None


def _path_kept(statement: Statement, text: str) -> PathChange | None:
    """What ALTER ROLE, DATABASE, SYSTEM or FUNCTION .. SET search_path says, if the statement is one."""
    tokens = statement.tokens
    words = [token.word for token in tokens]
    if words[0] != "alter" or words[1:2] == [] or words[1] not in _HOLDERS or "search_path" not in words:
        return None
    at = words.index("search_path")
    if words[at - 1] != "set" or words[at + 1 : at + 2] not in (["to"], ["="]) or words[at + 2 :] == ["default"]:
        return None
    values: list[str] = []
    for value, comma in zip(tokens[at + 2 :: 2], (*tokens[at + 3 :: 2], None), strict=False):
        values.append(text[value.start : value.stop])
        if comma is None or comma.word != ",":
            break
    return PathChange(statement.span, _schemas(values), words[1].upper())


_HOLDERS = frozenset("role user database system function procedure routine".split())


def path_of(listed: str) -> tuple[str, ...] | None:
    """The schemas of a search_path as a setting spells it: `a, "B"`; None if one of them is not written out."""
    return _schemas([part.strip() for part in listed.split(",") if part.strip()])


def _schemas(written: list[str]) -> tuple[str, ...] | None:
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


def _unquoted(text: str, span: Span) -> str:
    return text[span.start + 1 : span.stop - 1]


def words(text: str, holes: Sequence[Span], names: Collection[str]) -> Iterator[tuple[str, Span]]:
    """The places where a text says one of these folded names outside quotes and comments, whatever its grammar is."""
    for token in tokens(mask(text, holes)):
        if token.is_name and token.word in names:
            yield token.word, token.span


def temporary(text: str, holes: Sequence[Span] = (), *, script: bool = False) -> frozenset[str]:
    """The names of the temporary tables that a text creates."""
    if "temp" not in text.lower():
        return frozenset()
    found = (gives_temporary(statement) for statement in statements(mask(text, holes), script=script))
    return frozenset(name for names in found for name in names)


def cut(text: str, holes: Sequence[Span] = (), *, script: bool = False) -> Iterator[Statement]:
    """The statements of a text."""
    return statements(mask(text, holes), script=script)


def first_statement(text: str, holes: Sequence[Span] = ()) -> Statement | None:
    """The first statement of a text; None if it has none."""
    return next(statements(mask(text, holes)), None)


def is_verb(statement: Statement) -> bool:
    """Whether a statement begins as one of SQL's does: with a verb, perhaps behind parentheses or a hole."""
    tokens = statement.tokens
    at = 0
    while at < len(tokens) and tokens[at].word == "(":
        at += 1
    if at + 1 < len(tokens) and tokens[at].kind is Kind.HOLE:
        at += 1
    return at < len(tokens) and tokens[at].kind is Kind.NAME and tokens[at].word in VERBS


VERBS = frozenset(
    """
        select insert update delete merge with values table create alter drop truncate copy comment grant
        revoke lock vacuum analyze analyse cluster reindex explain prepare declare refresh do call set
        security import begin start
        """.split()
)
"""The words that statements begin with (manual, part VI), those left out that name no relation."""
