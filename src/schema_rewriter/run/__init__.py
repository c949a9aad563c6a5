"""A run over many files: which are worth a look, who looks, what came out. Knows no format, no terminal."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from schema_rewriter import files
from schema_rewriter.errors import FileError
from schema_rewriter.finding import FileResult, Report
from schema_rewriter.run import links
from schema_rewriter.run.mentions import Needles, Sought, worth
from schema_rewriter.run.task import Task, gather_all, judge, judge_again, judge_all, read

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from schema_rewriter.answers import Trace
    from schema_rewriter.project import Context, Facts
    from schema_rewriter.project.link import Linked
    from schema_rewriter.run.among import Among

Item = TypeVar("Item")
Result = TypeVar("Result")

__all__ = ["CHUNK", "Task", "cores", "each", "judge", "proved", "run"]

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
) -> Report:
    """The results of all files below `paths` that name a relation that moves, in path order for any `jobs`.

    Writes nothing. A file that can't be read, or that makes the rewriter fail, is a result with an error.
    Calls `tell(number of all files)` each time one of them is done. Raises FileError where a named path can't
    be walked. An exception that passes, such as KeyboardInterrupt, ends the processes that the run started.

    With `among` only some of the files are judged, but all are read: what they tell each other is the same. `narrow`
    may leave findings out; the edits that remain are proved without the others'. `trace` gets all that
    the run looks at.
    """
    found = list(files.walk(paths, task.root, include=include, exclude=exclude, named_too=exclude_named, trace=trace))
    asked = found
    if among is not None:
        from schema_rewriter.run.among import chosen, not_on_disk

        found += not_on_disk(among, paths, task.root, include, exclude)
        wanted = chosen(found, among, task.root)
        asked = list(wanted)
        if among.sources is not None:
            task = replace(task, held={path: among.sources[real] for path, real in wanted.items()})
    workers = jobs or cores()
    sizes: dict[str, int] = {}
    readers: dict[str, bytes] = {}
    chunks = _chunks(_sized(found, task, sizes, tell, readers=readers))
    gathered = list(each(gather_all, chunks, task, workers, _no_facts))
    if not gathered:  # nothing is worth a look: then no engine is imported
        ours = {path: readers[path] for path in asked if path in readers}
        return narrow(Report(tuple(links.told([], ours, found, task, trace)), len(asked), paths=tuple(asked)))
    whole = any((task.root / path).is_dir() for path in paths)
    linked = _linked(gathered, found, sizes, task, whole=whole)
    worth = [(path, sizes[path]) for path in asked if path in sizes]
    work = (tuple((path, linked.context(path)) for path in chunk) for chunk in _chunks(worth))
    results = []
    with closing(each(judge_all, work, task, workers, _died)) as judged:  # a pool must not outlive an exception
        for result in judged:
            results.append(result)
            tell(len(found))
    ours = {path: readers[path] for path in asked if path in readers}
    told = tuple(links.told(results, ours, found, task, trace))
    report = Report(told, len(asked), helpers=linked.helpers, paths=tuple(asked))
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


def _linked(gathered: list[Facts], found: Sequence[str], sizes: dict[str, int], task: Task, *, whole: bool) -> Linked:
    """What the files get from each other; `sizes` gets those that are worth a look only because of that."""
    from schema_rewriter.project import link

    values = bool(task.rules.boundaries)  # they speak of what does not move, too
    known, shared, searched = task.rules.names, frozenset[tuple[str, str]](), frozenset[str]()
    linked = link(gathered, task.rules, whole=whole, values=values)
    while True:  # each round but the last adds a file: each level of helpers takes one
        sought = Sought.of(linked.words - known, linked.shared - shared, linked.defined - searched)
        if sought is None:
            break
        known, shared, searched = known | linked.words, shared | linked.shared, searched | linked.defined
        more: dict[str, int] = {}
        for path in found:
            if path not in sizes and (length := _length(path, task, sought)) >= 0:
                more[path] = length
        if more:
            sizes.update(more)
            gathered += gather_all(list(more), task)
            linked = link(gathered, task.rules, whole=whole, values=values)
    return linked


def _length(path: str, task: Task, sought: Sought) -> int:
    """The size of a file that says what is sought; -1 for one that does not, or can't be read."""
    try:
        source = read(path, task)
    except FileError:
        return -1
    return len(source) if sought.stands_in(source, path) else -1


def _no_facts(path: str) -> Facts:
    from schema_rewriter.project import Facts

    return Facts(path)


def _died(item: tuple[str, Context]) -> FileResult:
    error = "the process that judged it died: out of memory, or a crash; exclude the file, and please report it"
    return FileResult(item[0], b"", b"", error=error)


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
    found: Sequence[str],
    task: Task,
    sizes: dict[str, int],
    tell: Callable[[int], object],
    names: frozenset[str] | None = None,
    readers: dict[str, bytes] | None = None,
) -> Iterator[tuple[str, int]]:
    """The files worth a look, in order, with their sizes, which `sizes` gets too.

    `readers` gets the Python files that may read SQL from others, whether they are worth a look or not.
    """
    needles = Needles.of(task.rules.names if names is None else names)
    for path in found:
        try:
            source = read(path, task)
            if readers is not None and links.worth(path, source):
                readers[path] = source
            length = len(source) if worth(source, needles) or task.rules.bounds(path) else -1
        except FileError:
            length = 0  # the one who judges it reads it again, and tells
        if length < 0:
            tell(len(found))
            continue
        sizes[path] = length
        yield path, length


def _chunks(sized: Iterable[tuple[str, int]]) -> Iterator[tuple[str, ...]]:
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
