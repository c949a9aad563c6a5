"""Roles in SQL: their names, their rights on what is made later, and blocks of statements that one runner runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.postgres.catalog import PUBLIC
from schema_rewriter.postgres.migrate.quoting import PIN, dollar, literal
from schema_rewriter.relation import quote
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schema_rewriter.postgres.catalog import Privilege

ALONE = "PERFORM pg_temp.sr_alone();"
"""Has a block run while no other runner does."""
PREPOSITIONS = {"GRANT": "TO", "REVOKE": "FROM"}


def role(name: str) -> str:
    """A role as GRANT writes it; the catalog's nobody and the rules' `public` are PUBLIC."""
    return "PUBLIC" if name in (PUBLIC, "public") else quote(name)


def option(privilege: Privilege) -> str:
    """The end of a GRANT that gives a privilege as it is held."""
    return " WITH GRANT OPTION" if privilege.grantable else ""


def default_rights(creator: str, schema: str, verb: str, rights: str, objects: str, grantee: str) -> str:
    """Gives or takes (`verb`: GRANT, REVOKE) rights on what a role makes later in a schema; without a semicolon."""
    return (
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote(creator)} IN SCHEMA {quote(schema)} {verb} "
        f"{rights} ON {objects} {PREPOSITIONS[verb]} {role(grantee)}"
    )


def by_creator(creator: str, statements: Sequence[str], schema: str) -> str:
    """Statements that only members of `creator` may run; for others they are a warning."""
    who, where = visible(creator), visible(schema)
    told = f"schema-rewrite: only {who} may set its default privileges in schema {where}; have it done"
    told = literal(told.replace("%", "%%"))
    lines = "\n    ".join(statements)
    return f"BEGIN\n    {lines}\n  EXCEPTION WHEN insufficient_privilege THEN\n    RAISE WARNING {told};\n  END;"


def block(lines: Iterable[str], schema: str = "") -> str:
    """One statement of several; with a schema, of none where that does not exist."""
    guard = [f"IF pg_catalog.to_regnamespace({literal(quote(schema))}) IS NULL THEN RETURN; END IF;"] if schema else []
    body = "\n  ".join((PIN, ALONE, *guard, *lines))
    return "DO " + dollar(f"\nBEGIN\n  {body}\nEND\n", "sr") + ";"
