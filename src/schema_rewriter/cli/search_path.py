"""What speaks against the mode --search-path where the database can't tell: the code, and what is in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.cli.options import search
from schema_rewriter.run import Means, Task
from schema_rewriter.run.uses import survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.cli.config import Config
    from schema_rewriter.inventory.join import Entry
    from schema_rewriter.rules import RuleSet

SHOWN = 5


def in_the_code(rules: RuleSet, settings: Config) -> Iterator[str]:
    """Places of the project's files that no search_path serves: a schema that is written, a table that is made anew."""
    found = survey(Task(settings.root, rules), search((), settings), Means(settings.jobs))
    old = [entry for entry in found.entries if entry.use.target and entry.use.confident]
    yield from _told([entry for entry in old if entry.use.written.schema], "{} is written with its schema")
    made = [entry for entry in old if entry.use.operation == "define" and not entry.use.written.schema]
    yield from _told(made, "{} is made again under the old schema, empty, if this runs after expand")


def _told(entries: list[Entry], words: str) -> Iterator[str]:
    for entry in entries[:SHOWN]:
        yield f"{entry.path}:{entry.line}: {words.format(entry.use.relation)}"
    if more := len(entries[SHOWN:]):
        yield f"and {more} more such places"


def in_the_connection(dsn: str) -> Iterator[str]:
    """Whether this way to the database shares sessions, whose search_path is then whatever it was."""
    from schema_rewriter.postgres.apply.session import is_shared
    from schema_rewriter.postgres.connection import connect

    with connect(dsn) as connection:
        if is_shared(connection, dsn):
            yield "a pooler in transaction mode is in between, whose sessions outlive a change of the search_path"
