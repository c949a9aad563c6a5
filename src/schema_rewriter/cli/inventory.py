"""`schema-rewrite inventory`: prints which relations there are and who does what with them; judges nothing."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema_rewriter.cli import config
from schema_rewriter.cli.cache_options import cache_options, directory
from schema_rewriter.cli.options import SETTINGS, jobs_option, rules_option, search, search_options
from schema_rewriter.cli.output import as_shown, echo, notice_lines, say
from schema_rewriter.cli.progress import progress
from schema_rewriter.cli.terminal import folded, painted
from schema_rewriter.errors import ConfigError
from schema_rewriter.reports import inventory as reports
from schema_rewriter.rules import RuleSet
from schema_rewriter.run import Means, Search, Task
from schema_rewriter.run.uses import by_file, survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.inventory.join import Entry, Inventory
    from schema_rewriter.inventory.matrix import Matrix
    from schema_rewriter.rules.boundaries import Boundary

_EPILOG = """\b
Examples:
  schema-rewrite inventory src
      every relation, with each place that names it
  schema-rewrite inventory --summary
      one line a relation: who defines, writes, reads it, how often
  schema-rewrite inventory --relation events --format csv > events.csv
      all places of one relation, for a spreadsheet
  schema-rewrite inventory --matrix --depth 2
      which package reads, writes and defines what in which schema, after the
      move; what crosses a [[boundary]] of the rules, and by which allowances
  schema-rewrite inventory --matrix --format markdown >> "$GITHUB_STEP_SUMMARY"
      the same, in the summary of a CI job

\b
Operations: define (CREATE), drop, write (INSERT, UPDATE, DELETE, TRUNCATE ...),
read, and name for all else (ALTER, indexes, foreign keys, 'events'::regclass).
A "?" marks what is not sure, with its reason. No rules are needed; with some,
each relation shows where it moves.

\b
Exit codes: 0, or 2 for a usage error or a file that could not be read.
"""


@click.command(
    short_help="Print each relation that SQL names, and who uses it.", context_settings=SETTINGS, epilog=_EPILOG
)
@click.option("--format", "shape", type=click.Choice(list(reports.FORMATS)), default="table", help="The shape.")
@click.option("--summary", is_flag=True, help="One line a relation, without the places.")
@click.option("--relation", "relations", multiple=True, metavar="NAME", help="Only this one; repeatable.")
@click.option("--matrix", "as_matrix", is_flag=True, help="Packages and schemas, with what crosses a boundary.")
@click.option("--depth", type=click.IntRange(min=0), default=0, metavar="N", help="Levels of packages (all).")
@rules_option
@search_options
@jobs_option
@cache_options
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def inventory_command(
    shape: str,
    summary: bool,
    relations: tuple[str, ...],
    as_matrix: bool,
    depth: int,
    rule_files: tuple[Path, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    quiet: bool,
    no_cache: bool,
    cache_dir: Path | None,
    paths: tuple[str, ...],
) -> int:
    """Print each relation that the SQL below PATH names: file, line, operation, and how the SQL is carried."""
    if summary and as_matrix:
        raise ConfigError("--summary and --matrix exclude each other; give one of them")
    if depth and not as_matrix:
        raise ConfigError("--depth is about the packages of --matrix; give both")
    settings = config.load(Path.cwd())
    rules = _rules(rule_files, settings)
    means = Means(jobs or settings.jobs, cache=directory(cache_dir, settings, off=no_cache))
    found = taken(Task(settings.root, rules), search(paths, settings, include, exclude), means, quiet=quiet)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0

    def shown(some: Inventory) -> tuple[Inventory, str]:
        some = some.only(relations) if relations else some
        if as_matrix:
            from schema_rewriter.reports import matrix

            made = _matrix(some, rules.boundaries, depth, settings.root)
            return some, matrix.FORMATS[shape](made, width)
        return some, reports.FORMATS[shape](_from_here(some, settings.root), width, summary=summary)

    found, text = by_file(shown, found)
    echo(_dressed(text, as_matrix=as_matrix) if shape == "table" else text, nl=False, colour=True)
    for line in notice_lines(found.notices):
        say(line, err=True)
    for path, error in found.errors if shape == "csv" else ():
        say(f"{path}: {error}", err=True)
    return 2 if found.errors else 0


def _dressed(text: str, *, as_matrix: bool) -> str:
    """A table as the terminal takes it: folded, and painted."""
    text = folded(text, sys.stdout)
    if not painted(sys.stdout):
        return text
    from schema_rewriter.reports import colour

    return colour.matrix(text) if as_matrix else colour.inventory(text)


def _matrix(found: Inventory, boundaries: Sequence[Boundary], depth: int, root: Path) -> Matrix:
    """The matrix of an inventory, with paths as the working directory has them."""
    from schema_rewriter.inventory.matrix import matrix

    made = matrix(found, boundaries, depth=depth, today=date.today())
    rows = tuple(replace(row, package=as_shown(root / row.package)) for row in made.rows)
    crossings = tuple(
        replace(one, entry=replace(one.entry, path=as_shown(root / one.entry.path))) for one in made.crossings
    )
    return replace(made, rows=rows, crossings=crossings, errors=_from_here(found, root).errors)


def section(task: Task, where: Search, cache: Path | None) -> str:
    """What a Markdown report says of the boundaries of the rules: the matrix of all files of a search."""
    from schema_rewriter.reports import matrix

    found = survey(task, where, Means(cache=cache))
    return by_file(lambda some: matrix.section(_matrix(some, task.rules.boundaries, 0, task.root)), found)


def _from_here(found: Inventory, root: Path) -> Inventory:
    """The inventory with paths as the working directory has them."""

    def here(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(replace(entry, path=as_shown(root / entry.path)) for entry in entries)

    errors = tuple((as_shown(root / path), error) for path, error in found.errors)
    return replace(found, entries=here(found.entries), dynamic=here(found.dynamic), errors=errors)


def taken(task: Task, where: Search, means: Means, *, quiet: bool) -> Inventory:
    """The inventory of the files of a search, made under a progress bar."""
    with progress(not quiet and sys.stderr.isatty()) as done:
        return survey(task, where, replace(means, progress=done))


def _rules(given: tuple[Path, ...], settings: config.Config) -> RuleSet:
    """The rules that are given, else those of the project, if it has some."""
    files = [Path.cwd() / path for path in given or settings.rules]
    return config.load_rules(files) if files else RuleSet()
