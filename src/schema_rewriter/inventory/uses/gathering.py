"""All uses of a file: of each text, of the models, and of names that get into SQL from elsewhere; the surest decide."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import project, sql
from schema_rewriter.edit import Span
from schema_rewriter.inventory.uses.carriers import content, idiom, within
from schema_rewriter.inventory.uses.dynamic import dynamic
from schema_rewriter.inventory.uses.use import IN_CODE, OPERATIONS, Use, Uses, use_of
from schema_rewriter.reading.confidence import SURE_WEIGHT, Confidence
from schema_rewriter.relation import KEYWORDS, UNRESERVED, Relation
from schema_rewriter.sql import Reference, Role, UnresolvedName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.inventory.uses.dynamic import Values
    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile, SqlText


def uses(file: SourceFile, context: Context | None = None) -> Uses:
    """Every use of a relation in one file.

    `context` is what the file gets from the others of its project; without one it stands alone. Literals that flow
    into SQL from elsewhere are known where they name what moves, or where the context holds `values`; else their place
    in the SQL is dynamic.
    Relations of the catalog, CTEs and temporary tables are no relations of the project.
    """
    if file.error is not None:
        return Uses(file.path, error=file.error)
    rules, source = file.rules, file.source
    gathered: dict[Span, list[tuple[int, Use | None]]] = {}
    known_values = {(each.scope, each.expression): each for each in context.values} if context else {}
    temporary: set[str] = set()
    for text in file.every:
        if text.read is None:
            continue
        temporary |= text.read.temporary
        for place in text.read.non_references:
            if (span := text.embedded.text.place(place)) is not None:
                gathered.setdefault(span, []).append((text.confidence.weight, None))
        for use in _of_text(text, text.read, file, known_values):
            gathered.setdefault(use.span, []).append((text.confidence.weight, use))
    for model in file.host.models:
        written = Relation(model.schema, model.name)
        operation = "define" if model.managed else "name"
        use = use_of(written, file, model.span, operation, f"{model.kind} model")
        gathered.setdefault(model.span, []).append((SURE_WEIGHT, use))
    if context is None and rules.moves:
        context = project.link([project.facts(file)], rules).context(file.path)
    for literal in context.literals if context else ():
        relation = rules.source(literal.relation) or literal.relation
        span = content(literal.span, source)
        use = Use(literal.relation, relation, literal.target, span, "name", IN_CODE)
        use = replace(use, confident=not literal.doubt, reason=literal.doubt)
        gathered.setdefault(span, []).append((SURE_WEIGHT, use))
    for argument in context.arguments if context else ():
        relation = rules.source(argument.relation) or argument.relation
        use = Use(argument.relation, relation, argument.target, argument.span, "name", IN_CODE)
        gathered.setdefault(argument.span, []).append((SURE_WEIGHT, use))
    found = [use for span in sorted(gathered) for use in _settled(gathered[span])]
    known = rules.names | {use.written.name for use in found if use.confident}
    found = [use for use in found if use.confident or use.written.name in known or not _is_word(use.written.name)]
    made = {use.relation for use in found if use.confident and use.operation == "define"}
    return Uses(file.path, tuple(_hidden(use, temporary, made) for use in found))


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
        if text.confidence.is_piece and not text.confidence.tells(mapped.text, characters):
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


def _settled(given: list[tuple[int, Use | None]]) -> Iterator[Use]:
    """The uses at one place, of those that the texts it stands in tell: the surest texts decide."""
    weight = max(weight for weight, _ in given)
    surest = [use for at, use in given if at == weight]
    told = [use for use in surest if use is not None]
    stays = len(told) < len(surest)
    best: dict[tuple[Relation, str], Use] = {}
    for use in told:
        kept = best.get((use.written, use.operation))
        if kept is None or (use.confident and not kept.confident):
            best[use.written, use.operation] = use
    names = [use for use in best.values() if use.operation == "name"]
    for use in best.values():
        if use in names and len(names) < len(best):
            continue  # another variant tells more
        if stays and use.confident:
            reason = "the texts that the code may put it into take it for different things"
            yield replace(use, confident=False, reason=reason)
        else:
            yield use


def _hidden(use: Use, temporary: Iterable[str], made: Iterable[Relation]) -> Use:
    if use.confident and use.written.schema is None and use.written.name in temporary and use.relation not in made:
        return replace(use, confident=False, reason="the file creates a temporary table of that name")
    return use
