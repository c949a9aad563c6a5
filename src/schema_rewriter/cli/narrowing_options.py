"""The options that leave findings out: by code, by a baseline, by what changed. Knows not how a report is narrowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schema_rewriter.cli import config
from schema_rewriter.cli.options import FILE
from schema_rewriter.errors import ConfigError
from schema_rewriter.finding import CODES

if TYPE_CHECKING:
    from schema_rewriter.cli.options import Command


def _codes(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    return [code for code in CODES if code.startswith(begun)]


_CODE: dict[str, Any] = {"multiple": True, "metavar": "CODE", "shell_complete": _codes}
_OPTIONS = (
    click.option("--select", **_CODE, help="Only findings of this code; repeatable."),
    click.option("--ignore", **_CODE, help="No findings of this code; repeatable."),
    click.option("--since", metavar="REV", help="Only findings that are new since REV (git)."),
    click.option("--staged", is_flag=True, help="Judge what is staged; only findings that it brings."),
    click.option("--baseline", type=FILE, metavar="FILE", help="Leave out the findings that FILE lists."),
    click.option("--no-baseline", is_flag=True, help="Use no baseline, as pyproject.toml may say."),
    click.option("--write-baseline", is_flag=True, help="List all findings in the baseline."),
    click.option("--prune-baseline", is_flag=True, help="Drop from the baseline what no longer fires."),
)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the options say."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    since: str | None = None
    staged: bool = False
    baseline: Path | None = None
    no_baseline: bool = False
    write_baseline: bool = False
    prune_baseline: bool = False

    @property
    def by_git(self) -> str:
        """The option that asks git, as it is written; empty for none."""
        return "--staged" if self.staged else "--since" if self.since is not None else ""

    @property
    def updates(self) -> str:
        """The option that writes the baseline, as it is written; empty for none."""
        return "--write-baseline" if self.write_baseline else "--prune-baseline" if self.prune_baseline else ""

    def resolved(self, settings: config.Config, mode: str) -> Narrowing:
        """The options, and the project's settings where none is given. Raises ConfigError for nonsense."""
        for option, codes in (("--select", self.select), ("--ignore", self.ignore)):
            for code in codes:
                if problem := config.unknown_code(code):
                    raise ConfigError(f"{option}: {problem}")
        if self.staged and self.since is not None:
            raise ConfigError("--since and --staged exclude each other; give one of them")
        if self.staged and mode == "add-ignores":
            raise ConfigError("--add-ignores writes files, and --staged is about what git holds; leave --staged out")
        if self.no_baseline and self.baseline is not None:
            raise ConfigError("--baseline and --no-baseline exclude each other; give one of them")
        if self.write_baseline and self.prune_baseline:
            raise ConfigError("--write-baseline and --prune-baseline exclude each other; give one of them")
        baseline = None if self.no_baseline else self.baseline or settings.baseline
        if self.updates and mode != "check":
            raise ConfigError(f"{self.updates} changes the baseline and no code; leave --{mode} out")
        if self.updates and self.by_git:
            raise ConfigError(
                f"{self.updates} wants all findings, and {self.by_git} gives some; leave {self.by_git} out"
            )
        if self.updates and baseline is None:
            raise ConfigError(
                f"{self.updates}: which file? give --baseline FILE, "
                'or write baseline = "schema-rewrite-baseline.json" under [tool.schema-rewrite] in pyproject.toml'
            )
        if self.updates and self.baseline is None:
            _refuse_links(settings)
        select, ignore = self.select or settings.select, self.ignore or settings.ignore
        return replace(self, select=select, ignore=ignore, baseline=baseline and Path.cwd() / baseline)

    def refuse_stdin(self) -> None:
        """Raise ConfigError for options that want more than one file."""
        if option := self.by_git or self.updates:
            raise ConfigError(f"{option} is for files; leave it out for -")


def _refuse_links(settings: config.Config) -> None:
    """Raise ConfigError for a baseline of the settings that a link in the project leads elsewhere."""
    path, root = settings.baseline, settings.root
    if path is not None and not path.parent.resolve().is_relative_to(root.resolve()):
        raise ConfigError(f"{path}: a link leads out of {root}; give --baseline for a place elsewhere")


def narrowing_options(command: Command) -> Command:
    """A command's function with these options, one argument each."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
