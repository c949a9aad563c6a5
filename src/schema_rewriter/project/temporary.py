"""The temporary tables that may hide a name from a file, by the facts of all; knows facts only.

A temporary table lives in its session, and which code runs in a session is not known. It may be the file that makes
it, or gives its name; any that imports that one, directly or through others; and what that one imports itself.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from schema_rewriter.project.flow.modules import Modules, stem
from schema_rewriter.reading.file_scope import TEMPORARY_HERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.project.facts import Facts

Hidden = dict[str, dict[str, str]]
"""By file the names that a temporary table may have there, each with why."""


def hidden(every: Sequence[Facts], given: Iterable[tuple[str, str, str]] = ()) -> Hidden:
    """The names that temporary tables may hide from the files of a run.

    `given` are the names that get into holes for one: a name, the file that says it, and that of the hole.
    """
    made: dict[str, dict[str, str]] = {item.path: dict.fromkeys(item.temporary, TEMPORARY_HERE) for item in every}
    given = list(given)
    for name, path, there in given:
        made.setdefault(path, {}).setdefault(name, TEMPORARY_HERE if path == there else _elsewhere(there))
    found: Hidden = {}
    links = Links(every)
    for path, names in made.items():
        near = links.near(path) if names else ()
        for name, why in names.items():
            found.setdefault(path, {})[name] = why
            for other in near:
                found.setdefault(other, {}).setdefault(name, _elsewhere(path))
    for name, path, there in given:
        found.setdefault(there, {}).setdefault(name, _elsewhere(path))
    return found


def beside(found: Hidden, every: Iterable[Facts]) -> dict[str, tuple[tuple[str, str], ...]]:
    """What hides names from a file beside the tables that its own texts say they make."""
    own = {item.path: frozenset(item.temporary) for item in every}
    rest = {
        path: tuple((name, why) for name, why in sorted(names.items()) if name not in own.get(path, ()))
        for path, names in found.items()
    }
    return {path: names for path, names in rest.items() if names}


def shared(every: Iterable[Facts]) -> Iterator[tuple[str, str]]:
    """What files say that import one which makes a temporary table: see `Linked.shared`."""
    for item in every:
        if item.temporary or item.temporary_holes:
            slots = (*(one.slot for one in item.names.functions), *(one.slot for one in item.names.classes))
            for scope, _, name in (slot.rpartition(":") for slot in slots):
                if not scope:
                    yield name, stem(item.path)


def _elsewhere(path: str) -> str:
    return f"a temporary table of that name is created by way of {path}, perhaps in the same session"


class Links:
    """Which files of a run import which; found out when it is first asked."""

    def __init__(self, every: Sequence[Facts]) -> None:
        self._every = every

    @cached_property
    def _both(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """By file those that it imports, and those that import it."""
        modules = Modules([item.path for item in self._every])
        imported: dict[str, set[str]] = {}
        importers: dict[str, set[str]] = {}
        for item in self._every:
            for one in item.names.imports:
                inner = f"{one.module}/{one.name}" if one.module.startswith("/") else f"{one.module}.{one.name}"
                for path in (*modules.candidates(one.module, item.path), *modules.candidates(inner, item.path)):
                    imported.setdefault(item.path, set()).add(path)
                    importers.setdefault(path, set()).add(item.path)
        return imported, importers

    def near(self, path: str) -> list[str]:
        """The files that import a file, directly or not, and those that it imports."""
        imported, importers = self._both
        found, waiting = {path}, [path]
        while waiting:
            for other in importers.get(waiting.pop(), set()) - found:
                found.add(other)
                waiting.append(other)
        return sorted((found | imported.get(path, set())) - {path})
