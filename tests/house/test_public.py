"""The public door: what docs/python.md imports, and what it does."""

from __future__ import annotations

import schema_rewriter
from schema_rewriter import Applicability, RuleSet, Span, parse_rules, rewrite
from schema_rewriter.project import ALONE

RULES = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["events"]\n'
SOURCE = b'db.execute("SELECT * FROM events")\ndb.execute("DELETE FROM public.events")\n'


def test_rules_and_rewrite() -> None:
    """Rules from text; a file's bytes in, its edits and findings out."""
    rules = parse_rules(RULES, "rules.toml")
    assert isinstance(rules, RuleSet)
    result = rewrite("a.py", SOURCE, rules)
    assert result.after == SOURCE.replace(b"FROM events", b"FROM app.events").replace(b"public", b"app")
    assert [finding.code for finding in result.findings] == ["unqualified-relation", "old-schema"]


def test_all_that_can_be_told() -> None:
    """The context of a project, how far edits may be trusted, which are made, and the day."""
    rules = parse_rules(RULES, "rules.toml")
    first = rewrite("a.py", SOURCE, rules).findings[0]
    chosen = frozenset({Span(first.span.start, first.span.stop)})
    result = rewrite("a.py", SOURCE, rules, context=ALONE, threshold=Applicability.UNSAFE, chosen=chosen, today=None)
    assert [finding.span for finding in result.applied] == [first.span]


def test_every_public_name_is_there() -> None:
    """Each is imported from its home when it is first asked for."""
    assert all(getattr(schema_rewriter, name) is not None for name in schema_rewriter.__all__)
