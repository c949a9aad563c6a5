"""What a database holds of the relations that move, as values; judges nothing. PostgreSQL 14 to 18."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from schema_rewriter.postgres.connection import driver
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from schema_rewriter.postgres.connection import Connection
    from schema_rewriter.rules import RuleSet

Row = TypeVar("Row")

MARK = "schema-rewrite:"
"""What the comment of every stand-in that a migration leaves under an old name begins with."""

COMPAT = f"{MARK}compat"
TOMBSTONE = f"{MARK}tombstone"

TABLES = frozenset("rpf")
"""The kinds (pg_class.relkind) that are tables: ordinary, partitioned, foreign."""

PRELUDE = f"""
WITH RECURSIVE move AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
        AS move (old_schema, old_name, new_schema, new_name)
), named AS (  -- whatever has an old or a new name, stand-ins included
    SELECT DISTINCT ON (c.oid) move.*, c.oid, c.relkind, n.nspname AS schema, c.relname AS name,
           (n.nspname, c.relname) = (move.new_schema, move.new_name) AS is_new,
           coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type')) AS comment
    FROM move
    JOIN pg_class c ON c.relname IN (move.old_name, move.new_name)
    JOIN pg_namespace n ON n.oid = c.relnamespace
        AND (n.nspname, c.relname) IN ((move.old_schema, move.old_name), (move.new_schema, move.new_name))
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
    ORDER BY c.oid
), own AS (  -- what moves by the rules, wherever it is now: no stand-ins
    SELECT * FROM named WHERE relkind <> 'c' AND (relkind <> 'v' OR coalesce(comment, '') NOT LIKE '{MARK}%')
), tree AS (  -- and its partitions and children
    SELECT oid, 0 AS level, new_schema FROM own
    UNION
    SELECT i.inhrelid, tree.level + 1, tree.new_schema FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
), moving AS (
    SELECT t.oid, t.level, t.new_schema, c.relkind, c.relname AS name, c.relowner, c.relacl, c.reltype,
           n.nspname AS schema, t.oid::regclass::text AS shown
    FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
)
"""
"""What every query begins with; its parameters are `parameters(rules)`.

`move`: the rules. `named`: relations that have an old or a new name. `own`: those that are meant, stand-ins left out.
`moving`: the same with their partitions and children.
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A relation of the database: one with an old or a new name, or a partition or child of such a one.

    `kind` is pg_class.relkind. `tuples` is the planner's estimate, -1 where it has none. `level` is 0 for a relation
    that the rules name, 1 for its partitions and children, and so on; `parents` are OIDs. `reads` are the OIDs of the
    relations that a view reads. `is_new` tells whether it stands where the rules move it.
    """

    oid: int
    schema: str
    name: str
    kind: str
    owner: str
    comment: str
    tuples: float
    level: int
    parents: tuple[int, ...]
    reads: tuple[int, ...]
    is_new: bool
    row_security: bool
    columns: tuple[str, ...]

    @property
    def relation(self) -> Relation:
        """Its name."""
        return Relation(self.schema, self.name)

    @property
    def is_compatibility_view(self) -> bool:
        """Whether it is a view that a migration left under the old name."""
        return self.kind == "v" and self.comment.startswith(COMPAT)

    @property
    def is_tombstone(self) -> bool:
        """Whether it is the type that keeps an old name from being given to a table again."""
        return self.kind == "c" and self.comment.startswith(TOMBSTONE)


@dataclass(frozen=True, slots=True)
class Routine:
    """A function or procedure whose body is text and says a name of the rules; `definition` creates or replaces it."""

    oid: int
    identity: str
    kind: str
    language: str
    owner: str
    definition: str
    settings: tuple[str, ...]
    extension: str | None


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema of the rules, and what the connected role may do there."""

    name: str
    owner: str
    usage: bool
    create: bool


@dataclass(frozen=True, slots=True)
class Catalog:
    """All that was asked, at one moment. `version` is server_version_num."""

    version: int
    database: str
    user: str
    schemas: tuple[Schema, ...]
    relations: tuple[Stored, ...]
    routines: tuple[Routine, ...]

    def find(self, relation: Relation) -> Stored | None:
        """The relation of that name, if it is one of the catalog's."""
        return next((stored for stored in self.relations if stored.relation == relation), None)

    def schema(self, name: str | None) -> Schema | None:
        """The schema of that name, if there is one."""
        return next((schema for schema in self.schemas if schema.name == name), None)


_RELATIONS = """
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text, pg_get_userbyid(c.relowner)::text,
       coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type'), ''), c.reltuples::float8,
       coalesce((SELECT min(level) FROM tree WHERE tree.oid = c.oid), 0),
       ARRAY(SELECT inhparent::int8 FROM pg_inherits WHERE inhrelid = c.oid ORDER BY inhseqno),
       ARRAY(SELECT DISTINCT d.refobjid::int8 FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass
             AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
             WHERE r.ev_class = c.oid AND c.relkind IN ('v', 'm') ORDER BY 1),
       coalesce((SELECT is_new FROM named WHERE named.oid = c.oid),
                n.nspname = (SELECT min(new_schema) FROM tree WHERE tree.oid = c.oid)),
       c.relrowsecurity,
       ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
             ORDER BY attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid IN (SELECT oid FROM named UNION SELECT oid FROM tree)
ORDER BY 2, 3
"""

_ROUTINES = """
SELECT p.oid::int8, p.oid::regprocedure::text, p.prokind::text, l.lanname::text, pg_get_userbyid(p.proowner)::text,
       pg_get_functiondef(p.oid), coalesce(p.proconfig, '{}'),
       (SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE l.lanname NOT IN ('c', 'internal') AND p.prokind <> 'a' AND p.prosqlbody IS NULL
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND EXISTS (SELECT FROM move WHERE strpos(lower(p.prosrc), lower(old_name)) > 0
                                  OR strpos(lower(p.prosrc), lower(new_name)) > 0)
ORDER BY 2
"""

_SCHEMAS = """
SELECT n.nspname::text, pg_get_userbyid(n.nspowner)::text, has_schema_privilege(n.oid, 'USAGE'),
       has_schema_privilege(n.oid, 'CREATE')
FROM pg_namespace n WHERE n.nspname IN (SELECT old_schema FROM move UNION SELECT new_schema FROM move) ORDER BY 1
"""


def parameters(rules: RuleSet) -> list[list[str]]:
    """The values of $1 to $4 in the prelude: a list each of old schemas, old names, new schemas, new names."""
    moves = sorted({(move.relation, move.to) for move in rules.moves})
    return [
        [old.schema or "" for old, _ in moves],
        [old.name for old, _ in moves],
        [new.schema or "" for _, new in moves],
        [new.name for _, new in moves],
    ]


def ask(connection: Connection, query: str, rules: RuleSet) -> list[tuple[Any, ...]]:
    """The rows of a query that begins with the prelude."""
    with driver().RawCursor(connection) as cursor:
        return list(cursor.execute(PRELUDE + query, parameters(rules)).fetchall())


def read(connection: Connection, rules: RuleSet) -> Catalog:
    """The catalog as far as the rules are concerned; in a `connection.reading` transaction it is of one moment."""
    database, user = connection.execute("SELECT current_database()::text, current_user::text").fetchall()[0]
    return Catalog(
        connection.info.server_version,
        database,
        user,
        _rows(Schema, ask(connection, _SCHEMAS, rules)),
        _rows(Stored, ask(connection, _RELATIONS, rules)),
        _rows(Routine, ask(connection, _ROUTINES, rules)),
    )


def _rows(kind: type[Row], rows: list[tuple[Any, ...]]) -> tuple[Row, ...]:
    """Each row as a value; arrays as tuples, so that it can't change."""
    return tuple(kind(*(tuple(value) if isinstance(value, list) else value for value in row)) for row in rows)
