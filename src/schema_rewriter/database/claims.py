"""The statements of code in pairs, before and after a rewrite: each claims to mean the same. Asks no server."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from schema_rewriter import project, rewriter, uses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.project import Context
    from schema_rewriter.ruleset import RuleSet
    from schema_rewriter.uses import Extracted


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


@dataclass(frozen=True, slots=True)
class Gathered:
    """The claims of many files, in path order, and each file as it was before."""

    claims: tuple[Claim, ...]
    before: Mapping[str, bytes]


def gather(sources: Mapping[str, bytes], rules: RuleSet, before: Mapping[str, bytes] | None = None) -> Gathered:
    """The claims of files, by their paths relative to the project's root.

    `before` are the same files before somebody rewrote them; without it, the rules say what they were or will be.
    """
    old: dict[str, bytes] = dict(before or {})
    found: list[Claim] = []
    linked = project.link([project.facts(path, source, rules) for path, source in sorted(sources.items())], rules)
    for path in sorted({*sources, *old}):
        if before is None:
            source = sources[path]
            context = linked.context(path).within(source)
            concerned = context.moves or rules.mentioned(source.decode("utf-8", "replace"))
            old[path], after = both(path, source, rules, context) if concerned else (source, source)
        else:
            after = sources.get(path, b"")
        found += claims(path, old.get(path, b""), after, rules)
    return Gathered(tuple(found), old)


def claims(path: str, before: bytes, after: bytes, rules: RuleSet) -> Iterator[Claim]:
    """The claims of one file: each of its statements that says a name of the rules, variants each on their own."""
    old, new = uses.statements(path, before), uses.statements(path, after)
    whole = [statement.span for statement in old if not statement.confidence.is_piece]
    for one, other in _pairs(old, new, rules):
        known = [statement for statement in (one, other) if statement is not None]
        if len(known) == 2 and known[0].text == known[1].text and not any(_mentions(known[0], rules)):
            continue
        if one and one.confidence.is_piece and any(span.covers(one.span) for span in whole):
            continue  # the whole is asked for
        line = before.count(b"\n", 0, one.span.start) + 1 if one else after.count(b"\n", 0, known[0].span.start) + 1
        doubt = known[0].confidence.reason
        for first, second in zip(_values(one), _values(other), strict=False):
            yield Claim(path, line, first, second, doubt)


def _mentions(statement: Extracted, rules: RuleSet) -> Iterator[bool]:
    """For the text, and each text that is known to fill a hole of it, whether it says a name of the rules."""
    yield rules.mentioned(statement.text)
    yield from (rules.mentioned(value.text) for hole in statement.holes for value in hole.values)


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


def _values(statement: Extracted | None) -> Iterator[Written | None]:
    """A statement for each literal that its one hole is known to be filled with; else itself."""
    if statement is None:
        yield None
        return
    holes = [hole for hole in statement.holes if hole.values]
    if len(holes) == 1:
        for value in holes[0].values:
            span = holes[0].span
            moved = len(value.text) - (span.stop - span.start)
            others = (hole.span for hole in statement.holes if hole is not holes[0])
            spans = [
                span_ if span_.start < span.start else type(span_)(span_.start + moved, span_.stop + moved)
                for span_ in others
            ]
            text = statement.text[: span.start] + value.text + statement.text[span.stop :]
            yield Written(text, tuple(spans), statement.script)
        return
    yield Written(statement.text, tuple(hole.span for hole in statement.holes), statement.script)
