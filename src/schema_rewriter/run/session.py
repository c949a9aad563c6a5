"""A project that is read once and answers for files as somebody holds them, saved or not. Writes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.finding import Applicability, FileResult
from schema_rewriter.run.checking import checked_with_links
from schema_rewriter.run.prefilter import needles_of, worth
from schema_rewriter.run.worker import facts_of_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_rewriter.edit import Edit, Span
    from schema_rewriter.project import Context, Facts
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.relation import Relation
    from schema_rewriter.run.pipeline import Means
    from schema_rewriter.run.scope import Search
    from schema_rewriter.run.task import Task


@dataclass(frozen=True, slots=True)
class Judged:
    """A file as it is held, what it gets from its project, and what the rules do to it."""

    file: SourceFile
    context: Context
    result: FileResult

    def edits(self, span: Span) -> tuple[Edit, ...]:
        """The edits of the finding at a place, proved without those of the others; none where they are not proved."""
        from schema_rewriter.rewriting.rewriter import check

        threshold, chosen = Applicability.UNSAFE, frozenset((span,))
        alone = check(self.file, self.context, threshold=threshold, chosen=chosen)
        return tuple(edit for finding in alone.applied for edit in finding.edits)


@dataclass(frozen=True, slots=True)
class Session:
    """What a project was found to be: the facts of its files, and where each relation that moves is named still."""

    task: Task
    facts: Mapping[str, Facts]
    places: Mapping[Relation, Counter[str]]

    @staticmethod
    def of(task: Task, search: Search, means: Means) -> Session:
        """The project, read as a run does. Raises FileError."""
        report = checked_with_links(task, search, means).report
        paths = [result.path for result in report.results if result.error is None]
        facts = {one.path: one.value for one in facts_of_all(paths, task)}
        places: dict[Relation, Counter[str]] = {}
        for result in report.results:
            for finding in result.findings:
                if finding.target is not None:
                    places.setdefault(finding.target, Counter())[result.path] += 1
        return Session(task, facts, places)

    def judge(self, path: str, source: bytes) -> Judged:
        """A file as a run would judge it, if the disk held this; `path` is POSIX and relative to the root."""
        from schema_rewriter import project, reading
        from schema_rewriter.project import ALONE
        from schema_rewriter.rewriting.rewriter import check

        rules = self.task.rules
        file = reading.read(path, source, rules)
        if path not in self.facts and not (worth(source, needles_of(rules)) or rules.bounds(path)):
            return Judged(file, ALONE, FileResult(path, source, source))
        every = {**self.facts, path: project.facts(file)}
        linked = project.link(every.values(), rules, whole=True, values=bool(rules.boundaries))
        context = linked.context(path).within(source)
        return Judged(file, context, check(file, context, today=self.task.today))
