"""The shapes a report is shown in: one function `Report -> str` each. Sees a Report and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.finding import Report


def _text(report: Report) -> str:
    from schema_rewriter.reports import text

    return text.render(report)


def _json(report: Report) -> str:
    from schema_rewriter.reports import json

    return json.render(report)


FORMATS: dict[str, Callable[[Report], str]] = {"text": _text, "json": _json}
"""The values of `--output-format`, and the function for each, imported when it is asked for."""
