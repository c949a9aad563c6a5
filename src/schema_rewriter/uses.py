"""Which relations a file names at all, moved or not, and the statements it holds. Decides nothing, edits nothing.

The same readers as for the rewriter are asked for every name there can be (`sql.EVERY`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter import apis, hosts, project, sql
from schema_rewriter.confidence import SURE_WEIGHT, Confidence, confidence
from schema_rewriter.edit import Span
from schema_rewriter.project.facts import shape_of
from schema_rewriter.relation import KEYWORDS, UNRESERVED, Relation, split_identifier
from schema_rewriter.sql import Reference, Role, Unclear
from schema_rewriter.text import Braces, Hole, Literal, MappedText, Percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.hosts import Embedded
    from schema_rewriter.project import Context
    from schema_rewriter.project.context import Valued
    from schema_rewriter.ruleset import RuleSet

OPERATIONS = ("define", "drop", "write", "read", "name")
"""What a statement does with a relation: "name" is all else, such as ALTER, an index or a foreign key."""

IN_CODE = "name in code"
"""The idiom of a name that stands by itself in a literal, from which it gets into SQL."""


@dataclass(frozen=True, slots=True)
class Use:
    """A place that names a relation; `span` is in bytes of the file, from the schema, if there is one, to the name.

    `written` is the relation as it stands there; an empty name: only the running program knows it, and `reason` holds
    its expression. `relation` is qualified: what the name means before the move, by the search_path. `target` is where
    it moves, None if it stays, or is there already. `operation` is one of OPERATIONS; `idiom` tells how the SQL is
    carried ("literal", "f-string", ".sql file" ...), `within` which call or name it is given to. Where `confident` is
    false, `reason` tells why: the text may be none of SQL, or the name none of a relation.
    """

    written: Relation
    relation: Relation
    target: Relation | None
    span: Span
    operation: str
    idiom: str
    within: str = ""
    confident: bool = True
    reason: str = ""

    @property
    def dynamic(self) -> bool:
        """Whether only the running program knows the name."""
        return not self.written.name


@dataclass(frozen=True, slots=True)
class Uses:
    """All uses of a file, in the order of its bytes; `error` is one line for a file that can't be read."""

    path: str
    found: tuple[Use, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Extracted:
    """A statement of SQL that a file holds, or one variant of it.

    `text` is what the program sends, with each hole as the code writes it; `holes` are in characters of it. `span` is
    where it stands, in bytes of the file (from its first piece to its last). `script`: psql reads it. A text whose
    `confidence` is a piece is no whole statement.
    """

    text: str
    holes: tuple[Hole, ...]
    span: Span
    script: bool
    confidence: Confidence
    within: str = ""


Values = dict[tuple[str, str], "Valued"]
"""What expressions in SQL may be, by scope and expression."""


@dataclass(frozen=True, slots=True)
class _Text:
    embedded: Embedded
    confidence: Confidence
    foreign: str


def uses(path: str, source: bytes, rules: RuleSet, context: Context | None = None) -> Uses:
    """Every use of a relation in one file, whose `path` is POSIX and relative to the project's root.

    `context` is what the file gets from the others of its project; without one it stands alone. Literals that flow
    into SQL from elsewhere are known where they name what moves, or where the context holds `values`; else their place
    in the SQL is dynamic.
    Relations of the catalog, CTEs and temporary tables are no relations of the project.
    """
    texts = _texts(path, source, rules)
    if isinstance(texts, str):
        return Uses(path, error=texts)
    gathered: dict[Span, list[tuple[int, Use | None]]] = {}
    known_values = {(each.scope, each.expression): each for each in context.values} if context else {}
    temporary: set[str] = set()
    for text in texts:
        holes = [hole.span for hole in text.embedded.text.holes]
        read = sql.read(text.embedded.text.text, holes, sql.EVERY, script=text.embedded.script)
        temporary |= read.temporary
        for bystander in read.bystanders:
            if (span := text.embedded.text.place(bystander)) is not None:
                gathered.setdefault(span, []).append((text.confidence.weight, None))
        for use in _of_text(text, read, source, path, rules, known_values):
            gathered.setdefault(use.span, []).append((text.confidence.weight, use))
    for model in hosts.models(path, source):
        written = Relation(model.schema, model.name)
        relation, target = _resolved(written, path, rules, None)
        operation = "define" if model.managed else "name"
        use = Use(written, relation, target, model.span, operation, f"{model.kind} model")
        gathered.setdefault(model.span, []).append((SURE_WEIGHT, use))
    if context is None and rules.moves:
        context = project.link([project.facts(path, source, rules)], rules).context(path)
    for literal in context.literals if context else ():
        relation = rules.source(literal.relation) or literal.relation
        span = _content(literal.span, source)
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
    return Uses(path, tuple(_hidden(use, temporary, made) for use in found))


def owned(path: str, source: bytes) -> tuple[tuple[str, Relation], ...]:
    """The indexes and sequences that the statements of a file make, with the relations they belong to, as written."""
    if not _MAKES.search(source):
        return ()
    texts = hosts.strings(path, source)
    found = (owner for text, holes, script in texts for owner in sql.ownership(text, holes, script=script))
    return tuple(dict.fromkeys(found))


def types(path: str, source: bytes) -> tuple[str, ...]:
    """The names of the types that the statements of a file make: enums, composites, ranges, domains."""
    if not _MAKES_TYPE.search(source.decode("latin-1")):
        return ()
    found = (match[1] for text, _, _ in hosts.strings(path, source) for match in _MAKES_TYPE.finditer(text))
    return tuple(dict.fromkeys(split_identifier(name)[-1] for name in found if split_identifier(name)))


_MAKES_TYPE = re.compile(r'\bcreate\s+(?:type|domain)\s+((?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))?)', re.IGNORECASE)
_MAKES = re.compile(rb"\b(?:create|alter)\b", re.IGNORECASE)


def statements(path: str, source: bytes) -> tuple[Extracted, ...]:
    """Every statement of SQL that a file holds, variants each on their own; () for a file that can't be read."""
    texts = _texts(path, source)
    if isinstance(texts, str):
        return ()
    return tuple(statement for text in texts for statement in _cut(text))


def _texts(path: str, source: bytes, rules: RuleSet | None = None) -> list[_Text] | str:
    """The texts of a file that are SQL as far as can be told; the reason why a file can't be read."""
    told = rules.dialect(path) if rules else None
    dialect = hosts.dialect(path) if told is None else told
    read = hosts.reader(path, source)
    if read is None:
        return "no reader for this kind of file; name .py, .pyi or .sql files"
    hosted = read(source)
    if hosted.error:
        return hosted.error
    foreign = apis.foreign(hosted.imports) if told is None else ""
    texts = []
    for embedded in hosted.texts:
        confident = confidence(embedded.text, apis.trust(embedded.places, hosted.imports), None)
        if confident is not Confidence.NONE:
            other = dialect or embedded.dialect
            texts.append(_Text(embedded, confident, f"it is run by {other}" if other else foreign))
    return texts


def _cut(text: _Text) -> Iterator[Extracted]:
    mapped = text.embedded.text
    masked = sql.mask(mapped.text, [hole.span for hole in mapped.holes])
    for statement in sql.statements(masked, script=text.embedded.script):
        at = statement.span
        place = mapped.place(at)
        if place is None or (text.embedded.script and not sql.is_verb(statement)):
            continue
        holes = tuple(
            replace(hole, span=Span(hole.span.start - at.start, hole.span.stop - at.start))
            for hole in mapped.holes
            if at.covers(hole.span)
        )
        written = mapped.text[at.start : at.stop]
        yield Extracted(written, holes, place, text.embedded.script, text.confidence, _within(text.embedded))


def _of_text(text: _Text, read: sql.Reading, source: bytes, path: str, rules: RuleSet, values: Values) -> Iterator[Use]:
    mapped = text.embedded.text
    doubt = text.foreign or ("" if text.confidence.weight == SURE_WEIGHT else text.confidence.reason)
    whole = {named.relation for named in read.named if isinstance(named, Reference) and named.role in _WHOLE}
    for named in read.named:
        reason = doubt
        if isinstance(named, Unclear):
            if named.code == "dynamic-relation":
                yield from _dynamic(text, named, source, path, rules, values)
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
        relation, target = _resolved(named.relation, path, rules, paths)
        idiom = _idiom(text.embedded, characters, source)
        within = _within(text.embedded)
        yield Use(named.relation, relation, target, span, operation, idiom, within, not reason, reason)


def _content(span: Span, source: bytes) -> Span:
    """What stands between the quotes of a Python literal, in bytes."""
    quotes = re.match(rb"""[A-Za-z]*('{3}|"{3}|'|")""", source[span.start : span.stop])
    return Span(span.start + quotes.end(), span.stop - len(quotes[1])) if quotes else span


_UNPARSED = "no parser reads the statement"
_WHOLE = (Role.READ, Role.WRITE, Role.DEFINE, Role.DROP, Role.NAME)


def _dynamic(
    text: _Text, named: Unclear, source: bytes, path: str, rules: RuleSet, known_values: Values
) -> Iterator[Use]:
    """A name that a hole carries: its values, where all are known, else the hole."""
    mapped = text.embedded.text
    span = mapped.near(named.span)  # an operand stands nowhere itself
    if span is None or not text.confidence.tells_dynamic:
        return
    hole = next((hole for hole in mapped.holes if hole.span == named.span), None)
    values = [(value, split_identifier(value.text)) for value in hole.values] if hole else []
    idiom, within = _idiom(text.embedded, named.span, source), _within(text.embedded)
    operation = _verb_operation(mapped.text, named.span)
    if values and all(1 <= len(parts) <= 2 for _, parts in values):
        for value, parts in values:
            place = value.place(Span(0, len(value.text)))
            if place is not None:
                written = Relation(parts[0] if len(parts) == 2 else None, parts[-1])
                relation, target = _resolved(written, path, rules, None)
                yield Use(written, relation, target, place, operation, "loop", within)
        return
    if hole and hole.names and hole.arguments:  # Identifier("a", "b")
        place = hole.arguments.place(Span(0, len(hole.arguments.text)))
        if place is not None:
            written = Relation(hole.names[-2] if len(hole.names) > 1 else None, hole.names[-1])
            relation, target = _resolved(written, path, rules, None)
            yield Use(written, relation, target, place, operation, "Identifier", within)
            return
    known = named.relation
    flowing = next((hole for hole in mapped.holes if hole.source and named.span.covers(hole.span)), None)
    valued = known_values.get((flowing.scope, hosts.normal(flowing.source))) if flowing else None
    for name in valued.names if valued and flowing and shape_of(mapped, named, flowing) else ():
        parts = split_identifier(name)
        written = Relation(parts[0] if len(parts) == 2 else known.schema, parts[-1])
        relation, target = _resolved(written, path, rules, None)
        yield Use(written, relation, target, span, operation, IN_CODE, within)
    if valued and valued.whole:
        return
    expression = mapped.text[named.span.start : named.span.stop]
    unknown = Relation(known.schema, "")
    yield Use(unknown, unknown, None, span, operation, idiom, within, False, f"{expression}: {named.reason}")


_OPERATION_BEFORE = {
    **dict.fromkeys(("from", "join", "using"), "read"),
    **dict.fromkeys(("into", "update"), "write"),
}


def _verb_operation(text: str, span: Span) -> str:
    """What a statement does with a relation that it does not name, by the words before it."""
    before = re.findall(r"[a-z]+", text[max(0, span.start - 60) : span.start].lower())
    if before[-2:] == ["delete", "from"] or before[-1:] == ["truncate"] or before[-2:] == ["truncate", "table"]:
        return "write"
    for verb, operation in (("create", "define"), ("drop", "drop")):
        if verb in before[-5:] and before[-1:] in (["table"], ["view"], ["exists"]):
            return operation
    return _OPERATION_BEFORE.get(before[-1] if before else "", "name")


def _resolved(
    written: Relation, path: str, rules: RuleSet, search_path: tuple[str, ...] | None
) -> tuple[Relation, Relation | None]:
    """What a name means before the move, and where that moves; a name without a schema means one of the path."""
    target = rules.target(written, path, search_path)
    source = rules.source(written, search_path)
    if source is None and written.schema is None:
        schemas = [schema for schema in search_path or rules.search_path if not schema.startswith(("$", "pg_"))]
        source = Relation(schemas[0] if schemas else "public", written.name)
    return source or written, target


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


def _idiom(embedded: Embedded, characters: Span, source: bytes) -> str:
    """How the SQL is carried: by what the name's piece has to be written through, and what else the text is made of."""
    mapped = embedded.text
    if any(place.kind == "file" for place in embedded.places):
        return ".sql file"
    piece = mapped.piece(characters) or mapped.pieces[0]
    literal = next((layer for layer in piece.layers if isinstance(layer, Literal)), None)
    prefix = literal.prefix if literal else ""
    if any(isinstance(layer, Percent) for layer in piece.layers):
        return "% operator"
    if "f" in prefix or "t" in prefix:
        return "f-string" if "f" in prefix else "t-string"
    if any(isinstance(layer, Braces) for layer in piece.layers):
        return "str.format"
    between = _between(mapped, source)
    if between:
        return between
    return "triple-quoted" if literal and len(literal.quote) == 3 else "literal"


def _between(mapped: MappedText, source: bytes) -> str:
    """What joins the literals of a text; "" for a text of one."""
    joints = []
    for one, other in zip(mapped.pieces, mapped.pieces[1:], strict=False):
        start, stop = one.offsets[-1], other.offsets[0]
        joints.append(source[start:stop] if start <= stop else b"+")
    joints = [joint for joint in joints if b'"' in joint or b"'" in joint or joint == b"+"]
    if any(re.search(rb"""["'][\s)]*[^\s"'rRbBuU\\()#]""", joint) for joint in joints):
        return "concatenation"
    return "adjacent literals" if joints else ""


def _within(embedded: Embedded) -> str:
    """The call, else the name, that a text is given to."""
    calls = [place.call for place in embedded.places if place.call]
    names = [name for place in embedded.places for name in place.names]
    return (calls or names or [""])[0]
