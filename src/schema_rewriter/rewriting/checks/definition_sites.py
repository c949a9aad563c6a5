"""The definitions in a file with the bytes they stand at: tables, indexes, what statements touch, models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.project.definitions import DefinitionSite, as_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.reading import SourceFile


def definition_sites(file: SourceFile) -> Iterator[tuple[Span, DefinitionSite]]:
    """Each definition in the file's SQL, in its models; none of another system's, nor in code that is only told."""
    for item in file.texts:
        if item.read is None or item.engine.other or item.embedded.told:  # another system's, and in another database
            continue
        text = item.embedded.text
        holes = [hole.span for hole in text.holes]
        for what in sql.definitions(text.text, holes, script=item.embedded.script):
            if (span := text.place(what.span)) is not None:
                yield span, DefinitionSite(file.path, 0, what)
    for model in file.host.models:
        if model.managed:
            yield model.span, DefinitionSite(file.path, model.line, as_table(model), model.kind)


def shown(item: DefinitionSite) -> str:
    """Where a definition stands, for people."""
    return f"{item.path}:{item.line}"
