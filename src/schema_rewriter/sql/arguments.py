"""Strings that functions get: SQL that they run, and names that may be a relation's. Knows tokens only.

Which function takes SQL is told by functions.toml. What any other gets that reads as SQL, or as a qualified name, is
for a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.functions import functions
from schema_rewriter.relation import KEYWORDS, Relation, split_identifier
from schema_rewriter.sql.dynamic_sql import Assembled, assembled
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
    arguments: tuple[Sequence[Token], ...]


def arguments(statement: Sequence[Token], text: str, names: Collection[str], read: Read) -> Iterator[Named]:
    """What the strings that functions get in a statement say of relations of these names."""
    done: set[int] = set()
    calls = _calls(statement)
    is_trigger = "trigger" in [token.word for token in statement[:_TRIGGER]]
    for call in calls:
        yield from _names(call, text, names, is_executed=is_trigger and call is calls[-1])
        for argument in call.arguments:
            if _is_text(argument) and argument[0].start not in done and (built := _sql(argument, text)) is not None:
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


def _names(call: Call, text: str, names: Collection[str], *, is_executed: bool) -> Iterator[UnresolvedName]:
    """The names that a function gets which nothing tells to take a relation: 'public.events', or 'public', 'events'.

    A name alone is told where the function's own name speaks of tables, and where it is what a trigger executes.
    """
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
        elif is_executed or (place == 0 and _may_take_table(call.function)):
            yield UnresolvedName(span, "unparsed-sql", reason, Relation(None, parts[0]))


def _may_take_table(function: str) -> bool:
    """Whether a function takes a table's name first as another function does, or by what its own name says."""
    known = functions()
    if function in known.second or function in known.from_end or function.endswith("_to_table"):
        return False
    return function in known.bare or not _OF_TABLES.isdisjoint(function.split("_"))


_OF_TABLES = frozenset(("table", "tables", "tbl", "relation", "relations"))
_TRIGGER = 5
"""Tokens within which CREATE OR REPLACE CONSTRAINT TRIGGER says so."""


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


def _calls(statement: Sequence[Token]) -> list[Call]:
    """The calls in a statement that get a text, in the order of their names: the outer before the inner ones."""
    if not any(token.kind in (Kind.STRING, Kind.BODY) for token in statement):
        return []
    calls: list[tuple[int, Call]] = []
    waiting: list[list[int]] = []  # of each parenthesis that is open: its place, and those of its commas
    for index, token in enumerate(statement):
        if token.kind is not Kind.OTHER:
            continue
        if token.word in ("(", "["):
            waiting.append([index])
        elif token.word == "," and waiting:
            waiting[-1].append(index)
        elif token.word in (")", "]") and waiting:
            bounds = [*waiting.pop(), index]
            if token.word == ")" and bounds[0] and _is_function(statement[bounds[0] - 1]):
                given = tuple(_value(statement[one + 1 : other]) for one, other in pairwise(bounds))
                if any(map(_is_text, given)):
                    calls.append((bounds[0], Call(statement[bounds[0] - 1].word, given)))
    return [call for _, call in sorted(calls, key=lambda each: each[0])]


def _is_function(token: Token) -> bool:
    """Whether a name before a parenthesis may be that of a function."""
    return token.is_name and (token.kind is Kind.QUOTED or token.word not in KEYWORDS or token.word in _CALLABLE)


_CALLABLE = frozenset(("left", "right"))


def _is_text(argument: Sequence[Token]) -> bool:
    """Whether an argument begins with a constant, or is made by format()."""
    return bool(argument) and (argument[0].kind in (Kind.STRING, Kind.BODY) or argument[0].word == "format")


def _value(argument: Sequence[Token]) -> Sequence[Token]:
    """An argument without the name that it is given by: `name => ..` or `name := ..`."""
    words = [token.word for token in argument[1:3]]
    return argument[3:] if words in (["=", ">"], [":", "="]) and argument[0].is_name else argument
