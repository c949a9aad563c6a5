"""`schema-rewrite init`: writes a first rule set of what the code does; judges nothing."""

from __future__ import annotations

from pathlib import Path

import click

from schema_rewriter.cli import config
from schema_rewriter.cli.cache_options import directory
from schema_rewriter.cli.inventory import taken
from schema_rewriter.cli.options import NAME, SETTINGS, jobs_option, search, search_options
from schema_rewriter.cli.output import echo, say
from schema_rewriter.errors import FileError
from schema_rewriter.inventory.proposal import propose, relation_count
from schema_rewriter.rules import RuleSet
from schema_rewriter.run import Means, Task
from schema_rewriter.run.uses import by_file

_EPILOG = """\b
Examples:
  schema-rewrite init src
      a rules.toml: one group for each package that has tables of its own
  schema-rewrite init --to cyrex -o rules/cyrex.toml app/core
      one schema for all tables that only app/core touches
  schema-rewrite init --depth 1 -o -
      packages are the topmost directories; print, do not write

\b
A package is a directory. Tables that several packages touch are written as
comments, with who does what. Exit codes: 0, or 2 with the reason where nothing
can be proposed, FILE exists, or a file could not be read.
"""


@click.command(short_help="Write a first rule set, for a person to edit.", context_settings=SETTINGS, epilog=_EPILOG)
@click.option("--to", metavar="SCHEMA", help="The new schema of all (the package's name for each).")
@click.option("--depth", type=click.IntRange(min=0), default=0, metavar="N", help="Levels of directories (all).")
@click.option("-o", "--output", default="rules.toml", metavar="FILE", help="Where to write; - is stdout.")
@search_options
@jobs_option
@click.option("-q", "--quiet", is_flag=True, help="No progress bar, no summary.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def init_command(
    to: str | None,
    depth: int,
    output: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    quiet: bool,
    paths: tuple[str, ...],
) -> int:
    """Write a first rule set: which package alone touches which tables, for a person to edit."""
    if output != "-" and Path(output).exists():
        raise FileError(f"{output}: exists; name another file with -o, or - to print")
    settings = config.load(Path.cwd())
    means = Means(jobs or settings.jobs, cache=directory(None, settings))
    found = taken(Task(settings.root, RuleSet()), search(paths, settings, include, exclude), means, quiet=quiet)
    found, text = by_file(lambda some: (some, propose(some, to=to, depth=depth)), found)
    if output == "-":
        echo(text, nl=False)
    else:
        try:
            with Path(output).open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise FileError(f"{output}: {error.strerror}; name a file that can be written") from None
        if not quiet:
            count = relation_count(text)
            said = f"{count} relation{'s' * (count != 1)}"
            say(f"{output}: {said}; edit it, then: {NAME} --rules {output}", err=True)
    for path, problem in found.errors:
        say(f"{path}: {problem}", err=True)
    return 2 if found.errors else 0
