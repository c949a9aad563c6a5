"""`renamed-relation`: statements on a relation that moves, under a name that it had before a rename."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.edit import Span
from schema_rewriter.finding import Applicability, Finding
from schema_rewriter.project.renames import is_before
from schema_rewriter.reading.resolve import start_of
from schema_rewriter.relation import quote
from schema_rewriter.rules import Move
from schema_rewriter.sql import Reference, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from schema_rewriter.project import Context
    from schema_rewriter.project.renames import Rename
    from schema_rewriter.reading import SourceFile, SqlText


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """One finding for each old name, where the file first says it before the rename.

    That is: earlier in the file that renames, or in a file that sorts before it in the same folder. In other folders
    the order is not known; there, only the statement that makes the relation is told.
    """
    for former in context.former:
        if file.rules.target(former.old, file.path) is None and (span := _first(file, former)) is not None:
            yield _finding(span, former)


def _first(file: SourceFile, former: Rename) -> Span | None:
    """Where a file first says an old name and means the relation before its rename."""
    as_if = replace(file.rules, moves=(Move(former.old, former.target),), calls=(), grants=(), boundaries=())
    texts = file.under(as_if).texts
    places = sorted(_places(texts, former), key=lambda place: place[0])
    if file.path != former.path:
        before, elsewhere = is_before(file.path, former.path), _folder(file.path) != _folder(former.path)
        return next((span for span, role in places if before or (elsewhere and role is Role.DEFINE)), None)
    stop = _renamed_at(texts, former)
    if stop is None and not places:  # a call renames it, and no SQL names it here
        calls = (call for call in file.host.renames if (call.old, call.new) == (former.old.name, former.new))
        return next((call.span for call in calls), None)
    return next((span for span, _ in places if stop is None or span.start <= stop.start), None)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _places(texts: Sequence[SqlText], former: Rename) -> Iterator[tuple[Span, Role]]:
    """The bytes that name the relation by its old name, in what is SQL for sure or may be."""
    for item in texts:
        if item.read is None or item.engine.other or item.confidence.applicability is Applicability.MANUAL:
            continue
        text = item.embedded.text
        for named in item.read.named:
            if isinstance(named, Reference) and named.owner is None and former.means(named.relation):
                span = text.place(Span(start_of(named), named.name.stop))
                if span is not None:
                    yield span, named.role


def _renamed_at(texts: Sequence[SqlText], former: Rename) -> Span | None:
    """Where the file first renames it."""
    found: list[Span] = []
    for item in texts:
        text = item.embedded.text
        for what in sql.definitions(text.text, [hole.span for hole in text.holes], script=item.embedded.script):
            if isinstance(what, sql.Renamed) and former.means(what.relation) and what.name == former.new:
                found += [span] if (span := text.place(what.span)) else []
    return min(found, default=None)


def _finding(span: Span, former: Rename) -> Finding:
    place = f"{former.path}:{former.line}"
    message = f"{quote(former.old.name)} becomes {quote(former.new)} ({place}), which moves to {former.target}"
    reason = "the rules miss it under its old name, and the rename would leave it in the old schema"
    remedy = f"add a [[move]] of {former.old} to the new schema, with paths for the files before the rename"
    return Finding("renamed-relation", message, span, former.old, former.target, reason=f"{reason}; {remedy}")
