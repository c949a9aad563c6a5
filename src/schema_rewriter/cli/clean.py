"""`schema-rewrite clean`: the cache deleted. Knows nothing of what is kept in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from schema_rewriter.cache import answer_cache
from schema_rewriter.cli import config
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
    """Delete the cache of this project."""
    settings = config.load(Path.cwd())
    directory = cache_dir or settings.cache_dir or settings.root / answer_cache.DIRECTORY
    if not directory.exists():
        click.echo(f"{directory}: no cache there")
        return 0
    if not (directory / answer_cache.TAG).is_file():
        raise FileError(f"{directory}: no cache of schema-rewrite; name one")
    try:
        shutil.rmtree(directory)
    except OSError as error:
        raise FileError(f"{directory}: {error.strerror}; make it writable") from None
    click.echo(f"{directory}: deleted")
    return 0
