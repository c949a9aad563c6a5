"""What a run has to say: findings, results by file, the report; knows no format and no tree."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from schema_rewriter.edit import Edit, Span
    from schema_rewriter.relation import Relation


class Applicability(enum.IntEnum):
    """How far an edit may be trusted: SAFE is applied, UNSAFE on request, MANUAL needs a person."""

    MANUAL = 0
    UNSAFE = 1
    SAFE = 2


CODES = {
    "unqualified-relation": "names a relation that moves, without its schema",
    "old-schema": "names a relation that moves, by its old schema",
    "dynamic-relation": "names a relation by an expression that only the running program knows",
    "possible-sql": "names a relation that moves in a text that reads as SQL, and may be something else",
    "sql-fragment": "names a relation that moves in a piece of SQL whose statement is not known",
    "uncertain-relation": "names in SQL a relation that moves, or another one that has its name there",
    "uncertain-dialect": "names a relation that moves in SQL that another system may run",
    "name-in-code": "holds the name of a relation that moves, and code that is no SQL takes it",
    "unparsed-sql": "names a relation that moves in SQL that could not be parsed",
    "unwritable-name": "names a relation that moves where the new name can't be written",
    "schema-literal": "names a schema by itself, and relations move out of it",
    "missing-schema": "makes a table in a schema that nothing in the run creates",
    "relation-conflict": "defines a relation that moves otherwise than another file does, or fails by that",
    "index-conflict": "gives an index a name that another one has in the schema it moves to",
    "renamed-relation": "names a relation that moves by a name it has before a rename",
    "search-path": "sets the search_path, and so what unqualified names mean",
    "django-search-path": "tables of Django's models move, and the search_path alone finds them",
    "django-table": "a model of Django's names its table in a way that the move makes wrong",
    "django-model": "a model of Django's has a table that moves, which its connections find",
    "frozen-history": "migrations that have run name relations that move, and stay as they are",
    "possible-history": "numbered SQL files name relations that move; the rules must say whether they have run",
    "generated-file": "a file that a program makes names relations that move, and is not edited",
    "unedited-model": "a model names a relation that moves where the code can't be edited, so no edit of it is made",
    "other-file": "names a relation that moves in a file in which nothing is edited: other code, documents, settings",
    "model-setting": "holds for all models, and needs a line since tables of theirs move",
    "unproved-edit": "an edit that did not pass the proof and was not made",
    "unused-suppression": "a comment that suppresses findings, and nothing is found where it holds",
    "opaque-file": "a file that names a relation that moves and can't be read",
    "other-dialect": "names a relation that moves in SQL of another system, which stays as it is",
    "linked-file": "code reads a file of the run that has findings",
    "unread-file": "code reads a file that names a relation that moves, and that the run leaves out",
    "boundary": "uses a relation of a schema that the rules' boundaries do not permit there",
    "stale-baseline": "an entry of the baseline that no longer fires, so the baseline can shrink",
}
"""Every finding code, with what it says of the place it stands at."""

ALIASES = {
    "ambiguous-relation": ("possible-sql", "sql-fragment", "uncertain-relation", "uncertain-dialect", "name-in-code")
}
"""Codes that were split, each with what it became: settings, comments and baselines that say one mean all of these."""

NOTES = frozenset(("other-dialect", "linked-file", "frozen-history", "django-model"))
"""The codes of notes: they tell what rightly stays or where else to look, ask nothing of a person and fail no run."""


def naming(code: str, words: Iterable[str]) -> str:
    """The first of some words that means a finding code, by its name or by an alias; "" if none does."""
    return next((word for word in words if word == code or code in ALIASES.get(word, ())), "")


@dataclass(frozen=True, slots=True, order=True)
class Related:
    """Another place that has a part in a finding: a line of a file, from 1 on, and what stands there."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in a file that names a relation that moves, or may.

    `span` is in bytes of the file. `edits` make the place right, all or none of them. `reason` tells why a person
    is needed; it is empty where `applicability` is SAFE. `relation` and `target` are None where they are not known.
    `proved_by` tells what compared the statements of edits that are made, before and after: the parsers "sqlglot" and
    "postgresql", or "tokens" for what neither reads; it is empty where the edits are part of no statement.
    `related` are the other places of one cause, which are told here and nowhere else.
    """

    code: str
    message: str
    span: Span
    relation: Relation | None = None
    target: Relation | None = None
    edits: tuple[Edit, ...] = ()
    applicability: Applicability = Applicability.MANUAL
    reason: str = ""
    proved_by: tuple[str, ...] = field(default=(), compare=False)
    related: tuple[Related, ...] = ()

    @property
    def is_note(self) -> bool:
        """Whether the finding only tells, and asks nothing of anybody."""
        return self.code in NOTES


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that somebody has set aside: it is told to programs, and neither applied nor counted.

    `kind` is "comment" (in the file itself) or "baseline" (in a file beside the code); `reason` is what was written
    there, "" for nothing.
    """

    finding: Finding
    kind: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FileResult:
    """All about one file. `after` differs from `before` by the applied findings' edits and nothing else.

    `applied` holds the findings whose edits made `after`, `findings` all of them, both in the order of the file.
    `qualified` counts references that were right already. `parsed` tells whether the file had to be parsed.
    `error` is one line for a file that could not be judged; then `after` equals `before`. `suppressed` are findings
    that are in neither of the others. `on_changed_lines` are those of them that stand on lines which a change under
    review made, where that was asked.
    """

    path: str
    before: bytes
    after: bytes
    findings: tuple[Finding, ...] = ()
    applied: tuple[Finding, ...] = ()
    qualified: int = 0
    parsed: bool = False
    error: str | None = None
    suppressed: tuple[Suppressed, ...] = ()
    on_changed_lines: frozenset[Finding] = frozenset()

    @property
    def changed(self) -> bool:
        """Whether the file has something to write."""
        return self.before != self.after

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that the applied edits leave to a person."""
        applied = frozenset(self.applied)
        return tuple(finding for finding in self.findings if finding not in applied)

    def narrowed(self, keep: Callable[[Finding], bool]) -> FileResult:
        """The result with the findings that are kept only, and their edits: which are proved as a whole, not these."""
        findings = tuple(finding for finding in self.findings if keep(finding))
        if len(findings) == len(self.findings):
            return self
        applied = tuple(finding for finding in self.applied if keep(finding))
        if applied == self.applied:
            return replace(self, findings=findings)
        from schema_rewriter.edit import apply

        after = apply(self.before, [edit for finding in applied for edit in finding.edits])
        return replace(self, after=after, findings=findings, applied=applied)

    def with_suppressed(self, more: Iterable[Suppressed]) -> FileResult:
        """The result with more findings that are set aside, in the order of the file."""
        if not (more := tuple(more)):
            return self
        order = sorted((*self.suppressed, *more), key=lambda item: (item.finding.span, item.finding.code))
        return replace(self, suppressed=tuple(order))


@dataclass(frozen=True, slots=True, order=True)
class Helper:
    """A function of the project that puts arguments into SQL as names of relations: found, not told."""

    path: str
    name: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person should know of the run as a whole: it asks nothing, and changes no exit code.

    `code` is one of NOTICES. `what` are the things it speaks of, paths, relations or globs, all of them.
    """

    code: str
    message: str
    what: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The first of the files that it speaks of, or the top: where formats show it that want a place."""
        return self.what[0] if self.what and self.code in ("not-text", "link") else "."


NOTICES = ("no-files", "unused-move", "unused-paths", "not-text", "link", "git")
"""The codes of notices: nothing was read, words of the rules that mean nothing here, files that are not judged."""


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a run that have something to say, in path order, and what was read without result.

    `written` tells whether the changes are on disk; `read` counts all files read, those without a result included.
    `helpers` are the functions through which names that move get into SQL.
    `left_out` counts the findings that were left out of the results on request, by the reason's word: ignored,
    baseline or unchanged. `paths` are those of all files read, where a run knows them. `notices` are about
    the run as a whole.
    """

    results: tuple[FileResult, ...]
    read: int = 0
    written: bool = False
    helpers: tuple[Helper, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    paths: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    def narrowed(self, keep: Callable[[FileResult, Finding], bool], why: str) -> Report:
        """The report with the findings that are kept only; `why` is the word that the others are counted by."""
        results = tuple(result.narrowed(partial(keep, result)) for result in self.results)
        count = sum(len(old.findings) - len(new.findings) for old, new in zip(self.results, results, strict=True))
        left_out = {**dict(self.left_out), why: dict(self.left_out).get(why, 0) + count}
        return replace(self, results=results, left_out=tuple(left_out.items())) if count else self

    @property
    def to_qualify(self) -> int:
        """How many findings the run can settle itself."""
        return sum(len(result.applied) for result in self.results)

    @property
    def qualified(self) -> int:
        """How many references were right already."""
        return sum(result.qualified for result in self.results)

    @property
    def need_person(self) -> int:
        """How many findings are left to a person; notes are not."""
        return sum(not finding.is_note for result in self.results for finding in result.open)

    @property
    def notes(self) -> int:
        """How many findings only tell what stays as it is."""
        return sum(finding.is_note for result in self.results for finding in result.open)

    @property
    def suppressed(self) -> int:
        """How many findings somebody has set aside."""
        return sum(len(result.suppressed) for result in self.results)

    @property
    def suppressed_by_comments(self) -> int:
        """How many of them a comment in the code sets aside."""
        return sum(item.kind == "comment" for result in self.results for item in result.suppressed)

    @property
    def parsed(self) -> int:
        """How many files had to be parsed."""
        return sum(result.parsed for result in self.results)

    @property
    def changed(self) -> int:
        """How many files change."""
        return sum(result.changed for result in self.results)

    @property
    def errors(self) -> int:
        """How many files could not be judged."""
        return sum(result.error is not None for result in self.results)

    def exit_code(self, *, non_zero_on_fix: bool = False) -> int:
        """0 nothing (left) to do, 1 something to qualify or needing a person, 2 a file could not be judged."""
        if self.errors:
            return 2
        if self.need_person or (self.to_qualify and (not self.written or non_zero_on_fix)):
            return 1
        return 0
