"""INSERT of constants is read by a pattern of its own: it must tell what the general way tells."""

from __future__ import annotations

import pytest

from schema_rewriter.sql import Reference, compared, read
from schema_rewriter.sql.rows import row

NAMES = frozenset(("events", "agents"))
ROWS = (
    "INSERT INTO events VALUES (1);",
    "insert into public.events (id, events) values (-1.5e3, 'it''s; -- no comment'), (NULL, E'a''b');",
    '\n  INSERT INTO "public"."events" ("a b", agents) OVERRIDING SYSTEM VALUE VALUES (DEFAULT, true);',
    "INSERT INTO app.events (note) VALUES ('c:\\dir\\');",
    "INSERT INTO other (agents) VALUES ('events');",
    "INSERT INTO Events (id) VALUES (1) ;",
)
NO_ROWS = (
    "INSERT INTO events (id) VALUES (nextval('events_id_seq'));",
    "INSERT INTO events (id) VALUES ('events'::regclass);",
    "INSERT INTO events (id) VALUES (1) RETURNING id;",
    "INSERT INTO events AS e (id) VALUES (1);",
    "INSERT INTO events (id) VALUES (1) ON CONFLICT DO NOTHING;",
    "INSERT INTO events (id) VALUES ($1);",
    "INSERT INTO events (id) VALUES ('a\ue000');",
    "INSERT INTO events (id) VALUES (E'\\'), (1);",
    "INSERT INTO events (id) VALUES (nullable);",
    "INSERT INTO events (id) VALUES (1)",
    "INSERT INTO events (id) SELECT 1;",
    "INSERT /* a */ INTO events VALUES (1);",
)


@pytest.mark.parametrize("text", ROWS)
def test_a_row_tells_what_other_statements_tell(text: str) -> None:
    found = row(text, 0)
    assert found is not None
    assert found.end == len(text)
    general = text.replace(";", "/**/;") if text.count(";") == 1 else text[:-1] + "/**/;"
    assert row(general, 0) is None
    one, other = read(text, [], NAMES), read(general, [], NAMES)
    assert one.named == other.named
    assert sorted(one.non_references) == sorted(other.non_references)


@pytest.mark.parametrize("text", NO_ROWS)
def test_what_may_say_more_is_no_row(text: str) -> None:
    assert row(text, 0) is None


def test_rows_stand_among_other_statements() -> None:
    text = (
        "BEGIN;INSERT INTO events VALUES (1);\nINSERT INTO events VALUES (2);SELECT 1 FROM agents;"
        "COPY events FROM stdin;\nINSERT INTO events VALUES (3);\n\\.\nINSERT INTO agents VALUES (';');\n"
        "SET search_path = app; INSERT INTO events VALUES (4);"
    )
    found = [named for named in read(text, [], NAMES, script=True).named if isinstance(named, Reference)]
    assert [(named.relation.name, named.search_path) for named in found] == [
        *(("events", None), ("events", None), ("agents", None), ("events", None), ("agents", None)),
        ("events", ("app",)),
    ]


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("INSERT INTO events VALUES (1);", "INSERT INTO app.events VALUES (1);", True),
        ("INSERT INTO events VALUES (1);", "INSERT INTO app.agents VALUES (1);", False),
        ("INSERT INTO events VALUES (1);", "INSERT INTO app.events VALUES (2);", False),
        ("INSERT INTO events (a) VALUES (1);", "INSERT INTO app.events (b) VALUES (1);", False),
        ("INSERT INTO other VALUES (1);", "INSERT INTO app.other VALUES (1);", False),
    ],
)
def test_rows_are_proved(before: str, after: str, same: bool) -> None:
    names = {"events": "events", "agents": "agents"}
    statements = compared((before, []), (after, []), names, {"app"}, script=True)
    assert any(each.problem for each in statements) is not same
