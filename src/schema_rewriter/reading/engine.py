"""Whose SQL a text is, PostgreSQL's or another system's: by the rules, the object that runs it, its file, the path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import engines, hosts

if TYPE_CHECKING:
    from schema_rewriter.hosts import Embedded, Hosted
    from schema_rewriter.rules import RuleSet

_SETTLE = "tell whose SQL it is by [[dialect]] in the rules"


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


@dataclass(frozen=True, slots=True)
class FileEngine:
    """What a file says of all its texts: who runs them, by the rules or its suffix, and what doubts there are.

    `by_modules` is the doubt by what the code imports and connects to, `by_path` that by its path. `is_told`: the rules
    tell whose SQL it is, and nothing else counts.
    """

    other: str = ""
    by_modules: str = ""
    by_path: str = ""
    is_told: bool = False

    def of(self, embedded: Embedded) -> Engine:
        """The engine of a text: what it is handed to counts more than the file, the file more than its path."""
        runs = embedded.dialect
        if self.other:
            return Engine(self.other)
        if runs not in (None, engines.OURS, engines.ANY):
            return Engine(runs or "")
        if self.is_told or runs == engines.OURS:
            return OURS
        if runs == engines.ANY:
            return Engine(doubt=self.by_path)
        if embedded.also:
            may = f"{embedded.also} may run this text, and know no such schema"
            return Engine(doubt=f"{may}; give each system a text of its own, or {_SETTLE}")
        return Engine(doubt=self.by_modules or self.by_path)


def other_system(path: str, rules: RuleSet) -> str:
    """The other system that runs all SQL of a file, by the rules or by its suffixes; "" where none is told."""
    told = rules.dialect(path)
    return hosts.dialect(path) if told is None else told


def engine_of(path: str, hosted: Hosted, rules: RuleSet) -> FileEngine:
    """What the rules tell of a file, else what its path, its drivers and its connections do."""
    if rules.dialect(path) is not None:
        return FileEngine(other_system(path, rules), is_told=True)
    drivers = engines.drivers(hosted.imports)
    by_modules = by_path = ""
    others = [name for name, system in drivers if system not in (engines.OURS, engines.ANY)]
    if others and len(others) == len(drivers):
        by_modules = f"the file uses {others[0]}, and no driver of PostgreSQL; {_SETTLE}"
    elif hosted.connected:
        by_modules = f"the file connects to {', '.join(sorted(hosted.connected))} too; {_SETTLE}"
    hint = hosts.hint(path)
    if hint and engines.OURS not in {system for _, system in drivers}:
        by_path = f"its path names {hint}; {_SETTLE}"
    return FileEngine(other_system(path, rules), by_modules, by_path)
