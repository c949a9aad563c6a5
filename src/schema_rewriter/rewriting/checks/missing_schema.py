"""`missing-schema`: tables are made in a schema that nothing in the run creates. Which, the context tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.finding import Finding, Related
from schema_rewriter.project.conflicts import final
from schema_rewriter.relation import quote
from schema_rewriter.rewriting.checks.definition_sites import definition_sites
from schema_rewriter.rules.writing import toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schema_rewriter.project import Context
    from schema_rewriter.project.definitions import DefinitionSite
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.relation import Relation


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """A finding at the first table of the file in each schema that it tells of."""
    missing = {one.schema: one for one in context.missing}
    for span, item in definition_sites(file) if missing else ():
        if not isinstance(item.what, sql.Table) or item.kind != "SQL":
            continue
        target = final(item.what.relation, item.path, file.rules)
        one = missing.pop(target.schema or "", None) if target is not None else None
        if one is not None and target is not None:
            related = tuple(Related(each.path, each.line, f"makes {_name(each, file)}") for each in one.others)
            message = f"{target} is made here, and no file creates schema {quote(one.schema)}"
            yield Finding(
                "missing-schema", message, span, item.what.relation, target, reason=_remedy(one.schema), related=related
            )


def _name(item: DefinitionSite, file: SourceFile) -> Relation:
    return final(item.what.relation, item.path, file.rules) or item.what.relation


def _remedy(schema: str) -> str:
    name = quote(schema)
    return (
        f"add CREATE SCHEMA IF NOT EXISTS {name}; in front of it; "
        f"where something else creates it, existing_schemas = [{toml(name)}] in the rules"
    )
