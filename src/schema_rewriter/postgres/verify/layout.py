"""The schema that statements are proved on: made from the project's own DDL or another database's, moved, compared."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.errors import DatabaseError
from schema_rewriter.inventory import uses
from schema_rewriter.postgres import binaries, migrate
from schema_rewriter.postgres.catalog_reader import read_catalog
from schema_rewriter.postgres.connection import driver, masked, reading
from schema_rewriter.postgres.verify.probe import reaches_out
from schema_rewriter.reading import read
from schema_rewriter.rules import RuleSet
from schema_rewriter.sql import temporary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.postgres.catalog import Catalog
    from schema_rewriter.postgres.connection import Connection
    from schema_rewriter.relation import Relation


@dataclass(frozen=True, slots=True)
class Definition:
    """A statement of the project that makes or adds something, and where it stands."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Migration:
    """The statements that move the relations, each to be sent on its own, in one session.

    `expand` moves them and leaves views under the old names, `contract` is all that follows, `down` the way back.
    """

    expand: tuple[str, ...]
    contract: tuple[str, ...]
    down: tuple[str, ...]


_MAKES = re.compile(
    r"\s*(?:create\s+(?!(?:database|role|user|server|subscription|publication|event\s+trigger|tablespace)\b)"
    r"|alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?\S+\s+add\b|alter\s+type\s+\S+\s+add\b)",
    re.IGNORECASE,
)


_ROUTINE = re.compile(r"\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)


def definitions(path: str, source: bytes) -> Iterator[Definition]:
    """The statements of a file that make something, have no hole, and do nothing outside of the database."""
    for statement in uses.statements(read(path, source, RuleSet())):
        whole = not statement.holes and not statement.confidence.is_piece and "\0" not in statement.text
        if (
            whole
            and _MAKES.match(statement.text)
            and (_ROUTINE.match(statement.text) or not reaches_out(statement.text))
        ):
            yield Definition(path, statement.text)


def fingerprint(made: Iterable[Definition] | str) -> str:
    """What the schema is made of, in a few characters; equal if and only if it is made of the same."""
    text = made if isinstance(made, str) else "\0".join(f"{one.path}\0{one.text}" for one in made)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def build(connection: Connection, made: Sequence[Definition], rules: RuleSet) -> list[str]:
    """Run what makes the schema, in the order that works, and answer why what is left did not: each in a line.

    What a statement needs may be made by a later one: all are tried until none succeeds any more. Temporary tables are
    made too, for the statements that use them, unless they would hide a relation that moves.
    """
    psycopg = driver()
    left = [one for one in made if not temporary(one.text) & rules.names]
    errors: dict[Definition, str] = {}
    while left:
        failed: list[Definition] = []
        for one in left:
            try:
                text = re.sub(r"\bconcurrently\b", "", one.text, flags=re.IGNORECASE)
                connection.execute(text.encode())
            except psycopg.Error as error:
                if error.sqlstate not in ("42P07", "42710", "42723", "42701", "42P06"):  # it is there already
                    failed.append(one)
                    errors[one] = f"{one.path}: {error.diag.message_primary}: {' '.join(one.text.split())[:60]}"
        if len(failed) == len(left):
            break
        left = failed
    else:
        return []
    return [errors[one] for one in left]


def dump(dsn: str, version: int) -> str:
    """The schema of a database of major `version` as pg_dump writes it; it must be as new as the database."""
    program = binaries.client("pg_dump", version)
    if program is None:
        raise DatabaseError(f"no pg_dump of version {version} or newer on this machine; install PostgreSQL's clients")
    conninfo = driver().conninfo
    values = conninfo.conninfo_to_dict(dsn)
    password = values.pop("password", None)  # whoever may list processes sees their arguments
    shown = conninfo.make_conninfo(**values)
    done = subprocess.run(
        [program, "--schema-only", "--no-publications", "--no-subscriptions", "--no-tablespaces", "--dbname", shown],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PGAPPNAME": "schema-rewrite"} | ({"PGPASSWORD": str(password)} if password else {}),
    )
    if done.returncode:
        raise DatabaseError(f"pg_dump failed: {' '.join(masked(done.stderr).split())}")
    lines = done.stdout.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(("\\restrict", "\\unrestrict", "-- Dumped")))


def restore(connection: Connection, text: str) -> list[str]:
    """Run a dump, with roles as it names them, and answer what failed: extensions that are not here, and the like."""
    psycopg = driver()
    roles = set(re.findall(r"(?:OWNER TO|\bTO|\bFROM|FOR ROLE) (\"(?:[^\"]|\"\")+\"|\w+)(?=[;, ])", text))
    for role in sorted(roles - {"PUBLIC", "postgres"}):
        try:
            connection.execute(f"CREATE ROLE {role}".encode())
        except psycopg.Error:
            continue  # it is there, or the word was no role's name: then the statement itself says so
    errors: list[str] = []
    for statement in uses.statements(read("dump.sql", text.encode(), RuleSet())):
        try:
            connection.execute(statement.text.encode())
        except psycopg.Error as error:
            if error.sqlstate not in ("42P06", "42710"):
                errors.append(f"{error.diag.message_primary}: {' '.join(statement.text.split())[:60]}")
    connection.execute("SELECT pg_catalog.set_config('check_function_bodies', 'on', false)")
    return errors


def generated(connection: Connection, rules: RuleSet) -> Migration:
    """The migration that `schema-rewrite migrate` writes for the connection's database, its [grants] left out."""
    with reading(connection):
        found = read_catalog(connection)
    phases = migrate.plan(replace(rules, grants=()), found).phases
    first = [phase for phase in phases if phase.name in ("prepare", "expand")]
    rest = [phase for phase in phases if phase not in first]
    return Migration(
        tuple(statement for phase in first for statement in phase.up()),
        tuple(statement for phase in rest for statement in phase.up()),
        tuple(statement for phase in reversed(phases) for statement in phase.down()),
    )


def moved_back(connection: Connection, rules: RuleSet) -> str:
    """Bring a schema in which something of the rules has moved to the old layout; what was found, in a line, or ""."""
    with reading(connection):
        found = read_catalog(connection)
    stand_ins = [e.relation for m in rules.moves for n in (m.relation, m.to) if (e := found.relation(n)) and e.mark]
    moved = [m.to for m in rules.moves if _is_own(found, m.to) and not _is_own(found, m.relation)]
    if not stand_ins and not moved:
        return ""
    views = [name for name in dict.fromkeys(stand_ins) if (e := found.relation(name)) and e.is_compatibility_view]
    for view in views:
        connection.execute(f"DROP VIEW {view}".encode())
    with reading(connection):
        found = read_catalog(connection)
    back = replace(rules.inverse(), grants=())
    for phase in migrate.plan(back, found, single_step=True).phases:
        for statement in phase.up():
            connection.execute(statement.encode())
    connection.execute("RESET search_path")
    what = "has been expanded (views stand under names that moved)" if views else "has been moved"
    return (
        f"the database {what}: {', '.join(map(str, moved or views))}; the proof is made on a copy that was moved back"
    )


def _is_own(found: Catalog, name: Relation) -> bool:
    entry = found.relation(name)
    return entry is not None and not entry.mark


_NAMES = """
SELECT c.oid::int8, quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= 16384 AND c.relkind NOT IN ('t', 'i', 'I')
"""


def names(connection: Connection) -> dict[int, str]:
    """The name of every relation by its OID, as the server writes it where no schema is in the path."""
    with reading(connection):
        return dict(connection.execute(_NAMES).fetchall())


def parents(connection: Connection) -> frozenset[str]:
    """The names, without their schemas, of tables that others inherit from, partitioned ones left out."""
    query = "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND oid IN (SELECT inhparent FROM pg_inherits)"
    with reading(connection):
        return frozenset(row[0] for row in connection.execute(query).fetchall())


_EVERYTHING = """
SELECT 'relation ' || c.oid || ' ' || c.relkind::text || ' ' || c.oid::regclass || ' ' || coalesce(c.relacl::text, '')
       || ' ' || pg_get_userbyid(c.relowner) || coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c
WHERE c.oid >= 16384 AND c.relkind <> 't' AND c.relpersistence <> 't'
UNION ALL SELECT 'column ' || a.attrelid::regclass || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || ' ' || a.attnotnull || coalesce(pg_get_expr(d.adbin, d.adrelid), '') || coalesce(a.attacl::text, '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind <> 't' AND c.relpersistence <> 't'
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid >= 16384
UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE oid >= 16384 AND conrelid <> 0
UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid >= 16384
    AND indrelid NOT IN (SELECT oid FROM pg_class WHERE relkind = 't')
UNION ALL SELECT 'view ' || oid::regclass || ' ' || pg_get_viewdef(oid) FROM pg_class
    WHERE relkind IN ('v', 'm') AND oid >= 16384
UNION ALL SELECT 'routine ' || pg_get_functiondef(p.oid) FROM pg_proc p
    WHERE p.oid >= 16384 AND p.prokind <> 'a' AND p.pronamespace <> pg_my_temp_schema()
UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'rule ' || pg_get_ruledef(oid) FROM pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN'
UNION ALL SELECT 'policy ' || polrelid::regclass || ' ' || polname || coalesce(pg_get_expr(polqual, polrelid), '')
    FROM pg_policy
UNION ALL SELECT 'statistics ' || pg_get_statisticsobjdef(oid) FROM pg_statistic_ext
"""


def everything(connection: Connection) -> frozenset[str]:
    """The catalog's contents that a user has made, as lines with full names: equal lines, equal databases."""
    with reading(connection):
        return frozenset(row[0] for row in connection.execute(_EVERYTHING).fetchall() if row[0])
