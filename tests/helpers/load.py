"""Clients of old and new code that work on tables while these move; what went wrong, and whether a row was lost."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg

SCHEMA = """
CREATE TABLE public.customers (id serial PRIMARY KEY, name text NOT NULL, orders int NOT NULL DEFAULT 0);
CREATE TABLE public.orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL REFERENCES public.customers);
CREATE TABLE public.items (id bigserial PRIMARY KEY, "order" bigint NOT NULL REFERENCES public.orders, n int NOT NULL);
CREATE TABLE public.ledger (client int, orders bigint, at timestamptz DEFAULT now());
INSERT INTO public.customers (name) SELECT 'customer ' || i FROM generate_series(1, 50) i;
"""
RULES = '[[move]]\nfrom = "public"\nto = "shop"\ntables = ["customers", "orders", "items"]\n'


@dataclass
class Load:
    """Clients in threads, each on its own connection; `schemas` are what they may say at the moment ("": none)."""

    dsn: str
    clients: int = 6
    schemas: tuple[str, ...] = ("public",)
    errors: Counter[str] = field(default_factory=Counter)
    ended: Counter[int] = field(default_factory=Counter)
    longest: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Load:
        """Start them."""
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    @property
    def done(self) -> int:
        """How many transactions have ended, well or not."""
        return self.ended.total()

    def settle(self, transactions: int = 3) -> None:
        """Until each of them has ended so many more transactions: all but the first began after this was called."""
        ends = {number: self.ended[number] + transactions for number in range(self.clients)}
        while any(self.ended[number] < end for number, end in ends.items()):
            assert all(thread.is_alive() for thread in self._threads), "a client has died"
            time.sleep(0.01)

    def _work(self, number: int) -> None:
        choose = random.Random(number)
        with psycopg.connect(self.dsn) as connection:
            while not self._ended.is_set():
                schema = choose.choice(self.schemas)
                began = time.monotonic()
                try:
                    with connection.transaction():
                        _trade(connection, schema, number, choose)
                except psycopg.Error as error:
                    with self._lock:
                        self.errors[f"{error.sqlstate} {error.diag.message_primary or error}"] += 1
                with self._lock:
                    self.ended[number] += 1
                    self.longest = max(self.longest, time.monotonic() - began)


def _trade(connection: psycopg.Connection[Any], schema: str, client: int, choose: random.Random) -> None:
    """One transaction over all tables; the ledger, which does not move, knows how many orders there must be."""
    at = f"{schema}." if schema else ""
    customer = choose.randint(1, 50)
    what = choose.random()
    if what < 0.5:
        connection.execute(
            f"SELECT c.name, count(i.id) FROM {at}customers c LEFT JOIN {at}orders o ON o.customer = c.id "
            f'LEFT JOIN {at}items i ON i."order" = o.id WHERE c.id = %s GROUP BY c.id, c.name'.encode(),
            [customer],
        )
    elif what < 0.7:
        connection.execute(f"UPDATE {at}items SET n = n + 1 WHERE id = %s".encode(), [choose.randint(1, 100)])
    else:
        query = f"INSERT INTO {at}orders (customer) VALUES (%s) RETURNING id"
        [(order,)] = connection.execute(query.encode(), [customer]).fetchall()
        connection.execute(f'INSERT INTO {at}items ("order", n) VALUES (%s, 1), (%s, 2)'.encode(), [order, order])
        connection.execute(f"UPDATE {at}customers SET orders = orders + 1 WHERE id = %s".encode(), [customer])
        connection.execute("INSERT INTO public.ledger (client, orders) VALUES (%s, %s)", [client, order])


def lost(dsn: str, schema: str) -> int:
    """How many orders, or items of them, or counts of them, are not what the ledger says."""
    with psycopg.connect(dsn) as connection:
        query = (
            "SELECT (SELECT count(*) FROM public.ledger l "
            f"WHERE NOT EXISTS (SELECT FROM {schema}.orders o WHERE o.id = l.orders)) "
            f"+ abs((SELECT count(*) FROM public.ledger) - (SELECT count(*) FROM {schema}.orders)) "
            f"+ abs(2 * (SELECT count(*) FROM public.ledger) - (SELECT count(*) FROM {schema}.items)) "
            f"+ abs((SELECT count(*) FROM public.ledger) - (SELECT sum(orders) FROM {schema}.customers))"
        )
        [(count,)] = connection.execute(query.encode()).fetchall()
        return int(count)


def long_reader(dsn: str, relation: str, seconds: float) -> threading.Thread:
    """A report that reads a table in a transaction for some time, and has begun to."""
    reads = threading.Event()

    def read() -> None:
        with psycopg.connect(dsn) as connection:
            connection.execute(f"SELECT count(*) FROM {relation}".encode())
            reads.set()
            time.sleep(seconds)

    thread = threading.Thread(target=read)
    thread.start()
    assert reads.wait(60), "the report can not begin"
    return thread
