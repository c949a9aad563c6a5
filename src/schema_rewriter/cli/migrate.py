"""`schema-rewrite migrate`: writes the migration of the database, as files, or hands over to what runs them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema_rewriter.cli import config
from schema_rewriter.cli.options import NAME, SETTINGS, rule_set, rules_option
from schema_rewriter.cli.output import echo, say
from schema_rewriter.errors import ConfigError, FileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema_rewriter.postgres.catalog import Catalog
    from schema_rewriter.postgres.migrate.phases import Phases
    from schema_rewriter.rules import RuleSet

EXAMPLES = """\b
Examples:
  schema-rewrite migrate --dsn postgresql://app@db/app --out migration
  schema-rewrite migrate --offline --format alembic --out alembic/versions
  schema-rewrite migrate --dsn service=app --search-path --out migration
  schema-rewrite migrate --dsn service=app --single-step --out migration
  schema-rewrite migrate --dsn service=app --out migration --apply
      run what was written, up to contract; again after a crash
  schema-rewrite migrate --dsn service=app --out migration --apply --phase contract

\b
The phases, each with its way back (.down):
  prepare    the schema and rights in it; may run days before
  expand     tables move, views stay under the old names; under load
  functions  routines say the new names          (needs --dsn)
  grants     what [grants] of the rules gives
  contract   the views go, once no old code runs
"""


@click.command(short_help="Write the migration that moves the tables.", context_settings=SETTINGS, epilog=EXAMPLES)
@rules_option
@click.option(
    "--dsn",
    envvar="SCHEMA_REWRITE_DSN",
    metavar="DSN",
    help="The database to read (nothing is changed in it), as postgresql://user@host/database or key=value. "
    "Default: $SCHEMA_REWRITE_DSN, then the PG* variables.",
)
@click.option("--offline", is_flag=True, help="Read no database: statements look at the catalog when they run.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["sql", "psql", "alembic", "django"]),
    default="sql",
    show_default=True,
    help="psql: SQL with psql's commands. alembic, django: --out is the directory of the revisions, or migrations.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="DIR", help="Where to.")
@click.option("--single-step", is_flag=True, help="One transaction without views, for a maintenance window.")
@click.option("--search-path", is_flag=True, help="Without views: the search_path finds both schemas meanwhile.")
@click.option("--tombstones", is_flag=True, help="After contract, keep old code from making its tables again.")
@click.option(
    "--lock-timeout", type=click.IntRange(1), default=200, metavar="MS", help="How long one try for a lock waits."
)
@click.option("--lock-tries", type=click.IntRange(1), default=100, metavar="N", help="How often a step is tried.")
@click.option(
    "--lock-pause", type=click.IntRange(1), default=1000, metavar="MS", help="The longest wait between tries."
)
@click.option(
    "--lock-total",
    type=click.IntRange(0),
    default=0,
    metavar="S",
    help="How long a step tries at most; 0: all its tries.",
)
@click.option("--apply", "action", flag_value="apply", help="Run the files in --out, up to the gate before contract.")
@click.option("--plan", "action", flag_value="plan", help="Show what --apply would run; change nothing.")
@click.option("--status", "action", flag_value="status", help="Show what was run, and where the database stands.")
@click.option("--phase", "phases", multiple=True, metavar="NAME", help="With --apply: only this phase; repeatable.")
@click.option("--down", is_flag=True, help="With --apply: the way back of the phases that are named.")
@click.option("--despite-audit", is_flag=True, help="With --apply: pass a gate that the audit holds shut.")
@click.option(
    "--window", type=click.FloatRange(0), default=0, metavar="S", help="At the gate: how long to watch sessions."
)
@click.option("--deployed", multiple=True, metavar="NAME", help="At the gate: an application_name of new code alone.")
@click.option(
    "--standbys",
    type=click.FloatRange(0),
    metavar="S",
    help="At the gate: how long to wait until every standby has replayed what was run.",
)
@click.option("-q", "--quiet", is_flag=True, help="Only what needs a person.")
def migrate_command(
    rule_files: tuple[Path, ...],
    dsn: str | None,
    offline: bool,
    form: str,
    out: Path,
    single_step: bool,
    search_path: bool,
    tombstones: bool,
    action: str | None,
    phases: tuple[str, ...],
    down: bool,
    despite_audit: bool,
    window: float,
    deployed: tuple[str, ...],
    standbys: float | None,
    quiet: bool,
    **locks: int,
) -> int:
    """Write the migration that moves the tables in the database, as files that a person can read and run; or run them.

    The exit code is 0, or 1 where something needs a person, or 2 after an error.
    """
    rules = rule_set(rule_files, settings := config.load(Path.cwd()))
    if action is not None:
        from schema_rewriter.cli.apply import Request, apply

        gate = (despite_audit, window, deployed, standbys)
        return apply(Request(action, out, _dsn(dsn), phases, down, *gate, quiet=quiet), rules)
    if phases or down:
        raise ConfigError("--phase and --down go with --apply, --plan or --status: all phases are written")
    _agree(single_step=single_step, tombstones=tombstones, search_path=search_path, offline=offline, form=form)
    catalog = None if offline else _catalog(_dsn(dsn))
    origin = ", ".join(Path(os.path.relpath(path)).as_posix() for path in rule_files or settings.rules)
    from schema_rewriter.postgres.migrate import plan
    from schema_rewriter.postgres.migrate.scripts import Locks, Setting, write

    if search_path and catalog is not None:
        _demand_path(rules, settings, catalog, _dsn(dsn))
    planned = plan(rules, catalog, single_step=single_step, search_path=search_path, tombstones=tombstones)
    waiting = Locks(*(locks[f"lock_{name}"] for name in ("timeout", "tries", "pause", "total")))
    setting = Setting(origin, catalog.database if catalog else "", *_around(out, form), waiting)
    _write(out, files := write(form, planned, setting))
    if not quiet:
        _list([out / name for name in files], planned, rules, catalog)
    _tell(planned, quiet=quiet)
    return 1 if planned.warnings else 0


def _agree(*, single_step: bool, tombstones: bool, search_path: bool, offline: bool, form: str) -> None:
    """Raises ConfigError for options that exclude each other."""
    if single_step and tombstones:
        raise ConfigError("--tombstones is for contract, which --single-step has not; leave one of them out")
    if search_path and (offline or single_step or tombstones or form not in ("sql", "psql")):
        raise ConfigError(
            "--search-path reads the database, and waits for new sessions between prepare and expand: leave out "
            "--offline, --single-step and --tombstones, and use --format sql or psql"
        )


def _demand_path(rules: RuleSet, settings: config.Config, catalog: Catalog, dsn: str) -> None:
    """Raises ConfigError with all that speaks against --search-path: in the database, the code and the connection."""
    from schema_rewriter.cli.search_path import in_the_code, in_the_connection
    from schema_rewriter.postgres.migrate import moves_of
    from schema_rewriter.postgres.migrate.search_path import against
    from schema_rewriter.visible import visible

    reasons = (*against(moves_of(rules, catalog), catalog), *in_the_connection(dsn), *in_the_code(rules, settings))
    if reasons:
        told = "; ".join(map(visible, dict.fromkeys(reasons)))
        raise ConfigError(f"--search-path does not fit: {told}. Leave it out, or use --single-step")


def _list(paths: Sequence[Path], planned: Phases, rules: RuleSet, catalog: Catalog | None) -> None:
    """What was written, when it is run, and how each schema is backed up."""
    from schema_rewriter.postgres.migrate import moves_of
    from schema_rewriter.postgres.migrate.backup import backup

    for path in paths:
        echo(path.as_posix())
    if catalog is not None:
        from schema_rewriter.postgres.migrate.recommendation import recommended
        from schema_rewriter.visible import visible

        said = "\n#   ".join(map(visible, recommended(moves_of(rules, catalog), catalog).lines()))
        echo(f"\n# Recommended: {said}")
    echo("\n# In this order; the way back is .down in reverse:")
    for phase in planned.phases:
        echo(f"#   {phase.name:<10} {phase.text.when.splitlines()[0]}")
    echo("\n# Each schema can be backed up and restored on its own, once the tables have moved:")
    echo("\n".join(backup(moves_of(rules, catalog), catalog)))


def _dsn(dsn: str | None) -> str:
    """The connection string; an empty one where the variables of libpq name the database."""
    if dsn is None and not any(os.environ.get(name) for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")):
        raise ConfigError("no database: give --dsn, set SCHEMA_REWRITE_DSN or PGHOST .., or say --offline")
    return dsn or ""


def _catalog(dsn: str) -> Catalog:
    from schema_rewriter.postgres.catalog_reader import read_catalog
    from schema_rewriter.postgres.connection import connect, reading

    with connect(dsn) as connection, reading(connection):
        return read_catalog(connection)


def _tell(phases: Phases, *, quiet: bool) -> None:
    from schema_rewriter.visible import visible

    for warning in phases.warnings:
        say(f"{NAME}: warning: {visible(warning)}", err=True)
    if not quiet:
        for note in phases.notes:
            say(f"{NAME}: note: {visible(note)}", err=True)
        for unknown in phases.unknown:
            say(f"{NAME}: not known without a database: {unknown}", err=True)


def _around(out: Path, form: str) -> tuple[Mapping[str, str], str, str]:
    """What the directory holds already, for formats whose files depend on each other, and the application's names."""
    if form not in ("alembic", "django"):
        return {}, "", ""
    try:
        files = sorted(out.glob("*.py"))
        apps = out.parent / "apps.py"
        return (
            {path.name: text for path in files if not _ours(text := path.read_text("utf-8"))},
            out.resolve().parent.name,
            apps.read_text("utf-8") if form == "django" and apps.is_file() else "",
        )
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{out}: {error}; name a directory whose files can be read") from None


def _ours(text: str) -> bool:
    from schema_rewriter.postgres.migrate.scripts.setting import MADE_BY

    return MADE_BY in text


def _write(out: Path, files: Mapping[str, str]) -> None:
    """Write the files; those of an earlier run are replaced, others are not touched."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        stale = [path for path in _siblings(out) if path.name not in files]
        for name in files:
            path = out / name
            if path.exists() and path not in _siblings(out):
                raise FileError(f"{path}: is there already, and not made by {NAME}; choose another --out")
        for name, text in files.items():
            new = out / f".{name}.{os.getpid()}"
            new.write_text(text, "utf-8", newline="\n")
            new.replace(out / name)
        for path in stale:
            path.unlink()
    except OSError as error:
        raise FileError(f"{out}: {error.strerror}; name a directory that can be written") from None


def _siblings(out: Path) -> Sequence[Path]:
    """The files that an earlier run made."""
    made = [*out.glob("[0-9]_*.up.sql"), *out.glob("[0-9]_*.down.sql"), *out.glob("*_schema_rewrite_*.py")]
    return [path for path in made if _ours(path.read_text("utf-8", errors="replace"))]
