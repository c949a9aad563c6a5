"""The candidate files below some paths, and what is passed over; knows git's rules only by asking, opens no file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter.files.disk import file_errors, resolved
from schema_rewriter.files.ignore import ignored, repository_above, rules_above, rules_in
from schema_rewriter.files.tracked import Tracked
from schema_rewriter.rules.globs import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from schema_rewriter.cache.trace import Trace
    from schema_rewriter.files.ignore import Rule

_SKIPPED = frozenset(
    (
        *(".git", ".hg", ".svn", ".bzr", ".tox", ".nox", ".venv", ".eggs", "node_modules"),
        *(".schema-rewrite-cache", ".schema-rewrite-undo"),
        *("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"),
    )
)
_SKIPPED_SUFFIXES = (".egg-info", ".dist-info")


def walk(
    paths: Sequence[str],
    root: Path,
    *,
    include: Sequence[str],
    exclude: Sequence[str],
    named_too: bool = False,
    trace: Trace | None = None,
    failed: Callable[[str, Exception], object] | None = None,
    left_out: Callable[[str, str], object] = lambda why, what: None,
) -> Iterator[str]:
    """The candidate files below `paths`, each once, as POSIX paths that begin as given, sorted by parts.

    Relative paths are relative to `root`. A named file is always taken, but, if `named_too`, for one that `exclude`
    matches. In a named directory a file is taken that matches a glob of `include` and none of `exclude` (both
    relative to `root`; a directory that `exclude` matches is not entered), unless git would ignore it. Never
    entered, but when named: version control, caches, installed and vendored trees (`_SKIPPED`, any directory with
    a pyvenv.cfg). `build` and `dist` are entered unless git ignores them, as they may hold sources (ruff enters
    `build` too, but not `dist`).

    Ignored is what git ignores: what .gitignore files from the top of the repository down, or from `root` where there
    is none, .git/info/exclude and the user's own excludes file say, and git does not track. A nested repository has
    rules of its own only.

    Symlinks are not followed, as what they lead to inside `root` is walked anyway. A named path is followed
    inside `root` and refused where a link leads out of it. Raises FileError for that, for a named path that
    does not exist and for a directory that can't be listed; the latter goes to `failed` instead, if it is given, as
    does whatever else is wrong with a directory, and the walk goes on. `trace` gets what the answer depends on.
    `left_out` gets why something is passed over that may be wanted ("link" or "git"), and the path or what git said.
    """
    top = root.resolve()
    found: dict[str, str] = {}
    walked: list[_Walk] = []
    for given in paths:
        real = _reached(given, root, trace)
        begin = Path(given).as_posix()
        if named_too and real.is_relative_to(top) and matches(real.relative_to(top).as_posix(), tuple(exclude)):
            continue
        if not real.is_dir():
            found.setdefault(real.as_posix(), begin)
            continue
        prefix = "" if begin == "." else begin.rstrip("/") + "/"
        base = real.as_posix().rstrip("/") + "/"
        walked.append(_Walk(base, prefix, _from_root(base, top), tuple(include), tuple(exclude), trace))
        for path in walked[-1].files(top, failed):
            found.setdefault(base + path, prefix + path)
    _note_left_out(walked, found, left_out)
    yield from sorted(found.values(), key=lambda path: path.split("/"))


def _reached(given: str, root: Path, trace: Trace | None) -> Path:
    """Where a path that is named leads to. Raises FileError."""
    if trace:
        trace.link(os.path.join(root, given))  # noqa: PTH118 - pathlib would take the dots away
    real = resolved(given, root)
    if trace and real.is_dir():
        trace.above(real.as_posix())
    elif trace:
        trace.add(real)
    return real


def _note_left_out(walked: Sequence[_Walk], found: Container[str], left_out: Callable[[str, str], object]) -> None:
    """Pass on what git could not tell, and the links whose ends no walk came to."""
    bases = [one.base for one in walked]
    for one in walked:
        for problem in one.problems:
            left_out("git", problem)
        for path in one.links:
            if not _is_walked(os.path.realpath(one.base + path), found, bases):
                left_out("link", one.prefix + path)


def _from_root(base: str, root: Path) -> str:
    """What leads from the root to a directory, with a slash at the end; "" for the root itself."""
    return "" if base == f"{root.as_posix()}/" else Path(os.path.relpath(base, root)).as_posix() + "/"


def _is_walked(real: str, found: Container[str], bases: Sequence[str]) -> bool:
    """Whether what a link leads to is taken itself, or is a directory that the walk came to, or passed over."""
    return real in found or (os.path.isdir(real) and f"{real}/".startswith(tuple(bases)))  # noqa: PTH112


@dataclass(frozen=True, slots=True)
class _Place:
    """A directory to look into, below the one that is walked: the rules that hold in it, and whose repository it is.

    `ignored`: git ignores it, so that only what git tracks is taken.
    """

    prefix: str
    rules: tuple[Rule, ...]
    tracked: Tracked | None
    ignored: bool = False


@dataclass(slots=True)
class _Walk:
    """The walk below one directory: `base`, which a report shows as `prefix`, and globs see as `from_root`.

    `links` are the links in it that a file or a directory was wanted by, `problems` what git said instead of an answer.
    """

    base: str
    prefix: str
    from_root: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    trace: Trace | None
    links: list[str] = field(default_factory=list)
    repositories: list[Tracked] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        return [one.problem for one in self.repositories if one.problem]

    def files(self, root: Path, failed: Callable[[str, Exception], object] | None) -> Iterator[str]:
        """The files to take, below `base`."""
        top = repository_above(Path(self.base))
        waiting = [
            _Place("", rules_above(Path(self.base), root, self._hold), None if top is None else self._tracked(top))
        ]
        while waiting:
            place = waiting.pop()
            try:
                directories, taken = self._look_into(place)
            except Exception as error:
                if failed is None:
                    raise
                failed(self.base + place.prefix, error)
                continue
            waiting += directories
            yield from taken

    def _tracked(self, top: Path) -> Tracked:
        self.repositories.append(Tracked(top, self.trace))
        return self.repositories[-1]

    def _look_into(self, place: _Place) -> tuple[list[_Place], list[str]]:
        """The directories to enter and the files to take. Raises FileError."""
        directory = self.base + place.prefix
        with file_errors(directory, "make it readable or exclude it"), os.scandir(directory) as listing:
            entries = list(listing)
        names = {entry.name for entry in entries}
        self._note(directory, names)
        if place.prefix and "pyvenv.cfg" in names:
            return [], []
        if ".git" in names and place.prefix:  # a repository within, with rules of its own
            place = _Place(place.prefix, (), self._tracked(Path(directory)))
        place = replace(place, rules=rules_in(directory, names, place.rules, self._hold))
        directories: list[_Place] = []
        taken: list[str] = []
        for entry in entries:
            path = place.prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if below := self._below(entry.name, path, place):
                    directories.append(below)
            elif entry.is_file(follow_symlinks=False):
                if self._is_wanted(path) and self._is_in(path, place):
                    self._note(self.base + path)
                    taken.append(path)
            elif entry.is_symlink() and self._is_link(entry, path, place):
                self.links.append(path)
        return directories, taken

    def _note(self, path: str, names: Container[str] = ()) -> None:
        """Note what the answer depends on, of a file or of a directory with these names in it."""
        if not self.trace:
            return
        self.trace.add(path)
        if ".gitignore" in names:
            self.trace.add(f"{path}.gitignore")
        if ".git" in names:
            self.trace.repository(path.rstrip("/"))

    def _hold(self, path: Path) -> None:
        if self.trace:
            self.trace.hold(path)

    def _below(self, name: str, path: str, place: _Place) -> _Place | None:
        """A directory to enter; None for one that is not."""
        if name in _SKIPPED or name.endswith(_SKIPPED_SUFFIXES) or matches(self.from_root + path, self.exclude):
            return None
        if not (place.ignored or ignored(self.base + path, True, place.rules)):
            return replace(place, prefix=f"{path}/")
        if place.tracked and (place.tracked.has(self.base + path) or place.tracked.is_below(self.base + path)):
            return replace(place, prefix=f"{path}/", ignored=True)
        return None

    def _is_wanted(self, path: str) -> bool:
        below = self.from_root + path
        return matches(below, self.include) and not matches(below, self.exclude)

    def _is_in(self, path: str, place: _Place) -> bool:
        """Whether a file is git's, or would be if it were added."""
        if not (place.ignored or ignored(self.base + path, False, place.rules)):
            return True
        return place.tracked is not None and place.tracked.has(self.base + path)

    def _is_link(self, entry: os.DirEntry[str], path: str, place: _Place) -> bool:
        """Whether a link leads to a file or a directory that would be looked at, if it stood here."""
        if self.trace:
            self.trace.link(self.base + path)
        if entry.is_dir():
            return (
                entry.name not in _SKIPPED
                and not matches(self.from_root + path, self.exclude)
                and self._is_in(path, place)
            )
        return entry.is_file() and self._is_wanted(path) and self._is_in(path, place)
