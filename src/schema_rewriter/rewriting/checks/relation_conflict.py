"""What contradicting definitions, and names of the past, mean for the texts of one file: findings without edits.

The contradictions are the context's; the places are found in the file's own texts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.finding import Finding
from schema_rewriter.project.conflicts import difference, final, index_name, lacking
from schema_rewriter.project.definitions import Defined, as_table
from schema_rewriter.relation import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.project import Context
    from schema_rewriter.project.conflicts import Conflict, IndexConflict
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import RuleSet


def clashes(file: SourceFile, context: Context) -> tuple[Finding, ...]:
    """The findings of a file, in the order of its bytes: `relation-conflict` and `index-conflict`."""
    if not context.conflicts and not context.index_conflicts:
        return ()
    path, rules = file.path, file.rules
    found: list[Finding] = []
    touched: dict[Span, sql.Touched] = {}
    for item in file.texts:
        if item.read is None or item.engine.other:  # another system's, and in another database
            continue
        text = item.embedded.text
        holes = [hole.span for hole in text.holes]
        for what in sql.definitions(text.text, holes, script=item.embedded.script):
            if (span := text.place(what.span)) is None:
                continue
            if isinstance(what, sql.Touched):  # the variants of a statement are told as one
                before = touched.get(span)
                touched[span] = replace(what, words=what.words | before.words) if before else what
            else:
                found += _of(Defined(path, 0, what), span, context, rules)
    for span, statement in touched.items():
        found += _of(Defined(path, 0, statement), span, context, rules)
    for model in file.host.models if context.conflicts else ():
        if not model.managed:
            continue
        found += _of(Defined(path, model.line, as_table(model), model.kind), model.span, context, rules)
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: (finding.span, finding.code)))


def _of(item: Defined, span: Span, context: Context, rules: RuleSet) -> Iterator[Finding]:
    what = item.what
    target = final(what.relation, item.path, rules)
    conflict = next((conflict for conflict in context.conflicts if conflict.target == target), None)
    if conflict is not None:
        if isinstance(what, sql.Table):
            yield from _defined(item, what, span, conflict)
        elif isinstance(what, (sql.Index, sql.Touched)):
            words = what.columns if isinstance(what, sql.Index) else what.words
            yield from _fails(item, words, span, conflict)
    if isinstance(what, sql.Table):
        yield from _implied(item, what, span, context, rules)
    if isinstance(what, sql.Index):
        name = index_name(what, item.path, rules)
        for clash in context.index_conflicts:
            if clash.name == name:
                yield from _index(item, what, span, clash, rules)


def _defined(item: Defined, table: sql.Table, span: Span, conflict: Conflict) -> Iterator[Finding]:
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
    message = f"{conflict.target} is defined otherwise in {_place(other)}{more}"
    remedy = "make them equal, or give one a [[move]] of its own, with rename and paths"
    yield Finding("relation-conflict", message, span, table.relation, conflict.target, reason=f"{reason}; {remedy}")


def _winner(item: Defined, other: Defined) -> str:
    """What is known of which of two definitions counts."""
    if item.kind != "SQL" or other.kind != "SQL":
        return "which of them makes the table is not known"
    here, there = (isinstance(one.what, sql.Table) and one.what.guarded for one in (item, other))
    if here and there:
        return "with IF NOT EXISTS the first to run wins, and the other does nothing, without an error"
    if not here and not there:
        return "the second to run fails: neither says IF NOT EXISTS"
    return f"the one {'there' if here else 'here'} fails if it runs second, the other then does nothing"


def _fails(item: Defined, words: frozenset[str], span: Span, conflict: Conflict) -> Iterator[Finding]:
    """What to tell at a statement that some definition has no columns for."""
    places = lacking(conflict, words)
    if not places:
        return
    other, missing = places[0]
    what = item.what
    verb = f"index {what.name}" if isinstance(what, sql.Index) else ""
    verb = what.verb.upper() if isinstance(what, sql.Touched) else verb
    message = f"{conflict.target} has no {', '.join(missing)} as {_place(other)} defines it"
    reason = f"this {verb} fails wherever that definition ran first"
    yield Finding("relation-conflict", message, span, what.relation, conflict.target, reason=reason)


def _index(item: Defined, index: sql.Index, span: Span, clash: IndexConflict, rules: RuleSet) -> Iterator[Finding]:
    """What to tell at an index whose name another one has."""
    mine = final(index.relation, item.path, rules), index.what
    for other in clash.places:
        theirs = other.what
        if not isinstance(theirs, sql.Index):
            continue
        table = final(theirs.relation, other.path, rules)
        if (table, theirs.what) == mine:
            continue
        message = f"{clash.name} is also the name of an index on {table} in {_place(other)}"
        if index.guarded:
            reason = "with IF NOT EXISTS the second of them is never made, without an error"
        else:
            reason = "the second of them fails"
        remedy = "rename one, in the code or by a [[move]] of the index, with rename and paths"
        yield Finding("index-conflict", message, span, index.relation, mine[0], reason=f"{reason}; {remedy}")
        return


def _implied(item: Defined, table: sql.Table, span: Span, context: Context, rules: RuleSet) -> Iterator[Finding]:
    """What to tell at a table: one finding for each other one whose indexes or sequences have the names of its own."""
    mine = rules.source(table.relation)
    others: dict[Relation, tuple[Defined, list[str]]] = {}
    for clash in context.index_conflicts:
        places = {rules.source(each.what.relation): each for each in clash.places if isinstance(each.what, sql.Table)}
        if mine is None or mine not in places:
            continue
        for source, other in places.items():
            if source is not None and source.schema != mine.schema:
                others.setdefault(source, (other, []))[1].append(clash.name.name)
    for source, (other, names) in others.items():
        target = final(table.relation, item.path, rules)
        message = f"{source} ({_place(other)}) has {', '.join(map(quote, names))} too, and both move to one schema"
        reason = "the server named them, and moves them with their tables: the second SET SCHEMA fails"
        yield Finding(
            "index-conflict", message, span, mine, target, reason=f"{reason}; rename them in the database first"
        )


def _place(item: Defined) -> str:
    return f"{item.path}:{item.line}"
