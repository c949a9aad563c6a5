"""Migrations under load: old and new code on linked tables, a long reader in the way; and what goes wrong without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from helpers import load
from helpers import migrations as m
from helpers import server as servers

from schema_rewriter.postgres.migrate import plan
from schema_rewriter.rules import parse_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.postgres


@pytest.fixture
def dsn(server: servers.Server) -> Iterator[str]:
    """A database with the tables of the load."""
    dsn = servers.create_database(server)
    m.run(dsn, [load.SCHEMA])
    yield dsn


def test_nobody_notices_and_no_row_is_lost(dsn: str) -> None:
    phases = plan(parse_rules(load.RULES, "rules"), m.catalog(dsn))
    with load.Load(dsn) as clients:
        clients.settle()
        m.run(dsn, phases["prepare"].up())
        reader = load.long_reader(dsn, "public.orders", 1)
        m.run(dsn, phases["expand"].up())
        reader.join()
        clients.schemas = ("public", "shop")  # the deployment
        clients.settle()
        clients.schemas = ("shop",)
        clients.settle()
        m.run(dsn, phases["contract"].up())
        clients.settle()
        m.run(dsn, phases["contract"].down())
        clients.schemas = ("public", "shop")  # and back
        clients.settle()
        m.run(dsn, phases["expand"].down())
        clients.settle()
        clients.schemas = ("public",)
        clients.settle()
        m.run(dsn, phases["prepare"].down())
        clients.settle()
    assert clients.errors == {}
    assert load.lost(dsn, "public") == 0


def test_nobody_notices_where_the_search_path_finds_both(dsn: str) -> None:
    """Old code that writes no schema, started anew after prepare; what began before holds expand off."""
    phases = plan(parse_rules(load.RULES, "rules"), m.catalog(dsn), search_path=True)
    with load.Load(dsn, schemas=("",)) as clients:
        clients.settle()
        m.run(dsn, phases["prepare"].up())
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="keep the search_path that they began"):
            m.run(dsn, phases["expand"].up())
    assert clients.errors == {}
    with load.Load(dsn, schemas=("",)) as clients:
        reader = load.long_reader(dsn, "public.orders", 1)
        m.run(dsn, phases["expand"].up())
        reader.join()
        for schemas in (("", "shop"), ("shop",), ("", "shop")):  # the deployment, and back
            clients.schemas = schemas
            clients.settle()
        clients.schemas = ("",)
        clients.settle()
        m.run(dsn, phases["expand"].down())
        clients.settle()
        m.run(dsn, phases["prepare"].down())
        clients.settle()
    assert clients.errors == {}
    assert load.lost(dsn, "public") == 0


def test_without_the_views_they_do(dsn: str) -> None:
    """The load above has teeth: a plain ALTER TABLE .. SET SCHEMA is noticed at once."""
    with load.Load(dsn) as clients:
        clients.settle()
        m.run(dsn, ["CREATE SCHEMA shop", "ALTER TABLE public.orders SET SCHEMA shop"])
        clients.settle(20)
    assert clients.errors['42P01 relation "public.orders" does not exist'] > 0
