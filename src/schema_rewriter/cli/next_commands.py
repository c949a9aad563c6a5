"""The commands that come after a check, to be copied as they are. Does nothing, and knows no report."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import join
from typing import TYPE_CHECKING, Protocol

from schema_rewriter.cli.options import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from schema_rewriter.cli.narrowing_options import Narrowing


class Given(Protocol):
    """The options of a check that its next commands share."""

    @property
    def rule_files(self) -> tuple[Path, ...]: ...
    @property
    def include(self) -> tuple[str, ...]: ...
    @property
    def exclude(self) -> tuple[str, ...]: ...
    @property
    def paths(self) -> tuple[str, ...]: ...
    @property
    def narrowing(self) -> Narrowing: ...
    @property
    def unsafe_fixes(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Next:
    """What makes the changes that a check tells, what tells why one is left (a place follows), and all by its cause."""

    fix: str
    explain: str
    plan: str

    @staticmethod
    def of(options: Given) -> Next:
        """The commands that speak of the same rules, files and findings."""
        given, narrow = _each("--rules", map(str, options.rule_files)), options.narrowing
        some = [*_each("--include", options.include), *_each("--exclude", options.exclude)]
        paths = [f"./{path}" if path.startswith("-") else path for path in options.paths]
        only = [*_each("--select", narrow.select), *_each("--ignore", narrow.ignore)]
        only += [] if narrow.since is None else ["--since", narrow.since]
        only += [] if narrow.baseline is None else ["--baseline", str(narrow.baseline)]
        flags = {"--unsafe-fixes": options.unsafe_fixes, "--staged": narrow.staged, "--no-baseline": narrow.no_baseline}
        only += [flag for flag, is_given in flags.items() if is_given]
        return Next(
            join([NAME, "fix", *given, *some, *only, *paths]),
            join([NAME, "explain", *given]),
            join([NAME, "plan", *given, *some, *paths]),
        )


def _each(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]
