"""Which files of a run are history, and what each gets told of it; knows facts and rules only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.project.context import Frozen
from schema_rewriter.project.history.recognition import Revision, order
from schema_rewriter.rules.history import REWRITE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from schema_rewriter.project.facts import Facts
    from schema_rewriter.rules import RuleSet

Key = tuple[str, str, bool]
"""A history: its tool, where it lies, whether it is only asked for."""


def histories(every: Sequence[Facts], rules: RuleSet) -> dict[str, Frozen]:
    """By path the files that stay as they are, and what is told at each.

    One file of a history tells of it: the first that names what moves. What the rules let be rewritten is none, nor
    is a revision behind `since` or behind one that this program made.
    """
    found = dict(_revisions(every, rules))
    later = _later(found, rules)
    groups: dict[Key, list[str]] = {}
    frozen: dict[str, Frozen] = {}
    for path, revision in sorted(found.items(), key=lambda item: item[0].split("/")):
        if revision.is_own:
            frozen[path] = Frozen(revision.tool, revision.home)
        elif path not in later and rules.history.mode != REWRITE:
            frozen[path] = Frozen(revision.tool, revision.home, revision.is_asked)
            if revision.says:
                groups.setdefault((revision.tool, revision.home, revision.is_asked), []).append(path)
    for (tool, home, is_asked), paths in groups.items():
        frozen[paths[0]] = Frozen(tool, home, is_asked, len(paths))
    return frozen


def unfinished(every: Iterable[Facts], rules: RuleSet) -> frozenset[str]:
    """Words of the files whose order matters, so that all of them have to be known."""
    known = [item.revision for item in every if item.revision is not None]
    if not (rules.history.since or any(one.is_own for one in known)):
        return frozenset()
    marks = {"Alembic": "down_revision", "Django": "migration"}
    return frozenset(marks[one.tool] for one in known if one.tool in marks)


def _revisions(every: Sequence[Facts], rules: RuleSet) -> Iterator[tuple[str, Revision]]:
    """The migrations of a run by path, with those that only lie among such."""
    own = {item.path: item.revision for item in every if item.revision is not None}
    whole: dict[str, Revision] = {}
    for path, found in own.items():
        if found.below:
            whole.setdefault(path.rpartition("/")[0], found)
    for item in every:
        one = own.get(item.path)
        is_asked = one is not None and one.is_asked
        around = _around(item.path, whole) if one is None or is_asked else None
        is_open = around is not None and rules.history.says(item.path) is not False
        if around is not None and is_open and (around.below == "folder" or is_asked):
            name = item.path.rpartition("/")[2]
            yield item.path, Revision(around.tool, around.home, name, order(name), says=True)
        elif one is not None:
            yield item.path, one


def _around(path: str, folders: Mapping[str, Revision]) -> Revision | None:
    """The migration whose folder a file lies in, or below."""
    folder = path.rpartition("/")[0]
    if folder in folders:
        return folders[folder]
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in folders and folders[folder].below == "folder":
            return folders[folder]
    return None


def _later(found: Mapping[str, Revision], rules: RuleSet) -> set[str]:
    """The migrations that have not run: from a revision of `since` on, or behind one that this program made."""
    by_history: dict[tuple[str, str], list[str]] = {}
    for path, revision in found.items():
        by_history.setdefault((revision.tool, revision.home), []).append(path)
    later: set[str] = set()
    for (_, home), paths in by_history.items():
        since = [each.removeprefix(f"{home}:") for each in rules.history.since]
        since = [each for each in since if ":" not in each]
        linked = [path for path in paths if found[path].follows is not None]
        named = {path for path in linked if any(_is(found[path], each) for each in since)}
        later |= named | _behind({*named, *(path for path in linked if found[path].is_own)}, linked, found)
        later |= _numbered([path for path in paths if found[path].follows is None], found, since)
    return {path for path in later if not found[path].is_own}


def _is(revision: Revision, since: str) -> bool:
    """Whether `since` names a revision, with or without its application, by its number or all of its name."""
    name = revision.name.rpartition(".")[2] if "." not in since else revision.name
    return name == since or name.startswith(f"{since}_") or (len(since) >= 4 and name.startswith(since))


def _behind(starts: set[str], paths: Sequence[str], found: Mapping[str, Revision]) -> set[str]:
    """The migrations that follow some others, directly or through others."""
    behind: set[str] = set()
    names = {found[path].name for path in starts}
    while names:
        more = {path for path in paths if path not in behind and not names.isdisjoint(found[path].follows or ())}
        behind |= more
        names = {found[path].name for path in more}
    return behind


_NUMBERED = re.compile(r"[A-Za-z]?\d+(?:[._-]\d+)*(?=[._-]|\Z)")
_DATE = 1_000_000
"""Numbers from here on are dates or times: they are not compared with those that count."""


def _numbered(paths: Sequence[str], found: Mapping[str, Revision], since: Sequence[str]) -> set[str]:
    """Those of a history that numbers order."""
    own = [found[path].order for path in paths if found[path].is_own and found[path].order]
    starts = [order(each) for each in since if _NUMBERED.match(each)]
    numbers = {path: found[path].order for path in paths if found[path].order}
    later = {path for path, one in numbers.items() if any(_is_like(one, each) and one >= each for each in starts)}
    return later | {path for path, one in numbers.items() if own and one > min(own)}


def _is_like(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return _is_date(one) == _is_date(other)


def _is_date(numbers: tuple[int, ...]) -> bool:
    return numbers[0] >= _DATE or (len(numbers) > 2 and 1900 <= numbers[0] < 2200)
