"""`schema-rewrite plan`: what a move comes to, before anything is written. Knows not how it is laid out."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from schema_rewriter.cli import config
from schema_rewriter.cli.cache_options import cache_options, directory
from schema_rewriter.cli.options import NAME, SETTINGS, jobs_option, rule_set, rules_option, search, search_options
from schema_rewriter.cli.output import as_shown, echo, notice_lines, say
from schema_rewriter.cli.progress import progress
from schema_rewriter.cli.terminal import folded
from schema_rewriter.run import Means, Task, by_file, check

_EPILOG = f"""\b
Examples:
  {NAME} plan
      tables, files, decisions, the database, the next command
  {NAME} plan --output-format markdown src > plan.md
      the same, for the pull request that proposes the move

\b
A decision is one cause, however many places it has: what is to be chosen, and
where. Exit codes: 0, or 2 where a file could not be judged.
"""


@click.command(short_help="Show what the move comes to, on one screen.", context_settings=SETTINGS, epilog=_EPILOG)
@click.option("--output-format", "shape", type=click.Choice(["text", "markdown"]), default="text", help="The shape.")
@rules_option
@search_options
@jobs_option
@cache_options
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def plan_command(
    shape: str,
    rule_files: tuple[Path, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    no_cache: bool,
    cache_dir: Path | None,
    quiet: bool,
    paths: tuple[str, ...],
) -> int:
    """Show what the move comes to: tables, files, what is to be decided, the database, the next command.

    Writes nothing.
    """
    settings = config.load(Path.cwd())
    rules = rule_set(rule_files, settings)
    task = Task(settings.root, rules, today=date.today() if rules.boundaries else None)
    means = Means(jobs or settings.jobs, cache=directory(cache_dir, settings, off=no_cache))
    with progress(not quiet and sys.stderr.isatty()) as done:
        report = check(task, search(paths, settings, include, exclude), replace(means, progress=done))
    from schema_rewriter.reports import plan

    results = tuple(replace(result, path=as_shown(settings.root / result.path)) for result in report.results)
    report, text = by_file(
        lambda some: (some, plan.FORMATS[shape](plan.plan(some, rules))), replace(report, results=results)
    )
    echo(folded(text, sys.stdout) if shape == "text" else text, nl=False)
    for line in notice_lines(report.notices):
        say(line, err=True)
    return 2 if report.errors else 0
