"""The checks of checks.toml, and the other questions of an audit. Judges nothing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Check:
    """A query whose every row is a warning, with its message; see checks.toml."""

    code: str
    query: str
    message: str
    stops: str = ""
    since: int = 0
    below: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """All of checks.toml: what each warning is about, and the checks."""

    titles: dict[str, str]
    checks: tuple[Check, ...]


@cache
def table() -> Table:
    """The checks, in the order in which they are made."""
    text = resources.files("schema_rewriter.postgres.audit").joinpath("checks.toml").read_text("utf-8")
    document = tomllib.loads(text)
    return Table(document["titles"], tuple(Check(**check) for check in document["check"]))


ROLE = ", role AS (SELECT oid, rolname, rolsuper FROM pg_roles WHERE rolname = $5)\n"
"""The role that will run the migration, behind catalog.PRELUDE."""

STANDING_ON_VIEW = """
SELECT DISTINCT c.oid::regclass::text, v.oid::regclass::text
FROM named v JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid
    AND d.classid = 'pg_rewrite'::regclass
JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class AND c.oid <> v.oid
WHERE v.relkind = 'v' AND v.comment LIKE 'schema-rewrite:compat%'
"""
"""Views that were made on a compatibility view: it can't be dropped below them."""

USERS = """
SELECT coalesce(a.usename::text, ''), a.application_name, a.pid, coalesce(a.query, ''),
       ARRAY(SELECT DISTINCT v.oid::regclass::text FROM pg_locks l JOIN named v ON v.oid = l.relation AND NOT v.is_new
             WHERE l.pid = a.pid AND l.locktype = 'relation' AND l.granted
               AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1)
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
ORDER BY 1, 2, 3
"""
"""The sessions of this database: role, application_name, pid, last statement, old names that they have locked."""
