"""`index-conflict`: indexes of one name that move to one schema. The contradictions are the context's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.finding import Finding
from schema_rewriter.project.conflicts import final, index_name
from schema_rewriter.relation import quote
from schema_rewriter.rewriting.checks.definition_sites import definition_sites, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schema_rewriter.edit import Span
    from schema_rewriter.project import Context
    from schema_rewriter.project.conflicts import IndexConflict
    from schema_rewriter.project.definitions import DefinitionSite
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import RuleSet


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """A finding for each index whose name another one has, and for each table whose indexes have such names."""
    if not context.index_conflicts:
        return
    for span, item in definition_sites(file):
        if isinstance(item.what, sql.Table):
            yield from _implied(item, item.what, span, context, file.rules)
        elif isinstance(item.what, sql.Index):
            name = index_name(item.what, item.path, file.rules)
            for clash in context.index_conflicts:
                if clash.name == name:
                    yield from _index(item, item.what, span, clash, file.rules)


def _index(
    item: DefinitionSite, index: sql.Index, span: Span, clash: IndexConflict, rules: RuleSet
) -> Iterator[Finding]:
    """What to tell at an index whose name another one has."""
    mine = final(index.relation, item.path, rules), index.what
    for other in clash.places:
        theirs = other.what
        if not isinstance(theirs, sql.Index):
            continue
        table = final(theirs.relation, other.path, rules)
        if (table, theirs.what) == mine:
            continue
        message = f"{clash.name} is also the name of an index on {table} in {shown(other)}"
        if index.guarded:
            reason = "with IF NOT EXISTS the second of them is never made, without an error"
        else:
            reason = "the second of them fails"
        remedy = "rename one, in the code or by a [[move]] of the index, with rename and paths"
        yield Finding("index-conflict", message, span, index.relation, mine[0], reason=f"{reason}; {remedy}")
        return


def _implied(item: DefinitionSite, table: sql.Table, span: Span, context: Context, rules: RuleSet) -> Iterator[Finding]:
    """What to tell at a table: one finding for each other one whose indexes or sequences have the names of its own."""
    mine = rules.source(table.relation)
    others: dict[Relation, tuple[DefinitionSite, list[str]]] = {}
    for clash in context.index_conflicts:
        places = {rules.source(each.what.relation): each for each in clash.places if isinstance(each.what, sql.Table)}
        if mine is None or mine not in places:
            continue
        for source, other in places.items():
            if source is not None and source.schema != mine.schema:
                others.setdefault(source, (other, []))[1].append(clash.name.name)
    for source, (other, names) in others.items():
        target = final(table.relation, item.path, rules)
        message = f"{source} ({shown(other)}) has {', '.join(map(quote, names))} too, and both move to one schema"
        reason = "the server named them, and moves them with their tables: the second SET SCHEMA fails"
        yield Finding(
            "index-conflict", message, span, mine, target, reason=f"{reason}; rename them in the database first"
        )
