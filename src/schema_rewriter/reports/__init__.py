"""The shapes a report is shown in: one function `Report -> str` each. Sees a Report and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.reports import json, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.finding import Report

FORMATS: dict[str, Callable[[Report], str]] = {
    "text": text.render,
    "json": json.render,
}
"""The values of `--output-format`, and the function for each."""
