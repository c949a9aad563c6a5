"""What git tracks in one repository: asked of git once, and only where a rule ignores something. Knows no rule."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter.errors import GitError

if TYPE_CHECKING:
    from schema_rewriter.cache.trace import Trace


class Tracked:
    """The repository at `top`. `problem` is why git could not tell what it tracks, "" while it could."""

    def __init__(self, top: Path, trace: Trace | None = None) -> None:
        self.top = f"{top.as_posix().rstrip('/')}/"
        self.problem = ""
        self._trace = trace

    def has(self, path: str) -> bool:
        """Whether an absolute path is that of a file, or a repository within, that git tracks."""
        return path.removeprefix(self.top) in self._files

    def is_below(self, directory: str) -> bool:
        """Whether git tracks something below a directory."""
        return directory.removeprefix(self.top).rstrip("/") in self._directories

    @cached_property
    def _files(self) -> frozenset[str]:
        from schema_rewriter.files import git

        if self._trace:
            self._trace.index(self.top.rstrip("/"))
        try:
            return git.index(Path(self.top))
        except GitError as error:
            self.problem = str(error).partition(";")[0]
            return frozenset()

    @cached_property
    def _directories(self) -> frozenset[str]:
        found: set[str] = set()
        for path in self._files:
            above = os.path.dirname(path)  # noqa: PTH120 - for each of ten thousand
            while above and above not in found:
                found.add(above)
                above = os.path.dirname(above)  # noqa: PTH120
        return frozenset(found)
