"""Where a command finds the cache, and the options that say so; knows nothing of what is kept in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema_rewriter.cache import answer_cache, answer_keeping, place, secret
from schema_rewriter.errors import ConfigError

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

    What is no project gets a cache only where one is asked for. Raises ConfigError for a directory that somebody named
    and that is none for a cache; where nobody did, there is no cache then, as where it belongs to another user, or the
    user has no secret to seal it with.
    """
    if off or not (settings.cache or given):
        return None
    is_named = (given or settings.cache_dir) is not None
    if not is_named and not any((settings.root / name).exists() for name in ("pyproject.toml", ".git")):
        return None
    found = chosen(given, settings)
    problem = behind_link(found, given, settings) or place.strange(str(found))
    if problem and is_named:
        said = "--cache-dir" if given else "pyproject.toml: tool.schema-rewrite.cache-dir"
        raise ConfigError(f"{said}: {str(given or found)!r} {problem}; name a directory that is new or empty")
    if problem or place.is_of_another(str(found)) or secret.own(str(settings.root), make=True) is None:
        return None
    if not place.is_marked(str(found)):
        answer_keeping.prepare(found)
    return found


def chosen(given: Path | None, settings: Config) -> Path:
    """The directory that is meant for the cache: a link that a person names is followed.

    Raises ConfigError for one that holds the project, or the working directory.
    """
    if given is None:
        return settings.cache_dir or settings.root / answer_cache.DIRECTORY
    try:
        found = given.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise ConfigError(f"--cache-dir: {str(given)!r} can't be found ({error}); name another directory") from None
    for held in (settings.root, Path.cwd()):
        if held.resolve().is_relative_to(found):
            raise ConfigError(
                f"--cache-dir: {str(given)!r} holds the project itself; name a directory in it, or another"
            )
    return found


def behind_link(found: Path, given: Path | None, settings: Config) -> str:
    """What keeps a directory that nobody named on the command line from being where it seems to be; "" for nothing."""
    if given is not None:
        return ""
    parts = found.relative_to(settings.root).parts
    for end in range(1, len(parts) + 1):
        above = settings.root.joinpath(*parts[:end])
        if os.path.islink(above):  # noqa: PTH114 - which knows no error: too long a name is no link
            return "is a link" if above == found else f"lies behind the link {str(above)!r}"
    return ""
