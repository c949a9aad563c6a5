"""`schema-rewrite`: options in, a run, its report out. Knows not how a file is judged."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import date
from functools import cache as cache_result
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from schema_rewriter import files, run
from schema_rewriter.cache import answer_keeping
from schema_rewriter.cache.answer_cache import Answer
from schema_rewriter.cache.trace import Trace, program
from schema_rewriter.cli import config
from schema_rewriter.cli import selection_options as narrow
from schema_rewriter.cli.cache_options import cache_options, directory
from schema_rewriter.cli.output import Output, as_markdown, coloured, show
from schema_rewriter.cli.progress import progress
from schema_rewriter.cli.sections import Sectioned
from schema_rewriter.errors import ConfigError
from schema_rewriter.files.disk import JOURNAL
from schema_rewriter.finding import Applicability, Report
from schema_rewriter.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.rules import RuleSet

NAME = "schema-rewrite"
_EPILOG = """\b
Examples:
  schema-rewrite init src
      a first rules.toml, of who touches which tables in src: edit it
  schema-rewrite --rules rules.toml src
      what is to do below src, one line for each finding
  schema-rewrite --rules rules.toml --diff src | less -R
      the changes, as git shows them
  schema-rewrite --rules rules.toml --patch move.patch; git apply move.patch
      the same, made by git
  schema-rewrite --fix
      make the changes, with rules and paths from pyproject.toml
  schema-rewrite --write-baseline --baseline schema-rewrite-baseline.json
      accept what there is for now; --baseline then tells what is new
  schema-rewrite --since origin/main
      only what this branch adds; --staged for what the next commit does
  schema-rewrite --fix --stdin-filename app/db.py - < app/db.py
      what an editor would run when it saves a file

\b
Exit codes:
  0    nothing to do; after --fix, nothing left to do
  1    something to qualify, or something that needs a person
  2    a usage error, or a file that could not be judged
  130  interrupted; every file is whole

\b
"schema-rewrite explain app/db.py:42" tells why each name on a line is edited,
reported or left alone. A directory of the name of a command is ./rules.
Defaults stand in pyproject.toml under [tool.schema-rewrite]: rules, paths,
include, exclude, jobs, output-format, baseline, select, ignore,
per-file-ignores, cache, cache-dir.
"""
SETTINGS = {"help_option_names": ["-h", "--help"]}
FILE = click.Path(path_type=Path)


class _Command(Sectioned):
    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "What to do": ("--check", "--diff", "--patch", "--fix", "--interactive", "--unsafe-fixes"),
        "Rules": ("--rules",),
        "Files": ("--include", "--exclude", "--force-exclude", "--stdin-filename"),
        "Step by step": (
            *("--select", "--ignore", "--since", "--staged"),
            *("--baseline", "--no-baseline", "--write-baseline", "--prune-baseline"),
        ),
        "Setting aside": ("--add-ignores",),
        "Report": (
            *("--output-format", "--output-file", "--statistics"),
            *("--exit-non-zero-on-fix", "--quiet", "--color"),
        ),
        "Others": ("--jobs", "--no-cache", "--cache-dir", "--version", "--help"),
    }

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands that have a name, each with the first words of its own help, then the rest."""
        from schema_rewriter.cli import COMMANDS, command

        with formatter.section(f"Commands ({NAME} COMMAND --help)"):
            formatter.write_dl([(name, command(name).get_short_help_str(90)) for name in COMMANDS])
        super().format_epilog(ctx, formatter)


@click.command(cls=_Command, context_settings=SETTINGS, epilog=_EPILOG)
@click.option("--check", is_flag=True, help="Report each finding (the default).")
@click.option("--diff", is_flag=True, help="Print the changes as a diff for `git apply`.")
@click.option("--fix", is_flag=True, help="Make the changes.")
@click.option("--patch", type=FILE, metavar="FILE", help="Write the diff to a file; - is stdout.")
@click.option("--rules", "rule_files", multiple=True, type=FILE, metavar="FILE", help="A rule file; repeatable.")
@click.option("--unsafe-fixes", is_flag=True, help="Also make changes that want a second look.")
@click.option("--interactive", is_flag=True, help="With --fix: show each change, and ask.")
@click.option("--add-ignores", is_flag=True, help="Write a comment that sets aside each finding left to a person.")
@click.option("--include", multiple=True, metavar="GLOB", help="Search for these files too; repeatable.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave files or directories out; repeatable.")
@click.option("--force-exclude", is_flag=True, help="Leave them out where they are named, too (hooks).")
@narrow.narrowing_options
@click.option("--stdin-filename", metavar="PATH", help="The path of what stdin (PATH -) holds.")
@click.option(
    "--output-format",
    type=click.Choice(config.FORMATS),
    metavar="FORMAT",
    help=f"The report's shape: {', '.join(config.FORMATS)}. The default is concise, a line for each finding.",
)
@click.option("--output-file", type=FILE, metavar="FILE", help="Write the report to a file, in one step.")
@click.option("--statistics", is_flag=True, help="Count the findings, by code and by relation.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 if --fix changed a file.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes at most (one a core).")
@click.option("--color", "colour", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.")
@cache_options
@click.option("-q", "--quiet", is_flag=True, help="No summary, no progress bar.")
@click.version_option(VERSION, prog_name=NAME, message="%(prog)s %(version)s")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH]...")
def rewrite_command(
    check: bool,
    diff: bool,
    fix: bool,
    patch: Path | None,
    rule_files: tuple[Path, ...],
    unsafe_fixes: bool,
    interactive: bool,
    add_ignores: bool,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    force_exclude: bool,
    stdin_filename: str | None,
    output_format: str | None,
    output_file: Path | None,
    statistics: bool,
    exit_non_zero_on_fix: bool,
    jobs: int | None,
    colour: str,
    quiet: bool,
    no_cache: bool,
    cache_dir: Path | None,
    narrowing: narrow.Narrowing,
    paths: tuple[str, ...],
) -> int:
    """Move PostgreSQL tables between schemas: qualify every SQL reference to them in Python and SQL files.

    PATH is a file, a directory (searched for Python and SQL files, as .gitignore allows) or - for stdin. The
    default is the current directory.
    """
    modes = {"check": check, "diff": diff, "fix": fix, "patch": patch is not None, "add-ignores": add_ignores}
    given = [mode for mode, is_given in modes.items() if is_given] or ["check"]
    if len(given) > 1:
        raise ConfigError(f"--{given[0]} and --{given[1]} exclude each other; give one of them")
    if interactive and (not fix or "-" in paths):
        raise ConfigError("--interactive asks for each change of --fix, in files; give --fix and no -")
    settings = config.load(Path.cwd())
    cache = directory(cache_dir, settings, off=no_cache or "-" in paths)
    trace = Trace()
    trace.above(str(Path.cwd()))
    trace.hold(*(Path.cwd() / path for path in rule_files or settings.rules), settings.root / JOURNAL)
    narrowing = narrowing.resolved(settings, given[0])
    shape = output_format or settings.output_format or "concise"
    if statistics and output_format not in (None, "concise", "json"):
        raise ConfigError(f"--statistics has no shape {output_format}; give --output-format concise or json")
    output = Output(given[0], patch, shape, colour, quiet, output_file, statistics)
    threshold = Applicability.UNSAFE if unsafe_fixes else Applicability.SAFE
    rules = rule_set(rule_files, settings)
    task = run.Task(settings.root, rules, threshold, today=date.today() if rules.boundaries else None)
    trace.day = task.today.isoformat() if task.today else ""
    if "-" in paths or stdin_filename is not None:
        narrowing.refuse_stdin()
        report = _judge_stdin(task, paths, stdin_filename, output, narrowing, settings)
    else:
        _settle(task.root, output)
        changes = narrow.changes(narrowing)

        over = partial(
            run.run,
            paths=(not paths and settings.paths) or [from_root(path, task.root) for path in paths or "."],
            include=(*config.INCLUDE, *settings.include, *include),
            exclude=(*settings.exclude, *exclude),
            jobs=jobs or settings.jobs,
            exclude_named=force_exclude,
            cache=cache,
            anew=output.mode != "check",
        )

        @cache_result
        def before() -> Report:
            return over(task, among=narrow.before(changes, task.root)) if changes else Report(())

        def judged(task: run.Task = task) -> Report:
            with progress(not quiet and sys.stderr.isatty()) as tell:
                return over(
                    task,
                    tell=tell,
                    trace=trace,
                    among=narrow.among(changes, narrowing),
                    narrow=lambda report: narrow.narrowed(report, narrowing, settings, changes, before),
                )

        report = judged()
        if add_ignores:
            from schema_rewriter.cli.add_ignores import add

            report = judged() if add(report, task.root) else report
        if narrowing.staged and interactive:
            raise ConfigError("--interactive asks about files, and --staged is about what git holds; leave one out")
        if narrowing.staged and fix:
            narrow.demand_wholly_staged(report, task.root)
        if interactive and report.to_qualify:
            from schema_rewriter.cli.interactive import make

            make(report, task.root, lambda made: judged(replace(task, chosen=made)), coloured(output, sys.stdout))
            report = judged()
        elif fix:
            changed = [files.Change(Path(r.path), r.before, r.after) for r in report.results if r.changed]
            files.write_all(changed, task.root)
            report = replace(report, written=True)
        if shape == "github":
            report = narrow.marked(report, changes, task.root) if changes else narrow.under_review(report, task.root)
        appendix = ""
        if rules.boundaries and as_markdown(output) and not statistics:
            from schema_rewriter.cli.inventory import section

            appendix = section(task, *(over.keywords[word] for word in ("paths", "include", "exclude", "cache")))
        said = show(report, task.root, output, err=output.diff_on_stdout, appendix=appendix)
        asked = click.get_current_context().obj
        if cache is not None and asked is not None and given == ["check"] and _repeats(report, output, narrowing):
            trace.add(*program())
            answer_keeping.keep(asked, cache, trace, Answer(report.exit_code(), said))
    return report.exit_code(non_zero_on_fix=exit_non_zero_on_fix)


def _repeats(report: Report, output: Output, narrowing: narrow.Narrowing) -> bool:
    """Whether a run only said something, and of nothing but the files it looked at."""
    on_github = output.format == "github" and not {"GITHUB_STEP_SUMMARY", "GITHUB_BASE_REF"}.isdisjoint(os.environ)
    return not (output.file or on_github or report.errors or narrowing.by_git or narrowing.baseline)


def rule_set(given: Sequence[Path], settings: config.Config) -> RuleSet:
    """The rules of the files that are given, else of the project's. Raises ConfigError where there are none."""
    if not (paths := given or settings.rules):
        raise ConfigError(
            f"no rules: {NAME} init writes a first rules.toml; then give --rules rules.toml, "
            'or write rules = ["rules.toml"] under [tool.schema-rewrite] in pyproject.toml'
        )
    return config.load_rules([Path.cwd() / path for path in paths])


def from_root(path: str, root: Path) -> str:
    """A path of the working directory as one of the root, if it lies there, as rules with `paths` want it."""
    full = Path(os.path.normpath(Path.cwd() / path))
    if not full.is_relative_to(root) and full.resolve().is_relative_to(root.resolve()):
        full = root / full.resolve().relative_to(root.resolve())
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else full.as_posix()


def _judge_stdin(
    task: run.Task,
    paths: Sequence[str],
    name: str | None,
    output: Output,
    narrowing: narrow.Narrowing,
    settings: config.Config,
) -> Report:
    if output.mode == "add-ignores":
        raise ConfigError("--add-ignores writes files, and stdin is none; name files or directories")
    if paths != ("-",):
        raise ConfigError("stdin is read for the single PATH -, and --stdin-filename belongs to it; give - alone")
    if name is None:
        raise ConfigError("- needs --stdin-filename, such as --stdin-filename app/queries.sql, to know what it reads")
    result = run.judge(from_root(name, task.root), sys.stdin.buffer.read(), task)
    full = Report((result,), 1)
    report = run.proved(narrow.narrowed(full, narrowing, settings), full, task)
    result, report = report.results[0], replace(report, written=output.mode == "fix")
    if output.mode == "fix" and result.error is None:
        click.echo(result.after, nl=False)
    show(report, task.root, output, err=output.diff_on_stdout or output.mode == "fix")
    return report


def _settle(root: Path, output: Output) -> None:
    """Bring an interrupted write to its end where this run writes, else refuse to judge half of one."""
    tracked: frozenset[str] = frozenset()
    if os.path.lexists(root / JOURNAL):
        from schema_rewriter import git

        tracked = git.tracked(root, JOURNAL, f"**/.*.{NAME}-*")
    if output.mode not in ("fix", "add-ignores"):
        files.refuse_interrupted(root, tracked)
        return
    recovery = files.recover(root, tracked)
    for what, paths in (
        ("completed", recovery.completed),
        ("undone", recovery.undone),
        ("left as somebody changed it since", recovery.left),
    ):
        if paths:
            click.echo(f"{NAME}: an earlier run was interrupted; {what}: {', '.join(paths)}", err=True)
