"""All uses of relations below some paths, moved or not. Knows no format and no terminal."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from schema_rewriter import files
from schema_rewriter.errors import FileError
from schema_rewriter.inventory import Entry, Inventory, Surveyed, join
from schema_rewriter.project import Facts, link
from schema_rewriter.run import CHUNK, cores, each
from schema_rewriter.run.task import gather_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema_rewriter.project import Context
    from schema_rewriter.run.task import Task

_VERBS = b"""select insert update delete merge create alter drop truncate copy comment grant revoke lock vacuum analyze
cluster reindex explain prepare declare refresh execute""".split()
_MAY = re.compile(
    rb"\b(?i:" + b"|".join(_VERBS) + rb""")(?=[\s\\"'%{*+]|\Z)|\b(?:FROM|JOIN|INTO|SELECT)\b"""
    rb"|__tablename__|\bdb_table\b|\bTable\s*\(|(?i:\bdo\s+\$|\\x[3-7])"
)


def survey(
    task: Task,
    paths: Sequence[str],
    *,
    include: Sequence[str],
    exclude: Sequence[str] = (),
    jobs: int | None = None,
    tell: Callable[[int], object] = lambda total: None,
) -> Inventory:
    """The inventory of all files below `paths`; arguments and exceptions as those of `run.run`."""
    found = list(files.walk(paths, task.root, include=include, exclude=exclude))
    workers = jobs or cores()
    named = list(_chunks(found, task, tell))
    gathered = list(each(gather_all, iter(named), task, workers, Facts))
    whole = any((task.root / path).is_dir() for path in paths)
    linked = link(gathered, task.rules, whole=whole, values=True)
    chunks = (tuple((path, linked.context(path)) for path in chunk) for chunk in named)
    surveyed = each(survey_all, chunks, task, workers, _died)
    results = []
    with closing(surveyed):
        for one in surveyed:
            results.append(one)
            tell(len(found))
    return join(results, len(found))


def _chunks(found: Sequence[str], task: Task, tell: Callable[[int], object]) -> Iterator[tuple[str, ...]]:
    """The files that may hold SQL or a model, some at a time."""
    chunk: list[str] = []
    size = 0
    for path in found:
        try:
            source = files.read(task.root / path)
        except FileError:
            source = b"select "  # the one who surveys it reads it again, and tells
        may = path.endswith(".sql") or task.rules.bounds(path) or _MAY.search(source)
        if files.is_binary(source) or not may:
            tell(len(found))
            continue
        if chunk and size + len(source) > CHUNK:
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(path)
        size += len(source)
    if chunk:
        yield tuple(chunk)


def survey_all(chunk: Sequence[tuple[str, Context]], task: Task) -> tuple[Surveyed, ...]:
    """What some files show, each with its context, in order; a failure is the file's error."""
    return tuple(_survey(path, context, task) for path, context in chunk)


def _survey(path: str, context: Context, task: Task) -> Surveyed:
    from schema_rewriter.reports.places import Lines
    from schema_rewriter.uses import owned, uses

    full = task.root / path
    try:
        source = files.read(full)
        found = uses(path, source, task.rules, context)
        lines = Lines.of(source)
        entries = []
        for use in found.found:
            place = lines.place(use.span.start)
            entries.append(Entry(path, place.line, place.column, use))
        return Surveyed(path, tuple(entries), owned(path, source), found.error)
    except FileError as error:
        return Surveyed(path, error=str(error).removeprefix(f"{full}: "))
    except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the other files from being read
        lines_ = f"{type(error).__name__}: {error}".splitlines()
        return Surveyed(path, error=f"internal error: {lines_[0]}; please report it")


def _died(item: tuple[str, Context]) -> Surveyed:
    return Surveyed(item[0], error="the process that read it died: out of memory, or a crash; exclude the file")
