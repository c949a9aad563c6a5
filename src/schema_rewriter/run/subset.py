"""A run over some files only, which may hold something else than the disk does. Knows not why these."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.rules.globs import matches

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Subset:
    """The files that a run may look at, by their real paths, and what they hold, unless that is on the disk.

    `anywhere` are those that it looks at even if they are not below the paths that it is given.
    """

    paths: Collection[str]
    sources: Mapping[str, bytes] | None = None
    anywhere: Collection[str] = ()


def chosen(found: Sequence[str], subset: Subset, root: Path) -> dict[str, str]:
    """Those of the files found that the run may look at, in their order, each with its real path."""
    directories: dict[str, str] = {}
    wanted = {}
    for path in found:
        full = path if os.path.isabs(path) else f"{root}/{path}"  # noqa: PTH117 - for each of ten thousand
        above, _, name = full.rpartition("/")
        if above not in directories:
            directories[above] = os.path.realpath(above)
        real = os.path.realpath(full) if os.path.islink(full) else f"{directories[above]}/{name}"  # noqa: PTH114
        if real in subset.paths:
            wanted[path] = real
    return wanted


def not_on_disk(
    subset: Subset, paths: Sequence[str], root: Path, include: Sequence[str], exclude: Sequence[str]
) -> list[str]:
    """The files below `paths` that have a source though none is on the disk: staged, and removed since."""
    top = os.path.realpath(root)
    above = [os.path.realpath(root / path) for path in paths]
    missing = []
    for real in subset.sources or ():
        path = os.path.relpath(real, top).replace(os.sep, "/")
        if (
            not path.startswith("../")
            and not os.path.isfile(real)  # noqa: PTH113
            and (real in subset.anywhere or any(real == base or real.startswith(base + os.sep) for base in above))
            and matches(path, tuple(include))
            and not matches(path, tuple(exclude))
        ):
            missing.append(path)
    return sorted(missing)
