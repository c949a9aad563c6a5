"""A run that judges files: what the rules do to each, with what the others tell of it. Knows no format, no terminal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from schema_rewriter.finding import FileResult, Report
from schema_rewriter.run import linked_files, pipeline
from schema_rewriter.run.attempt import attempt
from schema_rewriter.run.file_cache import IS_TEXT, READS, WORTH, is_text
from schema_rewriter.run.notices import notices
from schema_rewriter.run.pipeline import Files, Means, Question
from schema_rewriter.run.prefilter import needles_of, worth
from schema_rewriter.run.results import RESULT
from schema_rewriter.run.scope import Search, scope
from schema_rewriter.run.worker import failed, judge_again, judge_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from schema_rewriter.cache.trace import Trace
    from schema_rewriter.project import Context
    from schema_rewriter.project.link import Linked
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.run.prefilter import Needles
    from schema_rewriter.run.subset import Subset
    from schema_rewriter.run.task import Task

Made = TypeVar("Made")


def run(
    task: Task,
    paths: Sequence[str],
    *,
    include: Sequence[str],
    exclude: Sequence[str] = (),
    exclude_named: bool = False,
    project: Sequence[str] = (),
    jobs: int | None = None,
    progress: Callable[[int], object] = lambda total: None,
    trace: Trace | None = None,
    cache: Path | None = None,
    anew: bool = False,
    subset: Subset | None = None,
    narrow: Callable[[Report], Report] = lambda report: report,
) -> Report:
    """The report of `check` over the files below `paths`; see `Search` and `Means` for the rest."""
    search = Search(paths, include, exclude, exclude_named, project)
    return check(task, search, Means(jobs, progress, cache, trace, anew), subset, narrow)


def check(
    task: Task,
    search: Search,
    means: Means,
    subset: Subset | None = None,
    narrow: Callable[[Report], Report] = lambda report: report,
) -> Report:
    """The results of all files of a search that are worth a look (`prefilter.worth`), in path order for any `jobs`.

    Writes nothing. A file that can't be read, or that makes a stage fail, is a result with an error. Raises FileError
    where a named path can't be walked.

    With a `subset` only some of the files are judged, but all are read: what they tell each other is the same. `narrow`
    may leave findings out; the edits that remain are proved without the others'.
    """
    checked = checked_with_links(task, search, means, subset)
    return narrowed(checked.report, narrow, checked.task, checked.linked)


@dataclass(frozen=True, slots=True)
class Checked:
    """A report, and what it hangs on beside the files: the task as the run had it, and the links of the files.

    `linked` is None where nothing was worth a look.
    """

    report: Report
    task: Task
    linked: Linked | None


def checked_with_links(task: Task, search: Search, means: Means, subset: Subset | None = None) -> Checked:
    """The report of `check`, all findings in it, with what the files get from each other."""
    place = scope(task, search, subset, means.trace)
    files = Files.of(place, means)
    question = _question(task.rules)
    facts = pipeline.gather(files, question, means)
    linked = pipeline.link(files, facts, values=question.values) if files.sizes else None  # none: no engine is imported
    readings = linked_files.readings(files, [path for path in place.asked if files.marks.get(path, 0) & READS], means)
    asked = dict.fromkeys((*place.errors, *place.asked))
    wanted = asked | dict.fromkeys(linked_files.targets(readings, files))
    results = pipeline.results(files, question, linked, wanted, means)
    results = linked_files.report(results, readings, files)
    every = pipeline.with_failures(results, files.failures, asked, failed)
    report = Report(
        tuple(sorted(every.values(), key=lambda result: result.path.split("/"))),
        len(place.asked),
        helpers=tuple(helper for helper in linked.helpers if helper.path in asked) if linked else (),
        paths=tuple(place.asked),
        notices=notices(files, every.values(), linked.modelled if linked else frozenset()),
    )
    files.cache.save()
    return Checked(report, place.task, linked)


def _question(rules: RuleSet) -> Question[FileResult]:
    return Question(
        WORTH | READS | IS_TEXT,
        partial(_marks, needles_of(rules)),
        lambda path, marks: bool(marks & WORTH) or rules.bounds(path),
        judge_all,
        RESULT,
        failed,
        values=bool(rules.boundaries),  # they speak of what does not move, too
    )


def _marks(needles: Needles, path: str, source: bytes) -> int:
    return WORTH * worth(source, needles) | READS * linked_files.worth(path, source) | is_text(source)


def narrowed(report: Report, narrow: Callable[[Report], Report], task: Task, linked: Linked | None = None) -> Report:
    """The report without the findings that `narrow` leaves out, its edits proved once more."""
    full, less = by_file(lambda full: (full, narrow(full)), report)
    return proved(less, full, task, linked.context if linked else lambda path: None)


def by_file(step: Callable[[Report], Made], report: Report) -> Made:
    """What a step makes of a report, in which a file that makes it fail has the error instead of findings."""

    def do(results: Sequence[FileResult]) -> Made:
        return step(replace(report, results=tuple(results)))

    return attempt(do, report.results, lambda result, error: failed(result.path, error))


def proved(
    narrowed: Report, full: Report, task: Task, context: Callable[[str], Context | None] = lambda path: None
) -> Report:
    """A report of a run from which findings were left out, with the edits that remain proved once more.

    Edits were proved together: where some of a file's are gone, the rest is a new question.
    """
    if narrowed is full:
        return full
    before = {result.path: result for result in full.results}
    results = []
    for result in narrowed.results:
        old = before.get(result.path, result)
        if result.applied not in ((), old.applied):
            result = judge_again(old, result, context, task)  # noqa: PLW2901 - what it is from now on
        results.append(result)
    return replace(narrowed, results=tuple(results))
