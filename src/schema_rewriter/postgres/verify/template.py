"""A statement of code as a text that PostgreSQL can read, with something for its holes and placeholders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.sql.lexer import Kind, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.sql.lexer import Token

TRIES = 32
"""How many ways to fill the holes of one statement are tried at most."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that the running program fills: with one of `fillings`, best first, where # is the next parameter.

    A placeholder has the filling #, and a `name` where the same value may stand twice. No filling: nothing can stand
    for it, such as for a relation.
    """

    fillings: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A statement, cut at its slots: `parts` has one text more than there are `slots`; `taken` is its highest $n."""

    parts: tuple[str, ...]
    slots: tuple[Slot, ...]
    taken: int = 0

    @property
    def impossible(self) -> bool:
        """Whether something stands where nothing can stand for it."""
        return any(not slot.fillings for slot in self.slots)

    def choices(self) -> Iterator[tuple[int, ...]]:
        """Which filling each slot gets: the best of each, then one slot at a time another, TRIES at most."""
        return islice(self._choices(), TRIES)

    def _choices(self) -> Iterator[tuple[int, ...]]:
        best = (0,) * len(self.slots)
        yield best
        for others in range(1, max((len(slot.fillings) for slot in self.slots), default=1)):
            for at, slot in enumerate(self.slots):
                if others < len(slot.fillings):
                    yield (*best[:at], others, *best[at + 1 :])
        for other in (1, 2):
            every = tuple(min(other, len(slot.fillings) - 1) for slot in self.slots)
            if len(self.slots) > 1:
                yield every

    def filled(self, choice: Sequence[int]) -> tuple[str, int]:
        """The text, and how many parameters it has."""
        numbers: dict[str, int] = {}
        highest = self.taken
        written = [self.parts[0]]
        for slot, which, part in zip(self.slots, choice, self.parts[1:], strict=True):
            filling = slot.fillings[which]
            if "#" in filling:
                number = numbers.get(slot.name) if slot.name else None
                if number is None:
                    highest = number = highest + 1
                    numbers[slot.name] = number
                filling = filling.replace("#", str(number))
            written += [filling, part]
        return "".join(written), highest


_PARAMETER = ("$#", "NULL", "1", "'1'")
_BY_WORD = {
    **dict.fromkeys(("where", "and", "or", "on", "having", "not", "when", "by filter"), ("TRUE", "$#")),
    **dict.fromkeys(("by",), ("1", "NULL", "")),
    **dict.fromkeys(("limit", "offset"), ("1", "ALL")),
    **dict.fromkeys(("select", "distinct", "returning", "all"), ("1", "NULL, NULL", "*", "NULL, NULL, NULL")),
    **dict.fromkeys(("asc", "desc"), ("",)),
    **dict.fromkeys(
        (
            "from",
            "join",
            "into",
            "update",
            "table",
            "only",
            "truncate",
            "exists",
            "view",
            "index",
            "sequence",
            "lock",
            "set",
        ),
        (),
    ),
}


def template(text: str, holes: Sequence[Span], *, script: bool = False, question: bool = False) -> Template:
    """The template of one statement. `question`: a question mark is a placeholder, no operator."""
    found = list(tokens(sql.mask(text, holes), 0, script=script))
    taken = max(
        (int(t.word[1:]) for t in found if t.kind is Kind.PARAMETER and re.fullmatch(r"\$\d+", t.word)), default=0
    )
    percents = any(t.kind is Kind.PARAMETER and text[t.start] == "%" for t in found)
    cuts: list[tuple[int, int, Slot]] = []
    for hole in holes:
        if text[hole.start - 1 : hole.start] == "$":
            cuts.append((hole.start, hole.stop, Slot(("#",))))
        else:
            cuts.append((hole.start, hole.stop, Slot(_fillings(hole, found, text))))
    for token in found:
        if token.kind is Kind.PARAMETER and not any(start <= token.start < stop for start, stop, _ in cuts):
            slot = _placeholder(text[token.start : token.stop])
            if slot is not None and text[token.start] != "$":
                cuts.append((token.start, token.stop, slot))
        elif question and token.word == "?":
            cuts.append((token.start, token.stop, Slot(("$#",))))
    parts: list[str] = []
    at = 0
    for start, stop, _ in sorted(cuts, key=lambda cut: cut[0]):
        parts.append(text[at:start])
        at = stop
    parts.append(text[at:])
    if percents:
        parts = [part.replace("%%", "%") for part in parts]
    return Template(tuple(parts), tuple(slot for _, _, slot in sorted(cuts, key=lambda cut: cut[0])), taken)


def _placeholder(written: str) -> Slot | None:
    """The slot for `%s`, `%(x)s`, `:x`, `:'x'` and the like; nothing can stand for `:"x"`, an identifier."""
    if written.startswith(':"'):
        return Slot(())
    name = re.search(r"\w+", written)
    return Slot(_PARAMETER, name[0] if name and written not in ("%s", "%b", "%t") else "")


def _fillings(hole: Span, found: Sequence[Token], text: str) -> tuple[str, ...]:
    """What may stand for a hole, by what it stands in or behind."""
    for token in found:
        if token.kind in (Kind.STRING, Kind.BODY) and token.start < hole.start and hole.stop < token.stop + 1:
            return ("1", "x", "", "{}")
        if token.kind is Kind.QUOTED and token.start < hole.start < token.stop:
            return ()
    if re.search(r"[\w$\"]$", text[: hole.start]) or re.match(r"[\w\"]", text[hole.stop :]):
        return ()  # a piece of a name
    before = [token for token in found if token.stop <= hole.start]
    last = before[-1] if before else None
    if last is None or re.match(r"\s*\.", text[hole.stop :]):
        return ()
    if last.kind is Kind.NAME and last.word in _BY_WORD:
        return _BY_WORD[last.word]
    if last.kind is Kind.OTHER and last.word == ".":
        return ()
    if last.kind is Kind.OTHER and last.word != ")":
        return (*_PARAMETER, "NULL, NULL", "")
    return ("", "AND TRUE", "WHERE TRUE", "LIMIT 1", "= $#", *_PARAMETER)
