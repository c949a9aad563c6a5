"""`schema-rewrite audit`: a database against the rules, read and told. Judges nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from schema_rewriter.cli import config
from schema_rewriter.cli.dsn_options import dsn_option
from schema_rewriter.cli.options import SETTINGS, rule_set, rules_option
from schema_rewriter.cli.output import echo
from schema_rewriter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.postgres.audit.verdict import Audit

_EPILOG = """\b
Examples:
  schema-rewrite audit --rules rules.toml --dsn postgresql://app@db/app
      where each relation stands, what the move can trip over, what may be
      done next
  SCHEMA_REWRITE_DSN=postgresql://app@db/app schema-rewrite audit
      the same, with rules from pyproject.toml; the password is better kept
      in ~/.pgpass
  schema-rewrite audit --dsn postgresql:// --role migrator
      a database that the PG* variables name, for a migration by another role
  schema-rewrite audit --format json | jq -r .verdict

\b
Exit codes:
  0    ready to expand, ready to contract, or done
  1    not ready: a person has something to do first; or unknown: this role
       can't see what other sessions run
  2    a usage error, or no connection

\b
Everything is read in one transaction that can't write, and locks nothing but
the catalog. Warnings have codes, which `schema-rewrite explain`
explains: W13, or taken-name.
"""


@click.command(
    short_help="Hold a database against the rules: what is in the way.", context_settings=SETTINGS, epilog=_EPILOG
)
@rules_option
@dsn_option
@click.option("--role", metavar="ROLE", help="The role that will migrate; the connected one by default.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", help="The report's shape.")
def audit_command(rule_files: tuple[Path, ...], dsn: str | None, role: str | None, shape: str) -> int:
    """Hold a database against the rules: what has moved, what has not, what stands in the way. Changes nothing."""
    rules = rule_set(rule_files, config.load(Path.cwd()))
    if dsn is None:
        raise ConfigError(
            "audit needs a database: give --dsn postgresql://user@host/database, or set SCHEMA_REWRITE_DSN"
        )
    from schema_rewriter.postgres import connection
    from schema_rewriter.postgres.audit.survey import survey

    with connection.connect(dsn) as connected:
        found = survey(connected, rules, role)
    echo(to_json(found) if shape == "json" else "\n".join(_text(found, _width())))
    return found.exit_code


def to_json(audit: Audit) -> str:
    """The audit as audit.schema.json has it."""
    warnings = [asdict(warning) | {"word": warning.word} for warning in audit.warnings]
    document = asdict(audit) | {"version": 1, "server_version": audit.version, "warnings": warnings}
    return json.dumps(document, indent=2)


def _width() -> int:
    return max(60, min(get_terminal_size((80, 24)).columns, 120))


def _text(audit: Audit, width: int) -> Iterator[str]:
    from schema_rewriter.postgres.audit.codes import codes
    from schema_rewriter.reports.full import shown

    def told(text: str, first: str = "", rest: str = "    ") -> list[str]:
        """In lines, without what a name in it would have the terminal do."""
        return wrap(shown(text), width, initial_indent=first, subsequent_indent=rest)

    server = f"PostgreSQL {audit.version // 10000}.{audit.version % 10000}"
    yield f"database {shown(audit.database)}, {server}; role {shown(audit.role)}"
    yield ""
    names = [shown(f"{place.relation} -> {place.target}") for place in audit.places]
    for place, name in zip(audit.places, names, strict=True):
        yield f"  {name:<{max(map(len, names))}}  {shown(str(place.place))}"
        yield from told(place.note, "      ", "      ")
    for code, warnings in groupby(audit.warnings, key=lambda warning: warning.code):
        yield ""
        yield f"{codes()[code]}: {codes()[code].title}"
        for warning in warnings:
            yield from told(warning.message, f"  stops {warning.stops}: " if warning.stops else "  - ")
    if audit.users:
        yield ""
        yield "sessions that say an old name"
    for user in audit.users:
        who = f"{user.application or '(no application_name)'}, role {user.role}, pid {user.pid}"
        yield from told(f"{who}: {', '.join(user.relations)}", "  - ")
    yield ""
    yield f"{audit.verdict}, because" if audit.reasons else audit.verdict
    for reason in audit.reasons:
        yield from told(reason, "  - ")
