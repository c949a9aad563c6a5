"""Where a command finds the cache, and the options that say so; knows nothing of what is kept in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema_rewriter.cache import answer_cache, answer_keeping

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.cli.config import Config

_OPTIONS = (
    click.option("--no-cache", is_flag=True, help="Neither use nor write the cache."),
    click.option(
        "--cache-dir",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help=f"Where the cache is ({answer_cache.DIRECTORY}).",
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
    found = chosen or settings.root / answer_cache.DIRECTORY
    if not (found / answer_cache.TAG).exists():
        answer_keeping.prepare(found)
    return found
