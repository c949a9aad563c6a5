"""What is read of a real database's catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import server as servers

from schema_rewriter.postgres.audit import catalog
from schema_rewriter.postgres.connection import connect, reading
from schema_rewriter.relation import Relation
from schema_rewriter.rules import parse_rules

if TYPE_CHECKING:
    from schema_rewriter.postgres.audit.catalog import Catalog

pytestmark = pytest.mark.postgres

RULES = parse_rules(
    """
    [[move]]
    from = "public"
    to = "app"
    tables = ["events", "agents", "users", '"Weird Name"']
    """,
    "rules.toml",
)


def read(server: servers.Server, setup: str) -> Catalog:
    """The catalog of a new database after some statements."""
    with connect(servers.create_database(server)) as connection:
        connection.execute(setup.encode())
        with reading(connection):
            return catalog.read(connection, RULES)


def test_relations_are_found_under_either_name_with_all_below_them(server: servers.Server) -> None:
    """Partitions of partitions, a table that has moved, its stand-in, a name that wants quotes."""
    found = read(
        server,
        """
        CREATE SCHEMA app;
        CREATE TABLE events (id int, kind text) PARTITION BY RANGE (id);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (id);
        CREATE TABLE events_1_1 PARTITION OF events_1 FOR VALUES FROM (0) TO (5);
        CREATE TABLE app.agents (id int);
        CREATE VIEW agents AS SELECT * FROM app.agents;
        COMMENT ON VIEW agents IS 'schema-rewrite:compat app.agents';
        CREATE TYPE public.users AS ();
        COMMENT ON TYPE public.users IS 'schema-rewrite:tombstone';
        CREATE TABLE "Weird Name" ();
        CREATE TABLE app.events_other ();
        """,
    )
    levels = {str(stored.relation): (stored.kind, stored.level, stored.is_new) for stored in found.relations}
    assert levels == {
        "app.agents": ("r", 0, True),
        "public.agents": ("v", 0, False),
        "public.events": ("p", 0, False),
        "public.events_1": ("p", 1, False),
        "public.events_1_1": ("r", 2, False),
        'public."Weird Name"': ("r", 0, False),
        "public.users": ("c", 0, False),
    }
    view, table = found.find(Relation("public", "agents")), found.find(Relation("app", "agents"))
    assert view is not None and view.is_compatibility_view and table is not None and view.reads == (table.oid,)
    tombstone = found.find(Relation("public", "users"))
    assert tombstone is not None and tombstone.is_tombstone
    assert {schema.name for schema in found.schemas} == {"public", "app"}


def test_routines_with_a_text_that_says_a_name_are_found(server: servers.Server) -> None:
    """Not those whose body the server has parsed, nor aggregates; a name in another case counts."""
    found = read(
        server,
        """
        CREATE TABLE events (id int);
        CREATE FUNCTION one() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM Events';
        CREATE PROCEDURE two() LANGUAGE plpgsql SET search_path = public AS 'BEGIN DELETE FROM events; END';
        CREATE FUNCTION three() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM events; END;
        CREATE FUNCTION four() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE AGGREGATE events_sum (int) (SFUNC = int4pl, STYPE = int);
        """,
    )
    assert [(routine.identity, routine.kind, routine.settings) for routine in found.routines] == [
        ("public.one()", "f", ()),
        ("public.two()", "p", ("search_path=public",)),
    ]
    assert found.routines[0].definition.startswith("CREATE OR REPLACE FUNCTION public.one()")
