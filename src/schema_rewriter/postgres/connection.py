"""Connections to PostgreSQL, and what is told of them: never a password. Alone imports the driver."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from schema_rewriter.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

APPLICATION = "schema-rewrite"
REMEDY = 'this needs the PostgreSQL driver: pip install "schema-rewrite[database]"'

_SECRETS = re.compile(
    r"""(?P<key>(?:ssl)?password\s*=\s*)(?:'(?:[^'\\]|\\.)*'?|(?:[^\s&\\]|\\.)*)   # key=value, ?key=value
      | (?<=://)(?P<user>[^:@/?\s]*):\S*(?=@)                                        # user:password@""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def driver() -> ModuleType:
    """psycopg 3. Raises DatabaseError with the remedy where it is not installed."""
    try:
        import psycopg
    except ImportError as error:
        # psycopg without libpq fails with the same class, and says why.
        cause = "" if error.name == "psycopg" else f" ({' '.join(str(error).split())})"
        raise DatabaseError(REMEDY + cause) from None
    return psycopg


def masked(text: str) -> str:
    """A connection string, or a message that holds one, with stars for its passwords.

    >>> masked("postgresql://app:s3cret@db/app?sslpassword=x&sslmode=require")
    'postgresql://app:***@db/app?sslpassword=***&sslmode=require'
    """
    return _SECRETS.sub(lambda found: f"{found['key']}***" if found["key"] else f"{found['user']}:***", text)


def connect(dsn: str) -> Connection:
    """A connection that commits each statement and prepares none by itself; `dsn` is a URI or "key=value ..".

    What the string leaves out libpq takes from its PG* variables, its service file and .pgpass. Raises DatabaseError,
    in one line and without passwords.
    """
    psycopg = driver()
    try:
        values = psycopg.conninfo.conninfo_to_dict(dsn)
        torn = "://" in dsn and any("@" in str(values.get(key, "")) for key in ("host", "port", "dbname"))
        if torn:
            raise DatabaseError(f"{_hidden(dsn)} is torn by its password; write its @ : / ? % as %40 %3A %2F %3F %25")
    except psycopg.ProgrammingError:  # its text repeats pieces of the string
        raise DatabaseError(
            f"{_hidden(dsn)} is no connection string; write postgresql://user@host:5432/database or "
            '"host=.. dbname=.. user=.."'
        ) from None
    try:
        connection: Connection = psycopg.connect(
            dsn,
            autocommit=True,
            prepare_threshold=None,
            fallback_application_name=APPLICATION,
            client_encoding="UTF8",  # what we send, whatever the database or the environment has
        )
    except psycopg.OperationalError as error:
        raise DatabaseError(f"no connection to {masked(dsn) or 'the database'}: {_told(error, dsn)}") from None
    if connection.info.server_version < 140000:
        connection.close()
        raise DatabaseError(
            f"{masked(dsn)}: PostgreSQL {connection.info.server_version // 10000} is too old; 14 it takes"
        )
    return connection


@contextmanager
def reading(connection: Connection) -> Iterator[Connection]:
    """A transaction that can't write and sees one moment; its settings end with it (a pooler may share the session)."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        # With no user schema in the path the server itself writes every name with its schema, and nobody's function or
        # operator is taken for one of the server's.
        connection.execute("SET LOCAL search_path = pg_catalog, pg_temp")
        connection.execute("SET LOCAL lock_timeout = '2s'")
        yield connection
    finally:
        if not connection.closed:
            connection.execute("ROLLBACK")


def _told(error: Exception, dsn: str) -> str:
    text = " ".join(masked(str(error)).split())
    for secret in _passwords(dsn):
        text = text.replace(secret, "***")
    return text


def _passwords(dsn: str) -> list[str]:
    """The passwords in a connection string that could be read, as written and as meant."""
    values: dict[str, Any] = driver().conninfo.conninfo_to_dict(dsn)
    found = [str(values[key]) for key in ("password", "sslpassword") if values.get(key)]
    return [secret for text in found for secret in (text, unquote(text)) if secret]


def _hidden(dsn: str) -> str:
    """What may be said of a string that is no connection string: only its beginning, for a URI."""
    return "the value of --dsn" if "://" not in dsn else f"{dsn.split('://', 1)[0][:20]}://.."
