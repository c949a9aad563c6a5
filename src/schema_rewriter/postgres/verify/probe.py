"""What PostgreSQL makes of a statement: which relations, columns, sequences and types it means. Changes nothing.

A query is parsed as a function's body and its dependencies are read; a command is run, and what it changed, made and
locked is read; then it is undone (probe.sql). Objects are OIDs, which ALTER .. SET SCHEMA keeps: equal shapes before
and after a move are the same objects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from schema_rewriter.relation import fold
from schema_rewriter.sql.lexer import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_rewriter.postgres.connection import Connection

QUERIES = frozenset("select insert update delete merge with values table (".split())


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement comes to. `state` is an SQLSTATE and `said` its message where the server refuses it.

    `objects` are lines with OIDs, `made` the names of what a command makes, `body` a query as the server writes it.
    """

    state: str = ""
    said: str = ""
    objects: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    body: str = ""

    @property
    def valid(self) -> bool:
        """Whether the server takes the statement."""
        return not self.state

    def renamed(self, names: Mapping[str, str]) -> Shape:
        """The shape with other names: old to new, each with its schema and quoted as the server does."""
        if not names:
            return self
        end = r"(?![\w\"$])"
        pattern = re.compile(
            "|".join(
                rf"(?<![\w.\"$]){re.escape(name)}{'' if name.endswith('_') else end}"
                for name in sorted(names, reverse=True)
            )
        )
        made = frozenset(pattern.sub(lambda found: names[found[0]], line) for line in self.made)
        return Shape(self.state, self.said, self.objects, made, pattern.sub(lambda found: names[found[0]], self.body))


def prepare(connection: Connection) -> None:
    """Make the functions of probe.sql in a session."""
    text = resources.files("schema_rewriter.postgres.verify").joinpath("probe.sql").read_bytes()
    connection.execute(text)


def is_query(statement: str) -> bool:
    """Whether a statement is a query or DML, which a function's body may hold, not a command."""
    first = next(tokens(statement, 0, script=False), None)
    return first is not None and first.word in QUERIES


def query(connection: Connection, statement: str, parameters: int, *, shallow: bool = False) -> Shape:
    """The shape of a query or DML with so many parameters. `shallow`: only whether it is valid."""
    asked = [statement, parameters, shallow]
    row = connection.execute("SELECT * FROM pg_temp.sr_query(%s, %s, %s)", asked).fetchall()[0]
    state, said, depends, body = row
    return Shape(state, said, frozenset(depends or ()), body=body or "")


def command(connection: Connection, statement: str, existing: Existing | None = None) -> Shape:
    """The shape of a command. `existing` is what it makes, where that is there already: it is dropped first."""
    asked = [transactional(statement), existing.oid if existing else None, existing.kind if existing else ""]
    row = connection.execute("SELECT * FROM pg_temp.sr_command(%s, %s, %s)", asked).fetchall()[0]
    state, said, changed, newest = row

    def known(found: re.Match[str]) -> str:
        return "new" if int(found[0]) > newest else found[0]

    lines = [re.sub(r" @\(.*", "", line) for line in changed or ()]
    numbered = {re.sub(r"(?<![\w.])\d{5,}(?![\w.])", known, line) for line in lines}
    made = frozenset(line for line in numbered if line.startswith(("name ", "gone name ")))
    return Shape(state, said, frozenset(numbered) - made, made)


def reaches_out(statement: str) -> bool:
    """Whether running a command might do what no ROLLBACK undoes: files, programs, other databases, the server."""
    return _OUTWARD.search(transactional(statement).replace("'/dev/null'", "")) is not None


_EXISTS = re.compile(r"\A(\s*(?:alter|drop)\s+(?:materialized\s+)?\w+\s+)if\s+exists\s+", re.IGNORECASE)
_DATA = re.compile(r"\b(from|to)\s+(?:(?:stdin|stdout|pstdin|pstdout)\b|(?:program\s+)?'(?:[^']|'')*')", re.IGNORECASE)
_OUTWARD = re.compile(
    r"\b(?:program|dblink\w*|pg_(?:read|write|ls|stat)_\w*file\w*|pg_ls_\w+|lo_(?:import|export)|alter\s+system"
    r"|pg_(?:terminate|cancel)_backend|pg_reload_conf|pg_rotate_logfile|load)\b|\bcopy\b[^;]*'",
    re.IGNORECASE,
)
_CREATES_ROUTINE = re.compile(r"\A(\s*create\s+)((?:function|procedure)\b)", re.IGNORECASE)
_VACUUM = re.compile(r"\Avacuum\s*(?:\([^)]*\)|(?:\s*\b(?:full|freeze|verbose|analy[sz]e)\b)*)\s*", re.IGNORECASE)


def transactional(statement: str) -> str:
    """The command as it can be run in a transaction, and fails where it finds nothing.

    IF EXISTS would hide a name that is not there; a routine that is there is replaced; CONCURRENTLY and VACUUM run
    outside of transactions only; the data of COPY is not here.
    """
    head = statement[:40].lstrip().lower()
    if head.startswith(("alter", "drop")):
        statement = _EXISTS.sub(r"\1", statement)
    if re.match(r"(create|drop|reindex|refresh|alter)\b", head):
        statement = re.sub(r"\bconcurrently\b", "", statement, count=1, flags=re.IGNORECASE)
    if head.startswith("create"):  # what is there already gets the new body
        statement = _CREATES_ROUTINE.sub(r"\1OR REPLACE \2", statement)
    if head.startswith("copy"):
        statement = _DATA.sub(lambda found: f"{found[1]} '/dev/null'", statement, count=1)
    if head.startswith("vacuum"):
        statement = "ANALYZE " + _VACUUM.sub("", statement.strip())
    return statement


_MAKES = re.compile(
    r"\Acreate\s+(?:or\s+replace\s+)?(?:unlogged\s+|unique\s+|foreign\s+|recursive\s+|"
    r"(?:(?:local|global)\s+)?temp(?:orary)?\s+)?"
    r"(?:table|view|materialized\s+view|sequence|index)\s+(?:concurrently\s+)?(?P<guard>if\s+not\s+exists\s+)?"
    r"(?P<name>(?:\w+|\"(?:[^\"]|\"\")+\")(?:\s*\.\s*(?:\w+|\"(?:[^\"]|\"\")+\"))?)",
    re.IGNORECASE,
)


def makes(statement: str) -> tuple[str, bool] | None:
    """The name that CREATE TABLE, VIEW, SEQUENCE or INDEX gives, and whether IF NOT EXISTS stands before it."""
    found = _MAKES.match(statement.strip())
    return (found["name"], found["guard"] is not None) if found else None


_INTO = re.compile(
    r"\binto\s+(?P<kind>(?:temp|temporary|unlogged)\s+)?(?:table\s+)?(?P<name>(?:[\w.]|\"(?:[^\"]|\"\")+\")+)",
    re.IGNORECASE,
)


def created_by_select(statement: str) -> str | None:
    """SELECT INTO as the CREATE TABLE AS that it is (manual, SELECT INTO); None for another statement."""
    found = _INTO.search(statement)
    if found is None:
        return None
    rest = statement[: found.start()] + statement[found.end() :]
    return f"CREATE {found['kind'] or ''}TABLE {found['name']} AS {rest}"


_ON = (
    ("trigger", r"create\s+(?:or\s+replace\s+)?(?:constraint\s+)?trigger\s+(?P<own>{0})\s.*?\bon\s+(?P<on>{1})"),
    ("policy", r"create\s+policy\s+(?P<own>{0})\s+on\s+(?P<on>{1})"),
    ("rule", r"create\s+(?:or\s+replace\s+)?rule\s+(?P<own>{0})\s+as\s+on\s+\w+\s+to\s+(?P<on>{1})"),
    ("constraint", r"alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?P<on>{1})\s+add\s+constraint\s+(?P<own>{0})"),
)
_IDENTIFIER = r"(?:\w+|\"(?:[^\"]|\"\")+\")"
_DEPENDENT = tuple(
    (kind, re.compile(form.format(_IDENTIFIER, rf"{_IDENTIFIER}(?:\s*\.\s*{_IDENTIFIER})?"), re.IGNORECASE | re.DOTALL))
    for kind, form in _ON
)
_OWNED = {
    kind: f"SELECT oid::int8 FROM pg_catalog.{table} WHERE {on} = pg_catalog.to_regclass(%s) AND {name} = %s"
    for kind, table, on, name in (
        ("trigger", "pg_trigger", "NOT tgisinternal AND tgrelid", "tgname"),
        ("policy", "pg_policy", "polrelid", "polname"),
        ("rule", "pg_rewrite", "ev_class", "rulename"),
        ("constraint", "pg_constraint", "conrelid", "conname"),
    )
}


@dataclass(frozen=True, slots=True)
class Existing:
    """Something that is there already and that a command makes; a relation, if `kind` is not trigger, rule ..."""

    oid: int
    kind: str = ""


def existing(connection: Connection, statement: str) -> Existing | None:
    """What a command would make, where something of that name is there already."""
    statement = statement.strip()
    for kind, form in _DEPENDENT:
        if found := form.match(statement):
            row = connection.execute(_OWNED[kind].encode(), [found["on"], fold(found["own"])]).fetchone()
            return Existing(int(row[0]), kind) if row else None
    made = makes(statement)
    if made is None:
        return None
    row = connection.execute("SELECT pg_catalog.to_regclass(%s)::oid::int8", [made[0]]).fetchone()
    return Existing(int(row[0])) if row and row[0] is not None else None
