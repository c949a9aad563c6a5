"""All uses of a file: of each text, of the models, and of names that get into SQL from elsewhere; the surest decide."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import project, sql
from schema_rewriter.edit import Span
from schema_rewriter.inventory.uses.carriers import content, idiom, within
from schema_rewriter.inventory.uses.dynamic import dynamic
from schema_rewriter.inventory.uses.use import IN_CODE, OPERATIONS, Use, Uses, use_of
from schema_rewriter.reading.arbitration import DISAGREE, Verdict, Verdicts
from schema_rewriter.reading.confidence import SURE_WEIGHT, Confidence
from schema_rewriter.relation import KEYWORDS, UNRESERVED, Relation
from schema_rewriter.sql import Reference, Role, UnresolvedName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.inventory.uses.dynamic import Values
    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile, SqlText
    from schema_rewriter.reading.arbitration import Arbitrated


def uses(file: SourceFile, context: Context | None = None) -> Uses:
    """Every use of a relation in one file.

    `context` is what the file gets from the others of its project; without one it stands alone. Literals that flow
    into SQL from elsewhere are known where they name what moves, or where the context holds `values`; else their place
    in the SQL is dynamic.
    Relations of the catalog, CTEs and temporary tables are no relations of the project.
    """
    if file.error is not None:
        return Uses(file.path, error=file.error)
    rules = file.rules
    if context is None and rules.moves:
        context = project.link([project.facts(file)], rules).context(file.path)
    verdicts: Verdicts[Use] = Verdicts()
    temporary: set[str] = set()
    known_values = {each.code: each for each in context.values} if context else {}
    for text in file.every:
        if text.read is None:
            continue
        temporary |= text.read.temporary
        for place in text.read.non_references:
            if (span := text.embedded.text.place(place)) is not None:
                verdicts.add(span, Verdict(None, text.confidence.weight))
        for use in _of_text(text, text.read, file, known_values):
            verdicts.add(use.span, Verdict(use, text.confidence.weight))
    for use in (*_of_models(file, context), *(_in_code(file, context) if context else ())):
        verdicts.add(use.span, Verdict(use, SURE_WEIGHT))
    found = [use for one in verdicts.arbitrated() for use in _decided(one)]
    known = rules.names | {use.written.name for use in found if use.confident}
    found = [use for use in found if use.confident or use.written.name in known or not _is_word(use.written.name)]
    made = {use.relation for use in found if use.confident and use.operation == "define"}
    return Uses(file.path, tuple(_hidden(use, temporary, made) for use in found))


def _of_models(file: SourceFile, context: Context | None) -> Iterator[Use]:
    """The tables that models define, or take of others; Django's are called by more than their files."""
    for one in context.django if context else ():
        within_class = one.model if one.form == "implicit" else ""
        yield use_of(one.relation, file, one.span, "define" if one.is_managed else "name", "Django model", within_class)
    known = {one.span for one in context.django} if context else set()
    for model in (one for one in file.host.models if one.span not in known):
        written = Relation(model.schema, model.name)
        yield use_of(written, file, model.span, "define" if model.managed else "name", f"{model.kind} model")


def _in_code(file: SourceFile, context: Context) -> Iterator[Use]:
    """The names that get into SQL from elsewhere in the code."""
    rules = file.rules
    for literal in context.literals:
        relation = rules.source(literal.relation) or literal.relation
        use = Use(literal.relation, relation, literal.target, content(literal.span, file.source), "name", IN_CODE)
        yield replace(use, confident=not literal.doubt, reason=literal.doubt)
    defined = {one.span for one in file.host.models}
    for call in (one for one in context.models if one.span not in defined):
        relation = rules.source(call.relation) or call.relation
        yield Use(call.relation, relation, call.target, call.span, "name", IN_CODE)
    for argument in context.arguments:
        relation = rules.source(argument.relation) or argument.relation
        yield Use(argument.relation, relation, argument.target, argument.span, "name", IN_CODE)


def _of_text(text: SqlText, read: sql.Reading, file: SourceFile, values: Values) -> Iterator[Use]:
    mapped = text.embedded.text
    doubt = text.engine.reason or ("" if text.confidence.weight == SURE_WEIGHT else text.confidence.reason)
    whole = {named.relation for named in read.named if isinstance(named, Reference) and named.role in _WHOLE}
    for named in read.named:
        reason = doubt
        if isinstance(named, UnresolvedName):
            if named.code == "dynamic-relation":
                yield from dynamic(text, named, file, values)
                continue
            characters, operation, reason = named.span, "name", doubt or named.reason
        elif named.role is Role.OWNER:
            continue
        else:
            characters = Span(named.schema.start if named.schema else named.name.start, named.name.stop)
            operation = named.role.value if named.role.value in OPERATIONS else "name"
            reason = doubt or named.doubt or ("" if named.parsed or text.confidence is Confidence.RUN else _UNPARSED)
            if named.role is Role.TYPE or (named.role is Role.COLUMN and named.relation not in whole):
                reason = reason or "it may be no relation's name"
        if text.confidence.is_piece and not text.confidence.reports(mapped.text, characters):
            continue
        span = mapped.place(characters)
        if span is None or _is_catalog(named.relation):
            continue
        paths = named.search_path if isinstance(named, Reference) else None
        carried, given_to = idiom(text.embedded, characters, file.source), within(text.embedded)
        use = use_of(named.relation, file, span, operation, carried, given_to, search_path=paths)
        yield replace(use, confident=not reason, reason=reason)


_UNPARSED = "no parser reads the statement"
_WHOLE = (Role.READ, Role.WRITE, Role.DEFINE, Role.DROP, Role.NAME)


def _is_word(name: str) -> bool:
    """Whether a name is first of all a word of SQL, or a type that is nobody's."""
    return name in KEYWORDS or name in UNRESERVED or name in sql.TYPES or name.endswith("serial")


def _is_catalog(relation: Relation) -> bool:
    """Whether a relation is the server's own: pg_catalog is searched first (manual, section 5.10.5)."""
    schema = relation.schema
    if schema is None:
        return relation.name.startswith("pg_")
    return schema in ("pg_catalog", "information_schema", "pg_toast") or schema.startswith("pg_temp")


def _decided(given: Arbitrated[Use]) -> Iterator[Use]:
    """The uses at one place, of those that the surest texts tell."""
    best: dict[tuple[Relation, str], Use] = {}
    for use in (verdict.value for verdict in given.values if verdict.value):
        kept = best.get((use.written, use.operation))
        if kept is None or (use.confident and not kept.confident):
            best[use.written, use.operation] = use
    names = [use for use in best.values() if use.operation == "name"]
    for use in best.values():
        if use in names and len(names) < len(best):
            continue  # another variant tells more
        yield replace(use, confident=False, reason=DISAGREE) if given.stays and use.confident else use


def _hidden(use: Use, temporary: Iterable[str], made: Iterable[Relation]) -> Use:
    if use.confident and use.written.schema is None and use.written.name in temporary and use.relation not in made:
        return replace(use, confident=False, reason="the file creates a temporary table of that name")
    return use
