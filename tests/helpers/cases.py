"""Fixtures read as cases, and the one check that every case passes. Knows formats, not the rewriter.

    fixtures/sql/**/*.sql    many small SQL cases a file; `spellings.py` writes each as every kind of file
    fixtures/python/**       name.py becomes name.after.py and leaves the findings that name.findings lists
    fixtures/files/**        likewise for any other kind: name.x becomes name.x.after, name.x.findings lists findings
    fixtures/**/before/      a tree that becomes after/ beside it, and leaves what `findings` beside it lists

The rules of a case are in the nearest rules.toml upward; paths given to the rewriter are relative to its
folder (in a tree, to before/).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache
from typing import TYPE_CHECKING

from helpers.paths import FIXTURES
from schema_rewriter import CODES, Applicability, Edit, FileResult, RuleSet, rewrite
from schema_rewriter.cli.config import INCLUDE
from schema_rewriter.rules import parse_rules
from schema_rewriter.run import Task, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


_MARKER = re.compile(r"-- (case|only|after|finding)(?:: (.*\S))?\s*\Z")
_FINDING = re.compile(r"(?:(\S+\.\w+): )?(?:(\d+): )?([a-z-]+)\Z")


class CaseError(Exception):
    """A fixture that can't be read as cases; its text names file and line."""


@dataclass(frozen=True)
class Expected:
    """A finding that stays open: its code; its line, and in a tree its file, where the fixture tells them."""

    code: str
    line: int | None = None
    path: str = ""

    def __str__(self) -> str:
        path, line = (f"{self.path}: " if self.path else ""), ("" if self.line is None else f"{self.line}: ")
        return path + line + self.code


@dataclass(frozen=True)
class SqlCase:
    """One case of an SQL case file; `after` equals `before` where it must not change.

    `only` names the hosts, or groups of hosts, that the case is for; empty means all.
    """

    origin: str
    name: str
    before: str
    after: str
    findings: tuple[Expected, ...]
    only: frozenset[str]
    rules: RuleSet


@dataclass(frozen=True)
class FileCase:
    """One file before and after. `home` is the fixture's file; --update writes `expected` and `notes`."""

    path: str
    before: bytes
    after: bytes
    findings: tuple[Expected, ...]
    rules: RuleSet
    home: Path
    expected: Path
    notes: Path


def rules_for(place: Path) -> RuleSet:
    """The rule set in the nearest rules.toml, from the folder of `place` upward."""
    return _rules(_rules_file(place))


def _rules_file(place: Path) -> Path:
    for folder in place.parents:
        if (file := folder / "rules.toml").is_file():
            return file
        if folder == FIXTURES:
            break
    raise CaseError(f"{place}: no rules.toml in its folder or above")


@cache
def _rules(file: Path) -> RuleSet:
    return parse_rules(file.read_text(encoding="utf-8"), str(file.relative_to(FIXTURES)))


def sql_files() -> list[Path]:
    """The SQL case files, in order."""
    return sorted(FIXTURES.glob("sql/**/*.sql"))


@cache
def sql_cases(file: Path) -> tuple[SqlCase, ...]:
    """The cases of a file. Raises CaseError for what is not in the format and for a name that comes twice."""
    cases: list[SqlCase] = []
    for number, block in _blocks(file):
        case = _sql_case(file, number, block)
        if case.name in (other.name for other in cases):
            raise CaseError(f"{case.origin}: the name {case.name!r} comes twice")
        cases.append(case)
    return tuple(cases)


def _blocks(file: Path) -> Iterator[tuple[int, list[str]]]:
    """The line number of each case's first line, and its lines without their ends."""
    lines = file.read_bytes().decode("utf-8").removesuffix("\n").split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith("-- case:")]
    for line in lines[: starts[0] if starts else None]:
        if line.strip() and not line.startswith("--"):
            raise CaseError(f"{file}: text before the first `-- case:`: {line}")
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield start + 1, lines[start:stop]


def _sql_case(file: Path, number: int, block: list[str]) -> SqlCase:
    origin = f"{file.relative_to(FIXTURES)}:{number}"
    before: list[str] = []
    after: list[str] | None = None
    name, only, findings = "", frozenset[str](), list[Expected]()
    for line in block:
        marker = _MARKER.match(line)
        kind, value = (marker[1], marker[2] or "") if marker else ("", "")
        if kind == "case":
            name = value
        elif kind == "only":
            only = frozenset(re.split(r",\s*", value))
        elif kind == "after":
            after = []
        elif kind == "finding":
            findings.append(_expected(value, origin))
        elif after is not None:
            after.append(line)
        else:
            before.append(line)
    text = "\n".join(before).strip("\n")
    result = text if after is None else "\n".join(after).strip("\n")
    if not name or not text or not result:
        raise CaseError(f"{origin}: a case needs a name and SQL")
    if after is not None and result == text:
        raise CaseError(f"{origin}: what does not change needs no `-- after`")
    return SqlCase(origin, name, text, result, tuple(findings), only, rules_for(file))


def _expected(text: str, origin: str) -> Expected:
    found = _FINDING.match(text)
    if not found or found[3] not in CODES:
        raise CaseError(f"{origin}: {text!r} is no finding; write `code` or `line: code`, the codes are {list(CODES)}")
    return Expected(found[3], int(found[2]) if found[2] else None, found[1] or "")


def pairs() -> list[FileCase]:
    """All files of fixtures/python and fixtures/files, each with what it must become: itself, if nothing says more."""
    python = [
        _pair(home, home.with_suffix(f".after{home.suffix}"), home.with_suffix(".findings"))
        for home in _files(FIXTURES / "python")
        if home.name.count(".") == 1 and home.suffix not in (".toml", ".findings", ".md")
    ]
    others = [
        _pair(home, home.with_name(f"{home.name}.after"), home.with_name(f"{home.name}.findings"))
        for home in _files(FIXTURES / "files")
        if home.suffix not in (".after", ".findings") and home.name != "rules.toml"
    ]
    return python + others


def _pair(home: Path, expected: Path, notes: Path) -> FileCase:
    path = home.relative_to(_rules_file(home).parent).as_posix()
    before = home.read_bytes()
    after = expected.read_bytes() if expected.exists() else before
    return FileCase(path, before, after, _notes(notes), rules_for(home), home, expected, notes)


def trees() -> list[Path]:
    """The folders with a before/, an after/ and a rules.toml."""
    return sorted(path.parent for path in FIXTURES.glob("**/before") if (path.parent / "rules.toml").is_file())


def tree_cases(tree: Path) -> list[FileCase]:
    """All files of a tree's before/, each with its counterpart in after/."""
    notes = tree / "findings"
    listed = _notes(notes)
    cases: list[FileCase] = []
    for home in _files(tree / "before"):
        path = home.relative_to(tree / "before").as_posix()
        expected = tree / "after" / path
        findings = tuple(found for found in listed if found.path == path)
        rules = _rules(tree / "rules.toml")
        before = home.read_bytes()
        after = expected.read_bytes() if expected.exists() else before
        cases.append(FileCase(path, before, after, findings, rules, home, expected, notes))
    return cases


def tree_files(folder: Path) -> list[str]:
    """The paths of all files below a folder, relative to it."""
    return [path.relative_to(folder).as_posix() for path in _files(folder)]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _notes(file: Path) -> tuple[Expected, ...]:
    """The findings that a file lists, one a line: `code`, `line: code`, in a tree `path: line: code`."""
    if not file.exists():
        return ()
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    return tuple(
        _expected(line.strip(), f"{file}:{number}") for number, line in lines if line.strip() and line[0] != "#"
    )


def check(
    path: str,
    before: bytes,
    after: bytes,
    findings: Iterable[Expected],
    rules: RuleSet,
    *,
    note: str = "",
    again: bool = True,
) -> FileResult:
    """The result of rewriting one file; AssertionError with all that is wrong with it, if anything is.

    Without `again` there is no second run, and none with the inverse rules.
    """
    result = rewrite(path, before, rules)
    more = _runs_again(result, rules) if again else ()
    problems = [*_compare(result, after, tuple(findings)), *_laws(result), *more]
    assert not problems, "\n".join([note or path, *(f"  {line}" for text in problems for line in text.split("\n"))])
    return result


def _compare(result: FileResult, after: bytes, findings: tuple[Expected, ...]) -> Iterator[str]:
    """What differs from the fixture."""
    if result.error is not None and "opaque-file" not in (expected.code for expected in findings):
        yield f"could not be judged: {result.error}"
    if result.after != after:
        yield f"wrong text:\n{difference(after, result.after)}"
    yield from _missing_and_surplus(found(result), findings)


def found(result: FileResult) -> list[Expected]:
    """The findings that a result leaves open, as a fixture lists them."""
    return [Expected(finding.code, result.before.count(b"\n", 0, finding.span.start) + 1) for finding in result.open]


def _missing_and_surplus(actual: list[Expected], expected: Iterable[Expected]) -> Iterator[str]:
    left = list(actual)
    for want in sorted(expected, key=lambda want: want.line is None):
        match = next((have for have in left if have.code == want.code and want.line in (None, have.line)), None)
        if match is None:
            yield f"finding not made: {want.code}" + ("" if want.line is None else f" in line {want.line}")
        else:
            left.remove(match)
    for have in left:
        yield f"finding not expected: {have.code} in line {have.line}"


def check_tree(tree: Path) -> dict[str, FileResult]:
    """The results of a run over a tree's before/; AssertionError with all that is wrong with it, if anything is.

    A run over after/ must change nothing and say the same; one with the inverse rules must lead back.
    """
    rules = _rules(tree / "rules.toml")
    results, again = run_tree(tree / "before", rules), run_tree(tree / "after", rules)
    back = run_tree(tree / "after", rules.inverse())
    problems: list[str] = []
    for case in tree_cases(tree):
        result = results.get(case.path)
        if result is None or not (result.before or result.error):  # a run keeps no bytes that nobody needs
            result = FileResult(case.path, case.before, case.before)
        found_here = [*_compare(result, case.after, case.findings), *_laws(result)]
        if (second := again.get(case.path)) and second.before:
            found_here += _same(result, second)
        if restorable(result) and not rules.bare and back[case.path].after != case.before:
            way_back = difference(case.before, back[case.path].after)
            found_here.append(f"the inverse rules do not restore the file:\n{way_back}")
        problems += [f"{case.path}: {problem}" for problem in found_here]
    assert not problems, "\n".join([str(tree), *(f"  {line}" for text in problems for line in text.split("\n"))])
    return results


def run_tree(folder: Path, rules: RuleSet) -> dict[str, FileResult]:
    """What a run over a folder says of its files."""
    report = run(Task(folder, rules), ["."], include=INCLUDE, jobs=1)
    return {result.path: result for result in report.results}


def _laws(result: FileResult) -> Iterator[str]:
    """The laws of design that hold for any file whatever, and do not hold of this result."""
    before, after = result.before, result.after
    edits = sorted({edit for finding in result.applied for edit in finding.edits})
    if _outside(before, [(edit.span.start, edit.span.stop) for edit in edits]) != _outside(after, _places(edits)):
        yield "bytes outside the edits differ"
    for finding in result.findings:
        if not finding.span.stop <= len(before):
            yield f"a finding beyond the file: {finding.span}"
        if finding.applicability is not Applicability.SAFE and not finding.reason:
            yield f"a finding that needs a person and tells no reason: {finding.code}"
    for what, mark in (
        ("CRLF", b"\r\n"),
        ("LF", b"\n"),
        ("CR", b"\r"),
        ("form feed", b"\f"),
        ("BOM", b"\xef\xbb\xbf"),
    ):
        put = sum(edit.new.count(mark) - before[edit.span.start : edit.span.stop].count(mark) for edit in edits)
        if before.count(mark) + put != after.count(mark):
            yield f"{what}: {before.count(mark)} before, {after.count(mark)} after"
    if b"\n" in before and (b"\r\n" in before) != (b"\r\n" in after):
        yield "an edit puts line ends of another kind"


def _runs_again(result: FileResult, rules: RuleSet) -> Iterator[str]:
    """What a second run, or one with the inverse rules, does that it must not do."""
    before, after, path = result.before, result.after, result.path
    yield from _same(result, rewrite(path, after, rules))
    if restorable(result) and not rules.bare:
        back = rewrite(path, after, rules.inverse())
        if back.after != before:
            yield f"the inverse rules do not restore the file:\n{difference(before, back.after)}"


def _same(result: FileResult, again: FileResult) -> Iterator[str]:
    """What a second run changes, or says otherwise."""
    if again.changed:
        yield f"a second run changes the file:\n{difference(again.before, again.after)}"
    if Counter(finding.code for finding in again.open) != Counter(finding.code for finding in result.open):
        yield f"a second run leaves other findings: {found(again)}, not {found(result)}"


def restorable(result: FileResult) -> bool:
    """Whether the way back must give the same bytes: qualifiers were inserted and none stood there before."""
    inserted = all(edit.span.start == edit.span.stop for finding in result.applied for edit in finding.edits)
    return bool(result.applied) and inserted and result.qualified == 0 and not result.open and result.error is None


def _outside(source: bytes, places: Iterable[tuple[int, int]]) -> list[bytes]:
    """What lies between the places, which are in order."""
    at, parts = 0, list[bytes]()
    for start, stop in places:
        parts.append(source[at:start])
        at = stop
    return [*parts, source[at:]]


def _places(edits: Iterable[Edit]) -> Iterator[tuple[int, int]]:
    """Where the edits' new bytes stand afterwards."""
    shift = 0
    for edit in edits:
        start = edit.span.start + shift
        yield start, start + len(edit.new)
        shift += len(edit.new) - (edit.span.stop - edit.span.start)


def difference(expected: bytes, actual: bytes) -> str:
    """The lines that differ, `-` expected, `+` actual; what is not plain ASCII is shown as bytes."""
    left, right = ([repr(line)[2:-1] for line in text.split(b"\n")] for text in (expected, actual))
    return "\n".join(list(unified_diff(left, right, lineterm="", n=0))[2:])
