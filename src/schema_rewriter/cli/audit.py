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
from schema_rewriter.errors import ConfigError, FileError
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.postgres.audit.log_lines import Logged
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
  schema-rewrite audit --expect expanded && ./deploy-new-code
      a pipeline that never runs new code on the old layout
  schema-rewrite audit --window 600 --deployed "web 2.0" --expect unused
      watch for ten minutes who uses the old names; sessions of that
      application_name run new code

\b
Exit codes:
  0    ready to expand, ready to contract, or done; with --expect, only if
       the database is in that state
  1    not ready: a person has something to do first; or unknown: a session may
       run old code, or this role can't see what others run
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
@click.option("--window", type=click.FloatRange(0), default=0, metavar="SECONDS", help="How long to watch sessions.")
@click.option(
    "--deployed", multiple=True, metavar="NAME", help="An application_name that only new code has; repeatable."
)
@click.option(
    "--expect",
    type=click.Choice(["expanded", "unused", "contracted"]),
    help="Exit with 0 only if new code can run, nobody uses an old name, or none stands.",
)
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A log of the server with its statements (log_statement = all), as evidence; repeatable.",
)
@click.option("--log-since", default="", metavar="TIME", help="Only lines of it from then on, as 2026-01-31 09:00:00.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", help="The report's shape.")
def audit_command(
    rule_files: tuple[Path, ...],
    dsn: str | None,
    role: str | None,
    window: float,
    deployed: tuple[str, ...],
    expect: str | None,
    logs: tuple[Path, ...],
    log_since: str,
    shape: str,
) -> int:
    """Hold a database against the rules: what has moved, what has not, what stands in the way. Changes nothing."""
    rules = rule_set(rule_files, config.load(Path.cwd()))
    if dsn is None:
        raise ConfigError(
            "audit needs a database: give --dsn postgresql://user@host/database, or set SCHEMA_REWRITE_DSN"
        )
    from schema_rewriter.postgres import connection
    from schema_rewriter.postgres.audit.survey import survey
    from schema_rewriter.postgres.audit.verdict import unmet

    with connection.connect(dsn) as connected:
        found = survey(connected, rules, role, seconds=window, deployed=deployed, logged=_logged(logs, log_since))
    missing = unmet(found, expect) if expect else ()
    if shape == "json":
        echo(to_json(found, expect, missing))
    else:
        echo("\n".join((*_text(found, _width()), *(_expected(expect, missing, _width()) if expect else ()))))
    return found.exit_code if expect is None else int(bool(missing))


def _logged(paths: Sequence[Path], since: str) -> list[Logged]:
    """The statements of the logs. Raises ConfigError for one that has none: it would be evidence of nothing."""
    from schema_rewriter.postgres.audit.log_lines import logged

    found: list[Logged] = []
    for path in paths:
        try:
            with path.open(encoding="utf-8", errors="replace", newline="") as file:
                here = list(logged(file))
        except (OSError, ValueError) as error:
            raise FileError(f"{path}: {error}; name a log of PostgreSQL's (plain, csvlog or jsonlog)") from None
        if not here:
            raise ConfigError(f"{path}: no statement in it; the server writes them with log_statement = all")
        found += [one for one in here if one.when >= since]
    return found


def to_json(audit: Audit, expect: str | None = None, missing: Sequence[str] = ()) -> str:
    """The audit as audit.schema.json has it."""
    document = asdict(audit)
    usage = document.pop("usage")
    document |= {
        "version": 1,
        "server_version": audit.version,
        "warnings": [asdict(warning) | {"word": warning.word} for warning in audit.warnings],
        "users": usage["users"],
        "unknown_sessions": usage["unknown"],
        "window": usage["seconds"],
        "expected": None if expect is None else {"state": expect, "met": not missing, "reasons": list(missing)},
    }
    return json.dumps(document, indent=2)


def _expected(expect: str, missing: Sequence[str], width: int) -> Iterator[str]:
    from schema_rewriter.postgres.audit.verdict import EXPECTED

    yield ""
    yield from wrap(f"expected {expect}: {'no, because' if missing else 'yes, ' + EXPECTED[expect]}", width)
    for reason in missing:
        yield from wrap(visible(reason), width, initial_indent="  - ", subsequent_indent="    ")


def _width() -> int:
    return max(60, min(get_terminal_size((80, 24)).columns, 120))


def _text(audit: Audit, width: int) -> Iterator[str]:
    from schema_rewriter.postgres.audit.codes import codes

    def told(text: str, first: str = "", rest: str = "    ") -> list[str]:
        """In lines, without what a name in it would have the terminal do."""
        return wrap(visible(text), width, initial_indent=first, subsequent_indent=rest)

    server = f"PostgreSQL {audit.version // 10000}.{audit.version % 10000}"
    standby = ", a standby: the primary's sessions are not seen here" if audit.standby else ""
    yield f"database {visible(audit.database)}, {server}{standby}; role {visible(audit.role)}"
    yield ""
    names = [visible(f"{place.relation} -> {place.target}") for place in audit.places]
    for place, name in zip(audit.places, names, strict=True):
        yield f"  {name:<{max(map(len, names))}}  {visible(str(place.place))}"
        yield from told(place.note, "      ", "      ")
    for code, warnings in groupby(audit.warnings, key=lambda warning: warning.code):
        yield ""
        yield f"{codes()[code]}: {codes()[code].title}"
        for warning in warnings:
            yield from told(warning.message, f"  stops {warning.stops}: " if warning.stops else "  - ")
    if audit.usage.users:
        yield ""
        yield "sessions that say an old name"
    for user in audit.usage.users:
        who = f"{user.application or '(no application_name)'}, role {user.role}, pid {user.pid}"
        yield from told(f"{who}: {', '.join(user.relations)}", "  - ")
    if audit.usage.unknown and any(place.place == "view" for place in audit.places):
        yield ""
        yield "sessions that may run old code"
        for one in audit.usage.unknown:
            who = f"{one.application or '(no application_name)'}, role {one.role}, pid {one.pid}"
            yield from told(f"{who}: {one.why}", "  - ")
    yield ""
    yield f"{audit.verdict}, because" if audit.reasons else audit.verdict
    for reason in audit.reasons:
        yield from told(reason, "  - ")
