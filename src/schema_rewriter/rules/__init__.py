"""The rule set: which relation moves where. Its values are `rules`; `reading` is from TOML, `writing` to it."""

from __future__ import annotations

from schema_rewriter.rules.reading import parse_rules
from schema_rewriter.rules.rules import LEVELS, Dialect, Grant, Move, RuleSet, Takes, merge
from schema_rewriter.rules.writing import to_toml

__all__ = ["LEVELS", "Dialect", "Grant", "Move", "RuleSet", "Takes", "merge", "parse_rules", "to_toml"]
