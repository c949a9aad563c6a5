"""What one file tells the others of its run; a small value, for any process. Knows no other file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.functions import binds_a_name
from schema_rewriter.hosts.django import NO_DJANGO, DjangoFile
from schema_rewriter.hosts.orm import NONE as NO_ORM
from schema_rewriter.hosts.orm import Orm
from schema_rewriter.hosts.valueflow import NONE, Names
from schema_rewriter.project.definitions import definitions
from schema_rewriter.project.history.recognition import revision
from schema_rewriter.project.missing_schemas import made_schemas
from schema_rewriter.project.positions import positions
from schema_rewriter.reading.engine import other_system
from schema_rewriter.words import BESIDE_A_HOLE, MAY_STAND_BEFORE_A_HOLE, any_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.project.definitions import DefinitionSite
    from schema_rewriter.project.history.recognition import Revision
    from schema_rewriter.project.positions import Position
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.relation import Relation


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file tells.

    `owned` are the indexes and sequences that its DDL makes, with the relations they belong to; `names` is what its
    code does with values, `positions` where these get in SQL. `defined` is what it defines of the relations that the
    rules concern. `temporary` are those of their names under which it makes temporary tables, `temporary_holes` the
    expressions under whose values it does. `open_ctes` are those of their names that it gives to CTEs
    of a WITH whose query other code puts behind it. `revision` tells that it is a migration, or may be. `django` is
    what it says in Django's terms; `says_path`: it says a search_path with all schemas that relations move to. `orm` is
    what it tells an ORM of tables. `error` tells why it could not be asked, or not to the end. `schemas` are those that
    it creates, "" for one that only the running program knows. `renamed` are indexes and sequences, with the names that
    they get.
    """

    path: str
    owned: tuple[tuple[str, Relation], ...] = ()
    names: Names = NONE
    positions: tuple[Position, ...] = ()
    defined: tuple[DefinitionSite, ...] = ()
    temporary: tuple[str, ...] = ()
    temporary_holes: tuple[Span, ...] = ()
    open_ctes: tuple[str, ...] = ()
    revision: Revision | None = None
    django: DjangoFile = NO_DJANGO
    says_path: bool = False
    orm: Orm = NO_ORM
    error: str = ""
    schemas: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()


_DDL = re.compile(rb"\b(?:create|alter)\b", re.IGNORECASE)
_RENAME = re.compile(rb"\balter\s+(?:index|sequence)\b[^;]{0,200}?\brename\b", re.IGNORECASE)
_TEMPORARY = re.compile(rb"\b(?:temp|temporary|pg_temp)\b", re.IGNORECASE)
_WITH = re.compile(rb"\bwith\b", re.IGNORECASE)
_DYNAMIC = re.compile(
    rb"\b(?:from|join|into|update|table|truncate|only|index|on|view|sequence|"
    rb"analyze|vacuum|cluster|regclass|pg_\w+|\w+val)\b",
    re.IGNORECASE,
)


def facts(file: SourceFile) -> Facts:
    """The facts of a file; none for one that can't be read."""
    owned = _owned(file) if _DDL.search(file.source) else ()
    defined = definitions(file)
    temporary = _temporary(file) if _TEMPORARY.search(file.source) else ()
    ctes = _open_ctes(file) if _WITH.search(file.source) else ()
    names = file.host.names(file.path)
    known = revision(file, names)
    found = Facts(file.path, owned, names or NONE, (), defined, temporary, open_ctes=ctes, revision=known)
    found = replace(found, django=file.host.django, says_path=_says_path(file), orm=_orm(file))
    found = replace(found, schemas=made_schemas(file), renamed=_renamed(file) if _RENAME.search(file.source) else ())
    if names is None or not any(sink.hole for sink in names.sinks) or not _is_dynamic(file):
        return found
    positioned = tuple(positions(file.filled_texts, file.rules))
    return replace(found, positions=positioned, temporary_holes=tuple(_temporary_holes(file)))


def _says_path(file: SourceFile) -> bool:
    """Whether a search_path with all schemas that relations move to stands in a file."""
    schemas = {(move.to.schema or "").encode() for move in file.rules.moves}
    return any(all(one in found[0] for one in schemas) for found in _PATH.finditer(file.source))


_PATH = re.compile(rb"(?i:search[-_]path|currentSchema)[^\n]{0,200}")


def _orm(file: SourceFile) -> Orm:
    """What a file tells an ORM, without the names that mean nothing to the rules."""
    orm = file.host.orm if not other_system(file.path, file.rules) else NO_ORM
    names = tuple(one for one in orm.names if one.literal.pieces or file.rules.mentioned(one.literal.text))
    return replace(orm, names=names) if names != orm.names else orm


def _open_ctes(file: SourceFile) -> tuple[str, ...]:
    found: set[str] = set()
    for string in () if file.host.is_text else file.host.strings:
        if _WITH.search(string.text.encode("utf-8", "replace")) and file.rules.mentioned(string.text):
            found.update(sql.open_ctes(string.text, string.holes, file.rules.names))
    return tuple(sorted(found))


def _renamed(file: SourceFile) -> tuple[tuple[str, str], ...]:
    strings = (one for one in file.host.strings if _RENAME.search(one.text.encode("utf-8", "replace")))
    found = [pair for one in strings for pair in sql.renamed(one.text, one.holes, script=one.script)]
    return tuple(dict.fromkeys(found))


def _temporary(file: SourceFile) -> tuple[str, ...]:
    found: set[str] = set()
    for string in file.host.strings:
        if file.rules.mentioned(string.text):
            found |= sql.said_temporary(string.text, string.holes, script=string.script)
    return tuple(sorted(found & file.rules.names))


def _temporary_holes(file: SourceFile) -> Iterator[Span]:
    if not _TEMPORARY.search(file.source):
        return
    found: dict[Span, None] = {}
    for text in (item.embedded.text for item in file.filled_texts if item.read):
        made = sql.temporary_holes(text.text, [hole.span for hole in text.holes])
        for hole in text.holes:
            if hole.span in made and hole.code is not None:
                found[hole.code] = None
    yield from found


def _is_dynamic(file: SourceFile) -> bool:
    """Whether a text of the file may have a hole where a relation's name stands: a cheap look before the engine's.

    What it overlooks has no position, and so is never taken for a relation.
    """
    if _DYNAMIC.search(file.source) and any(_takes_name(string.text) for string in file.host.strings):
        return True
    return binds_a_name(file.source)


def _takes_name(text: str) -> bool:
    """Whether a text may be SQL with a hole for a relation: a message "from %s" has neither verb nor capitals."""
    found = _FILLED.search(text)
    return found is not None and (found[0].lstrip(" ,('").split(maxsplit=1)[0].isupper() or bool(_VERB.search(text)))


_VERB = re.compile(rf"\b(?:{any_of(BESIDE_A_HOLE)})\b", re.IGNORECASE)
_FILLED = re.compile(
    rf"\b(?:{any_of(MAY_STAND_BEFORE_A_HOLE)})"
    r"\s+(?:[\"\w]+\.)?\"?(?:\{|%|\Z)|\b(?:from|table|truncate|using|join)\s[^;()]{0,200},\s*(?:\{|%s|%\()|"
    r"'(?:[\"\w]+\.)?\"?(?:\{\w*\}|%s|%\(\w+\)s)\"?'\s*(?:[),]|::)",
    re.IGNORECASE,
)


def _owned(file: SourceFile) -> tuple[tuple[str, Relation], ...]:
    owned: dict[tuple[str, Relation], None] = {}
    temporary: set[str] = set()
    for string in file.host.strings:
        if file.rules.mentioned(string.text) and _DDL.search(string.text.encode("utf-8", "replace")):
            owned.update(dict.fromkeys(sql.ownership(string.text, string.holes, script=string.script)))
            temporary |= sql.temporary(string.text, string.holes, script=string.script)
    return tuple((name, owner) for name, owner in owned if owner.name not in temporary)
