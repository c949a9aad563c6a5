"""Pieces of statements that code glues together: edited on request where nothing speaks against it, else reported."""

from __future__ import annotations

import pytest

from schema_rewriter import Move, Relation, RuleSet, rewrite
from schema_rewriter.finding import Applicability

NAMES = ("events", "workflows", "agents")
RULES = RuleSet(tuple(Move(Relation("public", name), Relation("app", name)) for name in NAMES))
WHOLE = 'cur.execute("SELECT 1 FROM tanks")\n'

EDITED = (
    ('x.append("FROM workflows w")', 'x.append("FROM app.workflows w")'),
    ('x.append(", 1 FROM events")', None),  # it begins with no clause
    (
        'x.append(" AND EXISTS (SELECT 1 FROM events e WHERE e.id = w.id)")',
        'x.append(" AND EXISTS (SELECT 1 FROM app.events e WHERE e.id = w.id)")',
    ),
    ('x.append("LEFT JOIN agents a ON a.id = w.a")', 'x.append("LEFT JOIN app.agents a ON a.id = w.a")'),
    ('x.append("LEFT JOIN agents AS a USING (id)")', 'x.append("LEFT JOIN app.agents AS a USING (id)")'),
    ('x.append("JOIN public.agents")', 'x.append("JOIN app.agents")'),
    (
        'x.append("WHERE id IN (SELECT id FROM events)")',
        'x.append("WHERE id IN (SELECT id FROM app.events)")',
    ),
    ('x.append(" where id in (select id from events)")', 'x.append(" where id in (select id from app.events)")'),
    ('x.append(" left join agents a on a.id = w.a")', 'x.append(" left join app.agents a on a.id = w.a")'),
    ('x.append("FROM events e, workflows w")', 'x.append("FROM app.events e, app.workflows w")'),
)


@pytest.mark.parametrize(("before", "after"), EDITED)
def test_a_piece_is_edited_on_request(before: str, after: str | None) -> None:
    source = (WHOLE + before + "\n").encode()
    result = rewrite("a.py", source, RULES)
    assert not result.changed
    assert result.open
    asked = rewrite("a.py", source, RULES, threshold=Applicability.UNSAFE)
    assert asked.after.decode() == WHOLE + (before if after is None else after) + "\n"
    assert all(finding.reason for finding in asked.findings)


@pytest.mark.parametrize(
    "before",
    [
        'x["y"] = "FROM events TO users"',
        'x["y"] = "JOIN agents on the call"',
        'x["y"] = "FROM events WE know"',
        'x["y"] = "FROM events"; z = "WITH events AS (SELECT 1) "',
        'x["y"] = "FROM events"; z = "with recursive events(a, b) as materialized (select 1, 2) "',
    ],
)
def test_what_may_be_something_else_is_reported(before: str) -> None:
    result = rewrite("a.py", (WHOLE + before + "\n").encode(), RULES, threshold=Applicability.UNSAFE)
    assert not result.changed
    assert [finding.code for finding in result.open][:1] in (["sql-fragment"], ["uncertain-relation"])


@pytest.mark.parametrize(
    "before",
    [
        'x["y"] = "from events to users"',
        'x["y"] = "join agents on the call"',
        'x["y"] = "from events = nothing"',
        'x["y"] = "from events import Event; x = 1"',
        'x["y"] = "From events, agents and workflows"',
        'log.info("FROM events WHERE nothing was found")',
    ],
)
def test_prose_is_left_alone(before: str) -> None:
    result = rewrite("a.py", (WHOLE + before + "\n").encode(), RULES, threshold=Applicability.UNSAFE)
    assert not result.changed
    assert not result.findings


def test_a_piece_in_a_file_without_sql_is_reported_only() -> None:
    result = rewrite("a.py", b'x.append("FROM workflows w")\n', RULES, threshold=Applicability.UNSAFE)
    assert not result.changed
    assert len(result.open) == 1


def test_a_piece_under_a_rename_is_reported_only() -> None:
    rules = RuleSet((Move(Relation("public", "events"), Relation("app", "event_log")),))
    source = (WHOLE + 'x.append("FROM events e")\n').encode()
    result = rewrite("a.py", source, rules, threshold=Applicability.UNSAFE)
    assert not result.changed
    assert len(result.open) == 1
