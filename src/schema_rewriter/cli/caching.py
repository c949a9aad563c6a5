"""Where a command finds the cache, and the options that say so; knows nothing of what is kept in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema_rewriter import answers
from schema_rewriter.answers import keeping

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.config import Config

_OPTIONS = (
    click.option("--no-cache", is_flag=True, help="Neither use nor write the cache."),
    click.option(
        "--cache-dir",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help=f"Where the cache is ({answers.DIRECTORY}).",
    ),
)


def cache_options(command: Callable[..., int]) -> Callable[..., int]:
    """A command's function with the options `no_cache` and `cache_dir`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def directory(given: Path | None, settings: Config, *, off: bool = False) -> Path | None:
    """The directory of the cache, made where it has to be; None for none.

    What is no project gets a cache only where one is asked for.
    """
    if off or not (settings.cache or given):
        return None
    chosen = given or settings.cache_dir
    if chosen is None and not any((settings.root / name).exists() for name in ("pyproject.toml", ".git")):
        return None
    found = chosen or settings.root / answers.DIRECTORY
    if not (found / answers.TAG).exists():
        keeping.prepare(found)
    return found
