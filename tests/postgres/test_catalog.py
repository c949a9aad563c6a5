"""What is read of a real database's catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers import server as servers

from schema_rewriter.postgres.catalog_reader import read_catalog
from schema_rewriter.postgres.connection import connect, reading
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from schema_rewriter.postgres.catalog import Catalog

pytestmark = pytest.mark.postgres


def read(server: servers.Server, setup: str) -> Catalog:
    """The catalog of a new database after some statements."""
    with connect(servers.create_database(server)) as connection:
        connection.execute(setup.encode())
        with reading(connection):
            return read_catalog(connection)


def test_relations_are_read_with_what_tells_them_apart(server: servers.Server) -> None:
    """Partitions of partitions, a table that has moved, its compatibility view, a tombstone, names that want quotes."""
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
        CREATE SCHEMA "Old";
        CREATE TABLE "Old"."a.b" (a int, b int);
        CREATE STATISTICS "Old"."St" ON a, b FROM "Old"."a.b";
        """,
    )
    assert {str(relation.relation): (relation.kind, *map(str, relation.parents)) for relation in found.relations} == {
        "app.agents": ("r",),
        "public.agents": ("v",),
        "public.events": ("p",),
        "public.events_1": ("p", "public.events"),
        "public.events_1_1": ("r", "public.events_1"),
        'public."Weird Name"': ("r",),
        '"Old"."a.b"': ("r",),
        "public.users": ("c",),
    }
    view = found.relation(Relation("public", "agents"))
    assert view is not None and view.is_compatibility_view and view.reads == (Relation("app", "agents"),)
    tombstone = found.relation(Relation("public", "users"))
    assert tombstone is not None and tombstone.is_tombstone
    assert {schema.name for schema in found.schemas} == {"public", "app", "Old"}
    assert [(one.name, one.on) for one in found.statistics] == [(Relation("Old", "St"), Relation("Old", "a.b"))]


def test_routines_with_a_text_are_found(server: servers.Server) -> None:
    """Not those whose body the server has parsed, nor aggregates, whose texts name nothing."""
    found = read(
        server,
        """
        CREATE TABLE events (id int);
        CREATE FUNCTION one() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM Events';
        CREATE PROCEDURE two() LANGUAGE plpgsql SET search_path = public AS 'BEGIN DELETE FROM events; END';
        CREATE FUNCTION three() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM events; END;
        CREATE FUNCTION four(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE AGGREGATE events_sum (int) (SFUNC = int4pl, STYPE = int);
        """,
    )
    assert [(str(routine), routine.kind, routine.settings) for routine in found.routines] == [
        ("public.four(integer, text)", "f", ()),
        ("public.one()", "f", ()),
        ("public.two()", "p", ("search_path=public",)),
    ]
    assert found.routines[1].definition.startswith("CREATE OR REPLACE FUNCTION public.one()")
