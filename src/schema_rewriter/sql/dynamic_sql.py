"""SQL that a body puts together for EXECUTE: constants, `||`, format() and quote_ident(); knows tokens only.

Source: PostgreSQL manual, sections 9.4.1 (format) and 43.5.4 (executing dynamic commands). What is known only at run
time is a hole in the text; an argument that is a constant is a hole whose value is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import Relation, fold, split_identifier
from schema_rewriter.sql.lexer import MASK, Kind
from schema_rewriter.sql.names import Named, Reference, Role, UnresolvedName
from schema_rewriter.sql.quoted import Inner, inner

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.sql.lexer import Token

_CONVERSION = re.compile(r"%(?:(?:([0-9]+)\$)?-?[0-9]*([sIL])|%)")
_WIDTH = 8  # characters of a hole that stands nowhere in the text: enough for the keywords that may fill it


@dataclass(slots=True)
class Assembled:
    """A text with holes. `offsets` are as those of `quoted.Inner`; `values` the known ones, by the hole's first
    character: what the constant says, where it stands, and whether it becomes one identifier (%I, quote_ident)."""

    text: str = ""
    offsets: list[int] = field(default_factory=list)
    values: dict[int, tuple[str, Span, bool]] = field(default_factory=dict)
    end: int = 0

    def add(self, content: Inner) -> None:
        self.text += content.text
        self.offsets += content.offsets[:-1]
        self.end = content.offsets[-1]

    def hole(self, value: tuple[str, Span, bool] | None) -> None:
        if value is not None:
            self.values[len(self.text)] = value
        self.text += MASK * _WIDTH
        self.offsets += [self.end] * _WIDTH

    def lift(self, named: Named, names: Collection[str]) -> Iterator[Named]:
        """What the text says, in characters of the text around it; a hole of a known value as the name it becomes."""
        content = Inner(self.text, [*self.offsets, self.end])
        at = next(
            (at for at in self.values if isinstance(named, UnresolvedName) and named.span.stop == at + self._width(at)),
            -1,
        )
        if at < 0 or not isinstance(named, UnresolvedName) or named.code != "dynamic-relation" or named.relation.name:
            yield content.lift(named)
            return
        value, span, quoted = self.values[at]
        parts = (value,) if quoted else split_identifier(value)
        hole, schema = Span(at, named.span.stop), None
        if named.span.start < at and self.text[at - 1] == ".":
            schema = Span(named.span.start, at - 1)
        if len(parts) != 1 or (named.span != hole and named.relation.schema is None):
            yield content.lift(named)
        elif parts[0] in names:
            relation = Relation(named.relation.schema, parts[0])
            found = content.lift(Reference(hole, relation, Role.NAME, schema))
            yield found
            if isinstance(found, Reference):
                doubt = "its name is the argument of a function"
                yield Reference(span, relation, Role.OWNER, None, doubt, source=found.name)

    def _width(self, at: int) -> int:
        return len(self.text) - at - len(self.text[at:].lstrip(MASK)) if at in self.values else 0


def assembled(part: Sequence[Token], text: str) -> Assembled | None:
    """The text that an expression makes; None for one that does not begin with a constant."""
    built = Assembled()
    for operand in _operands(part):
        content = inner(operand[0], text) if len(operand) == 1 else None
        if content is not None:
            built.add(content)
        elif (called := _call(operand)) and called[0] == "format" and not built.text:
            if not _format(built, called[1], text):
                return None
        elif not built.text:
            return None
        elif called and called[0] == "quote_ident" and len(called[1]) == 1:
            built.hole(_value(called[1][0], text, identifier=True))
        else:
            built.hole(None)
    return built if built.text else None


def _operands(part: Sequence[Token]) -> list[list[Token]]:
    """What || joins."""
    operands: list[list[Token]] = [[]]
    depth = 0
    for index, token in enumerate(part):
        depth += (token.word in ("(", "[")) - (token.word in (")", "]")) if token.kind is Kind.OTHER else 0
        if depth == 0 and token.word == "|":
            operands += [[]] if index and part[index - 1].word == "|" else []
        else:
            operands[-1].append(token)
    return [operand for operand in operands if operand]


def _call(operand: Sequence[Token]) -> tuple[str, list[list[Token]]] | None:
    """The name and the arguments of an operand that is a call of a function, and nothing else."""
    if len(operand) < 3 or not operand[0].is_name or operand[1].word != "(" or operand[-1].word != ")":
        return None
    arguments: list[list[Token]] = [[]]
    depth = 0
    for token in operand[2:-1]:
        depth += (token.word in ("(", "[")) - (token.word in (")", "]")) if token.kind is Kind.OTHER else 0
        if depth < 0:
            return None
        if depth == 0 and token.word == ",":
            arguments.append([])
        else:
            arguments[-1].append(token)
    return operand[0].word, arguments


def _format(built: Assembled, arguments: Sequence[Sequence[Token]], text: str) -> bool:
    """Add what format() makes; False where its first argument is no constant."""
    template = inner(arguments[0][0], text) if len(arguments[0]) == 1 else None
    if template is None:
        return False
    at = number = 0
    for found in _CONVERSION.finditer(template.text):
        built.add(_slice(template, at, found.start()))
        at = found.end()
        if found[0] == "%%":
            built.add(_slice(template, found.start() + 1, at))
            continue
        number = int(found[1]) if found[1] else number + 1
        known = number < len(arguments) and found[2] != "L"
        value = _value(arguments[number], text, identifier=found[2] == "I") if known else None
        start = template.offsets[found.start()]
        built.end = start
        if value is not None:
            built.values[len(built.text)] = value
        built.text += MASK * (found.end() - found.start())
        built.offsets += template.offsets[found.start() : found.end()]
        built.end = template.offsets[found.end()]
    built.add(_slice(template, at, len(template.text)))
    return True


def _slice(content: Inner, start: int, stop: int) -> Inner:
    return Inner(content.text[start:stop], content.offsets[start : stop + 1])


def _value(argument: Sequence[Token], text: str, *, identifier: bool) -> tuple[str, Span, bool] | None:
    """What an argument says, if it is a constant."""
    content = inner(argument[0], text) if len(argument) == 1 else None
    if content is None or not content.text:
        return None
    if identifier or fold(content.text) == content.text:
        return content.text, Span(content.offsets[0], content.offsets[-1]), identifier
    return None
