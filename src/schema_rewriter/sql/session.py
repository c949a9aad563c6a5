"""What the statements of a text leave behind for those after them: the search_path, and temporary tables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_rewriter.sql.statements import Row
from schema_rewriter.sql.temporary import Life, created
from schema_rewriter.words import ENDS_TRANSACTION

if TYPE_CHECKING:
    from schema_rewriter.sql.names import Reference, UnresolvedName
    from schema_rewriter.sql.search_path import Path, Setting
    from schema_rewriter.sql.statements import Statement

_UNSET = (None, False)
"""No statement has set the search_path: a path, and whether it is set to what only the program knows."""


@dataclass
class Session:
    """The session that runs a text, so far. Not a value: it is told of each statement in turn.

    `script`: psql runs it, which commits each statement outside of a transaction.
    `hidden` are the temporary tables that there are, with how long they live; `made` those of the transaction that is
    open.
    """

    script: bool = False
    path: tuple[Path, bool] = _UNSET
    kept: tuple[Path, bool] = _UNSET
    before: tuple[Path, bool] = _UNSET
    hidden: dict[str, Life] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    is_open: bool = False

    def set_path(self, setting: Setting) -> None:
        """A statement sets the search_path."""
        self.path = _UNSET if setting.default else (setting.path, setting.path is None)
        if not setting.local:
            self.kept = self.path

    def pass_by(self, statement: Statement, text: str) -> None:
        """A statement has run."""
        if isinstance(statement, Row):
            return
        words = [token.word for token in statement.tokens[:3]]
        if words[0] in ("begin", "start"):
            self.before, self.is_open, self.made = self.kept, True, set()
        elif words[0] in ENDS_TRANSACTION and words[1:2] != ["prepared"]:
            self.end_transaction(words)
        elif words[0] == "discard" and words[1:2] in (["all"], ["temp"], ["temporary"]):
            self.hidden.clear()
        elif words[0] == "drop":
            for token in statement.tokens:
                self.hidden.pop(token.word, None) if token.is_name else None
        elif words[0] == "alter":
            self.rename(statement)
        new = created(statement, text)
        for name, life in new.items():
            if life is Life.TRANSACTION and self.script and not self.is_open:
                life = Life.UNSURE  # noqa: PLW2901
            if life is Life.SESSION or self.hidden.get(name, Life.UNSURE) is Life.UNSURE:
                self.hidden[name] = life
        self.made.update(new)

    def rename(self, statement: Statement) -> None:
        """ALTER TABLE .. RENAME TO, perhaps of a temporary table."""
        names = [token.word for token in statement.tokens]
        if names[-1:] == [";"]:
            names.pop()
        old = next((name for name in names[2:] if name not in ("if", "exists", "only")), "")
        if names[-3:-1] == ["rename", "to"] and old in self.hidden and names[1] in ("table", "view", "sequence"):
            self.hidden[names[-1]] = self.hidden.pop(old)
            self.made |= {names[-1]} if old in self.made else set()

    def end_transaction(self, words: list[str]) -> None:
        """COMMIT or ROLLBACK, perhaps to a savepoint only."""
        undone = words[0] in ("rollback", "abort")
        if "to" in words:
            self.hidden.update(dict.fromkeys(self.made & self.hidden.keys(), Life.UNSURE))
            return
        if undone and self.is_open:
            self.kept = self.before
            self.hidden = {name: life for name, life in self.hidden.items() if name not in self.made}
        self.path = self.kept
        self.hidden = {name: life for name, life in self.hidden.items() if life is not Life.TRANSACTION}
        self.is_open, self.made = False, set()

    def hides(self, named: Reference | UnresolvedName) -> bool:
        """Whether a name without a schema means a temporary table for sure."""
        return named.relation.schema is None and self.hidden.get(named.relation.name, Life.UNSURE) is not Life.UNSURE

    def resolve(self, named: Reference) -> Reference:
        """A reference with the search_path that holds for it, and why it may mean a temporary table."""
        life = self.hidden.get(named.relation.name)
        if named.relation.schema is not None:
            return named if life is None else replace(named, captured=True)
        path, unknown = self.path
        doubt = named.doubt
        if life is Life.UNSURE:
            doubt = doubt or "the statements before it may create a temporary table of that name"
        elif unknown:
            doubt = doubt or "the search_path is set to what only the program knows"
        return replace(named, search_path=path if named.search_path is None else named.search_path, doubt=doubt)
