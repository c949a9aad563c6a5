"""Whose SQL a file's texts are, PostgreSQL's or another system's: by the rules, the path and the imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import hosts
from schema_rewriter.reading import sql_calls

if TYPE_CHECKING:
    from collections.abc import Collection

    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Engine:
    """The system that runs a text: `other` is its name, "" for PostgreSQL; `doubt` tells why it may be another."""

    other: str = ""
    doubt: str = ""

    @property
    def reason(self) -> str:
        """Why PostgreSQL does not run the text, or may not; "" where it does."""
        return f"it is run by {self.other}" if self.other else self.doubt


OURS = Engine()
"""PostgreSQL, for sure."""


def other_system(path: str, rules: RuleSet) -> str:
    """The other system that runs all SQL of a file, by the rules or by its suffixes; "" where none is told."""
    told = rules.dialect(path)
    return hosts.dialect(path) if told is None else told


def engine_of(path: str, imports: Collection[str], rules: RuleSet) -> Engine:
    """The engine of a file that imports these modules: what the rules tell, else what its path and its drivers do."""
    is_told = rules.dialect(path) is not None
    doubt = "" if is_told else sql_calls.foreign(imports) or _hinted(hosts.hint(path))
    return Engine(other_system(path, rules), doubt)


def _hinted(system: str) -> str:
    """Why the SQL of a file may not be PostgreSQL's: its path names another system."""
    return f"its path names {system}; tell whose SQL it is by [[dialect]] in the rules" if system else ""
