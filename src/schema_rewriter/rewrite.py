"""The pure centre: the bytes of a file in, edits and findings out, proved. Opens nothing, prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.finding import Applicability, FileResult

if TYPE_CHECKING:
    from schema_rewriter.ruleset import RuleSet


def rewrite(
    path: str, source: bytes, rules: RuleSet, *, threshold: Applicability = Applicability.SAFE
) -> FileResult:
    """What the rules do to one file."""
    return FileResult(path, source, source)
