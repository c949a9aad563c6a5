"""`schema-rewrite`: options in, a run, its report out. Knows not how a file is judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from schema_rewriter.cli import config
from schema_rewriter.cli.cache_options import cache_options
from schema_rewriter.cli.commands import COMMANDS, command
from schema_rewriter.cli.narrowing_options import narrowing_options
from schema_rewriter.cli.options import FILE, NAME, SETTINGS, jobs_option, rules_option, search_options
from schema_rewriter.cli.rewrite_options import Options, plan
from schema_rewriter.cli.rewriting import judge_files, judge_stdin
from schema_rewriter.cli.sections import Sectioned
from schema_rewriter.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Collection

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


class Rewrite(Sectioned):
    """A command that judges files, with its options in sections, and the commands that have a name below them."""

    def __init__(self, *given: Any, commands: Collection[str] = COMMANDS, **options: Any) -> None:
        super().__init__(*given, **options)
        self.commands = commands

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
        if self.commands:
            with formatter.section(f"Commands ({NAME} COMMAND --help)"):
                formatter.write_dl([(name, command(name).get_short_help_str(90)) for name in self.commands])
        super().format_epilog(ctx, formatter)


@click.command(cls=Rewrite, context_settings=SETTINGS, epilog=_EPILOG)
@click.option("--check", is_flag=True, help="Report each finding (the default).")
@click.option("--diff", is_flag=True, help="Print the changes as a diff for `git apply`.")
@click.option("--fix", is_flag=True, help="Make the changes.")
@click.option("--patch", type=FILE, metavar="FILE", help="Write the diff to a file; - is stdout.")
@rules_option
@click.option("--unsafe-fixes", is_flag=True, help="Also make changes that want a second look.")
@click.option("--interactive", is_flag=True, help="With --fix: show each change, and ask.")
@click.option("--add-ignores", is_flag=True, help="Write a comment that sets aside each finding left to a person.")
@search_options
@click.option("--force-exclude", is_flag=True, help="Leave them out where they are named, too (hooks).")
@narrowing_options
@click.option("--stdin-filename", metavar="PATH", help="The path of what stdin (PATH -) holds.")
@click.option(
    "--output-format",
    type=click.Choice(config.FORMATS),
    metavar="FORMAT",
    help=f"The report's shape: {', '.join(config.FORMATS)}. By default full for few findings on a terminal.",
)
@click.option("--output-file", type=FILE, metavar="FILE", help="Write the report to a file, in one step.")
@click.option("--statistics", is_flag=True, help="Count the findings, by code and by relation.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 if --fix changed a file.")
@jobs_option
@click.option("--color", "colour", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.")
@cache_options
@click.option("-q", "--quiet", is_flag=True, help="No summary, no progress bar.")
@click.version_option(VERSION, prog_name=NAME, message="%(prog)s %(version)s")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH]...")
def rewrite_command(**given: Any) -> int:
    """Move PostgreSQL tables between schemas: qualify every SQL reference to them in Python and SQL files.

    PATH is a file, a directory (searched for Python and SQL files, as .gitignore allows) or - for stdin. The
    default is the current directory.
    """
    options = Options.of(given)
    planned = plan(options, config.load(Path.cwd()))
    words = click.get_current_context().obj
    report = judge_stdin(planned) if options.reads_stdin else judge_files(planned, words)
    return report.exit_code(non_zero_on_fix=options.exit_non_zero_on_fix)
