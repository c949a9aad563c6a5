"""`search-path`: a path that is set otherwise than the rules say, by statements or by settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.finding import Finding
from schema_rewriter.reading.confidence import Confidence
from schema_rewriter.reading.path_settings import settings_of
from schema_rewriter.relation import quote
from schema_rewriter.rules.django import SEARCH_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schema_rewriter.edit import Span
    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.rules import RuleSet


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """A finding for each path that is set otherwise than the rules say.

    A statement of a text that goes on by itself counts where the file leaves a schema out; one that is all of its text,
    and what a connection, a role or a database keeps, count for code anywhere.
    """
    ours = [item for item in file.texts if not item.engine.other]
    unqualified = any(named.relation.schema is None for item in ours if item.read for named in item.read.named)
    for item in ours:
        yield from _set_by(item, file.rules, unqualified=unqualified)
    is_told = context.django_cause is not None and context.django_cause.is_set  # by django-search-path
    for setting in settings_of(file):
        if setting.translated is not None:
            if not _is_for_sqlite(*setting.translated, file):
                yield from _translated(setting.span, *setting.translated, file.rules)
        elif not (_is_ours(setting.path, file.rules) or (is_told and _is_widened(setting.path, file.rules))):
            message = f"connections get the search_path {_listed(setting.path)}"
            yield Finding("search-path", message, setting.span, reason=_reason(setting.path, file.rules))


def _set_by(item: SqlText, rules: RuleSet, *, unqualified: bool) -> Iterator[Finding]:
    """The findings on the statements of a text; `unqualified`: the file leaves a schema out somewhere."""
    sure = item.confidence not in (Confidence.QUOTED, Confidence.MIRROR)
    for change in item.read.path_changes if item.read else ():
        wide = sure and (change.alone or bool(change.holder))
        span = item.embedded.text.place(change.span)
        if span is None or _is_ours(change.path, rules) or not (unqualified or wide):
            continue
        computed = any(hole.span.overlaps(change.span) for hole in item.embedded.text.holes)
        path = None if computed else change.path
        message = f"the search_path becomes {_listed(path)}"
        if change.holder:
            message = f"ALTER {change.holder} makes the search_path {_listed(path)}"
        yield Finding("search-path", message, span, reason=_reason(path, rules))


def _is_ours(path: tuple[str, ...] | None, rules: RuleSet) -> bool:
    """Whether a path is the rules', or the one by which they let Django find what moves."""
    if path is None:
        return False
    return _plain(path) == _plain(rules.search_path) or (rules.django == SEARCH_PATH and _is_widened(path, rules))


def _is_widened(path: tuple[str, ...] | None, rules: RuleSet) -> bool:
    """Whether a path finds what moves behind all that the rules' path finds."""
    own = _plain(rules.search_path)
    plain = _plain(path or ())
    return plain[: len(own)] == own and set(plain) == set(_plain(rules.widened_path))


def _plain(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(schema for schema in path if not schema.startswith(("$", "pg_")))


def _listed(path: tuple[str, ...] | None) -> str:
    return "an expression" if path is None else ", ".join(map(quote, path)) or "nothing"


def _reason(path: tuple[str, ...] | None, rules: RuleSet) -> str:
    """What a path means for names without a schema, before and after the move."""
    if path is None:
        return "what unqualified names mean from here on is known only at run time; see that this is meant"
    sources = sorted({move.relation.schema for move in rules.moves if move.relation.schema in rules.search_path})
    targets = [schema for schema in path if schema in {move.to.schema for move in rules.moves} - set(sources)]
    lacking = [schema for schema in sources if schema is not None and schema not in path]
    said: list[str] = []
    if lacking:
        said.append(
            f"it lacks {', '.join(map(quote, lacking))}: unqualified names mean other relations than by the rules"
        )
    if targets:
        said.append(
            f"it already finds {_listed(tuple(targets))}: unqualified names stay legal, but not safe (a twin in an "
            "earlier schema or a temporary table hides the relation, another path loses it); qualified all the same"
        )
    if not said:
        said.append("unqualified names may mean other relations from here on; see that this is meant")
    return "; ".join(said)


def _is_for_sqlite(key: str | None, value: str | None, file: SourceFile) -> bool:
    """Whether an entry takes a schema away that relations move to, in a file with engines of SQLite, which has none."""
    targets = {move.to.schema for move in file.rules.moves} - {move.relation.schema for move in file.rules.moves}
    return key in targets and value is None and b"sqlite" in file.source


def _translated(span: Span, key: str | None, value: str | None, rules: RuleSet) -> Iterator[Finding]:
    """The finding on an entry of a schema_translate_map; none where it concerns no schema of the rules."""
    sources = {move.relation.schema for move in rules.moves}
    concerned = sources | {move.to.schema for move in rules.moves}
    if key is not None and key != _UNKNOWN and key not in concerned:
        return
    if key is None and sources.isdisjoint(rules.search_path):
        return
    shown = [_said(schema) for schema in (key, value)]
    message = f"schema_translate_map writes {shown[1]} for {shown[0]}"
    reason = (
        "what models of that schema mean is told here, not by their own schema, and SQL in strings is not translated; "
        "see that the map says what the rules say, once"
    )
    yield Finding("search-path", message, span, reason=reason)


_UNKNOWN = "{}"


def _said(schema: str | None) -> str:
    if schema is None:
        return "no schema"
    return "an expression" if schema == _UNKNOWN else quote(schema)
