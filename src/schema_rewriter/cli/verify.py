"""`schema-rewrite verify`: the statements of code, proved on PostgreSQL before and after the move. Judges nothing."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, suppress
from pathlib import Path
from shutil import get_terminal_size
from textwrap import shorten, wrap
from typing import TYPE_CHECKING

import click

from schema_rewriter import files
from schema_rewriter.cli import config
from schema_rewriter.cli.dsn_options import dsn_option
from schema_rewriter.cli.options import FILE, SETTINGS, rule_set, rules_option, search
from schema_rewriter.cli.output import as_shown, echo, say
from schema_rewriter.errors import ConfigError, internal
from schema_rewriter.run import Task
from schema_rewriter.visible import visible, visible_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.postgres.server import Server
    from schema_rewriter.postgres.verify.layout import Definition
    from schema_rewriter.postgres.verify.verify import Proof, Result
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.run.claims import Gathered

_EPILOG = """\b
Examples:
  schema-rewrite verify --rules rules.toml app
      prove every statement below app that names a table that moves, on the
      schema that the project's own CREATE statements make
  schema-rewrite verify --dsn postgresql://reader@db/app app
      the same on the schema of a database (its rows are neither read nor
      copied; the proof runs on a private server)
  schema-rewrite verify --schema-from "alembic upgrade head" app
      the same on the schema that the project's own history makes, on the
      private server; nothing else is touched if the command takes its
      database from DATABASE_URL or the PG* variables
  schema-rewrite verify --before ../app-before app
      a rewrite that somebody made by hand
  schema-rewrite verify --cache verified.json app
      keep what was proved; commit the file, and in a CI without PostgreSQL:
  schema-rewrite verify --cache verified.json --offline app

\b
Exit codes:
  0    nothing differs
  1    a statement means something else after the move, or the way back does
       not lead back; with --strict, also one that could not be proved;
       with --offline, one that the file does not know
  2    a usage error, or no server

\b
The server is --server (which gets a database for a moment), else this machine's
PostgreSQL, else the one of pip install "schema-rewrite[embedded]", started for
the proof on a unix socket, never as root.
"""


@click.command(
    short_help="Prove on PostgreSQL that statements mean the same.", context_settings=SETTINGS, epilog=_EPILOG
)
@rules_option
@dsn_option
@click.option("--server", envvar="SCHEMA_REWRITE_SERVER", metavar="DSN", help="A server to make a database on.")
@click.option(
    "--schema-from",
    "history",
    metavar="COMMAND",
    help="The schema that this command makes (migrations ..), in a new database that DATABASE_URL and PG* name.",
)
@click.option("--before", type=FILE, metavar="DIR", help="The code before the move; by the rules, if not given.")
@click.option("--cache", type=FILE, metavar="FILE", help="Keep what was proved in this file.")
@click.option("--offline", is_flag=True, help="Only see whether --cache knows every statement.")
@click.option("--strict", is_flag=True, help="Exit with 1 also if a statement could not be proved.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", help="The report's shape.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def verify_command(
    rule_files: tuple[Path, ...],
    dsn: str | None,
    server: str | None,
    history: str | None,
    before: Path | None,
    cache: Path | None,
    offline: bool,
    strict: bool,
    shape: str,
    paths: tuple[str, ...],
) -> int:
    """Prove that every statement means the same relations and columns before and after the move."""
    settings = config.load(Path.cwd())
    rules = rule_set(rule_files, settings)
    if dsn is not None and history is not None:
        raise ConfigError("--dsn and --schema-from both say where the schema is from; leave one of them out")
    if offline and cache is None:
        raise ConfigError("--offline needs --cache FILE, which an earlier run with a server wrote")
    from schema_rewriter.postgres.verify import layout, proof_file
    from schema_rewriter.postgres.verify.verify import Proof
    from schema_rewriter.run.claims import gather
    from schema_rewriter.run.scope import scope

    place = scope(Task(settings.root, rules), search(paths, settings))
    old = None if before is None else _read_before(before, paths, settings)
    gathered = gather(place, old)
    made, errors = _made(gathered)
    kept = proof_file.load(cache) if cache else proof_file.ProvedResults()
    here = f"code {layout.fingerprint(made)}"
    if kept.layout.startswith("code ") and kept.layout != here:
        kept = proof_file.ProvedResults()  # the schema is another one now
    results, left = proof_file.all_known(gathered.claims, kept)
    if offline or (cache and not left and dsn is None and history is None and kept.layout):
        proof, notes = Proof(tuple(results)), list[str]()
    else:
        left = []
        proof, notes, name = _prove(gathered, made, rules, (dsn, history), server)
        if cache and not proof.unlike:
            proof_file.save(cache, name or here, proof.results)
    code = _show(proof, notes, [f"{claim.path}:{claim.line}" for claim in left], shape, strict)
    for path, error in sorted(errors.items()):
        say(f"{as_shown(settings.root / path)}: error: {error}", err=True)
    return 2 if errors else code


def _made(gathered: Gathered) -> tuple[list[Definition], dict[str, str]]:
    """The statements of all files, as they were before, that make something; and the errors of files, by path."""
    from schema_rewriter.postgres.verify import layout

    made: list[Definition] = []
    errors = dict(gathered.errors)
    for path, source in gathered.before.items():
        try:
            made += layout.definitions(path, source)
        except Exception as error:  # noqa: BLE001 - that file's error: the others are proved
            errors.setdefault(path, internal(error))
    return made, errors


def _prove(
    gathered: Gathered,
    made: Sequence[Definition],
    rules: RuleSet,
    schema: tuple[str | None, str | None],
    server: str | None,
) -> tuple[Proof, list[str], str]:
    """The proof, what the schema lacks, and the schema's name if it is a database's.

    `schema`: the connection string of a database that has it, or a command that makes it, or neither.
    """
    from schema_rewriter.postgres import connection
    from schema_rewriter.postgres.verify import databases, layout

    (dsn, history), text, version = schema, "", 0
    with ExitStack() as stack:
        connection.driver()
        if dsn is not None:
            with connection.connect(dsn) as connected:
                version = connected.info.server_version // 10000
            text = layout.dump(dsn, version)
        own = server is None
        if server is None:
            server = stack.enter_context(_private(version)).conninfo()
        if history is not None:
            text = databases.made_by(history, server)
        if dsn is None and history is None:
            proof, notes = databases.of_code(server, made, gathered.claims, rules, own=own)
            return proof, notes, ""
        proof, notes = databases.of_dump(server, text, gathered.claims, rules, own=own)
        return proof, notes, f"dump {layout.fingerprint(text)}"


def _private(version: int) -> Server:
    """A private server, not older than the database whose schema it gets, if there is such a one."""
    from schema_rewriter.postgres import server as servers

    if version > servers.OLDEST:
        with suppress(servers.NoServerError):
            return servers.start(oldest=version)
    return servers.start()


def _read_before(before: Path, paths: Sequence[str], settings: config.Config) -> dict[str, bytes]:
    """The files of --before, under the paths that they have below the one PATH."""
    if len(paths) != 1:
        raise ConfigError("--before DIR goes with exactly one PATH, the same directory after the move")
    top = Path(os.path.relpath(Path.cwd() / paths[0], settings.root)).as_posix()
    found = files.walk(["."], (Path.cwd() / before).resolve(), include=settings.searched, exclude=())
    return {(Path(top) / path).as_posix(): files.read(Path.cwd() / before / path) for path in found}


def _show(proof: Proof, notes: list[str], unknown: list[str], shape: str, strict: bool) -> int:
    from schema_rewriter.postgres.verify.verify import PROVED

    if shape == "json":
        echo(json.dumps(to_document(proof, notes, unknown), indent=2))
    else:
        width = max(60, min(get_terminal_size((80, 24)).columns, 120))
        echo("\n".join(_text(proof, notes, unknown, width)))
    weak = any(result.status != PROVED for result in proof.results)
    return 1 if unknown or (strict and weak) else proof.exit_code


def to_document(proof: Proof, notes: list[str], unknown: list[str]) -> dict[str, object]:
    """The proof as verify.schema.json has it."""
    return {
        "version": 1,
        "statements": [
            {
                "path": result.claim.path,
                "line": result.claim.line,
                "status": result.status,
                "reason": result.reason,
                "window": result.window,
                "before": result.claim.before.text if result.claim.before else None,
                "after": result.claim.after.text if result.claim.after else None,
            }
            for result in proof.results
        ],
        "unlike": list(proof.unlike),
        "schema_notes": notes,
        "unknown": unknown,
    }


def _text(proof: Proof, notes: list[str], unknown: list[str], width: int) -> Iterator[str]:
    from schema_rewriter.postgres.verify.verify import DIFFERS, INVALID, PROVED, STATUSES, UNVERIFIED

    by_status = {status: [r for r in proof.results if r.status == status] for status in STATUSES}
    titles = {
        UNVERIFIED: "could not be asked",
        INVALID: "PostgreSQL refuses them as they were before",
        DIFFERS: "mean something else after the move",
    }
    for status, title in titles.items():
        if by_status[status]:
            yield f"{status}: {title}"
            for result in by_status[status]:
                yield from _lines(result, result.reason, width)
            yield ""
    if breaks := [result for result in proof.results if result.window]:
        yield "W15 fails-through-view: old statements that fail on compatibility views"
        for result in breaks:
            yield from _lines(result, result.window, width)
        yield ""
    if notes:
        yield "of the schema"
        for note in notes:
            yield from wrap(f"  {visible(note)}", width, subsequent_indent="    ")
        yield ""
    if unknown:
        yield "not in the file of what was proved: verify again with a server"
        yield from (f"  {visible_path(place)}" for place in unknown)
        yield ""
    if proof.unlike:
        yield "the way back does not lead back to the same catalog"
        yield from (shorten(f"  {visible(line)}", width, placeholder=" ..") for line in proof.unlike[:20])
        yield ""
    counted = ", ".join(f"{len(found)} {status}" for status, found in by_status.items() if found or status == PROVED)
    broken = f"; {len(breaks)} would fail in the window" if breaks else ""
    yield f"{len(proof.results) + len(unknown)} statements: {counted}{broken}"


def _lines(result: Result, said: str, width: int) -> Iterator[str]:
    yield from wrap(
        f"  {visible_path(result.claim.path)}:{result.claim.line}: {visible(said)}", width, subsequent_indent="    "
    )
    yield "      " + shorten(visible(" ".join(result.claim.text.split())), width - 6, placeholder=" ..")
