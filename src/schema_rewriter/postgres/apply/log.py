"""The log of what was run in a database: which file, by whom, from when to when, with what end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import DatabaseError
from schema_rewriter.postgres.connection import reading

if TYPE_CHECKING:
    from schema_rewriter.postgres.apply.files import Script
    from schema_rewriter.postgres.connection import Connection

TABLE = "schema_rewrite.log"

_MAKE = """
CREATE SCHEMA schema_rewrite;
COMMENT ON SCHEMA schema_rewrite IS 'the log of schema-rewrite migrate --apply; it may be dropped when all is done';
CREATE TABLE schema_rewrite.log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, file text NOT NULL, digest text NOT NULL,
    runner name NOT NULL DEFAULT session_user, began timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    ended timestamptz, error text)
"""

# What somebody else has made under this name would run with our rights.
_TRUSTED = """
SELECT c.relkind = 'r' AND NOT c.relhastriggers AND NOT c.relhasrules AND NOT c.relrowsecurity
    AND (n.nspowner = o.oid OR s.rolsuper) AND (c.relowner = o.oid OR t.rolsuper)
FROM pg_namespace n JOIN pg_roles s ON s.oid = n.nspowner
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'log'
JOIN pg_roles t ON t.oid = c.relowner, pg_roles o WHERE n.nspname = 'schema_rewrite' AND o.rolname = current_user
"""


_LAST = """
SELECT file, digest, runner, to_char(began, 'YYYY-MM-DD HH24:MI:SS'),
    coalesce(to_char(ended, 'YYYY-MM-DD HH24:MI:SS'), ''),
    coalesce(error, '')
FROM (SELECT DISTINCT ON (file) * FROM schema_rewrite.log ORDER BY file, id DESC) last ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One run of one file. Where `ended` is empty it is at work, or was killed; `error` is what it ended with."""

    file: str
    digest: str
    runner: str
    began: str
    ended: str
    error: str


def entries(connection: Connection) -> tuple[Entry, ...]:
    """The last run of each file, in the order in which they began; nothing where there is no log, or none to read."""
    query = """SELECT pg_catalog.to_regclass('schema_rewrite.log') IS NOT NULL
        AND pg_catalog.has_schema_privilege('schema_rewrite', 'USAGE')
        AND pg_catalog.has_table_privilege('schema_rewrite.log', 'SELECT')"""
    with reading(connection):
        if not _one(connection, query) or not _one(connection, _TRUSTED):
            return ()
        return tuple(Entry(*row) for row in connection.execute(_LAST).fetchall())


def open_log(connection: Connection) -> bool:
    """Make the log if there is none; False where this role may not. Raises DatabaseError for one that is not ours."""
    if _one(connection, "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'schema_rewrite'"):
        if not _one(connection, _TRUSTED):
            raise DatabaseError(
                "schema schema_rewrite belongs to somebody else, or its log has been changed: what is in it would run "
                "with the rights of this role; look at it, and drop it or run the migration as its owner"
            )
        return True
    if not _one(connection, "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"):
        return False
    connection.execute(_MAKE)  # one message, hence one transaction
    return True


def began(connection: Connection, script: Script) -> int:
    """Log that a file begins; the number of the entry."""
    query = "INSERT INTO schema_rewrite.log (file, digest) VALUES (%s, %s) RETURNING id"
    return int(connection.execute(query, [script.name, script.digest]).fetchall()[0][0])


def ended(connection: Connection, number: int, error: str | None = None) -> None:
    """Log how it ended."""
    query = "UPDATE schema_rewrite.log SET ended = pg_catalog.clock_timestamp(), error = %s WHERE id = %s"
    connection.execute(query, [error, number])


def _one(connection: Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
