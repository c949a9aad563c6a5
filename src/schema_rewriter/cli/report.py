"""`schema-rewrite report`: what a move comes to, as a page for the people who decide on it. Knows not how it looks."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from schema_rewriter.cli import config
from schema_rewriter.cli.cache_options import cache_options, directory
from schema_rewriter.cli.options import (
    FILE,
    NAME,
    SETTINGS,
    jobs_option,
    rule_set,
    rules_option,
    search,
    search_options,
)
from schema_rewriter.cli.output import say
from schema_rewriter.cli.progress import progress
from schema_rewriter.run import Means, Task, by_file, check

_EPILOG = f"""\b
Examples:
  {NAME} report --html move.html
      the plan as a picture, each cause with its places, each change with its proof
"""


@click.command(short_help="Make a page that shows the move and each change.", context_settings=SETTINGS, epilog=_EPILOG)
@click.option("--html", "page", type=FILE, metavar="FILE", required=True, help="Write the page to this file.")
@rules_option
@search_options
@jobs_option
@cache_options
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def report_command(
    page: Path,
    rule_files: tuple[Path, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    no_cache: bool,
    cache_dir: Path | None,
    quiet: bool,
    paths: tuple[str, ...],
) -> int:
    """Make one page, for a browser without a network: what moves, who uses it, each cause, each change.

    Writes nothing but the page. Exit codes: 0, or 2 where a file could not be judged.
    """
    from schema_rewriter.cli.inventory import taken
    from schema_rewriter.reports import html

    settings = config.load(Path.cwd())
    rules = rule_set(rule_files, settings)
    task = Task(settings.root, rules, today=date.today() if rules.boundaries else None)
    means = Means(jobs or settings.jobs, cache=directory(cache_dir, settings, off=no_cache))
    where = search(paths, settings, include, exclude)
    with progress(not quiet and sys.stderr.isatty()) as done:
        report = check(task, where, replace(means, progress=done))
    inventory = taken(task, where, means, quiet=quiet)
    title = f"The move of {settings.root.name or 'a project'}"
    report, text = by_file(lambda some: (some, html.render(some, inventory, title)), report)
    (Path.cwd() / page).write_text(text, "utf-8")
    say(f"{NAME}: {page} shows {report.to_qualify + report.need_person + report.notes} places", err=True)
    return 2 if report.errors else 0
