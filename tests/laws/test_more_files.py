"""Law 7: more files never find less. What a run tells, one over more files tells too, or proves it settled."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from helpers.cases import rules_for
from helpers.paths import FIXTURES

from schema_rewriter import reading
from schema_rewriter.cli.config import INCLUDE
from schema_rewriter.project import facts, link
from schema_rewriter.project.context import HoleOutcome
from schema_rewriter.run import Task, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from schema_rewriter.finding import Finding
    from schema_rewriter.project import Context, Facts
    from schema_rewriter.rules import RuleSet

HISTORY = ("frozen-history", "possible-history")
SETTING = (b"CREATE SCHEMA", b"include_schemas", b"schema_translate_map")
"""What a file says that settles what models need besides."""
PROJECTS = sorted(path.parent for path in (FIXTURES / "projects").glob("*/rules.toml"))


@dataclass(frozen=True)
class Told:
    """What a run told: each finding by its place, and what the files of the run got from each other.

    `relations` are all that it names, each with its place: one may tell of several (arguments that classes share).
    """

    findings: Mapping[tuple[str, int], Finding]
    relations: frozenset[tuple[str, int, str]]
    edited: frozenset[tuple[str, int]]
    contexts: Mapping[str, Context]
    sources: Mapping[str, bytes]


class Project:
    """A project's rules, and what its files tell each other: facts of each, which no other file changes."""

    def __init__(self, root: Path, rules: RuleSet, cache: Path) -> None:
        self.root, self.rules, self.cache = root, rules, cache
        self._facts: dict[str, Facts] = {}

    def told(self, root: Path) -> Told:
        """What a run over the project tells that stands at a root, with some of its files."""
        report = run(Task(root, self.rules), ["."], include=INCLUDE, jobs=1, cache=self.cache)
        assert not report.errors
        findings = {(result.path, one.span.start): one for result in report.results for one in result.findings}
        relations = {
            (result.path, one.span.start, str(one.relation))
            for result in report.results
            for one in result.findings
            if one.relation
        }
        edited = {(result.path, one.span.start) for result in report.results for one in result.applied}
        sources = {path: (root / path).read_bytes() for path in report.paths}
        linked = link([self._of(path, root) for path in report.paths], self.rules, whole=True)
        return Told(
            findings,
            frozenset(relations),
            frozenset(edited),
            {path: linked.context(path) for path in report.paths},
            sources,
        )

    def _of(self, path: str, root: Path) -> Facts:
        if path not in self._facts:
            self._facts[path] = facts(reading.read(path, (root / path).read_bytes(), self.rules))
        return self._facts[path]


def lost(less: Told, more: Told) -> Iterator[str]:
    """What the run over fewer files told, and the other does not, though nothing in it settles that.

    A name that is known may be told at another place instead, of which the first run knew nothing: a schema in front of
    the hole that it gets into. A hole may be closed, where the files together show all that gets into it. And they may
    show that a file is history, or that it is none: one finding tells of each history, at one of its files. What models
    need besides, another file may say; and it is told once, perhaps there.
    """
    histories = {context.frozen.home for context in more.contexts.values() if context.frozen and context.frozen.files}
    new = {place: one for place, one in more.findings.items() if place not in less.findings}
    instead = {relation for _, _, relation in more.relations - less.relations}
    has_front = any(place in more.edited and one.relation is None for place, one in new.items())
    for place, one in less.findings.items():
        path, start = place
        shown = f"{path}:{start}: {one.code} {one.message}"
        frozen = more.contexts[path].frozen
        if one.code in HISTORY or frozen is not None:
            if frozen is not None and frozen.home not in histories:
                yield shown
        elif place in more.findings:
            if place in less.edited and place not in more.edited and not more.findings[place].reason:
                yield f"{shown} is not edited any more, for no reason"
        elif one.code == "model-setting":
            further = [source for path, source in more.sources.items() if path not in less.sources]
            is_settled = any(mark in source for mark in SETTING for source in further)
            if not is_settled and one.message not in {other.message for other in new.values()}:
                yield shown
        elif one.relation:
            if str(one.relation) not in instead and not has_front:
                yield shown
        elif not _is_closed(one, more.contexts[path], more.sources[path]):
            yield shown


def _is_closed(finding: Finding, context: Context, source: bytes) -> bool:
    """Whether the project decides what becomes of the hole that a finding is about."""
    expression = "".join(finding.message.partition("{")[2].rpartition("}")[0].split())
    return any(
        hole.settled is not HoleOutcome.OPEN
        and "".join(source[hole.code.start : hole.code.stop].decode().split()) == expression
        for hole in context.holes
    )


@pytest.mark.parametrize("tree", PROJECTS, ids=lambda tree: tree.name)
def test_more_files_never_find_less(tree: Path, tmp_path: Path) -> None:
    """Each file alone against all runs with it, of the whole project or without a file; these against the whole."""
    root = tmp_path / "in"
    shutil.copytree(tree / "before", root)
    project = Project(root, rules_for(tree / "rules.toml"), tmp_path / "cache")
    every = project.told(root)
    alone, without = {}, {}
    for path in every.contexts:
        aside = (root / path).rename(tmp_path / "aside")
        without[path] = project.told(root)
        (tmp_path / "alone" / path).parent.mkdir(parents=True)
        shutil.copy(aside, tmp_path / "alone" / path)
        alone[path] = project.told(tmp_path / "alone")
        shutil.rmtree(tmp_path / "alone")
        aside.rename(root / path)
    less = {f"without {left}, all": list(lost(told, every)) for left, told in without.items()}
    less |= {f"{path} alone, all": list(lost(told, every)) for path, told in alone.items()}
    for path, left in permutations(every.contexts, 2):
        less[f"{path} alone, without {left}"] = list(lost(alone[path], without[left]))
    assert {when: what for when, what in less.items() if what} == {}
