"""More files never find less: what is told of a file alone is told in any run that holds it, or settled there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.cases import rules_for
from helpers.paths import FIXTURES

from schema_rewriter import reading
from schema_rewriter.project import facts, link
from schema_rewriter.rewriting.rewriter import rewrite

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from schema_rewriter.edit import Span
    from schema_rewriter.project import Context, Facts
    from schema_rewriter.rules import RuleSet

PROJECTS = sorted(path.parent for path in (FIXTURES / "projects").glob("*/before"))


class Project:
    """The Python files of a project, with what is told of each in a run over some of them."""

    def __init__(self, root: Path) -> None:
        self.rules: RuleSet = rules_for(root / "before")
        before = root / "before"
        found = sorted(path for path in before.rglob("*") if path.suffix in (".py", ".sql"))
        self.sources = {path.relative_to(before).as_posix(): path.read_bytes() for path in found}
        self.facts = {path: facts(reading.read(path, source, self.rules)) for path, source in self.sources.items()}
        self._told: dict[tuple[str, Context], set[Span]] = {}

    def told(self, paths: Iterable[str]) -> dict[str, set[Span]]:
        """By file, what is told of its names, or edited, in a run over these.

        Not of holes: another file may give them values, or show that they are settled.
        """
        every: list[Facts] = [self.facts[path] for path in paths]
        linked = link(every, self.rules, whole=True)
        return {item.path: self._of(item.path, linked.context(item.path)) for item in every}

    def is_hole(self, path: str, span: Span) -> bool:
        """Whether there is a hole of a text."""
        return self.sources[path][span.start : span.stop].startswith((b"{", b"%"))

    def _of(self, path: str, context: Context) -> set[Span]:
        key = path, context
        if key not in self._told:
            result = rewrite(path, self.sources[path], self.rules, context=context)
            told = (finding.span for finding in result.findings if not finding.message.startswith("{"))
            self._told[key] = {span for span in told if not self.is_hole(path, span)}
        return self._told[key]


@pytest.mark.parametrize("root", PROJECTS, ids=lambda root: root.name)
def test_more_files_never_find_less(root: Path) -> None:
    project = Project(root)
    paths = list(project.sources)
    alone = {path: project.told([path])[path] for path in paths}
    runs = [paths, *([path for path in paths if path != left] for left in paths if len(paths) > 2)]
    lost = [(path, span) for run in runs for path, found in project.told(run).items() for span in alone[path] - found]
    assert not set(lost)
