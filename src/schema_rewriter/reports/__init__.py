"""The shapes a report is shown in: one function `Report -> str` each. Sees a Report and nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.finding import Report


def _imported(module: str) -> Callable[[Report], str]:
    """The `render` of a module here, imported when it is asked for."""

    def render(report: Report) -> str:
        shown: str = import_module(f"{__name__}.{module}").render(report)
        return shown

    return render


FORMATS: dict[str, Callable[[Report], str]] = {
    "concise": _imported("concise"),
    "full": _imported("full"),
    "grouped": _imported("grouped"),
    "json": _imported("json"),
    "json-lines": _imported("json_lines"),
    "sarif": _imported("sarif"),
    "github": _imported("github"),
    "gitlab": _imported("gitlab"),
    "junit": _imported("junit"),
    "rdjson": _imported("rdjson"),
    "markdown": _imported("markdown"),
}
"""The values of `--output-format`, and the function for each."""

PEOPLE = frozenset(["concise", "full", "grouped", "github"])
"""The formats that a summary may follow."""
