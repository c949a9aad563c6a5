"""Which file of a run the name of a module means; knows paths only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


class Modules:
    """The files of a run, by the names that modules are imported by."""

    def __init__(self, files: Collection[str]) -> None:
        self.files = files
        self._stems: dict[str, list[str]] = {}
        self._files: dict[tuple[str, str], str | None] = {}
        for path in files:
            self._stems.setdefault(stem(path), []).append(path)

    def file(self, module: str, path: str) -> str | None:
        """The one file of the run that a module's name means, in a file at `path`; None for one from elsewhere."""
        key = (module, path)
        if key not in self._files:
            found = self.candidates(module, path)
            self._files[key] = found[0] if len(found) == 1 else None
        return self._files[key]

    def candidates(self, module: str, path: str) -> list[str]:
        """The files of the run that a module's name may mean."""
        if module.startswith("/"):
            wanted = module.strip("/").replace(".", "/")
            found = [one for one in (f"{wanted}.py", f"{wanted}/__init__.py", f"{wanted}.pyi") if one in self.files]
            return found[:1]
        wanted = module.replace(".", "/")
        same = [one for one in self._stems.get(wanted.rpartition("/")[2], ()) if _ends(_stem(one), wanted)]
        if len(same) > 1:  # the one that shares most folders with the importing file
            best = max(_shared(one, path) for one in same)
            same = [one for one in same if _shared(one, path) == best]
        return same


def _stem(path: str) -> str:
    stem = path.rpartition(".")[0]
    return stem.removesuffix("/__init__") or stem


def _ends(stem: str, module: str) -> bool:
    return stem == module or stem.endswith(f"/{module}")


def _shared(one: str, other: str) -> int:
    """How many leading folders two paths share."""
    count = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count


def stem(path: str) -> str:
    """The last part of the name that a module is imported by."""
    return _stem(path).rpartition("/")[2]
