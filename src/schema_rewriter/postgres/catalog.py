"""What a database holds, as a plain value; reads no database (`database.catalog` does) and knows no rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_rewriter.relation import Relation

PUBLIC = ""
"""The grantee that means every role; PUBLIC in SQL."""


@dataclass(frozen=True, slots=True)
class Privilege:
    """One privilege of an access control list. `column` is None where it holds for the whole object."""

    grantee: str
    privilege: str
    grantable: bool = False
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """A namespace. `users` and `creators` have USAGE and CREATE by whatever way: own right, membership, PUBLIC."""

    name: str
    owner: str
    privileges: tuple[Privilege, ...] = ()
    users: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One relation of pg_class; `kind` is its relkind (r p f v m S c).

    `parents` are the tables it is a partition or an inheritance child of. `marked` is its comment where that is one
    of ours (of stand_in.sql, bury.sql), which tells a stand-in or a tombstone from a relation.
    """

    relation: Relation
    kind: str
    owner: str
    privileges: tuple[Privilege, ...] = ()
    parents: tuple[Relation, ...] = ()
    partition: bool = False
    row_security: bool = False
    extension: str | None = None
    marked: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence: owned by a table's column (it moves along), or only named in `defaults` of tables (it stays)."""

    relation: Relation
    owner: str
    privileges: tuple[Privilege, ...] = ()
    owned_by: Relation | None = None
    defaults: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Statistics:
    """An extended statistics object, which does not follow its table."""

    name: Relation
    on: Relation


@dataclass(frozen=True, slots=True)
class Type:
    """An enum, domain or composite type that columns of tables use; it stays where it is."""

    name: Relation
    kind: str
    used_by: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key between two tables."""

    name: str
    source: Relation
    target: Relation


@dataclass(frozen=True, slots=True)
class Routine:
    """A function, procedure or trigger function with a body in text.

    `name` is qualified. `arguments` are the types that identify it (OUT arguments of procedures included), qualified
    but for those of pg_catalog. `definition` is pg_get_functiondef's, `source` the body within it. `settings` are its
    own (`search_path=...`).
    """

    name: Relation
    kind: str
    language: str
    owner: str
    arguments: tuple[str, ...]
    definition: str
    source: str
    settings: tuple[str, ...] = ()
    extension: str | None = None

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.arguments)})"


@dataclass(frozen=True, slots=True)
class DefaultPrivilege:
    """What objects that `creator` makes in `schema` (None: in every one) grant from the start; `objects` as in SQL."""

    creator: str
    schema: str | None
    objects: str
    privilege: Privilege


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything of a database that a migration depends on, in the order of names. `version` as 150018."""

    version: int
    database: str
    user: str
    schemas: tuple[Schema, ...] = ()
    entries: tuple[Entry, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    statistics: tuple[Statistics, ...] = ()
    types: tuple[Type, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    routines: tuple[Routine, ...] = ()
    default_privileges: tuple[DefaultPrivilege, ...] = ()
    roles: tuple[str, ...] = ()

    def entry(self, relation: Relation) -> Entry | None:
        """The relation of this name, if there is one."""
        return next((entry for entry in self.entries if entry.relation == relation), None)

    def schema(self, name: str) -> Schema | None:
        """The schema of this name, if there is one."""
        return next((schema for schema in self.schemas if schema.name == name), None)
