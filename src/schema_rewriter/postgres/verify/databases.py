"""The proof of a project on a server: in a new database, and in one more where two files define one relation."""

from __future__ import annotations

import os
import secrets
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from schema_rewriter.errors import DatabaseError
from schema_rewriter.postgres.connection import connect, driver
from schema_rewriter.postgres.verify import layout, verify
from schema_rewriter.relation import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.postgres.connection import Connection
    from schema_rewriter.postgres.verify.claims import Claim
    from schema_rewriter.postgres.verify.layout import Definition
    from schema_rewriter.postgres.verify.verify import Proof
    from schema_rewriter.rules import RuleSet


@contextmanager
def scratch(server: str) -> Iterator[Connection]:
    """A connection to a new database on the server of that connection string; the database is dropped afterwards."""
    psycopg = driver()
    name = f"schema_rewrite_{secrets.token_hex(6)}"
    with connect(server) as connection:
        try:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        except psycopg.Error as error:
            raise DatabaseError(
                f"no database for the proof: {' '.join(str(error).split())}; name another --server"
            ) from None
        try:
            with connect(psycopg.conninfo.make_conninfo(server, dbname=name)) as inside:
                yield inside
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def made_by(command: str, server: str) -> str:
    """The schema, as pg_dump writes it, that a command makes in a new database of the server: it is told which by its
    environment. Raises DatabaseError where it fails, and where it makes nothing there.
    """
    make_conninfo = driver().conninfo.make_conninfo
    with scratch(server) as connection:
        info = connection.info
        place = {"PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": info.user, "PGDATABASE": info.dbname}
        url = f"postgresql://{quote_plus(info.user)}@/{info.dbname}?host={quote_plus(info.host)}&port={info.port}"
        given = os.environ | place | {"DATABASE_URL": url} | ({"PGPASSWORD": info.password} if info.password else {})
        done = subprocess.run(command, shell=True, env=given, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
            raise DatabaseError(f"--schema-from: the command ended with {done.returncode}: {said}")
        made = "SELECT FROM pg_catalog.pg_class WHERE relnamespace >= 16384 OR relnamespace = 'public'::regnamespace"
        if not connection.execute(made.encode()).fetchall():
            raise DatabaseError(
                "--schema-from: the command made nothing in the database that DATABASE_URL and the PG* variables name; "
                "have it take its database from there"
            )
        return layout.dump(make_conninfo(server, dbname=info.dbname), info.server_version // 10000)


def of_dump(server: str, text: str, claims: Sequence[Claim], rules: RuleSet, *, own: bool) -> tuple[Proof, list[str]]:
    """The proof on the schema of a dump, and what is to be told of it: what could not be restored, what had moved.

    `own`: the server is private.
    """
    with scratch(server) as connection:
        errors = layout.restore(connection, text)
        connection.execute("RESET ALL")
        try:
            moved = layout.moved_back(connection, rules)
        except driver().Error as error:
            raise DatabaseError(
                "the database has been moved already, and its copy can't be moved back: "
                f"{' '.join(str(error).split())}; verify against its schema of before"
            ) from None
        migration = layout.generated(connection, rules)
        proof = verify.prove(connection, claims, rules, migration, make_roles=own)
        return proof, [*([moved] if moved else []), *errors]


def of_code(
    server: str, made: Sequence[Definition], claims: Sequence[Claim], rules: RuleSet, *, own: bool
) -> tuple[Proof, list[str]]:
    """The proof on the schema that the code's own DDL makes, and which of it failed.

    Where statements of a file are invalid, they are asked again in a database where this file's definitions come first:
    two files may define a relation differently, and each is right where its own came first.
    """
    proof, errors = _prove(server, made, claims, rules, own)
    results = {id(result.claim): result for result in proof.results}
    doubtful = {result.claim.path for result in proof.results if _again(result)}
    doubtful |= {one.path for one in made if any(error.startswith(f"{one.path}: ") for error in errors)}
    unlike = set(proof.unlike)
    failed = set(errors)
    for path in sorted(doubtful & {one.path for one in made}):
        own_first = sorted(made, key=lambda one: one.path != path)
        own_claims = [
            result.claim for result in proof.results if result.claim.path == path and result.status != verify.PROVED
        ]
        again, errors = _prove(server, own_first, own_claims, rules, own)
        for result in again.results:
            if result.status in (verify.PROVED, verify.DIFFERS):
                results[id(result.claim)] = result
        unlike |= set(again.unlike)
        failed &= set(errors)
    ordered = tuple(results[id(claim)] for claim in claims)
    return replace(proof, results=ordered, unlike=tuple(sorted(unlike))), sorted(failed)


def _again(result: verify.Result) -> bool:
    """Whether another layout may make the statement valid."""
    return result.status in (verify.INVALID, verify.UNVERIFIED) and "does not exist" in result.reason


def _prove(
    server: str, made: Sequence[Definition], claims: Sequence[Claim], rules: RuleSet, own: bool
) -> tuple[Proof, list[str]]:
    with scratch(server) as connection:
        path = ", ".join(quote(schema) for schema in rules.search_path)
        connection.execute(f"SET search_path = {path}".encode())
        errors = layout.build(connection, made, rules)
        migration = layout.generated(connection, rules)
        return verify.prove(connection, claims, rules, migration, make_roles=own), errors
