"""The rule set: which relation moves where. Its values are `rules`; `reading` is from TOML, `writing` to it."""

from __future__ import annotations

from schema_rewriter.ruleset.reading import parse
from schema_rewriter.ruleset.rules import LEVELS, Dialect, Grant, Move, RuleSet, Takes, merge

__all__ = ["LEVELS", "Dialect", "Grant", "Move", "RuleSet", "Takes", "merge", "parse"]
