"""What `schema-rewrite` does: a run over files or stdin, what is to be done with its report, and the telling of it."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema_rewriter import files, run
from schema_rewriter.cache import answer_keeping
from schema_rewriter.cache.answer_cache import Answer
from schema_rewriter.cache.trace import program
from schema_rewriter.cli import narrowing as narrow
from schema_rewriter.cli.options import NAME, from_root
from schema_rewriter.cli.output import as_markdown, coloured, say, show
from schema_rewriter.cli.progress import progress
from schema_rewriter.errors import ConfigError
from schema_rewriter.files.disk import JOURNAL
from schema_rewriter.finding import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema_rewriter.cli.rewrite_options import Plan
    from schema_rewriter.files.git import Changes


def judge_stdin(plan: Plan) -> Report:
    """Judge what stdin holds, and tell; with --fix, what it becomes goes to stdout."""
    task, output, name = plan.task, plan.output, plan.options.stdin_filename
    plan.narrowing.refuse_stdin()
    if output.mode == "add-ignores":
        raise ConfigError("--add-ignores writes files, and stdin is none; name files or directories")
    if plan.options.paths != ("-",):
        raise ConfigError("stdin is read for the single PATH -, and --stdin-filename belongs to it; give - alone")
    if name is None:
        raise ConfigError("- needs --stdin-filename, such as --stdin-filename app/queries.sql, to know what it reads")
    result = run.judge(from_root(name, task.root), sys.stdin.buffer.read(), task)
    report = run.narrowed(Report((result,), 1), narrow.Filter(plan.narrowing, plan.settings), task)
    result, report = report.results[0], replace(report, written=output.mode == "fix")
    if output.mode == "fix" and result.error is None:
        click.echo(result.after, nl=False)
    return show(report, task.root, output, err=output.diff_on_stdout or output.mode == "fix").report


def judge_files(plan: Plan, words: Sequence[str] | None) -> Report:
    """Judge files, do with the report what was asked for, and tell; `words` are the command line, None if not known."""
    task, output = plan.task, plan.output
    _settle(task.root, output.mode)
    changes = narrow.changes(plan.narrowing)
    judged = partial(_judged, plan, changes)
    report = _done(plan, judged(task), judged)
    if output.format == "github" and changes is None:
        report = narrow.under_review(report, task.root)
    elif output.format == "github" and changes is not None:
        report = narrow.with_lines(report, changes, task.root)
    shown = show(report, task.root, output, err=output.diff_on_stdout, appendix=_appendix(plan))
    if plan.cache is not None and words is not None and output.mode == "check" and _repeats(shown.report, plan):
        plan.trace.add(*program())
        answer_keeping.keep(words, plan.cache, plan.trace, Answer(shown.report.exit_code(), shown.said))
    return shown.report


def _judged(plan: Plan, changes: Changes | None, task: run.Task) -> Report:
    """The report of a run, without what the options leave out; the baseline is written where that is asked for."""
    means = run.Means(plan.options.jobs or plan.settings.jobs, cache=plan.cache, anew=plan.output.mode != "check")

    @cache
    def before() -> Report:
        return run.check(plan.task, plan.search, means, narrow.before(changes, task.root)) if changes else Report(())

    left_out = narrow.Filter(plan.narrowing, plan.settings, changes, before)
    with progress(not plan.options.quiet and sys.stderr.isatty()) as done:
        means = replace(means, progress=done, trace=plan.trace)
        report = run.check(task, plan.search, means, narrow.subset(changes, plan.narrowing), left_out)
    left_out.write()
    return report


def _done(plan: Plan, report: Report, judged: Callable[[run.Task], Report]) -> Report:
    """The report once what was asked for is done: changes are made, or comments written, all or none."""
    task, options = plan.task, plan.options
    if options.add_ignores:
        from schema_rewriter.cli.add_ignores import add

        return judged(task) if add(report, task.root) else report
    if not options.fix:
        return report
    if plan.narrowing.staged:
        if options.interactive:
            raise ConfigError("--interactive asks about files, and --staged is about what git holds; leave one out")
        narrow.demand_wholly_staged(report, task.root)
    if options.interactive and report.to_qualify:
        from schema_rewriter.cli.interactive import make

        make(report, task.root, lambda made: judged(replace(task, chosen=made)), coloured(plan.output, sys.stdout))
        return judged(task)
    changed = [files.Change(Path(r.path), r.before, r.after) for r in report.results if r.changed]
    files.write_and_keep(changed, task.root)
    return replace(report, written=True)


def _appendix(plan: Plan) -> str:
    """What a Markdown report says of the boundaries of the rules; "" for nothing."""
    if not plan.task.rules.boundaries or not as_markdown(plan.output) or plan.output.statistics:
        return ""
    from schema_rewriter.cli.inventory import section

    return section(plan.task, plan.search, plan.cache)


def _repeats(report: Report, plan: Plan) -> bool:
    """Whether a run only said something, and of nothing but the files it looked at."""
    on_github = plan.output.format == "github" and not {"GITHUB_STEP_SUMMARY", "GITHUB_BASE_REF"}.isdisjoint(os.environ)
    return not (plan.output.file or on_github or report.errors or plan.narrowing.by_git or plan.narrowing.baseline)


def _settle(root: Path, mode: str) -> None:
    """Bring an interrupted write to its end where this run writes, else refuse to judge half of one."""
    tracked: frozenset[str] = frozenset()
    if os.path.lexists(root / JOURNAL):
        from schema_rewriter.files import git

        tracked = git.tracked(root, JOURNAL, f"**/.*.{NAME}-*")
    if mode not in ("fix", "add-ignores"):
        files.refuse_interrupted(root, tracked)
        return
    recovery = files.recover(root, tracked)
    for what, paths in (
        ("completed", recovery.completed),
        ("undone", recovery.undone),
        ("left as somebody changed it since", recovery.left),
    ):
        if paths:
            say(f"{NAME}: an earlier run was interrupted; {what}: {', '.join(paths)}", err=True)
