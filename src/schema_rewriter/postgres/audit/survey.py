"""Asks a database everything that an audit is about, in one transaction that can't write. Judges nothing itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import DatabaseError
from schema_rewriter.postgres.audit import checks, verdict
from schema_rewriter.postgres.audit.log_lines import old_names_in
from schema_rewriter.postgres.audit.old_names import old_names
from schema_rewriter.postgres.audit.verdict import Audit, AuditWarning
from schema_rewriter.postgres.audit.watch import watch
from schema_rewriter.postgres.catalog import TABLE_KINDS
from schema_rewriter.postgres.catalog_reader import read_catalog
from schema_rewriter.postgres.connection import driver, reading
from schema_rewriter.postgres.silent import changed_meaning
from schema_rewriter.relation import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from schema_rewriter.postgres.audit.log_lines import Logged
    from schema_rewriter.postgres.audit.usage import Usage
    from schema_rewriter.postgres.catalog import Catalog, CatalogRelation
    from schema_rewriter.postgres.connection import Connection
    from schema_rewriter.rules import Move, RuleSet

COUNTED = 100_000
"""Rows of a table that are counted at most: only whether it is empty matters much."""


def survey(
    connection: Connection,
    rules: RuleSet,
    role: str | None = None,
    *,
    seconds: float = 0.0,
    deployed: Collection[str] = (),
    logged: Iterable[Logged] = (),
) -> Audit:
    """The audit of a database. `role` is the one that will run the migration; the connected one if it is None.

    Sessions are watched for so many seconds; those with an application_name that is `deployed` run new code.
    `logged` are statements of the server's log: who says an old name there uses it.

    Raises DatabaseError for a role that does not exist, and where the server refuses a question.
    """
    psycopg = driver()
    try:
        usage = watch(connection, rules, seconds, deployed)
        with reading(connection):
            [(database,)] = connection.execute("SELECT current_database()").fetchall()
            said = old_names_in(logged, str(database), rules)
            return _survey(connection, rules, role, replace(usage, statements=(*usage.statements, *said)))
    except psycopg.Error as error:
        raise DatabaseError(f"the server refused a question of the audit: {' '.join(str(error).split())}") from None


def _survey(connection: Connection, rules: RuleSet, role: str | None, usage: Usage) -> Audit:
    found = read_catalog(connection)
    role = found.user if role is None else role
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchall():
        raise DatabaseError(f"--role: there is no role {quote(role)} on this server; name one that will migrate")
    warnings = [*_texts(found, rules, role, _memberships(connection, role)), *_jobs(connection, rules)]
    for check in checks.checks():
        if check.since <= found.version < check.below:
            warnings += ask(connection, check, rules, role)
    rows = {stored.relation: _count(connection, stored) for stored in verdict.twins(found, rules)}
    places = verdict.places(found, rules, {name: count for name, count in rows.items() if count is not None})
    standing = tuple(
        f"{view} was made on the compatibility view {on}"
        for view, on in checks.rows(connection, checks.STANDING_ON_VIEW, rules)
    )
    ordered = tuple(sorted(set(warnings), key=lambda warning: (warning.code, warning.subject, warning.message)))
    judged, reasons = verdict.verdict(places, ordered, usage, standing)
    return Audit(found.database, found.version, role, places, ordered, usage, judged, reasons, usage.standby)


def ask(connection: Connection, check: checks.Check, rules: RuleSet, role: str) -> list[AuditWarning]:
    """The warnings of one check."""
    rows = checks.rows(connection, checks.ROLE + check.query, rules, role)
    return [AuditWarning(check.code, str(row[0]), _message(check, row), check.stops) for row in rows]


def _message(check: checks.Check, row: tuple[Any, ...]) -> str:
    shown = check.message.format(*row)
    return shown.replace(" (and 0 more reasons)", "").replace("(and 1 more reasons)", "(and one more reason)")


def _memberships(connection: Connection, role: str) -> frozenset[str]:
    """The roles that a role has the rights of, itself among them."""
    query = "SELECT r.rolname FROM pg_roles r, pg_roles m WHERE m.rolname = %s AND pg_has_role(m.oid, r.oid, 'USAGE')"
    return frozenset(str(name) for (name,) in connection.execute(query, [role]).fetchall())


def _texts(found: Catalog, rules: RuleSet, role: str, memberships: frozenset[str]) -> Iterator[AuditWarning]:
    """W01 and W02: routines whose text says a name of the rules. W15: those that a view makes mean something else."""
    names = {move.relation.name for move in rules.moves if _moves_yet(found, move)}
    parents = {parent.name for entry in found.relations if not entry.partition for parent in entry.parents}
    for routine in found.routines:
        words = old_names(routine.definition, rules)
        if words.relations:
            stops = "contract"
            text = f"{routine} ({routine.language}) names {', '.join(words.relations)}: `migrate` rewrites it"
            if routine.owner not in memberships:
                text += f", but it belongs to {routine.owner}, of which {role} is no member: its owner must replace it"
            yield AuditWarning("W01", str(routine), text, stops)
        for doubt in words.doubts:
            yield AuditWarning("W01", str(routine), f"{routine} ({routine.language}), by hand: {doubt}")
        if silent := changed_meaning(routine.source, names, parents):
            remedy = "move in a maintenance window (--single-step), or change it first"
            text = f"{routine}, as long as the view stands: {silent}; {remedy}"
            yield AuditWarning("W15", str(routine), text, "expand")
        path = next((setting for setting in routine.settings if setting.startswith("search_path=")), None)
        if path and (words.relations or words.doubts):
            text = f"{routine} sets {path}: its unqualified names mean what that path says"
            yield AuditWarning("W02", str(routine), text)


def _moves_yet(found: Catalog, move: Move) -> bool:
    entry = found.relation(move.relation)
    return entry is not None and not entry.mark and entry.kind in TABLE_KINDS


def _jobs(connection: Connection, rules: RuleSet) -> Iterator[AuditWarning]:
    """W26: the commands of pg_cron, where it is and lets itself be read.

    What somebody else has put there is not read: a view, or a policy, would run with our rights.
    """
    row = connection.execute(
        "SELECT has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE (n.nspname, c.relname, c.relkind) = ('cron', 'job', 'r') AND (NOT c.relrowsecurity OR EXISTS ("
        " SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))"
    ).fetchone()
    if row is None:
        return
    if not row[0]:
        yield AuditWarning(
            "W26", "cron.job", "cron.job can't be read by this role: the commands of pg_cron were not looked at"
        )
        return
    for number, command in connection.execute("SELECT jobid, command FROM cron.job ORDER BY jobid").fetchall():
        words = old_names(str(command), rules)
        job = f"pg_cron job {number}"
        if words.relations:
            yield AuditWarning("W26", job, f"{job} names {', '.join(words.relations)}: change its command", "contract")
        for doubt in words.doubts:
            yield AuditWarning("W26", job, f"{job}: {doubt}")


def _count(connection: Connection, stored: CatalogRelation) -> int | None:
    """The rows of a table, COUNTED at most; None where this role may not read it.

    None as well where others decide what reading it runs: policies, and foreign servers.
    """
    if stored.row_security or stored.kind == "f":
        return None
    row = connection.execute(
        "SELECT has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE (n.nspname, c.relname) = (%s, %s)",
        [stored.relation.schema, stored.relation.name],
    ).fetchone()
    if row is None or not row[0]:
        return None
    query = f"SELECT count(*) FROM (SELECT FROM {stored.relation} LIMIT {COUNTED}) t"
    counted = connection.execute(query.encode()).fetchone()
    return int(counted[0]) if counted else None
