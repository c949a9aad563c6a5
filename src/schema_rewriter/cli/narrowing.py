"""What the options leave out of a report: by code, by a baseline, by what changed. Knows not how a file is judged."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter.cli.output import say, write
from schema_rewriter.errors import FileError, GitError
from schema_rewriter.files.disk import read_named
from schema_rewriter.finding import Report
from schema_rewriter.run import by_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.cli import config
    from schema_rewriter.cli.narrowing_options import Narrowing
    from schema_rewriter.files.git import Changes
    from schema_rewriter.finding import FileResult, Finding
    from schema_rewriter.run.baseline import Baseline
    from schema_rewriter.run.subset import Subset


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
            changes = git.since(root, revision)
        except GitError as error:
            problem = error
            continue
        return with_lines(report, changes, root)
    say(f"note: which lines the pull request changes is not known, so none goes first: {problem}", err=True)
    return report


def subset(changes: Changes | None, narrowing: Narrowing) -> Subset | None:
    """The files that a run is to look at, for what git says; with --staged, what is staged of them."""
    if changes is None:
        return None
    from schema_rewriter.run.subset import Subset

    if not narrowing.staged:
        return Subset(changes.lines)
    from schema_rewriter.files import git

    held = git.contents(Path.cwd(), changes.blobs.values())
    return Subset(changes.lines, {path: held[blob] for path, blob in changes.blobs.items()})


def before(changes: Changes, root: Path) -> Subset:
    """The files that changed, as they were: for a run that tells which findings are new."""
    from schema_rewriter.files import git
    from schema_rewriter.run.subset import Subset

    held = git.contents(root, changes.old.values())
    old = {path: held[blob] for path, blob in changes.old.items()}
    sources = {**dict.fromkeys(changes.lines, b""), **old}
    return Subset(sources.keys(), sources, frozenset(changes.renamed.values()))


@dataclass(slots=True)
class Filter:
    """What the options leave out of a report; `before` is asked where lines that stayed have findings.

    It may be asked several times, and writes nothing: `new_baseline` is what the last time made of the baseline.
    """

    narrowing: Narrowing
    settings: config.Config
    changes: Changes | None = None
    before: Callable[[], Report] = lambda: Report(())
    new_baseline: bytes | None = None

    def __call__(self, report: Report) -> Report:
        """The report without it."""
        narrowing = self.narrowing
        if narrowing.select or narrowing.ignore or self.settings.per_file_ignores:
            from schema_rewriter.run.selection import Selection

            report = Selection(narrowing.select, narrowing.ignore, self.settings.per_file_ignores).narrowed(report)
        if narrowing.baseline is not None:
            report = self._known_left_out(report, narrowing.baseline)
        if self.changes is not None:
            report = _known_before_left_out(report, self.changes, self.settings.root, self.before)
        return report

    def _known_left_out(self, report: Report, path: Path) -> Report:
        """The report without what the baseline lists, after it is brought up to date where that is asked for."""
        from schema_rewriter.run import baseline as baselines

        narrowing, root = self.narrowing, self.settings.root
        baseline = _read(path, must_exist=not narrowing.write_baseline)
        gone = {entry.path for entry in baseline.counts if not (root / entry.path).exists()}
        if narrowing.updates:
            baseline = baselines.updated(baseline, report, gone, grows=narrowing.write_baseline)
            baseline = replace(baseline, source=baselines.render(baseline))
            self.new_baseline = baseline.source
        origin = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
        report = baselines.narrowed(report, replace(baseline, origin=origin), gone)
        if "stale-baseline" in narrowing.ignore:
            report = report.narrowed(lambda _, finding: finding.code != "stale-baseline", "ignored")
        return report

    def write(self) -> None:
        """Write the baseline, where the options ask for that."""
        if self.narrowing.baseline is not None and self.new_baseline is not None:
            write(self.narrowing.baseline, self.new_baseline)


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


def _read(path: Path, *, must_exist: bool) -> Baseline:
    from schema_rewriter.run import baseline as baselines

    shown = os.path.relpath(path)
    if not must_exist and not path.exists():
        return baselines.Baseline({})
    try:
        return baselines.parse(read_named(path), shown)
    except OSError as error:
        raise FileError(f"{shown}: {error.strerror}; make it with --write-baseline") from None


def with_lines(report: Report, changes: Changes, root: Path) -> Report:
    """The report, whose results know which of their findings stand on changed lines, or have an error."""
    return by_file(lambda some: marked(some, changes, root), report)


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
