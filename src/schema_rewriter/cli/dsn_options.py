"""The options that name a database, for all commands that talk to one."""

from __future__ import annotations

import click

dsn_option = click.option(
    "--dsn",
    envvar="SCHEMA_REWRITE_DSN",
    metavar="DSN",
    help="The database, as postgresql://user@host/database or key=value; PG* variables fill what it leaves out. "
    "Default: $SCHEMA_REWRITE_DSN.",
)
