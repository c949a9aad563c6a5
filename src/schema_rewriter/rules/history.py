"""What rules say of migrations that have run. Knows no tool and no file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.errors import RuleError, nearest
from schema_rewriter.rules import globs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FROZEN, REWRITE = MODES = ("frozen", "rewrite")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that the settings of a tool give to its migrations: those of its files that `path`, a pattern, finds."""

    tool: str
    folder: str
    path: str


@dataclass(frozen=True, slots=True)
class History:
    """What becomes of migrations that have run: `mode` is one of MODES.

    `paths` are globs of files that are such migrations, with a "!" in front of files that are none; the last that
    matches a file wins. `since` are revisions from which on they have not run. `folders` is what the settings of tools
    tell, which no rule file says.
    """

    mode: str = FROZEN
    paths: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
    folders: tuple[Folder, ...] = ()

    def says(self, path: str) -> bool | None:
        """Whether a file is such a migration; None where the rules do not tell."""
        return globs.verdict(path, self.paths)


NO_HISTORY = History()
"""What holds where the rules say nothing."""


def parse(table: object, origin: str) -> History:
    """The history of a rule file's table. Raises RuleError with key and remedy."""
    if not isinstance(table, dict):
        raise RuleError(f'{origin}: history: must be a table; write [history] and below it mode = "rewrite"')
    keys = ("mode", "paths", "since")
    for key in table:
        if key not in keys:
            raise RuleError(f"{origin}: history.{key}: unknown key; did you mean {nearest(key, keys)}?")
    mode = table.get("mode", FROZEN)
    if mode not in MODES:
        raise RuleError(f'{origin}: history.mode: must be "{FROZEN}" or "{REWRITE}"')
    since = table.get("since", [])
    every = {"paths": table.get("paths", []), "since": [since] if isinstance(since, str) else since}
    for key, value in every.items():
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip("! ") for item in value):
            raise RuleError(f'{origin}: history.{key}: must be an array of strings, such as {key} = ["..."]')
    return History(mode, tuple(every["paths"]), tuple(every["since"]))


def merged(every: Iterable[tuple[str, History]]) -> History:
    """One history of several, each with its origin. Raises RuleError where they contradict each other."""
    found = History()
    for origin, one in every:
        if one in (found, History()):
            continue
        if found != History() and one.mode != found.mode:
            raise RuleError(f"{origin}: history.mode: differs from that of another rule file; make them the same")
        found = History(one.mode, found.paths + one.paths, found.since + one.since, found.folders)
    return found


def to_toml(history: History, text: Callable[[str], str], many: Callable[[Iterable[str]], str]) -> list[str]:
    """The lines of a rule file that say it, written by `text` and `many`."""
    if not (history.paths or history.since or history.mode != FROZEN):
        return []
    lines = ["", "[history]", f"mode = {text(history.mode)}"]
    lines += [f"paths = {many(history.paths)}"] if history.paths else []
    return [*lines, *([f"since = {many(history.since)}"] if history.since else [])]
