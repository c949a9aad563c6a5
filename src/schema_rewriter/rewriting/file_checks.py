"""The checks of a whole file: of what no single name shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.rewriting.checks import (
    boundary,
    index_conflict,
    relation_conflict,
    renamed_relation,
    schema_literal,
    search_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from schema_rewriter.finding import Finding
    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile

    Check = Callable[[SourceFile, Context, date | None], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    search_path.check,
    schema_literal.check,
    relation_conflict.check,
    index_conflict.check,
    renamed_relation.check,
    boundary.check,
)
"""Each tells its findings on a file, by its context and the day."""
