"""All uses of relations below some paths, moved or not. Knows no format and no terminal."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from schema_rewriter import files
from schema_rewriter.errors import FileError
from schema_rewriter.inventory.join import Entry, Inventory, Surveyed, join
from schema_rewriter.run import chunked, cores, each, no_facts
from schema_rewriter.run.file_cache import Gathering, Judging, Kind, Noted, gather_noted
from schema_rewriter.run.file_state import IS_TEXT, SHOWS, Known
from schema_rewriter.run.worker import internal, read
from schema_rewriter.words import SHOWS_SQL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from schema_rewriter.project import Context
    from schema_rewriter.run.worker import Task

_MAY = re.compile(
    rb"\b(?i:" + "|".join(sorted(SHOWS_SQL)).encode() + rb""")(?=[\s\\"'%{*+]|\Z)|\b(?:FROM|JOIN|INTO|SELECT)\b"""
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
    cache: Path | None = None,
) -> Inventory:
    """The inventory of all files below `paths`; arguments and exceptions as those of `run.run`."""
    found = list(files.walk(paths, task.root, include=include, exclude=exclude))
    workers = jobs or cores()
    known = Known(task, cache)
    sizes: dict[str, int] = {}
    gathering = Gathering(known)
    chunks = chunked(gathering.missing(_sized(found, known, sizes, tell)))
    gathering.add(each(gather_noted, chunks, task, workers, no_facts))
    whole = any((task.root / path).is_dir() for path in paths)
    linked = gathering.linked(list(sizes), whole=whole, values=True)
    judging = Judging(known, _SURVEYED)
    missing = chunked(judging.missing(sizes.items(), linked.context, lambda: tell(len(found))))
    work = (tuple((path, linked.context(path)) for path in chunk) for chunk in missing)
    with closing(each(survey_all, work, task, workers, _died)) as surveyed:
        for noted in surveyed:
            judging.add(noted)
            tell(len(found))
    known.save()
    surveyed_files = [judging.results[path] for path in sizes]
    errors = gathering.errors
    return join(
        [
            Surveyed(one.path, error=errors[one.path]) if one.path in errors and not one.error else one
            for one in surveyed_files
        ],
        len(found),
    )


_SURVEYED = Kind(
    b"surveyed",
    lambda made: made if made.error is None else None,
    lambda path, source, kept: kept if isinstance(kept, Surveyed) else None,
    lambda context, source: context,
)


def _sized(
    found: Sequence[str], known: Known, sizes: dict[str, int], tell: Callable[[int], object]
) -> Iterator[tuple[str, int]]:
    """The files that may hold SQL or a model, with their sizes, which `sizes` gets too."""
    for path in found:
        try:
            size, marks = known.marks(path, SHOWS | IS_TEXT, _marks)
        except FileError:
            size, marks = 0, SHOWS | IS_TEXT  # the one who surveys it reads it again, and tells
        if not marks & IS_TEXT or not (marks & SHOWS or path.endswith(".sql") or known.task.rules.bounds(path)):
            tell(len(found))
            continue
        sizes[path] = size
        yield path, size


def _marks(source: bytes) -> int:
    return SHOWS * (_MAY.search(source) is not None) | IS_TEXT * (not files.is_binary(source))


def survey_all(chunk: Sequence[tuple[str, Context]], task: Task) -> tuple[Noted[Surveyed], ...]:
    """What some files show, each with its context, in order; a failure is the file's error."""
    return tuple(_survey(path, context, task) for path, context in chunk)


def _survey(path: str, context: Context, task: Task) -> Noted[Surveyed]:
    from schema_rewriter.cache.store import digest
    from schema_rewriter.inventory.uses import owned, types, uses
    from schema_rewriter.reports.places import Lines

    full = task.root / path
    try:
        source = read(path, task)
        found = uses(path, source, task.rules, context)
        lines = Lines.of(source)
        entries = []
        for use in found.found:
            place = lines.place(use.span.start)
            entries.append(Entry(path, place.line, place.column, use))
        shown = Surveyed(path, tuple(entries), owned(path, source), found.error, types(path, source))
        return Noted(path, shown, digest(source))
    except FileError as error:
        return Noted(path, Surveyed(path, error=str(error).removeprefix(f"{full}: ")))
    except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the other files from being read
        return Noted(path, Surveyed(path, error=internal(error)))


def _died(item: tuple[str, Context]) -> Noted[Surveyed]:
    error = "the process that read it died: out of memory, or a crash; exclude the file"
    return Noted(item[0], Surveyed(item[0], error=error))
