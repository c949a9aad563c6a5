"""`schema-rewrite clean`: the cache deleted. Knows nothing of what is kept in it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from schema_rewriter.cache import answer_cache, place
from schema_rewriter.cli import config
from schema_rewriter.cli.cache_options import behind_link, chosen
from schema_rewriter.cli.output import say
from schema_rewriter.errors import FileError

_EPILOG = """\b
Examples:
  schema-rewrite clean
      delete .schema-rewrite-cache of this project
  schema-rewrite clean --cache-dir /tmp/cache
      delete a cache that lies elsewhere
"""


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG)
@click.option("--cache-dir", type=click.Path(path_type=Path), metavar="DIR", help="A cache that lies elsewhere.")
def clean_command(cache_dir: Path | None) -> int:
    """Delete the cache of this project.

    Only files are deleted that schema-rewrite made, in a directory that it marked as its cache and that holds no other.
    """
    settings = config.load(Path.cwd())
    directory, shown = (
        chosen(cache_dir, settings),
        cache_dir or settings.cache_dir or settings.root / answer_cache.DIRECTORY,
    )
    if not os.path.lexists(directory):
        say(f"{shown}: no cache there")
        return 0
    if problem := behind_link(directory, cache_dir, settings):
        raise FileError(f"{shown}: {problem}; nothing is deleted; name the cache itself")
    try:
        place.remove(str(directory))
    except place.NotOursError as error:
        raise FileError(f"{shown}: no cache of schema-rewrite: it {error}; nothing is deleted; name one") from None
    except OSError as error:
        raise FileError(f"{shown}: {error.strerror}; make it writable") from None
    say(f"{shown}: deleted")
    return 0
