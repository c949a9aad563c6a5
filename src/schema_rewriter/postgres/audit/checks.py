"""The checks of checks.toml, and the other questions of an audit. Judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from schema_rewriter.package_data import load_table
from schema_rewriter.postgres.catalog import COMPATIBILITY_VIEW, MARK
from schema_rewriter.postgres.connection import driver

if TYPE_CHECKING:
    from schema_rewriter.postgres.connection import Connection
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Check:
    """A query whose every row is a warning, with its message; see checks.toml."""

    code: str
    query: str
    message: str
    stops: str = ""
    since: int = 0
    below: int = 1_000_000


@cache
def checks() -> tuple[Check, ...]:
    """The checks, in the order in which they are made."""
    document = load_table(__package__, "checks.toml")
    return tuple(Check(**check) for check in document["check"])


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

ROLE = ", role AS (SELECT oid, rolname, rolsuper FROM pg_roles WHERE rolname = $5)\n"
"""The role that will run the migration, behind PRELUDE."""

STANDING_ON_VIEW = f"""
SELECT DISTINCT c.oid::regclass::text, v.oid::regclass::text
FROM named v JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid
    AND d.classid = 'pg_rewrite'::regclass
JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class AND c.oid <> v.oid
WHERE v.relkind = 'v' AND v.comment LIKE '{COMPATIBILITY_VIEW}%'
"""
"""Views that were made on a compatibility view: it can't be dropped below them."""

THIS_DATABASE = "(SELECT oid FROM pg_database WHERE datname = current_database())"

SESSIONS = f"""
, locked AS (
    SELECT l.pid, v.is_new, v.oid::regclass::text AS shown FROM pg_locks l JOIN named v ON v.oid = l.relation
    WHERE l.locktype = 'relation' AND l.granted AND l.database = {THIS_DATABASE}
)
SELECT coalesce(a.usename::text, ''), coalesce(a.application_name, ''), a.pid, a.backend_start, coalesce(a.query, ''),
       pg_has_role(a.usesysid, 'USAGE') OR pg_has_role('pg_read_all_stats', 'USAGE'),
       ARRAY(SELECT DISTINCT v.shown FROM locked v WHERE v.pid = a.pid AND NOT v.is_new ORDER BY 1),
       ARRAY(SELECT DISTINCT v.shown FROM locked v WHERE v.pid = a.pid AND v.is_new ORDER BY 1)
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.usesysid IS NOT NULL
  AND coalesce(a.backend_type, 'client backend') = 'client backend'  -- it is hidden from an ordinary role
ORDER BY 1, 2, 3
"""
"""The sessions of this database: role, application_name, pid, begin, last statement, whether this role sees it, and the
old and new names that they have locked."""

STATEMENTS_VIEW = """
SELECT quote_ident(n.nspname) || '.pg_stat_statements' FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements' AND c.relkind = 'v'
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refobjid = e.oid AND d.deptype = 'e'
WHERE e.extname = 'pg_stat_statements' AND has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
  AND strpos(current_setting('shared_preload_libraries'), 'pg_stat_statements') > 0
"""
"""Where the statistics of statements are, if they are there, are the extension's own, and may be read."""


def rows(connection: Connection, query: str, rules: RuleSet, *more: str) -> list[tuple[Any, ...]]:
    """The rows of a query that begins with the prelude; `more` are its parameters from $5 on."""
    with driver().RawCursor(connection) as cursor:
        return list(cursor.execute((PRELUDE + query).encode(), [*parameters(rules), *more]).fetchall())


def parameters(rules: RuleSet) -> list[list[str]]:
    """The values of $1 to $4 in the prelude: a list each of old schemas, old names, new schemas, new names."""
    moves = sorted({(move.relation, move.to) for move in rules.moves})
    return [
        [old.schema or "" for old, _ in moves],
        [old.name for old, _ in moves],
        [new.schema or "" for _, new in moves],
        [new.name for _, new in moves],
    ]
