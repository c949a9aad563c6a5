"""A run over many files: which are worth a look, who looks, what came out. Knows no format, no terminal."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from schema_rewriter import files
from schema_rewriter.errors import FileError
from schema_rewriter.finding import FileResult, Report
from schema_rewriter.run import linked_files
from schema_rewriter.run.file_cache import RESULT, Gathering, Judging, Noted, gather_noted, judge_noted
from schema_rewriter.run.file_state import READS, WORTH, Known
from schema_rewriter.run.prefilter import Needles, Sought, needles_of, worth
from schema_rewriter.run.worker import Task, judge, judge_again

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from schema_rewriter.cache.trace import Trace
    from schema_rewriter.project import Context, Facts
    from schema_rewriter.project.link import Linked
    from schema_rewriter.run.subset import Among

Item = TypeVar("Item")
Result = TypeVar("Result")

__all__ = ["CHUNK", "Task", "chunked", "cores", "each", "judge", "no_facts", "proved", "run"]

CHUNK = 64 * 1024
"""Bytes of files that a process judges at a time. Where two such chunks hold all, none is started: it would
cost more than it saves (benchmarks/README.md)."""


def run(
    task: Task,
    paths: Sequence[str],
    *,
    include: Sequence[str],
    exclude: Sequence[str] = (),
    jobs: int | None = None,
    tell: Callable[[int], object] = lambda total: None,
    among: Among | None = None,
    narrow: Callable[[Report], Report] = lambda report: report,
    exclude_named: bool = False,
    trace: Trace | None = None,
    cache: Path | None = None,
) -> Report:
    """The results of all files below `paths` that are worth a look (`mentions.worth`), in path order for any `jobs`.

    Writes nothing. A file that can't be read, or that makes the rewriter fail, is a result with an error.
    Calls `tell(number of all files)` each time one of them is done. Raises FileError where a named path can't
    be walked. An exception that passes, such as KeyboardInterrupt, ends the processes that the run started.

    With `among` only some of the files are judged, but all are read: what they tell each other is the same. `narrow`
    may leave findings out; the edits that remain are proved without the others'. `trace` gets all that
    the run looks at. `cache` is the directory that keeps what is known of files, None for none: it never changes what
    is found, and can't fail.
    """
    found = list(files.walk(paths, task.root, include=include, exclude=exclude, named_too=exclude_named, trace=trace))
    asked = found
    if among is not None:
        from schema_rewriter.run.subset import chosen, not_on_disk

        found += not_on_disk(among, paths, task.root, include, exclude)
        wanted = chosen(found, among, task.root)
        asked = list(wanted)
        if among.sources is not None:
            task = replace(task, held={path: among.sources[real] for path, real in wanted.items()})
    workers = jobs or cores()
    known = Known(task, cache)
    sizes: dict[str, int] = {}
    readers: set[str] = set()
    gathering = Gathering(known)
    chunks = chunked(gathering.missing(_sized(found, known, sizes, readers, tell)))
    gathering.add(each(gather_noted, chunks, task, workers, no_facts))
    ours = [path for path in asked if path in readers]
    if not sizes:  # nothing is worth a look: then no engine is imported
        told = linked_files.told([], ours, found, known, trace) if ours else []
        known.save()
        return narrow(Report(tuple(told), len(asked), paths=tuple(asked)))
    whole = any((task.root / path).is_dir() for path in paths)
    linked = _linked(found, sizes, gathering, known, whole=whole)
    judging = Judging(known, RESULT)
    worth = ((path, sizes[path]) for path in asked if path in sizes)
    missing = chunked(judging.missing(worth, linked.context, lambda: tell(len(found))))
    work = (tuple((path, linked.context(path)) for path in chunk) for chunk in missing)
    with closing(each(judge_noted, work, task, workers, _died)) as judged:  # a pool must not outlive an exception
        for noted in judged:
            judging.add(noted)
            tell(len(found))
    in_order = [_with_error(judging.results[path], gathering.errors) for path in asked if path in sizes]
    told = linked_files.told(in_order, ours, found, known, trace) if ours else in_order
    known.save()
    report = Report(tuple(told), len(asked), helpers=linked.helpers, paths=tuple(asked))
    return proved(narrow(report), report, task, linked.context)


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
            result = judge_again(old, result, context(result.path), task)  # noqa: PLW2901 - what it is from now on
        results.append(result)
    return replace(narrowed, results=tuple(results))


def _linked(found: Sequence[str], sizes: dict[str, int], gathering: Gathering, known: Known, *, whole: bool) -> Linked:
    """What the files get from each other; `sizes` gets those that are worth a look only because of that."""
    values = bool(known.task.rules.boundaries)  # they speak of what does not move, too
    words, shared, searched = known.task.rules.names, frozenset[tuple[str, str]](), frozenset[str]()
    while True:  # each round but the last adds a file: each level of helpers takes one
        wanted = gathering.wanted(list(sizes), whole=whole, values=values)
        asked = (wanted.words - words, wanted.shared - shared, wanted.defined - searched)
        sought = Sought.of(*asked)
        if sought is None:
            break
        words, shared, searched = words | wanted.words, shared | wanted.shared, searched | wanted.defined
        question = known.question(asked)
        more: dict[str, int] = {}
        for path in found:
            if path not in sizes and (length := _length(path, known, question, sought)) >= 0:
                more[path] = length
        if more:
            sizes.update(more)
            gathering.add(gather_noted([path for path, _ in gathering.missing(more.items())], known.task))
    return gathering.linked(list(sizes), whole=whole, values=values)


def _length(path: str, known: Known, question: bytes, sought: Sought) -> int:
    """The size of a file that says what is sought; -1 for one that does not, or can't be read."""
    try:
        length, says = known.says(path, question, lambda source: sought.stands_in(source, path))
    except FileError:
        return -1
    return length if says else -1


def _with_error(result: FileResult, errors: Mapping[str, str]) -> FileResult:
    """A result, or the error that kept its file from being asked or linked: then it was judged without the others."""
    error = errors.get(result.path)
    if error is None or result.error is not None:
        return result
    return FileResult(result.path, result.before, result.before, parsed=result.parsed, error=error)


def no_facts(path: str) -> Noted[Facts]:
    """What is known of a file that ends its process."""
    from schema_rewriter.project import Facts

    return Noted(path, Facts(path, error=_DIED))


def _died(item: tuple[str, Context]) -> Noted[FileResult]:
    return Noted(item[0], FileResult(item[0], b"", b"", error=_DIED))


_DIED = "the process that judged it died: out of memory, or a crash; exclude the file, and please report it"


def each(
    do: Callable[[Sequence[Item], Task], tuple[Result, ...]],
    chunks: Iterator[tuple[Item, ...]],
    task: Task,
    workers: int,
    died: Callable[[Item], Result],
) -> Generator[Result]:
    """What `do` makes of the items: in a pool, where it is worth one."""
    first = list(islice(chunks, 3))
    chunks = chain(first, chunks)
    if len(first) > 2 and workers > 1:
        from schema_rewriter.run.pool import spread

        yield from spread(do, chunks, task, workers, died)
        return
    for chunk in chunks:
        for item in chunk:
            yield from do((item,), task)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _sized(
    found: Sequence[str], known: Known, sizes: dict[str, int], readers: set[str], tell: Callable[[int], object]
) -> Iterator[tuple[str, int]]:
    """The files worth a look, in order, with their sizes, which `sizes` gets too.

    `readers` gets the Python files that may read SQL from others, whether they are worth a look or not.
    """
    rules = known.task.rules
    needles = needles_of(rules)
    for path in found:
        try:
            length, marks = known.marks(path, WORTH | READS, partial(_marks, path, needles))
        except FileError:
            length, marks = 0, WORTH  # the one who judges it reads it again, and tells
        if marks & READS:
            readers.add(path)
        if not (marks & WORTH or rules.bounds(path)):
            tell(len(found))
            continue
        sizes[path] = length
        yield path, length


def _marks(path: str, needles: Needles, source: bytes) -> int:
    return WORTH * worth(source, needles) | READS * linked_files.worth(path, source)


def chunked(sized: Iterable[tuple[str, int]]) -> Iterator[tuple[str, ...]]:
    """The files, some at a time."""
    chunk: list[str] = []
    size = 0
    for path, length in sized:
        if chunk and size + length > CHUNK:
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(path)
        size += length
    if chunk:
        yield tuple(chunk)
