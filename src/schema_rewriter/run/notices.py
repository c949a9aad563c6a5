"""What a run tells of itself: files that it leaves out, words of the rules that mean nothing in it. Judges no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.errors import FileError
from schema_rewriter.finding import Notice
from schema_rewriter.rules import globs
from schema_rewriter.run.prefilter import Needles, mentions
from schema_rewriter.run.task import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.finding import FileResult
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.run.pipeline import Files

_SHOWN = 10
"""How many examples a sentence names."""


def notices(files: Files, results: Iterable[FileResult], modelled: frozenset[str] = frozenset()) -> tuple[Notice, ...]:
    """The notices of a run, in a fixed order. What rules say in vain is told only where all files were judged.

    `modelled` are the names of tables that models have, though no file says them.
    """
    found = list(left_out(files))
    if files.scope.judges_all:
        if not files.scope.found:
            return (Notice("no-files", "no file to read: nothing that is searched for is there"), *found)
        found += _unused_moves(files, results, modelled)
        found += _unused_paths(files.scope.task.rules, files.scope.found)
    return tuple(found)


def left_out(files: Files) -> Iterator[Notice]:
    """What was passed over though it may be wanted."""
    asked = set(files.scope.asked)
    if not_text := [path for path in files.not_text if path in asked]:
        yield _notice(
            "not-text", "holds NULs and is not judged as text", "hold NULs and are not judged as text", not_text
        )
    by_reason: dict[str, list[str]] = {}
    for why, what in files.scope.left_out:
        by_reason.setdefault(why, []).append(what)
    if links := by_reason.get("link"):
        one = "is a link to what is not searched and is not followed"
        yield _notice("link", one, "are links to what is not searched and are not followed", links)
    for problem in by_reason.get("git", ()):
        yield Notice("git", f"{problem}; so files that git tracks though they are ignored are left out")


def _notice(code: str, one: str, several: str, paths: Sequence[str]) -> Notice:
    count = len(paths)
    files = f"{count} file{'s' * (count != 1)}"
    return Notice(code, f"{files} {one if count == 1 else several}: {_some(paths)}", tuple(paths))


def _some(what: Sequence[str]) -> str:
    more = len(what) - _SHOWN
    return ", ".join(what[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _unused_moves(files: Files, results: Iterable[FileResult], modelled: frozenset[str]) -> Iterator[Notice]:
    """A notice of the relations that move and that no file names."""
    rules = files.scope.task.rules
    found = {f.relation.name for r in results for f in r.findings if f.relation is not None} | modelled
    either = {str(move.relation): frozenset((move.relation.name, move.to.name)) for move in rules.moves}
    names = _unnamed({name: said for name, said in either.items() if said.isdisjoint(found)}, files)
    if names:
        several = len(names) != 1
        what = f"{len(names)} relation{'s' * several} of the rules {'are' if several else 'is'} named by no file"
        yield Notice("unused-move", f"{what}: {_some(names)}; see whether the spelling is right", names)


def _unnamed(wanted: dict[str, frozenset[str]], files: Files) -> tuple[str, ...]:
    """Those of some relations of which no file that is worth a look says one of their names, however it is written.

    None where a file could not be read: what it says is not known.
    """
    for path in files.sizes if wanted else ():
        try:
            source = read(path, files.scope.task)
        except FileError:
            return ()
        if mentions(source, Needles.of(frozenset().union(*wanted.values()))):
            wanted = {name: said for name, said in wanted.items() if not mentions(source, Needles.of(said))}
        if not wanted:
            break
    return () if files.failures else tuple(wanted)


def _unused_paths(rules: RuleSet, found: Sequence[str]) -> Iterator[Notice]:
    """A notice for each glob of the rules that matches no file, with the first rule that has it."""
    told: dict[str, str] = {}
    for where, paths in _paths(rules):
        for glob in paths:
            if glob not in told and not any(globs.matches(path, (glob,)) for path in found):
                told[glob] = where
    for glob, where in told.items():
        yield Notice("unused-paths", f'paths of {where}: "{glob}" matches no file', (glob,))


def _paths(rules: RuleSet) -> Iterator[tuple[str, tuple[str, ...]]]:
    for move in rules.moves:
        yield f"the move {move.relation} -> {move.to}", move.paths
    for dialect in rules.dialects:
        yield f"the dialect {dialect.name or 'postgresql'}", dialect.paths
    for number, bound in enumerate(rules.boundaries, 1):
        yield f"boundary {number}", bound.paths
        for allowance in bound.allowances:
            yield f"an allowance of boundary {number}", allowance.paths
