"""Where a comment that sets a finding aside is put: edits of a file, proved to change nothing but comments."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from schema_rewriter import hosts, sql
from schema_rewriter.edit import Edit, Span, apply
from schema_rewriter.finding import ALIASES, CODES
from schema_rewriter.hosts.kinds import kind
from schema_rewriter.rewriting.suppressions import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from schema_rewriter.finding import Finding

_LISTED = re.compile(rf"{MARK}\s*ignore\s*\[([^\]]*)\]".encode())
_ORDER = [*CODES, *ALIASES]


@dataclass(frozen=True, slots=True)
class Ignored:
    """The edits that set findings aside, and the findings for which no place was found."""

    edits: tuple[Edit, ...] = ()
    left: tuple[Finding, ...] = ()


def ignore(path: str, source: bytes, findings: Sequence[Finding]) -> Ignored:
    """Comments for findings of a file that holds `source`: at the end of the line, else on a line above.

    Proved: the code, or the statements, are the same with them and without. Where they are not, nothing is written;
    nor in templates, which may put a line anywhere.
    """
    if not findings:
        return Ignored()
    is_sql = kind(path).reader == "sql"
    file = hosts.opened(path, source)
    if (layout := file.layout) is not None:
        made, left = _python(source, layout, findings)
    elif is_sql:
        made, left = _sql(path, file, findings)
    else:
        return Ignored((), tuple(findings))
    after = apply(source, made)
    same = file.difference(after, ()) is None
    if not same or (is_sql and _statements(file) != _statements(hosts.opened(path, after))):
        return Ignored((), tuple(findings))
    return Ignored(tuple(made), tuple(left))


def _python(source: bytes, layout: hosts.Layout, findings: Iterable[Finding]) -> tuple[list[Edit], list[Finding]]:
    behind: dict[int, set[str]] = {}
    above: dict[int, set[str]] = {}
    left: list[Finding] = []
    begins = [literal.start for literal in layout.literals]
    comments = [comment.span for comment in layout.comments]
    for finding in findings:
        at = finding.span.start
        if any(span.start <= at < span.stop for span in comments):
            left.append(finding)  # a cell of a notebook, where a comment would be a part of the cell
            continue
        index = bisect_right(begins, at) - 1
        literal = layout.literals[index] if index >= 0 and at < layout.literals[index].stop else None
        first, last = (literal.start, literal.stop - 1) if literal else (at, at)
        end = _line(source, last).stop
        start = _line(source, first).start
        if _among(layout.ends, end):
            behind.setdefault(end, set()).add(finding.code)
        elif _among(layout.starts, start):
            above.setdefault(start, set()).add(finding.code)
        else:
            left.append(finding)
    there = {comment.span.stop: comment for comment in layout.comments}
    made = [_behind(source, end, codes, there.get(end)) for end, codes in behind.items()]
    return [*made, *(_above(source, start, codes, "#") for start, codes in above.items())], left


def _behind(source: bytes, end: int, codes: set[str], comment: hosts.Comment | None) -> Edit:
    """A comment at the end of a line, or the codes in the one that stands there already."""
    listed = _LISTED.search(source, comment.span.start, end) if comment else None
    if listed is not None:
        codes |= {code.strip() for code in listed[1].decode("ascii", "replace").split(",")} & set(_ORDER)
        return Edit(Span(*listed.span(1)), _list(codes).encode())
    return Edit(Span(end, end), f"  # {MARK} ignore[{_list(codes)}]".encode())


def _above(source: bytes, start: int, codes: set[str], mark: str) -> Edit:
    """A comment on a line of its own, as far in as the line it stands above, with its line end."""
    line = _line(source, start)
    body = source[start : line.stop]
    margin = body[: len(body) - len(body.lstrip(b" \t"))]
    end = re.compile(rb"\r\n|\r|\n").match(source, line.stop)
    text = f"{mark} {MARK} ignore[{_list(codes)}]".encode()
    return Edit(Span(start, start), margin + text + (end[0] if end else b"\n"))


def _list(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes, key=_ORDER.index))


def _sql(path: str, file: hosts.Host, findings: Iterable[Finding]) -> tuple[list[Edit], list[Finding]]:
    source = file.source
    groups: dict[tuple[int, bool], list[Finding]] = {}
    left: list[Finding] = []
    spans, statements = _taken(file)
    starts = [span.start for span in spans]
    begins = [span.start for span, _ in statements]
    for finding in findings:
        line = _line(source, finding.span.start)
        index = bisect_left(starts, line.stop) - 1
        inside = index >= 0 and line.stop < spans[index].stop
        number = bisect_right(begins, finding.span.start) - 1
        statement, is_copy = statements[number] if number >= 0 else (Span(0, 0), False)
        commands = b"\\" in source[line.start : line.stop] or is_copy  # the rest of psql's line is psql's
        start = _line(source, statement.start).start
        if not inside and not commands and b"--" not in source[line.start : line.stop]:
            groups.setdefault((line.stop, False), []).append(finding)
        elif statement.stop > finding.span.start and not source[start : statement.start].strip(b" \t\xef\xbb\xbf"):
            groups.setdefault((max(start, _bom(source)), True), []).append(finding)
        else:
            left.append(finding)
    made: dict[Edit, list[Finding]] = {}
    for (at, above), found in groups.items():
        codes = {finding.code for finding in found}
        behind = Edit(Span(at, at), f" -- {MARK} ignore[{_list(codes)}]".encode())
        made[_above(source, at, codes, "--") if above else behind] = found
    held = _held(path, source, made)
    lost = [found for edit, found in made.items() if edit not in held]
    return sorted(held), [*left, *(finding for found in lost for finding in found)]


def _held(path: str, source: bytes, made: Mapping[Edit, Sequence[Finding]]) -> list[Edit]:
    """The edits whose comments hold for their findings, as the file's reader takes them (a template's may not)."""
    edits = sorted(made)
    before = list(accumulate((len(edit.new) for edit in edits), initial=0))
    after = apply(source, edits)
    covers = sorted(
        span
        for embedded in hosts.opened(path, after).hosted.texts
        for comment in sql.comments(
            embedded.text.text, [hole.span for hole in embedded.text.holes], MARK, script=embedded.script
        )
        for span in embedded.text.places(comment.covers)
    )
    begins = [span.start for span in covers]
    reach = list(accumulate((span.stop for span in covers), max))

    def holds(finding: Finding) -> bool:
        byte = finding.span.start
        at = byte + before[bisect_right(edits, byte, key=lambda edit: edit.span.start)]
        index = bisect_right(begins, at) - 1
        while index >= 0 and reach[index] > at:
            if covers[index].stop > at:
                return True
            index -= 1
        return False

    return [edit for edit in edits if all(map(holds, made[edit]))]


def _taken(file: hosts.Host) -> tuple[list[Span], list[tuple[Span, bool]]]:
    """The bytes of tokens and comments, and of statements, each with whether data may follow it; in order."""
    taken: list[Span] = []
    statements: list[tuple[Span, bool]] = []
    for embedded in file.hosted.texts:
        text = embedded.text
        holes = [hole.span for hole in text.holes]
        for statement in sql.cut(text.text, holes, script=embedded.script):
            taken += [place for token in statement.tokens if (place := text.place(token.span))]
            if place := text.place(statement.span):
                statements.append((place, statement.tokens[0].word == "copy"))
        taken += [c for found in sql.comments(text.text, holes, "") if (c := text.place(found.span))]
    return sorted(taken), sorted(statements)


def _statements(file: hosts.Host) -> list[list[str]]:
    """The words of each statement."""
    return [
        [token.word for token in statement.tokens]
        for embedded in file.hosted.texts
        for statement in sql.cut(embedded.text.text, [h.span for h in embedded.text.holes], script=embedded.script)
    ]


def _line(source: bytes, byte: int) -> Span:
    """The line that a byte stands in, without its end."""
    start = max(source.rfind(b"\n", 0, byte), source.rfind(b"\r", 0, byte)) + 1
    end = re.compile(rb"\r\n|\r|\n|\Z").search(source, byte)
    return Span(start, end.start() if end else len(source))


def _bom(source: bytes) -> int:
    return 3 if source.startswith(b"\xef\xbb\xbf") else 0


def _among(places: Sequence[int], place: int) -> bool:
    at = bisect_left(places, place)
    return at < len(places) and places[at] == place
