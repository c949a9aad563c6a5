"""Strings that functions get: SQL that they run, and names that may be a relation's. Knows tokens only.

Which function takes SQL is told by functions.toml. What any other gets that reads as SQL, or as a qualified name, is
for a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import KEYWORDS, Relation, split_identifier
from schema_rewriter.sql.dynamic_sql import Assembled, assembled
from schema_rewriter.sql.functions import functions
from schema_rewriter.sql.lexer import Kind, tokens
from schema_rewriter.sql.names import Named, Reference, UnresolvedName
from schema_rewriter.sql.quoted import inner
from schema_rewriter.words import VERBS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from schema_rewriter.sql.lexer import Token

    Read = Callable[[str, Collection[str]], Iterator[Named]]
    """Reads a text of SQL for these names."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function: its folded name, and the tokens of each argument, without a name that it is given by."""

    function: str
    arguments: tuple[tuple[Token, ...], ...]


def arguments(statement: Sequence[Token], text: str, names: Collection[str], read: Read) -> Iterator[Named]:
    """What the strings that functions get in a statement say of relations of these names."""
    done: set[int] = set()
    for call in _calls(statement):
        yield from _names(call, text, names)
        for argument in call.arguments:
            if argument and argument[0].start not in done and (built := _sql(argument, text)) is not None:
                done.update(token.start for token in argument)
                yield from _run(call.function, built, names, read)


def _run(function: str, built: Assembled, names: Collection[str], read: Read) -> Iterator[Named]:
    """What a function gets that reads as SQL."""
    known = functions()
    for named in (lifted for found in read(built.text, names) for lifted in built.lift(found, names)):
        if function in known.here or not isinstance(named, Reference | UnresolvedName):
            yield named
        elif function in known.elsewhere:
            doubt = "it may be run in another database"
            yield replace(named, doubt=named.doubt or doubt) if isinstance(named, Reference) else named
        elif isinstance(named, Reference):
            span = Span(named.schema.start if named.schema else named.name.start, named.name.stop)
            reason = "a function gets it that may run it as SQL"
            yield UnresolvedName(span, "unparsed-sql", reason, named.relation)


def _names(call: Call, text: str, names: Collection[str]) -> Iterator[UnresolvedName]:
    """The names that a function gets which nothing tells to take a relation: 'public.events', or 'public', 'events'."""
    if call.function in functions().first:
        return
    said = [_said(argument, text) for argument in call.arguments]
    for place, (parts, span) in enumerate(said):
        if span is None or not parts or parts[-1] not in names:
            continue
        before = said[place - 1][0] if place else ()
        reason = "a function gets it that may take it for the relation's name"
        if len(parts) == 2:
            yield UnresolvedName(span, "unparsed-sql", reason, Relation(parts[0], parts[1]))
        elif len(parts) == 1 and len(before) == 1:
            yield UnresolvedName(span, "unparsed-sql", reason, Relation(before[0], parts[0]))
        elif call.function in functions().bare and place == 0:
            yield UnresolvedName(span, "unparsed-sql", reason, Relation(None, parts[0]))


def _said(argument: Sequence[Token], text: str) -> tuple[tuple[str, ...], Span | None]:
    """The parts of the name that an argument is, and where it stands; none for one that is no constant with a name."""
    content = inner(argument[0], text) if argument and not _behind_constant(argument) else None
    if content is None or not content.text or len(content.text) > _LONGEST:
        return (), None
    return split_identifier(content.text), Span(content.offsets[0], content.offsets[-1])


_LONGEST = 140


def _sql(argument: Sequence[Token], text: str) -> Assembled | None:
    """The text of an argument that begins with a constant, or is made by format(), and reads as SQL."""
    behind = _behind_constant(argument)
    cast = [token.word for token in behind[:2]] == [":", ":"] and len(behind) < _CAST
    built = assembled(argument[:1] if cast else argument, text)
    first = next(tokens(built.text), None) if built is not None else None
    return built if first is not None and first.kind is Kind.NAME and first.word in VERBS else None


_CAST = 4


def _behind_constant(argument: Sequence[Token]) -> Sequence[Token]:
    return argument[1:] if argument[0].kind in (Kind.STRING, Kind.BODY) else argument


def _calls(statement: Sequence[Token]) -> Iterator[Call]:
    """The calls in a statement that get a constant, the outer before the inner ones."""
    if not any(token.kind in (Kind.STRING, Kind.BODY) for token in statement):
        return
    for index, token in enumerate(statement[:-1]):
        if not token.is_name or statement[index + 1].word != "(" or statement[index + 1].kind is not Kind.OTHER:
            continue
        if token.kind is Kind.NAME and token.word in KEYWORDS - _CALLABLE:
            continue
        found = _arguments(statement, index + 1)
        if any(each.kind in (Kind.STRING, Kind.BODY) for argument in found for each in argument):
            yield Call(token.word, tuple(map(_value, found)))


_CALLABLE = frozenset(("left", "right"))


def _arguments(statement: Sequence[Token], opening: int) -> list[tuple[Token, ...]]:
    """What commas separate in the parentheses that open at a token."""
    found: list[tuple[Token, ...]] = []
    depth, start = 0, opening + 1
    for place in range(opening, len(statement)):
        token = statement[place]
        depth += (token.word in ("(", "[")) - (token.word in (")", "]")) if token.kind is Kind.OTHER else 0
        if (depth == 1 and token.word == "," and token.kind is Kind.OTHER) or depth == 0:
            found.append(tuple(statement[start:place]))
            start = place + 1
        if depth == 0:
            break
    return found


def _value(argument: tuple[Token, ...]) -> tuple[Token, ...]:
    """An argument without the name that it is given by: `name => ..` or `name := ..`."""
    words = [token.word for token in argument[1:3]]
    return argument[3:] if words in (["=", ">"], [":", "="]) and argument[0].is_name else argument
