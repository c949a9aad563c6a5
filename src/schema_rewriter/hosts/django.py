"""What a file says in Django's terms: models, applications, databases, operations of migrations; small values.

A name that code computes is "", one that is not said is None. Spans are in bytes of the file. Knows no other file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_rewriter.edit import Span

ABSTRACT, PROXY, UNMANAGED, FIELDS, META = "abstract", "proxy", "unmanaged", "fields", "meta"
"""What a class says of itself: the options that are true, that it has fields, and that its Meta inherits from none."""


@dataclass(frozen=True, slots=True)
class ManyToMany:
    """A field with a table of its own: its name, and its `db_table`."""

    name: str
    table: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class ModelClass:
    """A class that may be a model, by its slot (see valueflow): its `db_table` and `app_label`, and its fields.

    `span` is that of the literal of `db_table`, else of the class's name. `traits` are those above.
    """

    slot: str
    name: str
    span: Span
    label: str | None
    table: str | None
    traits: frozenset[str]
    fields: tuple[ManyToMany, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """An AppConfig: the module it stands for, and the label that the names of its tables begin with."""

    name: str | None
    label: str | None


@dataclass(frozen=True, slots=True)
class Database:
    """An entry of DATABASES: its `alias` ("" for what is given to all of it), and its engine.

    `options` tells what its OPTIONS are: "none", "some" (a mapping that is written out), "options" (with libpq's) or
    "code".
    """

    alias: str
    span: Span
    engine: str | None
    options: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A step of a migration on a model, by its name: `kind` is one of those in `hosts.python.django`.

    `name` is a field's, or a new name; `table` what it is made as.
    """

    kind: str
    model: str
    name: str = ""
    table: str | None = None


@dataclass(frozen=True, slots=True)
class DjangoFile:
    """All that a file says."""

    models: tuple[ModelClass, ...] = ()
    applications: tuple[Application, ...] = ()
    databases: tuple[Database, ...] = ()
    operations: tuple[Operation, ...] = ()


NO_DJANGO = DjangoFile()
"""A file that says nothing of it."""
