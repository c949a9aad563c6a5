"""Runs the files of a migration, one statement after the other, and logs it. Gates are its caller's business."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import DatabaseError
from schema_rewriter.postgres.apply import log
from schema_rewriter.postgres.apply.session import PINNED
from schema_rewriter.postgres.connection import driver

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.postgres.apply.files import Script
    from schema_rewriter.postgres.connection import Connection


def run(connection: Connection, script: Script, tell: Callable[[str], object], *, logged: bool) -> float:
    """Run one file; how many seconds it took. `tell` gets what the server says, as it says it.

    Every statement commits by itself and does nothing where it was done: after a crash the file is run again. Raises
    DatabaseError for the first that fails, and where the file's own check at its end says that something is not done.
    """
    psycopg = driver()
    start = time.monotonic()
    number = log.began(connection, script) if logged else 0

    def hear(notice: Any) -> None:
        if notice.severity_nonlocalized != "DEBUG" and notice.message_primary:
            tell(notice.message_primary)

    connection.add_notice_handler(hear)
    try:
        for statement in script.statements:
            _check(script, connection.execute(statement.encode()))
    except (psycopg.Error, DatabaseError) as error:
        said = _said(error) if isinstance(error, psycopg.Error) else str(error)
        if not connection.closed:
            connection.execute("RESET default_transaction_read_only")
        if logged and not connection.closed:
            log.ended(connection, number, said)
        raise DatabaseError(f"{script.name}: {said}") from None
    finally:
        connection.remove_notice_handler(hear)
        if not connection.closed:
            connection.execute(PINNED)
            connection.execute("RESET statement_timeout; RESET lock_timeout")
    if logged:
        log.ended(connection, number)
    return time.monotonic() - start


def _check(script: Script, cursor: Any) -> None:
    """The list at the end of a file says of each step whether it is done."""
    if [column.name for column in cursor.description or ()] != ["step", "done"]:
        return
    if left := [str(step) for step, done in cursor.fetchall() if not done]:
        raise DatabaseError(f"{script.name}: not done: {', '.join(left)}; run it again, then ask `audit`")


def _said(error: Any) -> str:
    parts = (error.diag.message_primary or str(error), error.diag.message_detail, error.diag.message_hint)
    return " ".join(" ".join(part.rstrip(".").split()) + "." for part in parts if part)
