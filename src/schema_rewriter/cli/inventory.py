"""`schema-rewrite inventory`: prints which relations there are and who does what with them; judges nothing."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema_rewriter import run
from schema_rewriter.cli import config
from schema_rewriter.cli.cache_options import cache_options, directory
from schema_rewriter.cli.output import as_shown, folded, painted
from schema_rewriter.cli.progress import progress
from schema_rewriter.cli.rewrite import FILE, SETTINGS, from_root
from schema_rewriter.errors import ConfigError
from schema_rewriter.reports import inventory as reports
from schema_rewriter.rules import RuleSet

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
@click.option("--rules", "rule_files", multiple=True, type=FILE, metavar="FILE", help="A rule file; repeatable.")
@click.option("--include", multiple=True, metavar="GLOB", help="Search for these files too; repeatable.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave files or directories out; repeatable.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes at most (one a core).")
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
    cache = directory(cache_dir, config.load(Path.cwd()), off=no_cache)
    found = taken(rule_files, paths, include, exclude, jobs, quiet, cache=cache)
    if relations:
        found = found.only(relations)
    root = config.load(Path.cwd()).root
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    if as_matrix:
        from schema_rewriter.reports import matrix

        shown = matrix.FORMATS[shape](_matrix(found, _rules(rule_files).boundaries, depth, root), width)
    else:
        shown = reports.FORMATS[shape](_from_here(found, root), width, summary=summary)
    if shape == "table":
        shown = folded(shown, sys.stdout)
    if shape == "table" and painted(sys.stdout):
        from schema_rewriter.reports import colour

        shown = colour.matrix(shown) if as_matrix else colour.inventory(shown)
    click.echo(shown, nl=False, color=True)
    for path, error in found.errors if shape == "csv" else ():
        click.echo(f"{path}: {error}", err=True)
    return 2 if found.errors else 0


def _matrix(found: Inventory, boundaries: Sequence[Boundary], depth: int, root: Path) -> Matrix:
    """The matrix of an inventory, with paths as the working directory has them."""
    from schema_rewriter.inventory.matrix import matrix

    made = matrix(found, boundaries, depth=depth, today=date.today())
    rows = tuple(replace(row, package=as_shown(root / row.package)) for row in made.rows)
    crossings = tuple(
        replace(one, entry=replace(one.entry, path=as_shown(root / one.entry.path))) for one in made.crossings
    )
    return replace(made, rows=rows, crossings=crossings, errors=_from_here(found, root).errors)


def section(
    task: run.Task, paths: Sequence[str], include: Sequence[str], exclude: Sequence[str], cache: Path | None
) -> str:
    """What a Markdown report says of the boundaries of the rules: the matrix of all files below the paths."""
    from schema_rewriter.reports import matrix
    from schema_rewriter.run.uses import survey

    found = survey(task, paths, include=include, exclude=exclude, cache=cache)
    return matrix.section(_matrix(found, task.rules.boundaries, 0, task.root))


def _from_here(found: Inventory, root: Path) -> Inventory:
    """The inventory with paths as the working directory has them."""

    def here(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(replace(entry, path=as_shown(root / entry.path)) for entry in entries)

    errors = tuple((as_shown(root / path), error) for path, error in found.errors)
    return replace(found, entries=here(found.entries), dynamic=here(found.dynamic), errors=errors)


def taken(
    rule_files: tuple[Path, ...],
    paths: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    quiet: bool,
    *,
    use_rules: bool = True,
    cache: Path | None = None,
) -> Inventory:
    """The inventory below the paths, else below those of the project, with the rules that are given or set."""
    from schema_rewriter.run.uses import survey

    settings = config.load(Path.cwd())
    rules = _rules(rule_files) if use_rules else RuleSet()
    with progress(not quiet and sys.stderr.isatty()) as tell:
        return survey(
            run.Task(settings.root, rules),
            (not paths and settings.paths) or [from_root(path, settings.root) for path in paths or "."],
            include=(*config.INCLUDE, *settings.include, *include),
            exclude=(*settings.exclude, *exclude),
            jobs=jobs or settings.jobs,
            tell=tell,
            cache=cache,
        )


def _rules(given: tuple[Path, ...]) -> RuleSet:
    """The rules that are given, else those of the project, if it has some."""
    files = [Path.cwd() / path for path in given or config.load(Path.cwd()).rules]
    return config.load_rules(files) if files else RuleSet()
