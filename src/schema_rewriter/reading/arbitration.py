"""Which of the texts that one name stands in decide what is said of it. The one arbitration where texts disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.edit import Span

Value = TypeVar("Value")

DISAGREE = "the texts that the code may put it into take it for different things"


@dataclass(frozen=True, slots=True)
class Verdict(Generic[Value]):
    """What one text says of a name: a value, or None where the name stays, or names no relation in this text.

    `weight` tells how sure it is that the text is SQL. `is_right`: the name says already what it will have to say.
    `is_unread`: no parser reads the statement, and nothing else speaks against the value. `longer` is the name that
    it is a part of in this text, "" where it is one by itself.
    """

    value: Value | None
    weight: int
    is_right: bool = False
    is_unread: bool = False
    longer: str = ""


@dataclass(frozen=True, slots=True)
class Arbitrated(Generic[Value]):
    """The verdicts of the surest texts on one name: those that say something, and those by which it stays."""

    values: tuple[Verdict[Value], ...]
    stays: tuple[Verdict[Value], ...]


class Verdicts(Generic[Value]):
    """All verdicts on the names of a file, gathered by the bytes of each name."""

    def __init__(self) -> None:
        self._by_span: dict[Span, list[Verdict[Value]]] = {}

    def add(self, span: Span, verdict: Verdict[Value]) -> None:
        """Take what a text says of the name in `span`."""
        self._by_span.setdefault(span, []).append(verdict)

    def extend(self, verdicts: Iterable[tuple[Span, Verdict[Value]]]) -> None:
        """Take several, each with its name's bytes."""
        for span, verdict in verdicts:
            self.add(span, verdict)

    def arbitrated(self) -> Iterator[Arbitrated[Value]]:
        """Of each name what the surest texts say, in the order of the bytes."""
        for span in sorted(self._by_span):
            yield arbitrate(self._by_span[span])


def arbitrate(verdicts: Iterable[Verdict[Value]]) -> Arbitrated[Value]:
    """The verdicts that count: those of the texts that are SQL most surely."""
    every = tuple(verdicts)
    weight = max(verdict.weight for verdict in every)
    surest = [verdict for verdict in every if verdict.weight == weight]
    return Arbitrated(
        tuple(verdict for verdict in surest if verdict.value is not None),
        tuple(verdict for verdict in surest if verdict.value is None),
    )
