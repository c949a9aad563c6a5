"""The statements of files in pairs, before and after the rules: what a proof on a server is about. Asks no server."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from schema_rewriter.postgres.verify.claims import both, claims
from schema_rewriter.run import pipeline
from schema_rewriter.run.attempt import attempt
from schema_rewriter.run.pipeline import Files, Means, Question
from schema_rewriter.run.results import Kind
from schema_rewriter.run.task import Task, failure, read
from schema_rewriter.run.worker import Keyed, facts_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema_rewriter.postgres.verify.claims import Claim, HoleDecision
    from schema_rewriter.project import Context, Facts
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.run.scope import Scope
    from schema_rewriter.run.worker import Asked


@dataclass(frozen=True, slots=True)
class Pair:
    """A file before the move and after it, whichever of the two it is now."""

    path: str
    before: bytes = b""
    after: bytes = b""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """The claims of many files, in path order, each file as it was before, and why some could not be read."""

    claims: tuple[Claim, ...]
    before: Mapping[str, bytes]
    errors: Mapping[str, str]


def gather(scope: Scope, before: Mapping[str, bytes] | None = None) -> Gathered:
    """The claims of the files of a scope.

    `before` are the same files before somebody rewrote them; without it, the rules say what they were or will be.
    """
    files = Files.of(scope, Means(jobs=1))
    pairs = _by_rules(files) if before is None else _by_hand(files, before)
    old = {path: pair.before for path, pair in pairs.items()}
    new = {path: pair.after for path, pair in pairs.items()}
    was, now = (_values(side, files) for side in (old, new))
    found: list[Claim] = []
    for path in pairs:
        try:
            found += claims(path, old[path], new[path], scope.task.rules, was.get(path), now.get(path))
        except Exception as error:  # noqa: BLE001 - that file's error: the others are proved
            files.failures.add(path, error)
    return Gathered(tuple(claim for claim in found if claim.path not in files.failures), old, files.failures)


def _by_hand(files: Files, before: Mapping[str, bytes]) -> dict[str, Pair]:
    """The files as they are, each with what it was before."""
    pairs = {path: Pair(path, source) for path, source in before.items()}
    for path in files.scope.asked:
        try:
            pairs[path] = Pair(path, before.get(path, b""), read(path, files.scope.task))
        except Exception as error:  # noqa: BLE001 - that file's error
            files.failures.add(path, error)
    return {path: pairs[path] for path in sorted(pairs)}


def _by_rules(files: Files) -> dict[str, Pair]:
    """The files, each in both of its states, as the rules tell them."""
    means = Means(jobs=1)
    facts = pipeline.gather(files, _QUESTION, means)
    pairs = pipeline.results(files, _QUESTION, pipeline.link(files, facts), sorted(files.scope.asked), means)
    for pair in pairs.values():
        if pair.error is not None:
            files.failures.add(pair.path, pair.error)
    return {path: pair for path, pair in pairs.items() if path not in files.failures}


def _pairs(chunk: Sequence[Asked], task: Task) -> tuple[Keyed[Pair], ...]:
    return tuple(Keyed(asked.path, _pair(asked.path, asked.context, task)) for asked in chunk)


def _pair(path: str, context: Context, task: Task) -> Pair:
    try:
        source = read(path, task)
        own = context.within(source)
        is_linked = own.moves or own.literals or own.holes
        if not (is_linked or task.rules.mentioned(source.decode("utf-8", "replace"))):
            return Pair(path, source, source)
        return Pair(path, *both(path, source, task.rules, own))
    except Exception as error:  # noqa: BLE001 - that file's error
        return _failed(path, failure(error, path, task))


def _failed(path: str, error: str) -> Pair:
    return Pair(path, error=error)


_NOT_KEPT: Kind[Pair] = Kind(b"pair", lambda made: None, lambda path, source, kept: None, lambda context, _: context)
_QUESTION = Question(0, lambda path, source: 0, lambda path, marks: True, _pairs, _NOT_KEPT, _failed)
"""Every file is worth a look: a statement that names nothing that moves may have been rewritten, too."""


def _values(sources: Mapping[str, bytes], files: Files) -> dict[str, HoleDecision]:
    """The literals that are known to stand for the holes of each file that holds these bytes."""
    from schema_rewriter.project import Facts, texts

    task = Task(files.scope.task.root, files.scope.task.rules, held=sources)

    def failed(facts: Facts, error: str) -> Facts:
        files.failures.add(facts.path, error)
        return Facts(facts.path, error=error)

    facts = [facts_of(path, task).value for path in sources]
    for one in facts:
        if one.error:
            files.failures.add(one.path, one.error)
    found: dict[str, HoleDecision] = {}
    known = attempt(partial(texts, rules=task.rules), facts, failed)
    for (path, code), literals in known.items():
        if literals:
            found.setdefault(path, {})[code] = literals
    return found


def held(sources: Mapping[str, bytes], rules: RuleSet, *, whole: bool = False) -> Scope:
    """A scope of files that hold these bytes, whatever is on the disk; `whole`: they are all files of a project."""
    from pathlib import Path

    from schema_rewriter.run.scope import Scope

    paths = sorted(sources)
    return Scope(Task(Path(), rules, held=sources), paths, paths, whole)
