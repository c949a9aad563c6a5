"""The statements of code in pairs, before and after a rewrite: each claims to mean the same. Asks no server."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.inventory import uses
from schema_rewriter.postgres.verify.template import template
from schema_rewriter.reading import read
from schema_rewriter.relation import quote
from schema_rewriter.rewriting import rewriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.inventory.uses import Extracted
    from schema_rewriter.project import Context
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.text import Hole


@dataclass(frozen=True, slots=True)
class Written:
    """One statement as the code has it; `holes` are in characters of `text`."""

    text: str
    holes: tuple[Span, ...] = ()
    script: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """That two statements, which stand in one place of the code before and after, mean the same on their layouts.

    `line` is the line of the code before. `doubt` tells why the text may be no statement at all. A claim without an
    `after`, or with an empty `before`, has no partner.
    """

    path: str
    line: int
    before: Written | None
    after: Written | None
    doubt: str = ""

    @property
    def changed(self) -> bool:
        """Whether the rewrite touched the statement."""
        return self.before is None or self.after is None or self.before.text != self.after.text

    @property
    def text(self) -> str:
        """The statement before, in one line; the one after where there is none."""
        written = self.before or self.after
        return " ".join(written.text.split()) if written else ""

    def fingerprint(self, layout: str) -> str:
        """What the result of a proof depends on: both texts, and the schema that it was made on."""
        digest = hashlib.sha256(layout.encode())
        for written in (self.before, self.after):
            digest.update(b"\0" + (b"-" if written is None else written.text.encode("utf-8", "surrogatepass")))
        return digest.hexdigest()[:20]


def both(path: str, source: bytes, rules: RuleSet, context: Context | None = None) -> tuple[bytes, bytes]:
    """A file before the rewrite and after it, whichever of the two it is now.

    A file in which the rules have nothing left to do is the one after; the inverse rules give the one before.
    """
    result = rewriter.rewrite(path, source, rules, context=context)
    if result.changed or not result.qualified:
        return source, result.after
    return rewriter.rewrite(path, source, rules.inverse()).after, source


HoleDecision = dict[Span, tuple[str, ...]]
"""The literals that are known to stand for a hole, by the bytes at which the hole's expression stands."""


def claims(
    path: str,
    before: bytes,
    after: bytes,
    rules: RuleSet,
    was: HoleDecision | None = None,
    now: HoleDecision | None = None,
) -> Iterator[Claim]:
    """The claims of one file: each of its statements that says a name of the rules, variants each on their own.

    `was` and `now` tell what stands for holes that are relations' names; one that nothing is known of may be any.
    """
    old, new = (uses.statements(read(path, source, rules)) for source in (before, after))
    whole = [statement.span for statement in old if not statement.confidence.is_piece]
    for one, other in _pairs(old, new, rules):
        known = [statement for statement in (one, other) if statement is not None]
        if one and one.confidence.is_piece and any(span.covers(one.span) for span in whole):
            continue  # the whole is asked for
        line = before.count(b"\n", 0, one.span.start) + 1 if one else after.count(b"\n", 0, known[0].span.start) + 1
        first, second = _variants(one, was or {}), _variants(other, now or {})
        if len(first) != len(second):
            first, second = [_as_it_is(one)], [_as_it_is(other)]
        for written, rewritten in zip(first, second, strict=True):
            claim = Claim(path, line, written, rewritten, known[0].confidence.reason)
            if claim.changed or rules.mentioned(claim.text) or (not claim.doubt and _is_any(claim.before)):
                yield claim


def _is_any(written: Written | None) -> bool:
    """Whether a statement names a relation that only the program knows, which may be one that moves."""
    if written is None or not written.holes:
        return False
    return template(written.text, written.holes, script=written.script).impossible


def _pairs(
    old: Sequence[Extracted], new: Sequence[Extracted], rules: RuleSet
) -> Iterator[tuple[Extracted | None, Extracted | None]]:
    """Statements that belong together: in their order, or, where the numbers differ, by their likeness."""
    if len(old) == len(new):
        yield from zip(old, new, strict=True)
        return
    schemas = {str(name) for move in rules.moves for name in (move.relation.schema, move.to.schema)}
    bare = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(schemas)))})\s*\.\s*")
    matcher = SequenceMatcher(None, [bare.sub("", s.text) for s in old], [bare.sub("", s.text) for s in new], False)
    for tag, start, stop, begin, end in matcher.get_opcodes():
        if tag in ("equal", "replace") and stop - start == end - begin:
            yield from zip(old[start:stop], new[begin:end], strict=True)
        else:
            yield from ((statement, None) for statement in old[start:stop])
            yield from ((None, statement) for statement in new[begin:end])


def _as_it_is(statement: Extracted | None) -> Written | None:
    if statement is None:
        return None
    return Written(statement.text, tuple(hole.span for hole in statement.holes), statement.script)


def _variants(statement: Extracted | None, filled: HoleDecision) -> list[Written | None]:
    """A statement for each literal that stands for its holes, as far as these are known; else itself."""
    if statement is None:
        return [None]
    texts = [_texts(hole, filled) for hole in statement.holes]
    return [_filled(statement, texts, number) for number in range(max(map(len, texts), default=1) or 1)]


def _texts(hole: Hole, filled: HoleDecision) -> tuple[str, ...]:
    if hole.names:
        return (".".join(quote(name, always=True) for name in hole.names),)
    if hole.code is None:
        return ()
    known = filled.get(hole.code, ())
    return tuple(quote(text, always=True) for text in known) if hole.is_quoted else known


def _filled(statement: Extracted, texts: Sequence[tuple[str, ...]], number: int) -> Written:
    """The statement with the text of that number in each hole that has texts, its last one where it has fewer."""
    parts: list[str] = []
    holes: list[Span] = []
    at = length = 0
    for hole, known in zip(statement.holes, texts, strict=True):
        text = known[min(number, len(known) - 1)] if known else statement.text[hole.span.start : hole.span.stop]
        before = statement.text[at : hole.span.start]
        length += len(before)
        if not known:
            holes.append(Span(length, length + len(text)))
        parts += [before, text]
        length += len(text)
        at = hole.span.stop
    return Written("".join(parts) + statement.text[at:], tuple(holes), statement.script)
