"""The second opinion of PostgreSQL's own parser: what it takes for the same statement, and where it has none."""

from __future__ import annotations

import pytest

from schema_rewriter.edit import Span
from schema_rewriter.sql import compared

NAMES = {"events": "events", "jobs": "jobs", "happenings": "happened", "happened": "happened"}
SCHEMAS = {"public", "app"}


def opinion(before: str, after: str, hole: str = "") -> tuple[str, tuple[str, ...]]:
    """What is said of a statement before and after; each place of `hole` is a hole."""
    holes = [[Span(at, at + 1) for at, char in enumerate(text) if char == hole] for text in (before, after)]
    (found,) = compared((before, holes[0]), (after, holes[1]), NAMES, SCHEMAS, script=False)
    return found.problem, found.by


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("select * from events", "select * from app.events"),
        ("select * from public.events e, jobs", "select * from app.events e, jobs"),
        ("select public.events.id from public.events", "select app.events.id from app.events"),
        ("select happenings.id from happenings", "select happened.id from app.happened"),
        ("drop table events, jobs", "drop table app.events, app.jobs"),
        ("comment on column events.id is 'x'", "comment on column app.events.id is 'x'"),
        ("grant execute on function f(events) to x", "grant execute on function f(app.events) to x"),
        ("select 'events'::regclass, array['jobs']", "select 'app.events'::regclass, array['jobs']"),
        ("select e::events[] from x e", "select e::app.events[] from x e"),
        ("select * from db.public.events", "select * from db.app.events"),
        (
            "delete from events where id = %s and x = %(y)s and z = :z",
            "delete from app.events where id = %s and x = %(y)s and z = :z",
        ),
    ],
)
def test_what_is_the_same(before: str, after: str) -> None:
    problem, by = opinion(before, after)
    assert (problem, "postgresql" in by) == ("", True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("alter table jobs rename to events", "alter table app.jobs rename to app.events"),
        ("select * from jobs, events", "select * from jobs, other.events"),
        ("select * from events", "select * from app.jobs"),
        ("select * from other", "select * from app.other"),
        ("select events from t", "select app from t"),
        ("select e.id from events e", "select e.id from app.events f"),
        ("select * from events where x = 'a b'", "select * from app.events where x = 'a c'"),
        ("select * from events order by a", "select * from app.events order by a desc"),
        ("insert into events values (1)", "insert into app.events values (2)"),
    ],
)
def test_what_is_not(before: str, after: str) -> None:
    assert opinion(before, after)[0]


@pytest.mark.parametrize(
    ("before", "after", "by"),
    [
        ("select * from events where x = ~", "select * from app.events where x = ~", ("sqlglot", "postgresql")),
        ("select * from events ~ where", "select * from app.events ~ where", ("tokens",)),
        ("select a from events limit ?", "select a from app.events limit ?", ("sqlglot",)),
        ("\\copy events from x", "\\copy app.events from x", ("tokens",)),
        ("copy events from stdin", "copy app.events from stdin", ("postgresql",)),
        (f"select {'(' * 400}1{')' * 400} from events", f"select {'(' * 400}1{')' * 400} from app.events", None),
    ],
)
def test_who_vouches(before: str, after: str, by: tuple[str, ...] | None) -> None:
    problem, found = opinion(before, after, "~")
    assert problem == ""
    assert by is None or found == by


def test_postgresql_tells_apart_what_nobody_else_does() -> None:
    """sqlglot reads no grammar there, and words leave out whatever stands before a name that moves."""
    problem, _ = opinion("grant select on other.events to x", "grant select on app.events to x")
    assert problem == "a statement means something else to PostgreSQL's own parser"
