"""The unsafe edits of schemas that SQL names in constants: what `--unsafe-fixes` makes of them, and what not."""

from __future__ import annotations

import pytest

from schema_rewriter import Applicability, Move, Relation, RuleSet, rewrite

RULES = RuleSet(
    (
        Move(Relation("public", "events"), Relation("app", "events")),
        Move(Relation("public", "users"), Relation("app", "people")),
        Move(Relation("public", "jobs"), Relation("work", "jobs")),
    )
)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (
            "a.sql",
            "SELECT 1 FROM information_schema.tables WHERE table_schema = 'public' AND table_name = 'events'",
            "SELECT 1 FROM information_schema.tables WHERE table_schema = 'app' AND table_name = 'events'",
        ),
        (
            "a.sql",
            "select 1 from pg_tables where 'public' = schemaname and tablename in ('events', 'users'); table users",
            "select 1 from pg_tables where 'app' = schemaname and tablename in ('events', 'people'); table app.people",
        ),
        (
            "a.sql",
            "do $$ begin perform 1 from pg_indexes where schemaname = 'public' and tablename = 'events'; end $$",
            "do $$ begin perform 1 from pg_indexes where schemaname = 'app' and tablename = 'events'; end $$",
        ),
        (
            "a.py",
            "cur.execute(\"SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = 'events'\")",
            "cur.execute(\"SELECT 1 FROM pg_tables WHERE schemaname = 'app' AND tablename = 'events'\")",
        ),
        ("a.sql", "select 1 from pg_tables where schemaname = 'public' and tablename in ('events', 'jobs')", None),
        ("a.sql", "select 1 from pg_tables where schemaname = 'public' and tablename like 'events'", None),
        ("a.sql", "select 1 from pg_tables where schemaname <> 'public' and tablename = 'events'", None),
    ],
)
def test_edits(path: str, before: str, after: str | None) -> None:
    result = rewrite(path, before.encode(), RULES, threshold=Applicability.UNSAFE)
    assert result.after.decode() == (before if after is None else after)
    again = rewrite(path, result.after, RULES, threshold=Applicability.UNSAFE)
    assert not again.changed
    assert after is None or not again.findings
    if after is not None:
        safe = rewrite(path, before.encode(), RULES)
        assert [f.applicability for f in safe.findings if f.code == "schema-literal"] == [Applicability.UNSAFE]
