"""Whether a migration can be run over a connection: a session of its own, on a primary, with no other runner there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import DatabaseError
from schema_rewriter.postgres.connection import connect

if TYPE_CHECKING:
    from schema_rewriter.postgres.connection import Connection

PINNED = "SET search_path = pg_catalog, pg_temp"
"""What no session of a migration does without: no name means what somebody else has made."""

PERMIT = "SET schema_rewrite.contract = yes"
"""What opens the gate in the file of contract, once the audit has opened ours."""

_TRIES = 3


def demand(connection: Connection, dsn: str) -> None:
    """Raises DatabaseError with the remedy for a pooler that shares sessions, a standby, and another runner.

    Only then the session is set up: of what a pooler shares nothing is changed.
    """
    if is_shared(connection, dsn):
        raise DatabaseError(
            "a pooler in transaction mode is in between: a migration needs a session of its own, as its functions and "
            "settings live in it; connect to the server itself, or to a pool in session mode"
        )
    connection.execute(PINNED)
    if _one(connection, "SELECT pg_catalog.pg_is_in_recovery()"):
        raise DatabaseError(
            "this is a standby, which can't be changed; connect to the primary, and it follows by itself"
        )
    if not _one(connection, "SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtext('schema-rewrite runner'))"):
        raise DatabaseError("another `migrate --apply` is at work in this database; let it end, then run this again")


def standbys(connection: Connection) -> int:
    """How many servers replay this one; each is seen, whatever else of it is hidden from this role."""
    return int(_one(connection, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication"))


def behind(connection: Connection, seconds: float) -> tuple[str, ...]:
    """The standbys that have not replayed all that was written until now, after waiting for them so long; in words."""
    target = _one(connection, "SELECT pg_catalog.pg_current_wal_lsn()::pg_catalog.text")
    until = time.monotonic() + seconds
    query = """SELECT coalesce(nullif(application_name, ''), 'a standby'), pid, replay_lsn::pg_catalog.text
        FROM pg_catalog.pg_stat_replication WHERE replay_lsn IS NULL OR replay_lsn < %s::pg_catalog.pg_lsn
        ORDER BY pid"""
    while True:
        rows = connection.execute(query, [target]).fetchall()
        if not rows or (left := until - time.monotonic()) <= 0:
            break
        time.sleep(min(0.1, left))
    return tuple(
        f"{name} (pid {pid}) has not replayed up to {target} within {seconds:g} s: "
        + (f"it is at {at}" if at else "where it is, is hidden from this role (pg_read_all_stats sees it)")
        for name, pid, at in rows
    )


def is_shared(connection: Connection, dsn: str) -> bool:
    """Whether what comes next over this connection may be run by another session of the server.

    A pooler tells clients a process number of its own. It shares sessions if another client gets ours while we hold no
    transaction, or if we get another one while that client holds one. Changes nothing.
    """
    ours = _process(connection)
    if ours == connection.info.backend_pid:
        return False
    with connect(dsn) as other:
        for _ in range(_TRIES):
            other.execute("BEGIN READ ONLY")
            theirs = _process(other)
            if theirs == ours or _process(connection) != ours:
                return True
            other.execute("COMMIT")
    return False


def _process(connection: Connection) -> int:
    return int(_one(connection, "SELECT pg_catalog.pg_backend_pid()"))


def _one(connection: Connection, query: str) -> Any:
    return connection.execute(query.encode()).fetchall()[0][0]
