"""What commands share: the program's name, options that several have, and what these mean in a project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from schema_rewriter.cli import config
from schema_rewriter.errors import ConfigError
from schema_rewriter.run.scope import Search

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema_rewriter.rules import RuleSet

NAME = "schema-rewrite"
SETTINGS = {"help_option_names": ["-h", "--help"]}
FILE = click.Path(path_type=Path)

Command = TypeVar("Command", bound="Callable[..., object]")


_RULES = click.option(
    "--rules", "rule_files", multiple=True, type=FILE, metavar="FILE", help="A rule file; repeatable."
)
_SEARCH = (
    click.option("--include", multiple=True, metavar="GLOB", help="Search for these files too; repeatable."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Leave files or directories out; repeatable."),
)
_JOBS = click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes at most (one a core).")


def rules_option(command: Command) -> Command:
    """A command's function with the option `rule_files`."""
    return _RULES(command)


def search_options(command: Command) -> Command:
    """A command's function with the options `include` and `exclude`."""
    for option in reversed(_SEARCH):
        command = option(command)
    return command


def jobs_option(command: Command) -> Command:
    """A command's function with the option `jobs`."""
    return _JOBS(command)


def rule_set(given: Sequence[Path], settings: config.Config) -> RuleSet:
    """The rules of the files that are given, else of the project's. Raises ConfigError where there are none."""
    if not (paths := given or settings.rules):
        raise ConfigError(
            f"no rules: {NAME} init writes a first rules.toml; then give --rules rules.toml, "
            'or write rules = ["rules.toml"] under [tool.schema-rewrite] in pyproject.toml'
        )
    return config.load_rules([Path.cwd() / path for path in paths])


def from_root(path: str, root: Path) -> str:
    """A path of the working directory as one of the root, if it lies there, as rules with `paths` want it."""
    full = Path(os.path.normpath(Path.cwd() / path))
    if not full.is_relative_to(root) and full.resolve().is_relative_to(root.resolve()):
        full = root / full.resolve().relative_to(root.resolve())
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else full.as_posix()


def search(
    paths: Sequence[str],
    settings: config.Config,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    *,
    exclude_named: bool = False,
) -> Search:
    """Where a command looks for files: below the paths that are given, else below the project's."""
    return Search(
        (not paths and settings.paths) or [from_root(path, settings.root) for path in paths or "."],
        (*settings.searched, *include),
        (*settings.exclude, *exclude),
        exclude_named,
        _project(settings),
    )


def _project(settings: config.Config) -> Sequence[str]:
    """The paths of the project that a file named alone belongs to: those of its settings, else its root.

    A home directory, or the top of the disk, is no project, unless it says so.
    """
    if settings.paths:
        return settings.paths
    is_marked = any((settings.root / name).exists() for name in ("pyproject.toml", ".git"))
    return ["."] if is_marked or settings.root not in (Path.home(), Path(settings.root.anchor)) else []
