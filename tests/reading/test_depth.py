"""What is nested deeper than a parser can go is read or told, and never ends a file."""

from __future__ import annotations

import pytest

from schema_rewriter import rewrite
from schema_rewriter.rules import parse_rules

RULES = parse_rules('[[move]]\nfrom = "public"\nto = "app"\ntables = ["events"]', "rules.toml")


@pytest.mark.parametrize(
    "text",
    [
        "explain " * 3000 + "select 1 from events",
        "select " + "(" * 3000 + "1" + ")" * 3000 + " from events",
        "select " + "f(" * 1000 + "'delete from events'" + ")" * 1000,
        "/*" * 3000 + "*/" * 3000 + " delete from events",
    ],
    ids=["explain", "parentheses", "calls", "comments"],
)
def test_depth(text: str) -> None:
    """The relation behind or within it has a finding of its own."""
    result = rewrite("deep.sql", text.encode(), RULES)
    assert result.error is None
    assert [finding.relation for finding in result.findings if finding.relation is not None]
