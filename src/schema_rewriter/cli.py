"""The command: options in, a run, its report out. Alone prints and exits; knows not how a file is judged."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema_rewriter import config, files, run
from schema_rewriter.errors import ConfigError, FileError, SchemaRewriteError
from schema_rewriter.finding import Applicability, Report
from schema_rewriter.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema_rewriter.ruleset import RuleSet

_NAME = "schema-rewrite"
_EPILOG = """\b
Examples:
  schema-rewrite --rules rules.toml src
      what is to do below src, one line for each finding
  schema-rewrite --rules rules.toml --diff src | less -R
      the changes, as git shows them
  schema-rewrite --rules rules.toml --patch move.patch; git apply move.patch
      the same, made by git
  schema-rewrite --fix
      make the changes, with rules and paths from pyproject.toml
  schema-rewrite --fix --stdin-filename app/db.py - < app/db.py
      what an editor would run when it saves a file

\b
Exit codes:
  0    nothing to do; after --fix, nothing left to do
  1    something to qualify, or something that needs a person
  2    a usage error, or a file that could not be judged
  130  interrupted; every file is whole

\b
"schema-rewrite rules" prints the rule set; a file of that name is ./rules.
Defaults stand in pyproject.toml under [tool.schema-rewrite]: rules, paths,
include, exclude, jobs, output-format.
"""
_JOURNAL = ".schema-rewrite-journal"  # files.write_all leaves it behind when it is killed
_SETTINGS = {"help_option_names": ["-h", "--help"]}
_FILE = click.Path(path_type=Path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, or the process's own, and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):  # a path may hold what the terminal's charset does not
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        if words[:1] == ["rules"]:
            code = rules_command.main(words[1:], f"{_NAME} rules", standalone_mode=False)
        else:
            code = rewrite_command.main(words if arguments is not None else None, _NAME, standalone_mode=False)
        return int(code or 0)
    except click.ClickException as error:
        return _fail(f"{error.format_message()} (see {_NAME} --help)")
    except SchemaRewriteError as error:
        return _fail(str(error))
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{_NAME}: interrupted; every file is whole", err=True)
        return 130


def _fail(message: str) -> int:
    click.echo(f"{_NAME}: error: {' '.join(message.splitlines())}", err=True)
    return 2


@click.command(context_settings=_SETTINGS)
@click.option("--rules", "rule_files", multiple=True, type=_FILE, metavar="FILE", help="A rule file; repeatable.")
@click.option("--inverse", is_flag=True, help="Print the rules of the way back.")
def rules_command(rule_files: tuple[Path, ...], inverse: bool) -> None:
    """Print the rule set that the rule files make together, as TOML, every move written out."""
    rules = _rules(rule_files, config.load(Path.cwd()))
    click.echo((rules.inverse() if inverse else rules).to_toml(), nl=False)


@dataclass(frozen=True, slots=True)
class _Output:
    """What goes where. `mode` is check, diff, patch or fix."""

    mode: str
    patch: Path | None
    format: str
    colour: str
    quiet: bool

    @property
    def diff_on_stdout(self) -> bool:
        return self.mode == "diff" or str(self.patch) == "-"


@click.command(context_settings=_SETTINGS, epilog=_EPILOG)
@click.option("--check", is_flag=True, help="Report each finding (the default).")
@click.option("--diff", is_flag=True, help="Print the changes as a diff for `git apply`.")
@click.option("--fix", is_flag=True, help="Make the changes.")
@click.option("--patch", type=_FILE, metavar="FILE", help="Write the diff to a file; - is stdout.")
@click.option("--rules", "rule_files", multiple=True, type=_FILE, metavar="FILE", help="A rule file; repeatable.")
@click.option("--unsafe-fixes", is_flag=True, help="Also make changes that want a second look.")
@click.option("--include", multiple=True, metavar="GLOB", help="Search for these files too; repeatable.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave files or directories out; repeatable.")
@click.option("--stdin-filename", metavar="PATH", help="The path of what stdin (PATH -) holds.")
@click.option("--output-format", type=click.Choice(config.FORMATS), help="The report's shape; text by default.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 if --fix changed a file.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes at most; one a core by default.")
@click.option("--color", "colour", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.")
@click.option("-q", "--quiet", is_flag=True, help="No summary, no progress bar.")
@click.version_option(VERSION, prog_name=_NAME, message="%(prog)s %(version)s")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def rewrite_command(
    check: bool,
    diff: bool,
    fix: bool,
    patch: Path | None,
    rule_files: tuple[Path, ...],
    unsafe_fixes: bool,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    stdin_filename: str | None,
    output_format: str | None,
    exit_non_zero_on_fix: bool,
    jobs: int | None,
    colour: str,
    quiet: bool,
    paths: tuple[str, ...],
) -> int:
    """Move PostgreSQL tables between schemas: qualify every SQL reference to them in Python and SQL files.

    PATH is a file, a directory (searched for *.py, *.pyi and *.sql, as .gitignore allows) or - for stdin. The
    default is the current directory.
    """
    modes = {"check": check, "diff": diff, "fix": fix, "patch": patch is not None}
    given = [mode for mode, is_given in modes.items() if is_given] or ["check"]
    if len(given) > 1:
        raise ConfigError(f"--{given[0]} and --{given[1]} exclude each other; give one of them")
    settings = config.load(Path.cwd())
    output = _Output(given[0], patch, output_format or settings.output_format or "text", colour, quiet)
    threshold = Applicability.UNSAFE if unsafe_fixes else Applicability.SAFE
    task = run.Task(settings.root, _rules(rule_files, settings), threshold)
    if "-" in paths or stdin_filename is not None:
        report = _judge_stdin(task, paths, stdin_filename, output)
    else:
        _settle(settings.root, output)
        with _progress(not quiet and sys.stderr.isatty()) as tell:
            report = run.run(
                task,
                [_from_root(path, settings.root) for path in paths] or settings.paths or _here(settings.root),
                include=(*config.INCLUDE, *settings.include, *include),
                exclude=(*settings.exclude, *exclude),
                jobs=jobs or settings.jobs,
                tell=tell,
            )
        if fix:
            files.write_all(
                [files.Change(Path(r.path), r.before, r.after) for r in report.results if r.changed],
                settings.root,
            )
            report = replace(report, written=True)
        _show(report, settings.root, output, err=output.diff_on_stdout)
    return report.exit_code(non_zero_on_fix=exit_non_zero_on_fix)


def _rules(given: Sequence[Path], settings: config.Config) -> RuleSet:
    if not (paths := given or settings.rules):
        raise ConfigError(
            'no rules: give --rules FILE, or write rules = ["FILE"] under [tool.schema-rewrite] in '
            'pyproject.toml; FILE holds [[move]], from = "public", to = "app", '
            'tables = ["users"], a line each'
        )
    return config.load_rules([Path.cwd() / path for path in paths])


def _from_root(path: str, root: Path) -> str:
    """A path of the working directory as one of the root, if it lies there, as rules with `paths` want it."""
    full = Path(os.path.normpath(Path.cwd() / path))
    if not full.is_relative_to(root) and full.resolve().is_relative_to(root.resolve()):
        full = root / full.resolve().relative_to(root.resolve())
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else full.as_posix()


def _judge_stdin(task: run.Task, paths: Sequence[str], name: str | None, output: _Output) -> Report:
    if paths != ("-",):
        raise ConfigError("stdin is read for the single PATH -, and --stdin-filename belongs to it; give - alone")
    if name is None:
        raise ConfigError("- needs --stdin-filename, such as --stdin-filename app/queries.sql, to know what it reads")
    result = run.judge(_from_root(name, task.root), sys.stdin.buffer.read(), task)
    report = Report((result,), 1, written=output.mode == "fix")
    if output.mode == "fix" and result.error is None:
        click.echo(result.after, nl=False)
    _show(report, task.root, output, err=output.diff_on_stdout or output.mode == "fix")
    return report


def _settle(root: Path, output: _Output) -> None:
    """Bring an interrupted write to its end where this run writes, else refuse to judge half of one."""
    if output.mode != "fix":
        if (root / _JOURNAL).exists():
            raise FileError(f"{root}: an earlier run was interrupted; run {_NAME} --fix to complete or undo it")
        return
    recovery = files.recover(root)
    for what, paths in (
        ("completed", recovery.completed),
        ("undone", recovery.undone),
        ("left as somebody changed it since", recovery.left),
    ):
        if paths:
            click.echo(f"{_NAME}: an earlier run was interrupted; {what}: {', '.join(paths)}", err=True)


@contextmanager
def _progress(wanted: bool) -> Iterator[Callable[[int], object]]:
    """What a run calls for each file that is done; after a second it draws a bar on stderr."""
    if not wanted:
        yield lambda total: None
        return
    from time import monotonic

    begin, done = monotonic(), 0
    bar = None

    def tell(total: int) -> None:
        nonlocal bar, done
        done += 1
        if bar is None and monotonic() - begin > 1:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

            columns = (BarColumn(), MofNCompleteColumn(), "files", TimeRemainingColumn())
            bar = Progress(*columns, console=Console(stderr=True), transient=True)
            bar.add_task("files", total=total)
            bar.start()
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done)

    try:
        yield tell
    finally:
        if bar is not None:
            bar.stop()


# ------------------------------------------------------------------------------------------------ output


def _show(report: Report, root: Path, output: _Output, *, err: bool) -> None:
    """Print the diff, where one is wanted, and the report."""
    from schema_rewriter import reports
    from schema_rewriter.reports import text

    if output.mode in ("diff", "patch"):
        diff = _diff(report, root)
        if output.patch and not output.diff_on_stdout:
            _write(output.patch, diff)
        else:
            if _coloured(output, sys.stdout):
                from schema_rewriter.reports import colour

                diff = colour.diff(diff)
            click.echo(diff, nl=False)
    report = replace(report, results=tuple(replace(r, path=_shown(root / r.path)) for r in report.results))
    if output.format != "text":
        click.echo(reports.FORMATS[output.format](report), nl=False, err=err)
        return
    if output.mode in ("diff", "patch"):  # they show the rest
        report = replace(report, results=tuple(replace(r, findings=r.open) for r in report.results))
    shown = text.findings(report) if output.quiet else text.render(report)
    if _coloured(output, sys.stderr if err else sys.stdout):
        from schema_rewriter.reports import colour

        shown = colour.text(shown)
    click.echo(shown, nl=False, err=err, color=True)


def _diff(report: Report, root: Path) -> bytes:
    """The patch of all changes, with paths from the top of the git repository (for `git apply`) or from here."""
    from schema_rewriter import patch

    top = next((directory for directory in (root, *root.parents) if (directory / ".git").exists()), Path.cwd())
    parts = []
    for result in report.results:
        if result.changed:
            full = root / result.path
            if not full.is_relative_to(top):
                raise FileError(f"{result.path}: not below {top}, so no patch can name it; run from a directory above")
            parts.append(patch.diff(full.relative_to(top).as_posix(), result.before, result.after))
    return b"".join(parts)


def _write(path: Path, content: bytes) -> None:
    """Put the patch on the disk in one step; into a pipe or a device it is written as it comes."""
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
        new = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            new.write_bytes(content)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}; name a file that can be written") from None


def _shown(path: Path) -> str:
    """The path as it would be written in the working directory."""
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # another drive of Windows
        return path.as_posix()


def _here(root: Path) -> list[str]:
    return [_from_root(".", root)]


def _coloured(output: _Output, stream: object) -> bool:
    if output.colour != "auto":
        return output.colour == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return bool(getattr(stream, "isatty", bool)()) and os.environ.get("TERM") != "dumb"
