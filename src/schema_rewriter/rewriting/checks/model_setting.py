"""`model-setting`: what holds for all models needs a line, since tables of theirs move. Where, the context tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.finding import Finding, Related
from schema_rewriter.relation import quote
from schema_rewriter.rules.writing import toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from schema_rewriter.project import Context
    from schema_rewriter.project.context import ToldSetting
    from schema_rewriter.reading import SourceFile

    Words = Callable[[ToldSetting], str]


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """The findings on the places of a file that hold for all models."""
    for one in context.model_settings:
        what, advice, beside = _WORDS[one.kind]
        related = tuple(Related(path, line, beside) for path, line in one.others)
        yield Finding("model-setting", what(one), one.span, reason=advice(one), related=related)


_SHOWN = 5
"""How many tables are listed; each is told where it is defined, too."""


def _tables(one: ToldSetting) -> str:
    more = len(one.tables) - _SHOWN
    return ", ".join(map(str, one.tables[:_SHOWN])) + (f" and {more} more" if more > 0 else "")


def _unmade(one: ToldSetting) -> str:
    schemas = ", ".join(map(quote, one.schemas))
    return f"create_all() makes tables in {schemas}, which no code creates: {_tables(one)}"


def _creating(one: ToldSetting) -> str:
    """One line at the collection of the tables, which serves each call, of tests too."""
    is_collection = one.owner.rpartition(".")[2].lower().endswith(("metadata", "meta"))
    owner = one.owner if is_collection else f"{one.owner}.metadata"
    made = (_python(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}") for schema in one.schemas)
    lines = " and ".join(
        f'event.listen({owner}, "before_create", DDL({text}).execute_if(dialect="postgresql"))' for text in made
    )
    names = ", ".join(map(toml, one.schemas))
    return (
        f"add, where the models are: from sqlalchemy import DDL, event and {lines}; where something else creates it "
        f"before, say existing_schemas = [{names}] in the rules"
    )


def _uncompared(one: ToldSetting) -> str:
    return f"Alembic compares models with the schemas of the search_path alone, and not with {_tables(one)}"


def _comparing(one: ToldSetting) -> str:
    return (
        "write include_schemas=True into each call of configure, or autogenerate makes these tables anew; and "
        "include_name, where there are schemas that are no matter of the models"
    )


def _unconnected(one: ToldSetting) -> str:
    return f"SQLite has no schemas, and finds no {_tables(one)}"


def _translating(one: ToldSetting) -> str:
    names = ", ".join(f'"{schema}": None' for schema in one.schemas)
    return f'give the engine execution_options={{"schema_translate_map": {{{names}}}}}'


def _python(text: str) -> str:
    """A string as Python writes it, in double quotes where it can be."""
    return repr(text) if '"' in text or "\\" in text else f'"{text}"'


_WORDS: dict[str, tuple[Words, Words, str]] = {
    "tables": (_unmade, _creating, "makes tables, too"),
    "comparison": (_uncompared, _comparing, "configures Alembic, too"),
    "engine": (_unconnected, _translating, "is of SQLite, too"),
}
"""Of each kind what is told, what to write, and what stands at other places of the kind."""
