"""Asks a database everything that an audit is about, in one transaction that can't write. Judges nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import DatabaseError
from schema_rewriter.postgres.audit import audit, catalog, checks
from schema_rewriter.postgres.audit.audit import Audit, User, Warning_
from schema_rewriter.postgres.audit.texts import said
from schema_rewriter.postgres.connection import driver, reading
from schema_rewriter.relation import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.postgres.audit.catalog import Catalog, Stored
    from schema_rewriter.postgres.connection import Connection
    from schema_rewriter.rules import RuleSet

COUNTED = 100_000
"""Rows of a table that are counted at most: only whether it is empty matters much."""


def survey(connection: Connection, rules: RuleSet, role: str | None = None) -> Audit:
    """The audit of a database. `role` is the one that will run the migration; the connected one if it is None.

    Raises DatabaseError for a role that does not exist, and where the server refuses a question.
    """
    psycopg = driver()
    try:
        with reading(connection):
            return _survey(connection, rules, role)
    except psycopg.Error as error:
        raise DatabaseError(f"the server refused a question of the audit: {' '.join(str(error).split())}") from None


def _survey(connection: Connection, rules: RuleSet, role: str | None) -> Audit:
    found = catalog.read(connection, rules)
    role = found.user if role is None else role
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchall():
        raise DatabaseError(f"--role: there is no role {quote(role)} on this server; name one that will migrate")
    warnings = [*_texts(found, rules), *_jobs(connection, rules)]
    for check in checks.table().checks:
        if check.since <= found.version < check.below:
            warnings += ask(connection, check, rules, role)
    rows = {stored.oid: _count(connection, stored) for stored in audit.twins(found, rules)}
    places = audit.places(found, rules, {oid: count for oid, count in rows.items() if count is not None})
    users = tuple(_users(connection, rules))
    standing = tuple(
        f"{view} was made on the compatibility view {on}"
        for view, on in catalog.ask(connection, checks.STANDING_ON_VIEW, rules)
    )
    ordered = tuple(sorted(set(warnings), key=lambda warning: (warning.code, warning.subject, warning.message)))
    judged, reasons = audit.verdict(places, ordered, users, standing)
    return Audit(found.database, found.version, role, places, ordered, users, judged, reasons)


def ask(connection: Connection, check: checks.Check, rules: RuleSet, role: str) -> list[Warning_]:
    """The warnings of one check."""
    query = catalog.PRELUDE + checks.ROLE + check.query
    with driver().RawCursor(connection) as cursor:
        rows = cursor.execute(query, [*catalog.parameters(rules), role]).fetchall()
    return [Warning_(check.code, str(row[0]), _message(check, row), check.stops) for row in rows]


def _message(check: checks.Check, row: tuple[Any, ...]) -> str:
    shown = check.message.format(*row)
    return shown.replace(" (and 0 more reasons)", "").replace("(and 1 more reasons)", "(and one more reason)")


def _texts(found: Catalog, rules: RuleSet) -> Iterator[Warning_]:
    """W01 and W02: routines whose text says a name of the rules."""
    for routine in found.routines:
        words = said(routine.definition, rules)
        if words.old:
            stops = "contract"
            text = f"{routine.identity} ({routine.language}) names {', '.join(words.old)}: `migrate` rewrites it"
            yield Warning_("W01", routine.identity, text, stops)
        for doubt in words.doubts:
            yield Warning_("W01", routine.identity, f"{routine.identity} ({routine.language}), by hand: {doubt}")
        path = next((setting for setting in routine.settings if setting.startswith("search_path=")), None)
        if path and (words.old or words.doubts):
            text = f"{routine.identity} sets {path}: its unqualified names mean what that path says"
            yield Warning_("W02", routine.identity, text)


def _jobs(connection: Connection, rules: RuleSet) -> Iterator[Warning_]:
    """W26: the commands of pg_cron, where it is and lets itself be read."""
    row = connection.execute(
        "SELECT has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE (n.nspname, c.relname) = ('cron', 'job')"
    ).fetchone()
    if row is None:
        return
    if not row[0]:
        yield Warning_(
            "W26", "cron.job", "cron.job can't be read by this role: the commands of pg_cron were not looked at"
        )
        return
    for number, command in connection.execute("SELECT jobid, command FROM cron.job ORDER BY jobid").fetchall():
        words = said(str(command), rules)
        job = f"pg_cron job {number}"
        if words.old:
            yield Warning_("W26", job, f"{job} names {', '.join(words.old)}: change its command", "contract")
        for doubt in words.doubts:
            yield Warning_("W26", job, f"{job}: {doubt}")


def _users(connection: Connection, rules: RuleSet) -> Iterator[User]:
    for role, application, pid, query, locked in catalog.ask(connection, checks.USERS, rules):
        old = {*said(query, rules).old, *locked}
        if old:
            yield User(role, application, pid, tuple(sorted(old)))


def _count(connection: Connection, stored: Stored) -> int | None:
    """The rows of a table, COUNTED at most; None where this role may not read it."""
    row = connection.execute(
        "SELECT has_table_privilege(oid, 'SELECT') AND has_schema_privilege(relnamespace, 'USAGE')"
        " FROM pg_class WHERE oid = %s",
        [stored.oid],
    ).fetchone()
    if row is None or not row[0]:
        return None
    query = f"SELECT count(*) FROM (SELECT FROM {stored.relation} LIMIT {COUNTED}) t"
    counted = connection.execute(query.encode()).fetchone()
    return int(counted[0]) if counted else None
