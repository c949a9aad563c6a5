"""The proof of statements on a private PostgreSQL, against a bare loop of PREPARE over the same statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.measure import CantRunError, Figure, Size, in_turn

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 1_000
"""Statements: queries, joins, DML, all with parameters, over TABLES tables."""
TABLES = 20
FORMS = (
    "SELECT a.id, b.kind FROM t{one} a JOIN t{two} b ON b.id = a.parent_id WHERE a.kind = $1 AND b.n > $2",
    "INSERT INTO t{one} (kind, n) VALUES ($1, {n}) ON CONFLICT (id) DO UPDATE SET n = excluded.n RETURNING id",
    "UPDATE t{one} SET n = n + {n} WHERE id IN (SELECT parent_id FROM t{two} WHERE kind = $1)",
    "WITH gone AS (DELETE FROM t{one} WHERE n < {n} RETURNING *) SELECT count(*) FROM gone JOIN t{two} USING (id)",
    "SELECT kind, count(*) FROM t{one} WHERE payload @> $1 GROUP BY kind HAVING count(*) > {n} ORDER BY 2 LIMIT $2",
)


def figures(work: Path, size: Size) -> list[Figure]:
    """The ratio, and the seconds of a thousand statements."""
    from schema_rewriter.postgres import server
    from schema_rewriter.postgres.connection import connect
    from schema_rewriter.postgres.verify import databases, layout, verify
    from schema_rewriter.relation import Relation
    from schema_rewriter.rules import Move, RuleSet
    from schema_rewriter.run.claims import gather, held

    rules = RuleSet(tuple(Move(Relation("public", f"t{n}"), Relation("app", f"t{n}")) for n in range(TABLES)))
    schema = [
        f"CREATE TABLE t{n} (id serial PRIMARY KEY, parent_id int, kind text, n int, payload jsonb)"
        for n in range(TABLES)
    ]
    count = size.of(COUNT)
    statements = [FORMS[n % len(FORMS)].format(one=n % TABLES, two=(n * 7 + 1) % TABLES, n=n) for n in range(count)]
    gathered = gather(held({"queries.sql": ";\n".join(statements).encode()}, rules))
    made = [layout.Definition("schema.sql", text) for text in schema]

    with server.start() as running, databases.scratch(running.conninfo()) as connection:
        layout.build(connection, made, rules)

        def bare() -> None:
            with connect(connection.info.dsn) as other:
                for statement in statements:
                    other.execute(f"PREPARE bare AS {statement}".encode())
                    other.execute(b"DEALLOCATE bare")

        def prove() -> None:
            with connect(connection.info.dsn) as other:
                proof = verify.prove(other, gathered.claims, rules, layout.generated(other, rules))
            if proof.unlike or [result for result in proof.results if result.status != verify.PROVED]:
                raise CantRunError("a generated statement was not proved")

        times = in_turn({"prove": prove, "bare": bare}, size.repeat)
        version = connection.info.server_version // 10000
    proved, prepared = times["prove"].wall, times["bare"].wall
    return [
        Figure(
            f"{count} statements proved (PostgreSQL {version}) / a bare loop of PREPARE", str(proved.over(prepared))
        ),
        Figure("the same, in seconds", f"{proved.best:.2f} s / {prepared.best:.2f} s"),
    ]
