"""Generated statements whose right edits are known by the way they are made, and that PostgreSQL's parser reads.

A relation that moves is written `@events`; the same name as a column, an alias or a CTE is written as it is.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from helpers.strategies import examples
from hypothesis import given
from hypothesis import strategies as st

from schema_rewriter import Move, Relation, RuleSet, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable

postgast: Any = importlib.import_module("postgast")

MOVED = ("events", "agents")
NAMES = (*MOVED, "tanks")
RULES = RuleSet(tuple(Move(Relation("public", name), Relation("app", name)) for name in MOVED))


def _relation(draw: Callable[[st.SearchStrategy[Any]], Any], hidden: frozenset[str]) -> str:
    """A relation, or a CTE where one hides it."""
    name: str = draw(st.sampled_from(NAMES))
    return name if name in hidden or name == "tanks" else f"@{name}"


def _source(draw: Callable[[st.SearchStrategy[Any]], Any], hidden: frozenset[str], depth: int, alias: str) -> str:
    if depth and draw(st.booleans()):
        return f"({_query(draw, hidden, depth - 1)}) AS {alias}"
    return f"{draw(st.sampled_from(['', 'ONLY ']))}{_relation(draw, hidden)} {alias}"


def _query(draw: Callable[[st.SearchStrategy[Any]], Any], hidden: frozenset[str], depth: int) -> str:
    head = ""
    if depth and draw(st.booleans()):
        name = draw(st.sampled_from(NAMES))
        head = f"WITH {name} AS ({_query(draw, hidden, depth - 1)}) "  # not recursive: it does not see itself
        hidden |= {name}
    one: str
    two: str
    one, two = draw(st.permutations(["events", "agents", "x"]))[:2]
    column, label = draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES))
    text: str = f"{head}SELECT {one}.{column} AS {label} FROM {_source(draw, hidden, depth, one)}"
    text += draw(st.sampled_from([f" LEFT JOIN {_relation(draw, hidden)} {two} ON {two}.id = {one}.id", ""]))
    if depth and draw(st.booleans()):
        text += f" WHERE EXISTS ({_query(draw, hidden, depth - 1)}) AND {one}.{column} <> 'from events'"
    if depth and draw(st.booleans()):
        text += f" UNION ALL {_query(draw, hidden, 0)}"
    return text


@st.composite
def statements(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    """A query, a command that changes rows, or a definition."""
    target, other = f"@{draw(st.sampled_from(MOVED))}", f"@{draw(st.sampled_from(MOVED))}"
    none: frozenset[str] = frozenset()
    query = _query(draw, none, draw(st.integers(0, 2)))
    forms = (
        query,
        f"INSERT INTO {target} (events, id) {query}",
        f"WITH events AS ({query}) INSERT INTO {target} SELECT * FROM events",
        f"INSERT INTO {target} AS t VALUES (1) ON CONFLICT (id) DO UPDATE SET events = excluded.events",
        f"UPDATE {target} AS t SET events = ({query}) WHERE t.events = 1",
        f"UPDATE {target} t SET n = o.events FROM {other} o WHERE o.id = t.id RETURNING t.events",
        f"DELETE FROM {target} t USING {other} agents WHERE agents.id = t.id",
        f"MERGE INTO {target} t USING {other} s ON t.id = s.id WHEN MATCHED THEN UPDATE SET events = s.events",
        f"CREATE VIEW v AS {query}",
        f"CREATE TABLE t (events int REFERENCES {target} (events), agents text DEFAULT 'agents')",
        f"CREATE INDEX i ON {target} (events, agents)",
        f"ALTER TABLE {target} ADD COLUMN events int, ADD FOREIGN KEY (agents) REFERENCES {other} (id)",
        f"GRANT SELECT (events), UPDATE ON {target}, {other} TO agents",
        f"COMMENT ON COLUMN {target}.agents IS 'of events'",
        f"TRUNCATE {target}, tanks CASCADE",
        f"COPY {target} (events, agents) TO STDOUT",
        f"LOCK TABLE {target}, {other} IN SHARE MODE",
        f"DROP TABLE IF EXISTS {target}, tanks",
        f"EXPLAIN (COSTS OFF) {query}",
    )
    return str(draw(st.sampled_from(forms)))


@examples(3)
@given(statements())
def test_exactly_the_relations_are_qualified(text: str) -> None:
    before, after = text.replace("@", ""), text.replace("@", "app.")
    postgast.parse(before)
    postgast.parse(after)
    result = rewrite("case.sql", before.encode(), RULES)
    assert result.after.decode() == after
    assert not result.open
