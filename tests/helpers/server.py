"""The servers of the tests: those of `schema_rewriter.postgres.server`, and new databases in them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from schema_rewriter.postgres import binaries
from schema_rewriter.postgres.server import NoServerError, Server, Way, ways
from schema_rewriter.postgres.server import start as start_server

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NoServerError", "Server", "Way", "create_database", "kinds", "machine_binaries", "others", "start", "ways"]

OLDEST = 15  # the fixtures use MERGE
_numbers = itertools.count()


def machine_binaries() -> Path | None:
    """The machine's own PostgreSQL if it is not too old."""
    return binaries.find("machine", OLDEST)


def kinds() -> tuple[str, ...]:
    """The kinds of server that there are programs for."""
    return tuple(kind for kind in binaries.KINDS if binaries.find(kind, OLDEST))


def others() -> tuple[str, ...]:
    """The kinds that `auto` does not choose."""
    return kinds()[1:]


def start(kind: str = "auto", way: Way | None = None) -> Server:
    """A new server; raises NoServerError."""
    return start_server(kind, way, oldest=OLDEST)


def create_database(server: Server) -> str:
    """The connection string of a new, empty database."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.conninfo(name)


if __name__ == "__main__":
    print(*others(), sep="\n")
