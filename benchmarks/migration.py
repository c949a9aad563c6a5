"""A migration under load, for longer than a test may take: errors, lost rows, the longest that anybody waited."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Figure, Size

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from helpers import load
from helpers import migrations as m
from helpers import server as servers

from schema_rewriter.postgres.migrate import plan
from schema_rewriter.rules import parse_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 8
PAUSE = 2.0


def figures(work: Path, size: Size) -> Iterator[Figure]:
    """For each PostgreSQL there is: the whole way there and back while clients work, and a plain move beside it."""
    for kind in servers.kinds():
        running = servers.start(kind)
        try:
            yield from _figures(running, size)
        finally:
            running.stop()


def _figures(server: servers.Server, size: Size) -> Iterator[Figure]:
    errors = lost = done = 0
    pause = PAUSE * max(size.share, 0.25)
    quiet = busy = 0.0
    for _ in range(size.repeat):
        dsn = servers.create_database(server)
        m.run(dsn, [load.SCHEMA])
        with load.Load(dsn, CLIENTS) as clients:
            time.sleep(pause)
            quiet, clients.longest = max(quiet, clients.longest), 0.0
            _there_and_back(dsn, clients, pause)
        busy = max(busy, clients.longest)
        errors += clients.errors.total()
        lost += load.lost(dsn, "public")
        done += clients.done
    version = m.catalog(dsn).version // 10000
    what = f"PostgreSQL {version}, {CLIENTS} clients, {size.repeat} times there and back: "
    yield Figure(f"{what}errors", f"{errors} of {done:,}", "0", errors == 0)
    yield Figure(f"{what}rows lost", f"{lost}", "0", lost == 0)
    yield Figure(f"{what}longest wait", f"{busy * 1000:.0f} ms, {quiet * 1000:.0f} before")
    dsn = servers.create_database(server)
    m.run(dsn, [load.SCHEMA, "CREATE SCHEMA shop"])
    with load.Load(dsn, CLIENTS) as clients:
        time.sleep(pause)
        m.run(dsn, [f"ALTER TABLE public.{name} SET SCHEMA shop" for name in ("customers", "orders", "items")])
        time.sleep(pause)
    count = clients.errors.total()
    yield Figure(
        f"PostgreSQL {version}, a plain SET SCHEMA: errors", f"{count:,} of {clients.done:,}", "> 0", count > 0
    )


def _there_and_back(dsn: str, clients: load.Load, pause: float) -> None:
    """With a report of three seconds on one of the tables when it starts to move, in either direction."""
    phases = plan(parse_rules(load.RULES, "rules"), m.catalog(dsn))
    m.run(dsn, phases["prepare"].up())
    reader = load.long_reader(dsn, "public.orders", 3)
    m.run(dsn, phases["expand"].up())
    reader.join()
    for schemas in (("public", "shop"), ("shop",)):
        clients.schemas = schemas
        time.sleep(pause)
    m.run(dsn, phases["contract"].up())
    time.sleep(pause)
    m.run(dsn, phases["contract"].down())
    clients.schemas = ("public", "shop")
    reader = load.long_reader(dsn, "shop.items", 3)
    m.run(dsn, phases["expand"].down())
    reader.join()
    clients.schemas = ("public",)
    time.sleep(pause)
    m.run(dsn, phases["prepare"].down())
