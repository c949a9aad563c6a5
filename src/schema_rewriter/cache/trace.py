"""What a run looks at, as it goes: the files and directories whose state an answer depends on."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from schema_rewriter.cache.answer_cache import states

if TYPE_CHECKING:
    from collections.abc import Iterable


class Trace:
    """What a run looked at: `paths` of files and directories, absolute, and where links led to.

    A path may be one where nothing was. `day` is the day that the answer depends on, "" for none.
    """

    __slots__ = ("_held", "day", "links", "paths")

    def __init__(self) -> None:
        self.paths: dict[str, None] = {}
        self.links: dict[str, str] = {}
        self.day = ""
        self._held: list[tuple[str, bytes]] = []

    def hold(self, *paths: str | os.PathLike[str]) -> None:
        """Note that the run will look at these, which may vanish until it does."""
        for path in paths:
            self.add(path)
            self._held.append((os.fspath(path), states([os.fspath(path)])))

    @property
    def holds(self) -> bool:
        """Whether all that was to be held is as it was."""
        return all(states([path]) == state for path, state in self._held)

    def add(self, *paths: str | os.PathLike[str]) -> None:
        """Note that the run looked at these."""
        for path in paths:
            self.paths[os.path.abspath(path)] = None  # noqa: PTH100 - no pathlib here

    def below(self, directory: str | os.PathLike[str]) -> None:
        """Note that the run asked what stands in the directories of a directory."""
        self.add(directory)
        try:
            self.add(*(entry.path for entry in os.scandir(directory) if entry.is_dir()))
        except OSError:  # that it is not there is noted
            return

    def link(self, path: str) -> None:
        """Note where a path leads to."""
        self.links[os.path.abspath(path)] = os.path.realpath(path)  # noqa: PTH100

    def repository(self, directory: str) -> None:
        """Note whether a directory is a repository, and which file of git's own tells what is ignored there."""
        git = f"{directory}/.git"
        # Not the directory .git itself, which changes with every command of git.
        self.hold(f"{git}/HEAD" if os.path.exists(f"{git}/HEAD") else git, f"{git}/info/exclude")  # noqa: PTH110
        if os.path.exists(git):  # noqa: PTH110
            home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
            self.hold(f"{git}/config", *(f"{home}/git/{name}" for name in ("config", "ignore")))
            self.hold(os.path.expanduser("~/.gitconfig"), "/etc/gitconfig")  # noqa: PTH111
        if not os.path.isfile(git):  # noqa: PTH113
            return
        try:  # a worktree or a submodule: files of one line point to what it shares with others
            with open(git, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
                own = os.path.join(directory, file.read().removeprefix("gitdir:").strip())  # noqa: PTH118
            self.hold(f"{own}/info/exclude", f"{own}/commondir")
            with open(f"{own}/commondir", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
                self.hold(f"{os.path.join(own, file.read().strip())}/info/exclude")  # noqa: PTH118
        except OSError:
            return  # that it is not there is noted

    def index(self, directory: str) -> None:
        """Note that the run asked git what it tracks in the repository that a directory is the top of."""
        own = git = f"{directory}/.git"
        if os.path.isfile(git):  # noqa: PTH113
            with suppress(OSError), open(git, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
                own = os.path.join(directory, file.read().removeprefix("gitdir:").strip())  # noqa: PTH118
        self.hold(f"{own}/index", *filter(None, [os.environ.get("GIT_INDEX_FILE")]))

    def above(self, directory: str) -> None:
        """Note what settings and rules of git hold in a directory because of what stands in or above it."""
        directory = os.path.abspath(directory)  # noqa: PTH100
        while True:
            self.hold(f"{directory}/pyproject.toml", f"{directory}/.gitignore")
            self.repository(directory)
            if directory == (parent := os.path.dirname(directory)):  # noqa: PTH120
                return
            directory = parent


def program() -> Iterable[str]:
    """The files of this program and of the packages it stands on, and the directories such packages are put into."""
    from importlib.util import find_spec

    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    for directory, _, names in os.walk(home):
        yield from (f"{directory}/{name}" for name in names if not name.endswith(".pyc"))
    for package in ("click", "libcst", "sqlglot", "sqlglotc", "yaml"):
        spec = find_spec(package)
        if spec is not None and spec.origin:
            yield from (spec.origin, f"{os.path.dirname(spec.origin)}/_version.py")  # noqa: PTH120
    yield from (path for path in sys.path if path and path != os.getcwd())  # noqa: PTH109
