"""What a file gets from the others of its run: one small value, part of what a result depends on."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_rewriter.edit import Edit, Span
    from schema_rewriter.project.conflicts import Conflict, IndexConflict
    from schema_rewriter.project.missing_schemas import MissingSchema
    from schema_rewriter.project.renames import Rename
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import Move


class HoleOutcome(enum.Enum):
    """What becomes of a hole: nothing, a schema in front of it, or a finding."""

    CLOSED = "closed"
    FRONT = "front"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class LiteralDecision:
    """A literal, by its bytes, that names what moves and gets to relations only; `doubt` wants a second look.

    `is_manual`: the name has to be told in another way than at this literal; `doubt` says how. `instead`: the literal
    holds the schema alone, and becomes this one. `is_key`: it is `relation.column`, as a foreign key of an ORM has it.
    """

    span: Span
    relation: Relation
    target: Relation
    doubt: str = ""
    is_manual: bool = False
    instead: str = ""
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class HoleDecision:
    """An expression that becomes a relation's name, and what follows from its values, all or none of them known.

    `code` is where it stands, in bytes of the file.
    """

    code: Span
    settled: HoleOutcome
    schema: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PossibleNames:
    """An expression in SQL and the names that it may be, each a literal of some file; `whole` tells that these are all.

    Asked for by who lists all relations, moved or not.
    """

    code: Span
    names: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Replacement:
    """A literal in whose text code replaces `old` by `new`, somewhere in the run; None for what it does not spell out.

    `is_pattern`: `old` is a regular expression.
    """

    span: Span
    old: str | None
    new: str | None
    is_pattern: bool = False

    def changes(self, text: str, name: Span) -> bool:
        """Whether the name that stands somewhere in a text may be another one then."""
        if self.old is None:
            return True
        if self.is_pattern:
            return text[name.start : name.stop].lower() in self.old.lower()
        at = text.find(self.old) if self.old else -1
        while at >= 0:
            stop = at + len(self.old)
            if at < name.stop and name.start < stop:
                return True
            joined = "" if self.new is None else self.new
            if at == name.stop and (self.new is None or _OF_NAME.match(joined + text[stop:])):
                return True
            if stop == name.start and (self.new is None or _OF_NAME.match((text[:at] + joined)[-1:])):
                return True
            at = text.find(self.old, at + 1)
        return False


_OF_NAME = re.compile(r"[\w$.]")


@dataclass(frozen=True, slots=True)
class Frozen:
    """That a file stays as it is: a migration that has run, of a history by its tool ("" for none) and its folder.

    `is_asked`: it may be none, which the rules have to say. `files` counts those of the history that name what moves,
    where this file is the one that tells of it; else 0.
    """

    tool: str
    home: str
    is_asked: bool = False
    files: int = 0


@dataclass(frozen=True, slots=True, order=True)
class ModelReference:
    """A place, by its bytes, where a model names what moves: with the edits that it gets, or the reason for none.

    `is_call`: it is no model's, but a call of a driver's or a dataframe's.
    """

    span: Span
    relation: Relation
    target: Relation
    edits: tuple[Edit, ...] = ()
    reason: str = ""
    is_call: bool = False


@dataclass(frozen=True, slots=True)
class ToldSetting:
    """A place, by its bytes, that holds for all models and needs a line since `tables` of theirs move.

    `kind` and `owner` are those of `hosts.orm.ModelSetting`; `schemas` those that it is about; `others` are places of
    the same kind, by path and line.
    """

    kind: str
    span: Span
    tables: tuple[Relation, ...]
    schemas: tuple[str, ...]
    owner: str = ""
    others: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DjangoTable:
    """A table that a model of Django's has, or (`model` is then `Event.tags`) one of its many-to-many fields.

    `relation` is what the model names, `target` where it moves, None where it stays. `span` is where it is told.
    `form`: "implicit" (Django makes the name up), "written" (in db_table, as one name), "quoted" (there, with a schema
    in front that quotes let through). `is_managed`: Django makes it. `is_along`: it is named after a model's table that
    moves to the same schema; `apart` is the field whose table is named after this one, and stays.
    """

    span: Span
    relation: Relation
    target: Relation | None
    model: str
    form: str
    is_managed: bool = True
    is_along: bool = False
    apart: str = ""


@dataclass(frozen=True, slots=True)
class DjangoCause:
    """A place that decides whether Django finds the tables that move, by their `names`: in settings, or a model.

    `aliases` are the databases that are told of there, none where it is a model; `options` is what the first has, as in
    `hosts.django.Database`. `is_set`: some file sets a path that finds them.
    """

    span: Span
    names: tuple[str, ...]
    aliases: tuple[str, ...]
    options: str
    is_set: bool


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for one file beyond the rules.

    `moves` are those of the indexes and sequences that it may name, and that move with a relation. `literals` are its
    names that get into SQL somewhere, `holes` its expressions in SQL. `conflicts` and
    `index_conflicts` are definitions, in any files, that contradict each other, `former` the names that relations had
    before a rename. `arguments` are those before which a call gets a schema. `temporary` are names of temporary
    tables that others make, perhaps in one session with it, each with why; `ctes` are those of CTEs that others put
    before a query, likewise. `frozen`: it is history. `django` are the tables of its
    models, `django_cause` what they hang on, where this file tells of it. `models` are the places where it names what
    moves to an ORM, `model_settings` those that hold for all models. `missing` are the schemas that nothing creates and
    that this file tells of. `glued` are literals that end in a name to which other code puts more, each with what;
    `replaced` are those of whose text it changes a part. Equal contexts give equal results.
    """

    moves: tuple[Move, ...] = ()
    literals: tuple[LiteralDecision, ...] = ()
    holes: tuple[HoleDecision, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    index_conflicts: tuple[IndexConflict, ...] = ()
    former: tuple[Rename, ...] = ()
    values: tuple[PossibleNames, ...] = ()
    arguments: tuple[LiteralDecision, ...] = ()
    temporary: tuple[tuple[str, str], ...] = ()
    ctes: tuple[tuple[str, str], ...] = ()
    frozen: Frozen | None = None
    django: tuple[DjangoTable, ...] = ()
    django_cause: DjangoCause | None = None
    models: tuple[ModelReference, ...] = ()
    model_settings: tuple[ToldSetting, ...] = ()
    missing: tuple[MissingSchema, ...] = ()
    glued: tuple[tuple[Span, str], ...] = ()
    replaced: tuple[Replacement, ...] = ()

    def within(self, source: bytes) -> Context:
        """What of it concerns a file that holds these bytes, so that little changes when much does."""
        text = source.lower()
        moves = tuple(move for move in self.moves if _holds(text, move.relation.name) or _holds(text, move.to.name))
        conflicts = tuple(conflict for conflict in self.conflicts if any(_holds(text, name) for name in conflict.names))
        indexes = tuple(conflict for conflict in self.index_conflicts if any(_holds(text, n) for n in conflict.names))
        past = tuple(former for former in self.former if _holds(text, former.old.name))
        hidden = tuple((name, why) for name, why in self.temporary if _holds(text, name))
        ctes = tuple((name, why) for name, why in self.ctes if _holds(text, name))
        found = replace(self, moves=moves, conflicts=conflicts, index_conflicts=indexes, former=past)
        return replace(found, temporary=hidden, ctes=ctes)


def _holds(text: bytes, name: str) -> bool:
    """Whether a file's lower-case bytes may name a relation; a name outside ASCII may be spelled in any way."""
    return not name.isascii() or name.lower().encode() in text or b"\\" in text


ALONE = Context()
"""A file that gets nothing from others."""
