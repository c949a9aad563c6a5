"""Comments that set findings aside: `schema-rewrite: ignore[code] reason`. Knows no rules and no format.

In Python such a comment stands at the end of the finding's line, of the line where its literal begins, or behind the
closing quotes of its literal; or on a line of its own above one of them. In SQL, in a file or in a literal, it stands
at the end of the line, or on a line of its own before the statement. `ignore-file` holds for the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.edit import Edit, Span
from schema_rewriter.errors import nearest
from schema_rewriter.finding import ALIASES, CODES, Applicability, Finding, Suppressed, naming

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.hosts import Layout
    from schema_rewriter.reading import SourceFile, SqlText

MARK = "schema-rewrite:"
"""What a file says that has such a comment; all others cost one search."""

CODE = "unused-suppression"

_DIRECTIVE = re.compile(
    rf"(?:#|--|/\*)\s*{MARK}\s*(?P<word>[\w-]+)(?P<bracket>\s*\[(?P<codes>[^\]]*)\])?[:,]?(?P<reason>[^#\n]*)"
)


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment that suppresses, by bytes of the file: findings of `codes` (none given: of all) in `covers`.

    `covers` is None for the whole file. `comment` is the comment's text as written; `problem` tells what is wrong
    with it. `removable`: its bytes are its own, and can go.
    """

    span: Span
    codes: tuple[str, ...]
    reason: str
    covers: tuple[Span, ...] | None
    comment: str
    problem: str = ""
    removable: bool = True

    def means(self, code: str) -> bool:
        """Whether it is for findings of a code."""
        return not self.codes or bool(naming(code, self.codes))


def read(file: SourceFile, texts: Sequence[SqlText]) -> Suppressions:
    """The comments of a file that set findings aside: those of its code, and those in some of its texts."""
    layout = file.host.layout
    return Suppressions((*_python(layout), *_sql(texts, is_file=file.host.is_text)), layout.literals if layout else ())


@dataclass(frozen=True, slots=True)
class Suppressions:
    """All of a file; `literals` are those of its code, in bytes and in order."""

    written: tuple[Suppression, ...]
    literals: tuple[Span, ...]

    def sift(self, source: bytes, findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
        """The findings that no comment sets aside, and those that one does. Comments without use are findings too."""
        kept: list[Finding] = []
        aside: list[Suppressed] = []
        used: dict[Suppression, set[str]] = {}
        lookup = _Lookup(self.written, self.literals)
        for finding in findings:
            by = next(lookup.of(finding), None)
            if by is None:
                kept.append(finding)
            else:
                used.setdefault(by, set()).add(naming(finding.code, by.codes))
                aside.append(Suppressed(finding, "comment", by.reason))
        whole = [s for s in self.written if s.covers is None and CODE in s.codes]
        for suppression in self.written:
            unused = _unused(suppression, used.get(suppression, set()), source)
            by = next((s for s in whole if s is not suppression), None)
            if unused and by is None:
                kept.append(unused)
            elif unused and by:
                aside.append(Suppressed(unused, "comment", by.reason))
        order = sorted(kept, key=lambda finding: (finding.span, finding.code))
        return tuple(order), tuple(sorted(aside, key=lambda item: (item.finding.span, item.finding.code)))


class _Lookup:
    """Which suppressions hold for a finding: those whose lines its name, or its literal's ends, stand in."""

    def __init__(self, suppressions: Iterable[Suppression], literals: Sequence[Span]) -> None:
        written = list(suppressions)
        self.literals = literals
        self.begins = [literal.start for literal in literals]
        self.everywhere = [s for s in written if s.covers is None]
        covered = [(span, s) for s in written if s.covers is not None for span in s.covers]
        self.covered = sorted(covered, key=lambda item: item[0])
        self.starts = [span.start for span, _ in self.covered]
        self.reach: list[int] = []
        for span, _ in self.covered:
            self.reach.append(max(span.stop, self.reach[-1] if self.reach else 0))

    def of(self, finding: Finding) -> Iterator[Suppression]:
        at = finding.span.start
        anchors = [at]
        index = bisect_right(self.begins, at) - 1
        if index >= 0 and at < self.literals[index].stop:
            anchors += [self.literals[index].start, self.literals[index].stop - 1]
        for anchor in anchors:
            index = bisect_right(self.starts, anchor) - 1
            while index >= 0 and self.reach[index] >= anchor:
                span, suppression = self.covered[index]
                if anchor <= span.stop and suppression.means(finding.code):
                    yield suppression
                index -= 1
        yield from (s for s in self.everywhere if s.means(finding.code))


def _python(layout: Layout | None) -> Iterator[Suppression]:
    for comment in layout.comments if layout else ():
        if found := _DIRECTIVE.search(comment.text):
            start, stop = (len(comment.text[:at].encode()) for at in found.span())
            whole = found.start() == 0 and found.end() == len(comment.text)
            span = comment.span if whole else Span(comment.span.start + start, comment.span.start + stop)
            suppression = _read(found, span, (comment.covers,), removable=whole)
            yield from [suppression] if suppression else []


def _sql(texts: Iterable[SqlText], *, is_file: bool) -> Iterator[Suppression]:
    """Those in SQL comments. One literal may be in many texts: what its comments cover is put together."""
    gathered: dict[Span, tuple[re.Match[str], bool, list[Span]]] = {}
    for item in texts:
        if item.read is None:
            continue
        text = item.embedded.text
        holes = [hole.span for hole in text.holes]
        for comment in sql.comments(text.text, holes, MARK, script=item.embedded.script):
            span = text.place(comment.span)
            found = _DIRECTIVE.search(text.text, comment.span.start, comment.span.stop)
            if span is not None and found is not None:
                whole = Span(*found.span()) == comment.span
                _, _, covers = gathered.setdefault(span, (found, whole, []))
                covers += text.places(comment.covers)
    for span, (found, whole, covers) in gathered.items():
        suppression = _read(found, span, tuple(covers), removable=is_file and whole, can_be_file=is_file)
        yield from [suppression] if suppression else []


def _read(
    found: re.Match[str], span: Span, covers: tuple[Span, ...], *, removable: bool, can_be_file: bool = True
) -> Suppression | None:
    """What a directive says; None if it means something else than to ignore."""
    word, listed = found["word"], found["codes"]
    reason = found["reason"].removesuffix("*/").strip(" \t-:,.")
    if word not in ("ignore", "ignore-file"):
        if not get_close_matches(word.lower(), ("ignore", "ignore-file", "noqa"), 1, 0.7):
            return None
        problem = "write ignore or ignore-file"
        return Suppression(span, (), reason, (), found[0], problem, removable)
    codes = tuple(code.strip() for code in listed.split(",") if code.strip()) if listed is not None else ()
    problem = ""
    if listed is not None and not codes:
        problem = "its brackets name no code"
    if unknown := [code for code in codes if code not in CODES and code not in ALIASES]:
        problem = f"no code is called {unknown[0]}; did you mean {nearest(unknown[0], CODES)}?"
    whole = word == "ignore-file"
    if whole and not can_be_file:
        problem, codes = "ignore-file stands in a comment of the file, not in a literal", ()
    codes = tuple(code for code in codes if code in CODES or code in ALIASES)
    where = None if whole and (codes or not problem) else covers if codes or not problem else ()
    return Suppression(span, codes, reason, where, found[0], problem, removable)


def _unused(suppression: Suppression, used: set[str], source: bytes) -> Finding | None:
    """The finding on a comment that suppresses nothing, or of whose codes some suppress nothing; None if it is used."""
    shown = suppression.comment.split("]")[0] + "]" if "]" in suppression.comment else suppression.comment
    shown = f"`{shown.strip('#-/* ')}`"
    if suppression.problem:
        reason = suppression.problem
        return Finding(CODE, f"{shown} does not say what it suppresses", suppression.span, reason=reason)
    rest = [code for code in suppression.codes if code not in used and code != CODE]
    if (not suppression.codes and used) or (suppression.codes and not rest):
        return None
    kept = [code for code in suppression.codes if code not in rest]
    message = f"nothing is found that {shown} is for"
    if kept:
        message = f"nothing is found that {', '.join(rest)} of {shown} is for"
    edits = _removal(suppression, kept, source) if suppression.removable else ()
    applicability = Applicability.UNSAFE if edits else Applicability.MANUAL
    reason = "remove it; --unsafe-fixes does" if edits else "remove it by hand"
    return Finding(CODE, message, suppression.span, None, None, edits, applicability, reason)


def _removal(suppression: Suppression, kept: Sequence[str], source: bytes) -> tuple[Edit, ...]:
    """What removes a comment, its line too if it has one of its own; or the codes of it that nothing is found of."""
    start, stop = suppression.span.start, suppression.span.stop
    if kept:
        opened, closed = source.index(b"[", start) + 1, source.index(b"]", start)
        return (Edit(Span(opened, closed), ", ".join(kept).encode()),)
    while start and source[start - 1 : start] in (b" ", b"\t"):
        start -= 1
    if start == 0 or source[start - 1 : start] in (b"\n", b"\r"):
        end = re.compile(rb"\r\n|\r|\n|\Z").match(source, stop)
        return (Edit(Span(start, end.end() if end else stop), b""),)
    return (Edit(Span(start, stop), b""),)
