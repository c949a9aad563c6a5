"""The candidate files below some paths; knows what git ignores only by asking, and opens no file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter.files.disk import file_errors, resolved
from schema_rewriter.files.ignore import ignored, rules_above, rules_in
from schema_rewriter.rules.globs import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema_rewriter.cache.trace import Trace
    from schema_rewriter.files.ignore import Rule

_SKIPPED = frozenset(
    (
        *(".git", ".hg", ".svn", ".bzr", ".tox", ".nox", ".venv", ".eggs", "node_modules"),
        *(".schema-rewrite-cache", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"),
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
) -> Iterator[str]:
    """The candidate files below `paths`, each once, as POSIX paths that begin as given, sorted by parts.

    Relative paths are relative to `root`. A named file is always taken, but, if `named_too`, for one that `exclude`
    matches. In a named directory a file is taken that matches a glob of `include` and none of `exclude` (both
    relative to `root`; a directory that `exclude` matches is not entered), unless git would ignore it. Never
    entered, but when named: version control, caches, installed and vendored trees (`_SKIPPED`, any directory with
    a pyvenv.cfg). `build` and `dist` are entered unless git ignores them, as they may hold sources (ruff enters
    `build` too, but not `dist`).

    Ignored is what .gitignore files from the top of the repository down, or from `root` where there is none, and
    .git/info/exclude say; not the user's own excludes file, since a result must not depend on who runs. A file
    that is ignored though git tracks it stays ignored here. A nested repository has rules of its own only.

    Symlinks are not followed, as what they lead to inside `root` is walked anyway. A named path is followed
    inside `root` and refused where a link leads out of it. Raises FileError for that, for a named path that
    does not exist and for a directory that can't be listed; the latter goes to `failed` instead, if it is given, as
    does whatever else is wrong with a directory, and the walk goes on. `trace` gets what the answer depends on.
    """
    top = root.resolve()
    found: dict[str, str] = {}
    for given in paths:
        if trace:
            trace.link(os.path.join(root, given))  # noqa: PTH118 - pathlib would take the dots away
        real = resolved(given, root)
        begin = Path(given).as_posix()
        if named_too and real.is_relative_to(top) and matches(real.relative_to(top).as_posix(), tuple(exclude)):
            continue
        if not real.is_dir():
            found.setdefault(real.as_posix(), begin)
            if trace:
                trace.add(real)
            continue
        if trace:
            trace.above(real.as_posix())
        prefix = "" if begin == "." else begin.rstrip("/") + "/"
        base = real.as_posix().rstrip("/") + "/"
        for path in _below(base, top, _Limits.at(base, top, include, exclude), trace, failed):
            found.setdefault(base + path, prefix + path)
    yield from sorted(found.values(), key=lambda path: path.split("/"))


@dataclass(frozen=True, slots=True)
class _Limits:
    """What is taken and what is left out, by globs of paths from the root; `from_root` leads to what is walked."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    from_root: str

    @staticmethod
    def at(base: str, root: Path, include: Sequence[str], exclude: Sequence[str]) -> _Limits:
        """What holds below `base`, which ends in a slash."""
        from_root = "" if base == f"{root.as_posix()}/" else Path(os.path.relpath(base, root)).as_posix() + "/"
        return _Limits(tuple(include), tuple(exclude), from_root)


def _below(
    base: str, root: Path, limits: _Limits, trace: Trace | None, failed: Callable[[str, Exception], object] | None
) -> Iterator[str]:
    waiting = [("", rules_above(Path(base), root))]
    while waiting:
        prefix, rules = waiting.pop()
        try:
            directories, taken, rules = _look_into(base, prefix, rules, limits, trace)
        except Exception as error:
            if failed is None:
                raise
            failed(base + prefix, error)
            continue
        waiting += [(path + "/", rules) for path in directories]
        yield from taken


def _look_into(
    base: str, prefix: str, rules: tuple[Rule, ...], limits: _Limits, trace: Trace | None
) -> tuple[list[str], list[str], tuple[Rule, ...]]:
    """The directories to enter, the files to take, and the rules that hold for both. Raises FileError."""
    directory, from_root = base + prefix, limits.from_root
    with file_errors(directory, "make it readable or exclude it"), os.scandir(directory) as listing:
        entries = list(listing)
    names = {entry.name for entry in entries}
    if trace:
        trace.add(directory)
        if ".gitignore" in names:
            trace.add(f"{directory}.gitignore")
        if ".git" in names:  # a repository within, with rules of its own
            trace.repository(directory.rstrip("/"))
    if prefix and "pyvenv.cfg" in names:
        return [], [], rules
    rules = rules_in(directory, names, rules)
    directories: list[str] = []
    taken: list[str] = []
    for entry in entries:
        path = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            skipped = entry.name in _SKIPPED or entry.name.endswith(_SKIPPED_SUFFIXES)
            if not (skipped or matches(from_root + path, limits.exclude) or ignored(base + path, True, rules)):
                directories.append(path)
        elif (
            entry.is_file(follow_symlinks=False)
            and matches(from_root + path, limits.include)
            and not matches(from_root + path, limits.exclude)
            and not ignored(base + path, False, rules)
        ):
            if trace:
                trace.add(base + path)
            taken.append(path)
    return directories, taken, rules
