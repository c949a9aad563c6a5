"""The stages of a run over files: marks, facts, link, results. A command says which result it wants of a file.

    scope -> files -> marks of their bytes -> facts of those worth a look -> links, in rounds -> a result of each

Whatever raises in a stage is the error of one file (`Failures`); the others go on. An exception that passes, such as
KeyboardInterrupt, ends the processes that a stage started.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from schema_rewriter.errors import FileError
from schema_rewriter.files import NotTextError
from schema_rewriter.run.chunks import chunked, each
from schema_rewriter.run.file_cache import IS_TEXT, FileCache
from schema_rewriter.run.prefilter import SearchTerms
from schema_rewriter.run.readings import Readings
from schema_rewriter.run.results import ProjectFacts, Results
from schema_rewriter.run.task import Failures
from schema_rewriter.run.worker import Keyed, facts_of_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from schema_rewriter.cache.trace import Trace
    from schema_rewriter.project import Facts
    from schema_rewriter.project.link import Linked
    from schema_rewriter.run.results import Kind
    from schema_rewriter.run.scope import Scope
    from schema_rewriter.run.task import Task
    from schema_rewriter.run.worker import Asked

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Means:
    """How a run works, which never changes what it finds.

    `jobs` is how many processes there may be (None: one a core). `progress` is called with the number of all files
    each time one of them is done. `cache` is the directory that keeps what is known of files, None for none. `trace`
    gets all that the run looks at. `anew`: what is kept only tells which files need no look; all that is found and
    edited in the others is found and proved by this run, as it must be where edits are written.
    """

    jobs: int | None = None
    progress: Callable[[int], object] = lambda total: None
    cache: Path | None = None
    trace: Trace | None = None
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Question(Generic[Value]):
    """What a command wants of the files of a run.

    `marks` are the bits that `mark` tells of a file by its path and bytes; `is_worth` tells by these and the path
    whether the file is asked. `make` makes the results of some files in any process, `kind` says how they are kept, and
    `failed` is the result of a file with an error. `values`: what expressions in SQL may be is wanted, moved or not.
    """

    marks: int
    mark: Callable[[str, bytes], int]
    is_worth: Callable[[str, int], bool]
    make: Callable[[Sequence[Asked], Task], tuple[Keyed[Value], ...]]
    kind: Kind[Value]
    failed: Callable[[str, str], Value]
    values: bool = False


@dataclass(slots=True)
class Files:
    """The files of a run as the stages leave them: the sizes of those worth a look, and the marks of all others too.

    `failures` are the errors of files, whatever the stage. `not_text` are those that hold no text. `readings` are what
    was found in files for their facts.
    """

    scope: Scope
    cache: FileCache
    failures: Failures
    sizes: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    not_text: list[str] = field(default_factory=list)
    readings: Readings = field(default_factory=Readings)

    @staticmethod
    def of(scope: Scope, means: Means) -> Files:
        """The files before the first stage."""
        cache = FileCache(scope.task, means.cache, anew=means.anew)
        failures = Failures(scope.task)
        for path, error in scope.errors.items():
            failures.add(path, error)
        return Files(scope, cache, failures)


def gather(files: Files, question: Question[Value], means: Means) -> ProjectFacts:
    """Mark all files, and take the facts of those worth a look, while others are still marked."""
    facts = ProjectFacts(files.cache, files.failures, files.readings)
    chunks = chunked(facts.missing(_marked(files, question, means)))
    with closing(each(facts_of_all, chunks, files.scope.task, means.jobs, _no_facts)) as made:
        facts.add(made)
    return facts


def _marked(files: Files, question: Question[Value], means: Means) -> Iterator[tuple[str, int]]:
    """The files worth a look with their sizes, in order; `files` gets them, and the marks of all."""
    found, total = files.scope.found, len(files.scope.found)
    for path in found:
        try:
            size, marks = files.cache.marks(path, question.marks, partial(question.mark, path))
        except NotTextError:
            files.not_text.append(path)
            means.progress(total)
            continue
        except Exception as error:  # noqa: BLE001 - that file's error: the others are judged
            files.failures.add(path, error)
            means.progress(total)
            continue
        files.marks[path] = marks
        if question.marks & ~marks & IS_TEXT:
            files.not_text.append(path)
        if not question.is_worth(path, marks):
            means.progress(total)
            continue
        files.sizes[path] = size
        yield path, size


def _no_facts(path: str, error: str) -> Keyed[Facts]:
    from schema_rewriter.project import Facts

    return Keyed(path, Facts(path, error=error))


def link(files: Files, facts: ProjectFacts, *, values: bool = False) -> Linked:
    """What the files get from each other; `files` gets those that are worth a look only because of that."""
    whole, cache = files.scope.whole, files.cache
    words, shared, searched = cache.task.rules.names, frozenset[tuple[str, str]](), frozenset[str]()
    modules, schemas, settings = frozenset[str](), frozenset[str](), frozenset[str]()
    while True:  # each round but the last adds a file: each level of helpers takes one
        wanted = facts.wanted(list(files.sizes), whole=whole, values=values)
        asked = (
            wanted.words - words,
            wanted.shared - shared,
            wanted.defined - searched,
            wanted.modules - modules,
            wanted.schemas - schemas,
            wanted.settings - settings,
        )
        sought = SearchTerms.of(*asked)
        if sought is None:
            return facts.linked(list(files.sizes), whole=whole, values=values)
        words, shared, searched = words | wanted.words, shared | wanted.shared, searched | wanted.defined
        modules, schemas, settings = modules | wanted.modules, schemas | wanted.schemas, settings | wanted.settings
        more = dict(_saying(files, cache.question(asked), sought))
        if more:
            files.sizes.update(more)
            facts.add(facts_of_all([path for path, _ in facts.missing(more.items())], cache.task))


def _saying(files: Files, question: bytes, sought: SearchTerms) -> Iterator[tuple[str, int]]:
    """The files, of those not yet worth a look, that say what is sought, with their sizes."""

    def ask(path: str, source: bytes) -> bool:
        return sought.stands_in(source, path)

    for path in files.scope.found:
        if path not in files.marks or path in files.sizes or path in files.failures:
            continue
        try:
            size, says = files.cache.says(path, question, partial(ask, path))
        except FileError:
            continue  # gone since it was found not to be worth a look
        except Exception as error:  # noqa: BLE001 - that file's error
            files.failures.add(path, error)
            continue
        if says:
            yield path, size


def results(
    files: Files, question: Question[Value], linked: Linked | None, paths: Iterable[str], means: Means
) -> dict[str, Value]:
    """The results of those of some files that are worth a look, and the errors of those that failed, in their order."""
    if linked is None:  # nothing was worth a look
        return with_failures({}, files.failures, paths, question.failed)
    task, total = files.scope.task, len(files.scope.found)
    made = Results(files.cache, question.kind, files.failures, files.readings)
    wanted = list(paths)
    sized = ((path, files.sizes[path]) for path in wanted if path in files.sizes)
    missing = chunked(made.missing(sized, linked.context, lambda: means.progress(total)))

    def failed(asked: Asked, error: str) -> Keyed[Value]:
        return Keyed(asked.path, question.failed(asked.path, error))

    with closing(each(question.make, missing, task, means.jobs, failed)) as answers:
        for one in answers:
            made.add(one)
            means.progress(total)
    return with_failures(made.by_path, files.failures, wanted, question.failed)


def with_failures(
    found: Mapping[str, Value], failures: Failures, paths: Iterable[str], failed: Callable[[str, str], Value]
) -> dict[str, Value]:
    """The results of some files in their order; an error of any stage, whatever came out of it, is the result."""
    every = {}
    for path in paths:
        if path in failures:
            every[path] = failed(path, failures[path])
        elif path in found:
            every[path] = found[path]
    return every
