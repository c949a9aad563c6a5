"""The options that leave findings out: by code, by a baseline, by what changed. Knows not how a file is judged."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schema_rewriter.cli import config
from schema_rewriter.cli.output import say, write
from schema_rewriter.errors import ConfigError, FileError, GitError
from schema_rewriter.finding import CODES, Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.files.git import Changes
    from schema_rewriter.finding import FileResult, Finding
    from schema_rewriter.run.baseline import Baseline
    from schema_rewriter.run.subset import Among


def _codes(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    return [code for code in CODES if code.startswith(begun)]


_CODE: dict[str, Any] = {"multiple": True, "metavar": "CODE", "shell_complete": _codes}
_FILE = click.Path(path_type=Path)
_OPTIONS = (
    click.option("--select", **_CODE, help="Only findings of this code; repeatable."),
    click.option("--ignore", **_CODE, help="No findings of this code; repeatable."),
    click.option("--since", metavar="REV", help="Only findings that are new since REV (git)."),
    click.option("--staged", is_flag=True, help="Judge what is staged; only findings that it brings."),
    click.option("--baseline", type=_FILE, metavar="FILE", help="Leave out the findings that FILE lists."),
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
        select, ignore = self.select or settings.select, self.ignore or settings.ignore
        return replace(self, select=select, ignore=ignore, baseline=baseline and Path.cwd() / baseline)

    def refuse_stdin(self) -> None:
        """Raise ConfigError for options that want more than one file."""
        if option := self.by_git or self.updates:
            raise ConfigError(f"{option} is for files; leave it out for -")


def narrowing_options(command: Callable[..., int]) -> Callable[..., int]:
    """A command's function with these options, which it takes as one argument `narrowing`."""

    @wraps(command)
    def function(**given: Any) -> int:
        own = {name: given.pop(name) for name in Narrowing.__slots__}
        return command(**given, narrowing=Narrowing(**own))

    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def changes(narrowing: Narrowing) -> Changes | None:
    """What git says, where it is to be asked; and on stderr which repositories it does not speak of."""
    if not narrowing.by_git:
        return None
    from schema_rewriter.files import git

    here = Path.cwd()
    found = git.staged(here) if narrowing.since is None else git.since(here, narrowing.since)
    for path in found.nested:
        say(f"note: {os.path.relpath(path)} is a repository of its own; run {narrowing.by_git} there", err=True)
    return found


def under_review(report: Report, root: Path) -> Report:
    """The report, whose results know which findings stand on lines of GitHub's pull request, if this is one.

    Git is asked only where there are more findings than GitHub shows; what it can't tell is said on stderr.
    """
    from schema_rewriter.reports import github

    base = os.environ.get("GITHUB_BASE_REF")
    if not base or not github.exceeds(report):
        return report
    from schema_rewriter.files import git

    is_merge = os.environ.get("GITHUB_REF", "").endswith("/merge")  # of the request into its base, whatever was fetched
    problem = None
    for revision in [f"origin/{base}", base, *(["HEAD^1"] if is_merge else [])]:
        try:
            return marked(report, git.since(root, revision), root)
        except GitError as error:
            problem = error
    say(f"note: which lines the pull request changes is not known, so none goes first: {problem}", err=True)
    return report


def among(changes: Changes | None, narrowing: Narrowing) -> Among | None:
    """The files that a run is to look at, for what git says; with --staged, what is staged of them."""
    if changes is None:
        return None
    from schema_rewriter.run.subset import Among

    if not narrowing.staged:
        return Among(changes.lines)
    from schema_rewriter.files import git

    held = git.contents(Path.cwd(), changes.blobs.values())
    return Among(changes.lines, {path: held[blob] for path, blob in changes.blobs.items()})


def before(changes: Changes, root: Path) -> Among:
    """The files that changed, as they were: for a run that tells which findings are new."""
    from schema_rewriter.files import git
    from schema_rewriter.run.subset import Among

    held = git.contents(root, changes.old.values())
    old = {path: held[blob] for path, blob in changes.old.items()}
    sources = {**dict.fromkeys(changes.lines, b""), **old}
    return Among(sources.keys(), sources, frozenset(changes.renamed.values()))


def narrowed(
    report: Report,
    narrowing: Narrowing,
    settings: config.Config,
    changes: Changes | None = None,
    before: Callable[[], Report] = lambda: Report(()),
) -> Report:
    """The report without what the options leave out; `before` is asked where lines that stayed have findings."""
    if narrowing.select or narrowing.ignore or settings.per_file_ignores:
        from schema_rewriter.run.selection import Selection

        report = Selection(narrowing.select, narrowing.ignore, settings.per_file_ignores).narrowed(report)
    if narrowing.baseline is not None:
        report = _known_left_out(report, narrowing, narrowing.baseline, settings.root)
    if changes is not None:
        report = _known_before_left_out(report, changes, settings.root, before)
    return report


def demand_wholly_staged(report: Report, root: Path) -> None:
    """Raise GitError where a file to change does not hold on the disk what is staged: to fix it would mix the two."""
    partly = [r.path for r in report.results if r.changed and _on_disk(root / r.path) != r.before]
    if partly:
        names = ", ".join(partly)
        raise GitError(
            f"{names}: not all of it is staged; stage the rest, or fix what is staged alone: "
            "schema-rewrite --staged --diff | git apply --cached"
        )


def _on_disk(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _known_left_out(report: Report, narrowing: Narrowing, path: Path, root: Path) -> Report:
    """The report without what the baseline lists, which is brought up to date first where that is asked for."""
    from schema_rewriter.run import baseline as baselines

    baseline = _read(path, must_exist=not narrowing.write_baseline)
    gone = {entry.path for entry in baseline.counts if not (root / entry.path).exists()}
    if narrowing.updates:
        baseline = baselines.updated(baseline, report, gone, grows=narrowing.write_baseline)
        baseline = replace(baseline, source=baselines.render(baseline))
        write(path, baseline.source)
    origin = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    report = baselines.narrowed(report, replace(baseline, origin=origin), gone)
    if "stale-baseline" in narrowing.ignore:
        report = report.narrowed(lambda _, finding: finding.code != "stale-baseline", "ignored")
    return report


def _read(path: Path, *, must_exist: bool) -> Baseline:
    from schema_rewriter.run import baseline as baselines

    shown = os.path.relpath(path)
    if not must_exist and not path.exists():
        return baselines.Baseline({})
    try:
        return baselines.parse(path.read_bytes(), shown)
    except OSError as error:
        raise FileError(f"{shown}: {error.strerror}; make it with --write-baseline") from None


def marked(report: Report, changes: Changes, root: Path) -> Report:
    """The report, whose results know which of their findings stand on changed lines."""
    results = []
    for result in report.results:
        real = os.path.realpath(root / result.path)
        spans = ((finding, finding.span) for finding in result.findings)
        on = (each for each, span in spans if changes.touches(real, result.before, span.start, span.stop))
        results.append(replace(result, on_changed_lines=frozenset(on)))
    return replace(report, results=tuple(results))


def _known_before_left_out(report: Report, changes: Changes, root: Path, before: Callable[[], Report]) -> Report:
    """The report with what stands on changed lines, and with what a change brought to others.

    A line that it took away may have been a comment, a CTE or a temporary table that others need. What tells of the
    baseline stays.
    """
    from schema_rewriter.run.baseline import unknown

    report = marked(report, changes, root)

    def stays(result: FileResult, finding: Finding) -> bool:
        return finding in result.on_changed_lines or finding.code == "stale-baseline"

    rest = report.narrowed(lambda result, finding: not stays(result, finding), "changed")
    if not any(result.findings for result in rest.results):
        return report
    top = os.path.realpath(root)
    renamed = {_from(top, new): _from(top, old) for new, old in changes.renamed.items()}
    new = unknown(rest, before(), renamed)
    return report.narrowed(lambda result, finding: stays(result, finding) or (result.path, finding) in new, "unchanged")


def _from(top: str, path: str) -> str:
    return os.path.relpath(path, top).replace(os.sep, "/")
