"""`django-table`: a model names its table in a way that the move makes wrong, or that each has to be looked at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.finding import Applicability, Finding
from schema_rewriter.rules.django import QUOTED, REPORT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schema_rewriter.edit import Edit
    from schema_rewriter.project import Context
    from schema_rewriter.project.context import DjangoTable
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import RuleSet


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """A finding for each table that a model names with a schema, wrongly, or in a way that needs a person."""
    for one in context.django:
        if one.target is None or one.is_along:
            continue
        is_trick = file.rules.django == QUOTED and one.form == "written" and not is_wrong(one)
        if one.form == "quoted" or is_trick:
            yield _quoted(one, one.target, file)
        elif (found := _for_a_person(one, one.target, file.rules)) is not None:
            yield found


def is_wrong(table: DjangoTable) -> bool:
    """Whether the name is one with a dot in it: Django quotes all of it."""
    return table.relation.schema is None and "." in table.relation.name


def is_renamed(table: DjangoTable) -> bool:
    """Whether the table gets another name, which no search_path finds."""
    return table.target is not None and table.target.name != table.relation.name


def _for_a_person(table: DjangoTable, target: Relation, rules: RuleSet) -> Finding | None:
    if is_wrong(table):
        instead = f"{_literal(target.name)}, and let the search_path find it"
        if rules.django == QUOTED:
            instead = _trick(target)
        message = f"{table.model} is a table with a dot in its name, and not {target}"
        return _finding(table, target, f"Django quotes db_table as one name; write {instead}", message)
    if rules.django == QUOTED:
        return _finding(table, target, f"{_where(table)} db_table = {_trick(target)}")
    if is_renamed(table):
        return _finding(table, target, f"{_where(table)} db_table = {_literal(target.name)}")
    if rules.django == REPORT:
        reason = f"Django knows no schemas; see that the search_path of its connections finds {target}"
        return _finding(table, target, reason)
    return None


def _finding(table: DjangoTable, target: Relation, reason: str, message: str = "") -> Finding:
    said = message or f"{table.model} is the table {table.relation}, which moves to {target}"
    return Finding("django-table", said, table.span, table.relation, target, reason=reason)


def _where(table: DjangoTable) -> str:
    return "give the field" if "." in table.model else "write in its class Meta"


def _quoted(table: DjangoTable, target: Relation, file: SourceFile) -> Finding:
    """The edit of a `db_table` to one with the schema; for a person, where a table that hangs on it stays."""
    if table.apart:
        return _finding(
            table, target, f"the table of {table.apart} goes along with it, and does not move: name it there"
        )
    edit = _edit(table, target, file)
    if edit is None:
        return _finding(table, target, f"{_where(table)} db_table = {_trick(target)}")
    code = "unqualified-relation" if table.relation.schema is None else "old-schema"
    message = f"{table.relation} moves to {target}"
    return Finding(code, message, table.span, table.relation, target, (edit,), Applicability.SAFE)


def _edit(table: DjangoTable, target: Relation, file: SourceFile) -> Edit | None:
    """What makes the literal of a `db_table` say the schema, in the way it does so already."""
    if '"' in f"{target.schema}{target.name}":
        return None
    for item in file.texts:
        text = item.embedded.text
        whole = Span(0, len(text.text))
        place = text.place(whole)
        if place is None or not table.span.covers(place):
            continue
        said = _SAID.fullmatch(text.text)
        if said is None or text.holes:
            return None
        begin, end = (said[1], said[4]) if said[2] else ('"', '"')
        return text.edit(whole, f'{begin}{target.schema}"."{target.name}{end}')
    return None


_SAID = re.compile(r'("?)(?:([^"]+)"\."|)([^"]+)("?)')


def _trick(target: Relation) -> str:
    """A `db_table` that says a schema, as Python code."""
    return repr(f'"{target.schema}"."{target.name}"')


def _literal(text: str) -> str:
    return repr(text) if '"' in text or "\\" in text else f'"{text}"'
