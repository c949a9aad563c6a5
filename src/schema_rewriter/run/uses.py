"""All uses of relations below some paths, moved or not. Knows no format and no terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from schema_rewriter.files import as_utf8
from schema_rewriter.inventory.join import Entry, Inventory, Surveyed, join
from schema_rewriter.run import pipeline
from schema_rewriter.run.attempt import attempt
from schema_rewriter.run.file_cache import IS_TEXT, SHOWS, WORTH, is_text
from schema_rewriter.run.notices import left_out
from schema_rewriter.run.pipeline import Files, Question
from schema_rewriter.run.prefilter import needles_of, worth
from schema_rewriter.run.results import Kind
from schema_rewriter.run.scope import scope
from schema_rewriter.run.task import failure
from schema_rewriter.run.worker import Keyed
from schema_rewriter.words import SHOWS_SQL, any_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema_rewriter.rules import RuleSet
    from schema_rewriter.run.pipeline import Means
    from schema_rewriter.run.prefilter import Needles
    from schema_rewriter.run.scope import Search
    from schema_rewriter.run.task import Task
    from schema_rewriter.run.worker import Asked

Made = TypeVar("Made")

_MAY = re.compile(
    rb"\b(?i:" + any_of(SHOWS_SQL).encode() + rb""")(?=[\s\\"'%{*+]|\Z)|\b(?:FROM|JOIN|INTO|SELECT)\b"""
    rb"|__tablename__|\bdb_table\b|\bTable\s*\(|\b(?:from|import)\s+django\b|\bAppConfig\b|(?i:\bdo\s+\$|\\x[3-7])"
)


def survey(task: Task, search: Search, means: Means) -> Inventory:
    """The inventory of all files of a search; exceptions as those of `run.check`."""
    place = scope(task, search, trace=means.trace)
    files = Files.of(place, means)
    question = _question(task.rules)
    facts = pipeline.gather(files, question, means)
    linked = pipeline.link(files, facts, values=question.values) if files.sizes else None
    surveyed = pipeline.results(files, question, linked, (*place.errors, *place.asked), means)
    files.cache.save()
    return attempt(
        lambda some: replace(join(some, len(place.asked)), notices=tuple(left_out(files))),
        list(surveyed.values()),
        lambda one, error: _failed(one.path, error),
    )


def by_file(step: Callable[[Inventory], Made], found: Inventory) -> Made:
    """What a step makes of an inventory, in which a file that makes it fail has the error instead of its places."""
    errors: dict[str, str] = {}

    def failed(path: str, error: str) -> str:
        errors[path] = error
        return ""

    paths = sorted({entry.path for entry in (*found.entries, *found.dynamic)})
    return attempt(lambda some: step(found.of(frozenset(some), errors)), paths, failed)


def _question(rules: RuleSet) -> Question[Surveyed]:
    """Worth a look is what may hold SQL or a model, and what a run that judges looks at: it tells what names mean."""

    def is_worth(path: str, marks: int) -> bool:
        is_asked = marks & (SHOWS | WORTH) or path.endswith(".sql") or rules.bounds(path)
        return bool(marks & IS_TEXT) and bool(is_asked)

    bits = SHOWS | IS_TEXT | (WORTH if rules.moves else 0)
    return Question(
        bits, partial(_marks, needles_of(rules), bits), is_worth, survey_all, _SURVEYED, _failed, values=True
    )


_SURVEYED = Kind(
    b"surveyed",
    lambda made: made if made.error is None else None,
    lambda path, source, kept: kept if isinstance(kept, Surveyed) else None,
    lambda context, source: context,
)


def _marks(needles: Needles, bits: int, path: str, source: bytes) -> int:
    shown = SHOWS * (_MAY.search(as_utf8(source)) is not None) | is_text(source)
    return shown | WORTH * (bool(bits & WORTH) and worth(source, needles))


def survey_all(chunk: Sequence[Asked], task: Task) -> tuple[Keyed[Surveyed], ...]:
    """What some files show, in order; a failure is the file's error."""
    return tuple(_survey(asked, task) for asked in chunk)


def _survey(asked: Asked, task: Task) -> Keyed[Surveyed]:
    from schema_rewriter.inventory.uses import owned, types, uses
    from schema_rewriter.reports.places import Lines

    path = asked.path
    try:
        file, content = asked.opened(task)
        found = uses(file, asked.context)
        lines = Lines.of(file.source)
        entries = []
        for use in found.found:
            place = lines.place(use.span.start)
            entries.append(Entry(path, place.line, place.column, use))
        shown = Surveyed(path, tuple(entries), owned(file), found.error, types(file))
        return Keyed(path, shown, content)
    except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the other files from being read
        return Keyed(path, _failed(path, failure(error, path, task)))


def _failed(path: str, error: str) -> Surveyed:
    return Surveyed(path, error=error)
