"""What the texts of a file say that holds for its other texts too: temporary tables, search paths, CTEs, and that
the file holds SQL at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.reading.confidence import Confidence, goes_on, is_sql
from schema_rewriter.reading.resolve import path_doubt
from schema_rewriter.sql import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schema_rewriter.reading.path_settings import Setting
    from schema_rewriter.reading.source_file import SqlText
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.sql import Reference


TEMPORARY_HERE = "another statement of this file creates a temporary table of that name"


class FileScope:
    """What the texts of a file say that holds for its other texts too.

    `hidden` are names that temporary tables of other files may have in it, each with why; `ctes` are those of CTEs
    that others may put before its queries.
    """

    def __init__(
        self,
        texts: Sequence[SqlText],
        settings: Sequence[Setting],
        rules: RuleSet,
        hidden: Iterable[tuple[str, str]] = (),
        ctes: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.rules = rules
        self.hidden, self.put_before = dict(hidden), dict(ctes)
        self.connected = [setting.path for setting in settings if not setting.translated]
        self.texts = [item.embedded.text for item in texts]
        self._sql: bool | None = None
        self._ctes: dict[str, bool] = {}
        readings = [(item, item.read) for item in texts if item.read]
        self.temporary = [(item, name) for item, read in readings for name in read.temporary]
        self.paths = [
            (item, change.path) for item, read in readings for change in read.path_changes if not change.holder
        ]
        closed = {
            item.embedded.text.place(span) for item, read in readings if not read.loose for span in read.non_references
        }
        self.loose = [
            (item, name)
            for item, read in readings
            for name, span in read.loose
            if item.embedded.text.place(span) not in closed
        ]

    def has_sql(self) -> bool:
        """Whether a text of the file is a statement for sure, of whatever relations."""
        if self._sql is None:
            self._sql = any(is_sql(text) for text in self.texts)
        return self._sql

    def completes(self, text: SqlText, reference: Reference, target: Relation) -> bool:
        """Whether a piece of a statement can be edited without its rest.

        It is SQL: by its place, or by its look in a file whose other texts are SQL. It reads on as SQL behind the
        name. No text of the file defines a CTE of the name, and the name stays: columns may have it as owner in the
        rest.
        """
        name = reference.relation.name
        if text.confidence is Confidence.PIECE or target.name != name:
            return False
        if text.confidence is Confidence.FRAGMENT and not self.has_sql():
            return False
        if not goes_on(text.embedded.text.text, reference.name):
            return False
        if name not in self._ctes:
            cte = re.compile(
                rf'(?<!\w){re.escape(name)}"?\s*(?:\([^()]*\)\s*)?\bas\s+(?:not\s+)?(?:materialized\s*)?\(', re.I
            )
            self._ctes[name] = any(cte.search(text.text) for text in self.texts)
        return not self._ctes[name] or reference.schema is not None

    def doubt(self, text: SqlText, reference: Reference) -> str:
        """Why an unqualified name of one text may mean another relation, by what the others say; "" if it can't."""
        if reference.schema is not None:
            return ""
        name = reference.relation.name
        if any(item is not text and name == other for item, other in self.temporary):
            return TEMPORARY_HERE
        if name in self.hidden and name not in (text.read.temporary if text.read else ()):
            return self.hidden[name]
        if reference.role is Role.READ and any(item is not text and name == other for item, other in self.loose):
            return "a piece of SQL in this file defines a CTE of that name"
        if reference.role is Role.READ and name in self.put_before:
            return self.put_before[name]
        others = () if reference.search_path is not None else self.paths
        for item, path in others:
            if item is not text and (path is None or path_doubt(reference.relation, path, self.rules)):
                return "another statement of this file sets the search_path"
        for path in () if reference.search_path is not None else self.connected:
            if path is None or path_doubt(reference.relation, path, self.rules):
                return "this file connects with another search_path"
        return ""
