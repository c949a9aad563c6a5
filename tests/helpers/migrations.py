"""What tests of migrations share: the database before, statements run one by one, what is in it after."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import psycopg

from helpers import server as servers
from helpers.paths import FIXTURES
from schema_rewriter.postgres.catalog_reader import read_catalog
from schema_rewriter.postgres.connection import reading
from schema_rewriter.rules import RuleSet, parse_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.postgres.catalog import Catalog
    from schema_rewriter.postgres.migrate import Phases

    Connection = psycopg.Connection[tuple[Any, ...]]

KINDS = FIXTURES / "migrations/kinds"


def rules(name: str = "kinds") -> RuleSet:
    """The rules of a folder of fixtures/migrations."""
    return parse_rules((FIXTURES / "migrations" / name / "rules.toml").read_text("utf-8"), name)


def connect(dsn: str) -> Connection:
    """A session that commits each statement."""
    return psycopg.connect(dsn, autocommit=True)


def make(server: servers.Server, name: str = "kinds") -> str:
    """A new database with the schema of a folder of fixtures/migrations."""
    dsn = servers.create_database(server)
    with connect(dsn) as connection:
        connection.execute((FIXTURES / "migrations" / name / "schema.sql").read_bytes())
    return dsn


def copy(server: servers.Server, dsn: str) -> str:
    """A new database that equals another one, to which nobody may be connected."""
    new = servers.create_database(server)
    old_name, new_name = (psycopg.conninfo.conninfo_to_dict(text)["dbname"] for text in (dsn, new))
    with connect(server.conninfo()) as connection:
        connection.execute(f"DROP DATABASE {new_name}".encode())
        connection.execute(f"CREATE DATABASE {new_name} TEMPLATE {old_name}".encode())
    return new


def catalog(dsn: str) -> Catalog:
    """What the database holds."""
    with connect(dsn) as connection, reading(connection):
        return read_catalog(connection)


def up(phases: Phases) -> list[str]:
    """All statements of the way there."""
    return [statement for phase in phases.phases for statement in phase.up()]


def down(phases: Phases) -> list[str]:
    """All statements of the way back."""
    return [statement for phase in reversed(phases.phases) for statement in phase.down()]


def run(dsn: str, statements: Iterable[str]) -> list[str]:
    """Run them in one session, each by itself; what the server told."""
    told: list[str] = []
    with connect(dsn) as connection:
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
        for statement in statements:
            connection.execute(statement.encode())
    return told


def dump(server: servers.Server, dsn: str, *options: str) -> str:
    """pg_dump's text, without the words that are new in each."""
    command = [str(server.bindir / "pg_dump"), *options, dsn]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.sub(r"^\\(un)?restrict .*\n", "", text, flags=re.MULTILINE)


def psql(server: servers.Server, dsn: str, path: object, *options: str) -> subprocess.CompletedProcess[str]:
    """psql on a file."""
    command = [str(server.bindir / "psql"), "-X", *options, "-f", str(path), dsn]
    return subprocess.run(command, capture_output=True, text=True, check=False)
