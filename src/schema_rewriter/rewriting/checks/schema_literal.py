"""`schema-literal`: schemas that texts name by themselves, in constants and in commands on all of a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.finding import Applicability, Finding
from schema_rewriter.reading.confidence import Confidence
from schema_rewriter.reading.resolve import Change
from schema_rewriter.relation import Relation, quote
from schema_rewriter.sql import WHOLE, SchemaUse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.rules import RuleSet


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """A finding for each statement that names a schema by itself, where a move concerns it."""
    for item in file.texts:
        if not item.engine.other:
            yield from _findings(item, file.rules)


def literal_changes(item: SqlText, rules: RuleSet) -> Iterator[tuple[SchemaUse, list[Change], str]]:
    """The uses of schemas that a move concerns: each with the changes that make it right, or why a person must.

    Where every relation that a query asks for moves to one schema, its constants become that schema (and the new
    names). Where some stay, or it asks for all, no one constant is right.
    """
    if item.read is None or item.confidence.is_piece or item.confidence is Confidence.QUOTED:
        return
    for use in item.read.schema_uses:
        changes, reason = _right(use, item.path, rules)
        if reason:
            yield use, changes, reason


def _findings(item: SqlText, rules: RuleSet) -> Iterator[Finding]:
    text = item.embedded.text
    for use, changes, reason in literal_changes(item, rules):
        first = use.schemas[0].span if use.schemas else use.span
        span = text.place(first) or text.place(use.span) or text.place(Span(0, len(text.text)))
        if span is None:
            continue
        written = [text.edit(change.span, change.new) for change in changes]
        edits = tuple(edit for edit in written if edit is not None)
        whole = bool(edits) and len(edits) == len(written) and not item.doubt
        shown = quote(use.schemas[0].word) if use.schemas else "a schema"
        yield Finding(
            "schema-literal",
            f"{shown} is named here, and relations move out of it" if use.schemas else "the schema is looked up here",
            span,
            edits=edits if whole else (),
            applicability=Applicability.UNSAFE if whole else Applicability.MANUAL,
            reason=reason,
        )


def _right(use: SchemaUse, path: str, rules: RuleSet) -> tuple[list[Change], str]:
    """The changes that make a use right, and the reason to tell it; ([], "") where no move concerns it."""
    sources = {move.relation.schema for move in rules.moves if move.relation.schema is not None}
    targets = {move.to.schema for move in rules.moves if move.to.schema is not None}
    named = {literal.word for literal in use.schemas}
    if use.looked_up:
        moving = [each.word for each in use.names if _target(each.word, sources, path, rules)]
        return ([], f"{_few(moving)} may no longer be where the session looks") if moving else ([], "")
    left = {move.to.schema for move in rules.moves if move.relation.schema in named}
    if not named & sources or left <= named:
        return [], ""
    if use.command:
        return [], WHOLE[use.command]
    if not use.closed or not use.names:
        return [], "it asks for all relations of the schema; those that move are no longer there"
    found = {each.word: _target(each.word, named & sources, path, rules) for each in use.names}
    moving = sorted(name for name, target in found.items() if target)
    if not moving:
        return [], ""
    if len(moving) < len(found):
        return [], f"{_few(moving)} moves, and other relations it asks for stay"
    schemas = {target.schema for target in found.values() if target}
    if len(schemas) > 1 or len(named) > 1 or targets & named:
        return [], f"{_few(moving)}: no single schema is right for all that it asks for"
    target = schemas.pop() or ""
    changes = [Change(each.span, target.replace("'", "''")) for each in use.schemas]
    for each in use.names:
        to = found[each.word]
        if to is not None and to.name != each.word:
            changes.append(Change(each.span, to.name.replace("'", "''")))
    return changes, f"a catalog query for {_few(moving)}; see that what it finds is used with the new schema"


def _target(name: str, schemas: set[str], path: str, rules: RuleSet) -> Relation | None:
    found = (rules.target(Relation(schema, name), path) for schema in sorted(schemas))
    return next((target for target in found if target is not None), None)


def _few(names: list[str]) -> str:
    return ", ".join(map(quote, names[:3])) + (" ..." if len(names) > 3 else "")
