"""`schema-rewrite migrate --apply`, `--plan` and `--status`: the files of a migration, run up to a gate, and told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.cli.options import NAME
from schema_rewriter.cli.output import echo, say
from schema_rewriter.errors import ConfigError
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schema_rewriter.postgres.apply.files import Script
    from schema_rewriter.postgres.apply.log import Entry
    from schema_rewriter.postgres.audit.verdict import Audit
    from schema_rewriter.postgres.connection import Connection
    from schema_rewriter.rules import RuleSet

OF_VIEWS = ("W15", "W16")
"""The codes of what compatibility views would do: no reason against a migration that makes none."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: `action` is apply, plan or status; `directory` holds the files.

    `standbys`: before contract wait so many seconds until they have replayed what was run.
    """

    action: str
    directory: Path
    dsn: str
    phases: tuple[str, ...] = ()
    down: bool = False
    despite_audit: bool = False
    window: float = 0.0
    deployed: tuple[str, ...] = ()
    standbys: float | None = None
    quiet: bool = False


def apply(request: Request, rules: RuleSet) -> int:
    """Run the files, or tell of them. 0; 1 where a gate is shut, or something is left that needs a person."""
    from schema_rewriter.postgres.apply import files, log, session
    from schema_rewriter.postgres.connection import connect

    if request.down and not request.phases:
        raise ConfigError(
            "--down needs --phase: which phase is to be undone? The order is that of the files in reverse"
        )
    scripts = files.read_scripts(request.directory)
    wanted = files.chosen(scripts, request.phases, down=request.down)
    with connect(request.dsn) as connection:
        if request.action == "status":
            return _status(connection, rules, scripts, request)
        if request.action == "plan":
            _plan(connection, scripts, wanted)
            _standbys(connection)
            return 0
        session.demand(connection, request.dsn)
        logged = log.open_log(connection)
        if not logged:
            say(f"{NAME}: note: no log is kept, as this role may not create a schema in this database", err=True)
        for script in wanted:
            if reasons := () if request.despite_audit else _gate(connection, rules, script, request):
                _shut(script, reasons)
                return 1
            if script.phase == "contract" and not script.down:
                connection.execute(session.PERMIT)
            _run(connection, script, request, logged=logged)
        return _after(connection, rules, scripts, wanted)


def _run(connection: Connection, script: Script, request: Request, *, logged: bool) -> None:
    from schema_rewriter.postgres.apply.runner import run

    def tell(said: str) -> None:
        if not request.quiet:
            echo(f"  {visible(said)}")

    if not request.quiet:
        echo(f"{script.name} ({script.steps} steps)")
    seconds = run(connection, script, tell, logged=logged)
    if not request.quiet:
        echo(f"  done in {seconds:.1f} s")


def _gate(connection: Connection, rules: RuleSet, script: Script, request: Request) -> Sequence[str]:
    """Why this file may not be run now: what the audit says of the step."""
    if script.down or script.phase not in ("expand", "move", "contract"):
        return ()
    from schema_rewriter.postgres.apply.session import behind

    window = request.window if script.phase == "contract" else 0.0
    audit = _audit(connection, rules, window, request.deployed)
    found = {place.place for place in audit.places}
    if script.phase == "contract":
        if found & {"not yet", "half", "reverse view"}:
            return ("not everything has moved: run the phases before it first", *_left(audit))
        reasons = () if "view" not in found or audit.verdict == "ready to contract" else audit.reasons
        return reasons or (() if request.standbys is None else behind(connection, request.standbys))
    if audit.verdict != "not ready" or not found & {"not yet", "half", "twin"}:
        return ()
    of_views = {str(warning) for warning in audit.warnings if warning.code in OF_VIEWS and not script.has_views}
    return [reason for reason in audit.reasons if reason not in of_views]


def _audit(connection: Connection, rules: RuleSet, window: float = 0.0, deployed: Sequence[str] = ()) -> Audit:
    from schema_rewriter.postgres.audit.survey import survey

    return survey(connection, rules, seconds=window, deployed=deployed)


def _left(audit: Audit) -> list[str]:
    return [f"{p.relation}: {p.note or p.place}" for p in audit.places if p.place in ("not yet", "half", "twin")]


def _shut(script: Script, reasons: Sequence[str]) -> None:
    say(f"{NAME}: {script.name} is not run, because", err=True)
    for reason in reasons:
        say(f"  - {visible(reason)}", err=True)
    say(
        "What was run before stays; see `schema-rewrite audit`, then run this again (or with --despite-audit).",
        err=True,
    )


def _after(connection: Connection, rules: RuleSet, scripts: Sequence[Script], done: Sequence[Script]) -> int:
    """What is left, and what comes next."""
    names = {script.phase for script in done if not script.down}
    if names & {"expand", "move"} and (left := _left(_audit(connection, rules))):
        say(f"{NAME}: warning: left behind, made meanwhile: write the files again and run them", err=True)
        for line in left:
            say(f"  - {visible(line)}", err=True)
        return 1
    behind = [script.phase for script in scripts if not script.down and script.phase not in names]
    if names & {"expand", "move", "contract"}:
        _standbys(connection)
    if "expand" in names and "contract" in behind:
        echo("Now deploy the new code. Once no old code runs: the same command with --phase contract.")
    if not done:
        echo(f"Nothing to run but {', '.join(behind)}: name it by --phase.")
    return 0


def _standbys(connection: Connection) -> None:
    from schema_rewriter.postgres.apply.session import standbys

    if count := standbys(connection):
        echo(
            f"Standbys or subscribers that replay this server: {count}. Names change there once they have replayed, "
            "which a long query there delays; ask each by `audit --expect` before code that reads there."
        )


def _plan(connection: Connection, scripts: Sequence[Script], wanted: Sequence[Script]) -> None:
    from schema_rewriter.postgres.apply.log import entries

    last = {entry.file: entry for entry in entries(connection)}
    for script in scripts:
        if script.down and script not in wanted:
            continue
        what = "would be run" if script in wanted else "waits: name it by --phase"
        echo(f"{script.name:<22} {script.digest}  {script.steps:>4} steps  {what}{_ran(script, last.get(script.name))}")


def _status(connection: Connection, rules: RuleSet, scripts: Sequence[Script], request: Request) -> int:
    from schema_rewriter.postgres.apply.log import entries

    last = {entry.file: entry for entry in entries(connection)}
    for script in scripts:
        if not script.down or script.name in last:
            echo(f"{script.name:<22} {script.digest}{_ran(script, last.get(script.name)) or '  not run'}")
    audit = _audit(connection, rules, request.window, request.deployed)
    echo("")
    for place in audit.places:
        echo(f"{visible(place.relation)} -> {visible(place.target)}: {place.place}")
    echo(f"\n{audit.verdict}")
    return audit.exit_code


def _ran(script: Script, entry: Entry | None) -> str:
    if entry is None:
        return ""
    other = "" if entry.digest == script.digest else ", with other contents"
    if entry.error:
        return f"  failed at {entry.ended}{other}: {visible(entry.error)}"
    if not entry.ended:
        return f"  begun at {entry.began} by {visible(entry.runner)}, and not ended{other}"
    return f"  run at {entry.ended} by {visible(entry.runner)}{other}"
