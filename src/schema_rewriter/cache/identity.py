"""By what results are made: this program, its Python, the packages it stands on. Imports none of them."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec

from schema_rewriter.version import VERSION

PACKAGES = ("libcst", "sqlglot", "sqlglotc", "yaml", "postgast")
_CALLED = {"yaml": "pyyaml"}


@cache
def identity() -> bytes:
    """What tells apart programs that may come to other results: the program's own text, and versions.

    Raises OSError where that can't be read.
    """
    from schema_rewriter.cache.store import digest

    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    own = []
    for directory, below, names in os.walk(home):
        below.sort()
        for name in sorted(names):
            if not name.endswith(".pyc"):
                with open(f"{directory}/{name}", "rb") as file:  # noqa: PTH123
                    own += [name.encode(), file.read()]
    if not own:
        raise OSError("the program lies in an archive")
    return digest(VERSION.encode(), sys.version.encode(), *own, *(_version(package).encode() for package in PACKAGES))


def _version(package: str) -> str:
    """What is installed of a package; "" for nothing."""
    spec = find_spec(package)
    if spec is None or not spec.origin:
        return ""
    place = os.path.dirname(os.path.dirname(spec.origin)) if spec.submodule_search_locations else ""  # noqa: PTH120
    place = place or os.path.dirname(spec.origin)  # noqa: PTH120
    begin = f"{_CALLED.get(package, package)}-"
    names = os.listdir(place)  # noqa: PTH208
    found = sorted(name for name in names if name.lower().startswith(begin) and name.endswith(".dist-info"))
    if found:
        return f"{package} {' '.join(found)}"
    state = os.stat(spec.origin)  # noqa: PTH116 - put there without a word on its version
    return f"{package} {spec.origin} {state.st_size} {state.st_mtime_ns}"
