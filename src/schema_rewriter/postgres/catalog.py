"""What a database holds, as a plain value for audit, migrate and verify. Reads no database, and knows no rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_rewriter.relation import Relation

PUBLIC = ""
"""The grantee that means every role; PUBLIC in SQL."""

MARK = "schema-rewrite:"
"""What the comment of everything that a migration leaves under an old name begins with."""

COMPATIBILITY_VIEW = f"{MARK}compat"
TOMBSTONE = f"{MARK}tombstone"

TABLE_KINDS = frozenset("rpf")
"""The kinds (pg_class.relkind) that are tables: ordinary, partitioned, foreign."""


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
class CatalogRelation:
    """One relation of pg_class; `kind` is its relkind (r p f v m S c).

    `parents` are the tables it is a partition or an inheritance child of, `reads` what a view reads. `mark` is its
    comment where that is one of ours: it tells a compatibility view or a tombstone from a relation.
    """

    relation: Relation
    kind: str
    owner: str
    privileges: tuple[Privilege, ...] = ()
    parents: tuple[Relation, ...] = ()
    reads: tuple[Relation, ...] = ()
    partition: bool = False
    row_security: bool = False
    extension: str | None = None
    mark: str = ""

    @property
    def is_compatibility_view(self) -> bool:
        """Whether it is a view that a migration left under the other name."""
        return self.kind == "v" and self.mark.startswith(COMPATIBILITY_VIEW)

    @property
    def is_tombstone(self) -> bool:
        """Whether it is the type that keeps an old name from being given to a table again."""
        return self.kind == "c" and self.mark.startswith(TOMBSTONE)


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
class PathSetting:
    """A search_path that a role ("": all) gets in all databases, or in this one; `value` as the server has it."""

    role: str
    database: bool
    value: str


@dataclass(frozen=True)
class Catalog:
    """Everything of a database that a migration depends on, in the order of names. `version` as 150018."""

    version: int
    database: str
    user: str
    schemas: tuple[Schema, ...] = ()
    relations: tuple[CatalogRelation, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    statistics: tuple[Statistics, ...] = ()
    types: tuple[Type, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    routines: tuple[Routine, ...] = ()
    default_privileges: tuple[DefaultPrivilege, ...] = ()
    roles: tuple[str, ...] = ()
    paths: tuple[PathSetting, ...] = ()
    server_path: str = '"$user", public'

    def relation(self, name: Relation) -> CatalogRelation | None:
        """The relation of this name, if there is one."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> Mapping[Relation, CatalogRelation]:
        return {found.relation: found for found in self.relations}

    def schema(self, name: str) -> Schema | None:
        """The schema of this name, if there is one."""
        return next((schema for schema in self.schemas if schema.name == name), None)
