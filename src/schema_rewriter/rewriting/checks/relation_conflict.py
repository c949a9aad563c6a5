"""`relation-conflict`: definitions of a relation that say different things, and statements that fail by one of them.

The contradictions are the context's; the places are found in the file's own texts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.finding import Finding
from schema_rewriter.project.conflicts import difference, final, lacking
from schema_rewriter.project.definitions import is_test
from schema_rewriter.rewriting.checks.definition_sites import definition_sites, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schema_rewriter.edit import Span
    from schema_rewriter.project import Context
    from schema_rewriter.project.conflicts import Conflict
    from schema_rewriter.project.definitions import DefinitionSite
    from schema_rewriter.reading import SourceFile


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """A finding for each definition that another contradicts, and for each statement that one has no columns for."""
    if not context.conflicts or is_test(file.path):
        return
    touched: dict[Span, DefinitionSite] = {}
    for span, item in definition_sites(file):
        before = touched.get(span)
        if not isinstance(item.what, sql.Touched):
            yield from _on(item, span, file, context)
        elif before is not None and isinstance(before.what, sql.Touched):  # variants of a statement are told as one
            touched[span] = replace(item, what=replace(item.what, words=item.what.words | before.what.words))
        else:
            touched[span] = item
    for span, item in touched.items():
        yield from _on(item, span, file, context)


def _on(item: DefinitionSite, span: Span, file: SourceFile, context: Context) -> Iterator[Finding]:
    what = item.what
    target = final(what.relation, item.path, file.rules)
    conflict = next((conflict for conflict in context.conflicts if conflict.target == target), None)
    if conflict is None:
        return
    if isinstance(what, sql.Table):
        yield from _defined(item, what, span, conflict)
    elif isinstance(what, (sql.Index, sql.Touched)):
        words = what.columns if isinstance(what, sql.Index) else what.words
        yield from _fails(item, words, span, conflict)


def _defined(item: DefinitionSite, table: sql.Table, span: Span, conflict: Conflict) -> Iterator[Finding]:
    """What to tell at a definition: where the first other one is, and all that they say otherwise."""
    altered, constrained = conflict.altered, conflict.constrained
    others = [(other, found) for other in conflict.places if (found := difference(item, other, altered, constrained))]
    if not others:
        return
    other, found = others[0]
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    said = [
        f"only here: {', '.join(found.only_first)}" if found.only_first else "",
        f"only there: {', '.join(found.only_second)}" if found.only_second else "",
        *found.changed,
        _winner(item, other),
    ]
    reason = "; ".join(part for part in said if part)
    message = f"{conflict.target} is defined otherwise in {shown(other)}{more}"
    remedy = "make them equal, or give one a [[move]] of its own, with rename and paths"
    yield Finding("relation-conflict", message, span, table.relation, conflict.target, reason=f"{reason}; {remedy}")


def _winner(item: DefinitionSite, other: DefinitionSite) -> str:
    """What is known of which of two definitions counts."""
    if item.kind != "SQL" or other.kind != "SQL":
        return "which of them makes the table is not known"
    here, there = (isinstance(one.what, sql.Table) and one.what.guarded for one in (item, other))
    if here and there:
        return "with IF NOT EXISTS the first to run wins, and the other does nothing, without an error"
    if not here and not there:
        return "the second to run fails: neither says IF NOT EXISTS"
    return f"the one {'there' if here else 'here'} fails if it runs second, the other then does nothing"


def _fails(item: DefinitionSite, words: frozenset[str], span: Span, conflict: Conflict) -> Iterator[Finding]:
    """What to tell at a statement that some definition has no columns for."""
    places = lacking(conflict, words)
    if not places:
        return
    other, missing = places[0]
    what = item.what
    verb = f"index {what.name}" if isinstance(what, sql.Index) else ""
    verb = what.verb.upper() if isinstance(what, sql.Touched) else verb
    message = f"{conflict.target} has no {', '.join(missing)} as {shown(other)} defines it"
    reason = f"this {verb} fails wherever that definition ran first"
    yield Finding("relation-conflict", message, span, what.relation, conflict.target, reason=reason)
