"""What the code of one file tells an ORM of tables: classes, calls, collections. Knows no language, no SQL.

References and slots are those of `valueflow`: only the whole project tells what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_rewriter.edit import Span
    from schema_rewriter.hosts.slot import Slot


@dataclass(frozen=True, slots=True)
class Text:
    """A literal: its text, its place in bytes, quotes included, and that of its content, if this is the text itself.

    What code puts together has `pieces` instead of a text: ("text", it) and ("reference", what holds the rest).
    """

    text: str
    span: Span
    content: Span | None
    line: int
    pieces: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TableClass:
    """A class that may be a table's.

    `slot` is its own, `scope` that of its body, `name` where its name stands, for a table that is called by it.
    `table` is the literal that names its table; `naming` how a function of its own makes the name, pairs of what is
    done and to what: None for one that is not understood. `is_named`: it has either. `args` is where its table's schema
    stands, or can be put; `problem` tells why it can't be; `has_args`: it has table arguments already. `is_table`: the
    head of the class says that it is one (SQLModel); `has_key`: a column of its own is the primary key. `columns` are
    the names in its body that may be those of columns. `is_tableless`: it
    says that it has no table. `constant` is the reference by which it tells its schema, if no
    literal does.
    """

    slot: str
    scope: str
    name: Text
    bases: tuple[str, ...]
    table: Text | None = None
    naming: tuple[tuple[str, str], ...] | None = None
    is_named: bool = False
    args: Slot | None = None
    problem: str = ""
    has_args: bool = False
    is_abstract: bool = False
    is_table: bool = False
    has_key: bool = False
    columns: tuple[str, ...] = ()
    is_tableless: bool = False
    constant: str = ""


@dataclass(frozen=True, slots=True)
class TableName:
    """A literal by which a call names a table, or a piece of code in a string.

    `takes` is that of the call's row, by its number `row` (orm_calls.toml), `called` the reference of what is called.
    `home` is the class in whose body it stands; `metadata` the reference of the collection it is looked up in. `slot`
    is where the call tells the schema, or can be made to; `problem` why it can't be. `beside` are other names that the
    same schema holds for; `constant` as of a class.
    """

    takes: str
    called: str
    row: int
    literal: Text
    home: str = ""
    metadata: str = ""
    slot: Slot | None = None
    problem: str = ""
    beside: tuple[str, ...] = ()
    constant: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """An object that collects tables, or one that has such a collection: the slot that holds it, and what makes it.

    `schema` is what its tables get that have none, "" for nothing, None for what only the running program knows.
    `metadata` is the reference of the collection that it is given.
    """

    slot: str
    called: str
    schema: str | None = ""
    metadata: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class ModelSetting:
    """A place that holds for all models at once, by its `kind`.

    "tables": a call makes their tables, of the collection that `owner` spells. "comparison": Alembic compares them with
    a database, in all schemas if `is_set`; `is_open`: other code may set it. "engine": they are used on SQLite; or, if
    `is_set`, some other schema is told to be theirs.
    """

    kind: str
    span: Span
    line: int
    owner: str = ""
    is_set: bool = False
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Orm:
    """All that a file tells an ORM of tables."""

    classes: tuple[TableClass, ...] = ()
    names: tuple[TableName, ...] = ()
    collections: tuple[Collection, ...] = ()
    settings: tuple[ModelSetting, ...] = ()


NONE = Orm()
"""A file that tells nothing."""
