"""The checks of a whole file: of what no single name shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.rewriting.checks import (
    boundary,
    django_model,
    django_search_path,
    django_table,
    frozen_history,
    index_conflict,
    missing_schema,
    model_setting,
    possible_history,
    relation_conflict,
    renamed_relation,
    schema_literal,
    search_path,
    unedited_model,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from schema_rewriter.finding import Finding
    from schema_rewriter.project import Context
    from schema_rewriter.project.context import Frozen
    from schema_rewriter.reading import SourceFile

    Check = Callable[[SourceFile, Context, date | None], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    search_path.check,
    schema_literal.check,
    unedited_model.check,
    model_setting.check,
    missing_schema.check,
    relation_conflict.check,
    index_conflict.check,
    renamed_relation.check,
    boundary.check,
    django_table.check,
    django_search_path.check,
    django_model.check,
)
"""Each tells its findings on a file, by its context and the day."""


def history_findings(file: SourceFile, frozen: Frozen) -> Iterable[Finding]:
    """All that is told of a file that stays as it is."""
    return possible_history.question(file, frozen) if frozen.is_asked else frozen_history.note(file, frozen)
