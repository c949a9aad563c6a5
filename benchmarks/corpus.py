"""Trees of Python files and dumps to measure with: always the same for one Python. Knows nothing of the rewriter."""

from __future__ import annotations

import ast
import random
import re
import sysconfig
import warnings
from functools import cache
from itertools import count, islice, product
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bare import AFFECTED
from benchmarks.measure import CantRunError

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLES = (
    *("workflows", "task_executions", "events", "agents", "agent_states"),
    *("invoices", "vendors", "guardrail_rules", "chat_messages", "price_benchmarks"),
)
"""The relations that move."""

NAMED = "notes_"
"""How the name of a file begins that mentions a relation in prose only."""

_FILES_A_DIRECTORY = 40
_SIZES = range(6_000, 12_000)
_GITIGNORE = (
    "__pycache__/\n*.py[cod]\n*.egg-info/\n/build/\n/dist/\n.venv/\n.env\n*.log\n.coverage\nhtmlcov/\n!keep.log\n"
)

# One method each; %(n)d tells them apart, the tables are spelt out so that each can be found by reading.
_SQL = (
    '''
    async def list_%(n)d(self, tenant, limit=50):
        return await self.pool.fetch(
            """
            SELECT w.id, w.name, w.state, count(t.id) AS runs
            FROM workflows w
            LEFT JOIN task_executions t ON t.workflow_id = w.id
            WHERE w.tenant_id = $1
            GROUP BY w.id, w.name, w.state
            ORDER BY w.created_at DESC
            LIMIT $2
            """,
            tenant,
            limit,
        )
''',
    """
    async def record_%(n)d(self, kind, payload):
        await self.pool.execute(
            "INSERT INTO events (event_type, payload, created_at) VALUES ($1, $2, now())", kind, payload
        )
""",
    '''
    async def find_%(n)d(self, conditions, values):
        query = f"""
            SELECT id, name, capabilities FROM agents
            WHERE {' AND '.join(conditions)} AND deleted_at IS NULL
            ORDER BY name
        """
        return await self.pool.fetch(query, *values)
''',
    """
    def save_state_%(n)d(self, cursor, agent_id, state):
        cursor.execute(
            "INSERT INTO agent_states (agent_id, state) VALUES (%%s, %%s) "
            "ON CONFLICT (agent_id) DO UPDATE SET state = excluded.state",
            (agent_id, state),
        )
""",
    '''
    def overdue_%(n)d(self, cursor, days):
        cursor.execute(
            """
            WITH late AS (
                SELECT i.id, i.vendor_id, i.total FROM invoices i
                WHERE i.due_at < now() - make_interval(days => %%(days)s) AND i.paid_at IS NULL
            )
            SELECT v.name, sum(late.total) FROM late JOIN vendors v ON v.id = late.vendor_id GROUP BY v.name
            """,
            {"days": days},
        )
        return cursor.fetchall()
''',
    '''
    def create_%(n)d(self, cursor):
        cursor.execute("""
            CREATE TABLE IF NOT EXISTS guardrail_rules (
                id BIGSERIAL PRIMARY KEY,
                agent_id BIGINT NOT NULL REFERENCES agents(id) ON DELETE CASCADE,
                name TEXT NOT NULL,
                created_at TIMESTAMPTZ NOT NULL DEFAULT now()
            )
        """)
''',
    """
    def purge_%(n)d(self, cursor, before):
        query = "DELETE FROM chat_messages"
        query += " WHERE created_at < %%s"
        query += " AND NOT EXISTS (SELECT 1 FROM workflows WHERE workflows.id = chat_messages.workflow_id)"
        cursor.execute(query, (before,))
        return cursor.rowcount
""",
    """
    async def prices_%(n)d(self, item):
        return await self.pool.fetchrow("SELECT average, lowest FROM price_benchmarks WHERE item = $1", item)
""",
)

# %(n)d as above, %(table)s a relation that moves.
_PROSE = (
    """

def settle_%(n)d(queue):
    # The %(table)s that are still open are left to the next run, which takes them in the order they came.
    return sorted(queue)
""",
    '''

def describe_%(n)d(entry):
    """Tell what the %(table)s of one day have in common, and update the summary from them."""
    return str(entry)
''',
    """

def report_%(n)d(log, count):
    log.info("Waiting for %%d %(table)s to finish before the report is written", count)
    return count
""",
)


def tree(root: Path, size: int, *, in_prose: int = 0) -> int:
    """Make `size` Python files below `root`, one in a hundred of them affected, and return their bytes.

    `in_prose` of a hundred mention a relation in a comment, a docstring or a message, and nowhere else. The rest are
    modules of the standard library, as all are but for some lines, that mention none.
    """
    choose = random.Random(size)
    total = 0
    modules = _modules()
    root.mkdir(parents=True)
    (root / ".gitignore").write_text(_GITIGNORE, "utf-8")
    for number in range(size):
        text = f"{modules[number % len(modules)]}\n# File {number}.\n"
        name = f"module_{number:05}.py"
        if number % 100 == 7:
            name, text = f"{AFFECTED}{number:05}.py", text + _store(choose)
        elif number % 100 // 10 * 10 + 3 == number % 100 and number % 100 // 10 < in_prose:
            wording = choose.choice(_PROSE) % {"n": number, "table": choose.choice(TABLES)}
            name, text = f"{NAMED}{number:05}.py", text + wording
        directory = number // _FILES_A_DIRECTORY
        path = root / f"part_{directory // 10:02}" / f"package_{directory % 10}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        source = text.encode()
        path.write_bytes(source)
        total += len(source)
    return total


def rules(size: int) -> str:
    """A rule file that moves the relations, and others that no file mentions, `size` in all."""
    first = "archived billing customer daily delivery device draft export external import internal legacy".split()
    second = "address contract credit invoice label ledger order parcel product quota receipt refund".split()
    third = "audits batches entries exports histories items links notes rates totals".split()
    others = ("_".join(words) for words in product(first, second, third))
    tables = [*TABLES, *islice(others, size - len(TABLES))]
    listed = "".join(f'    "{table}",\n' for table in tables[:size])
    return f'search_path = ["public"]\n\n[[move]]\nfrom = "public"\nto = "app"\ntables = [\n{listed}]\n'


def dump(size: int) -> bytes:
    """About `size` bytes as pg_dump writes them, nine tenths of them data; every fourth table moves."""
    choose = random.Random(size)
    parts = ["--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\nSET client_encoding = 'UTF8';\n\n"]
    length = len(parts[0])
    for number in count():
        if length >= size:
            break
        table = f"{TABLES[number // 4 % len(TABLES)]}_{number}" if number % 4 else TABLES[number // 4 % len(TABLES)]
        rows = "".join(
            f"{row}\t{choose.randrange(10**9)}\tthe {choose.choice(TABLES)} of {choose.randrange(10**6)}\t"
            f'2026-01-{row % 28 + 1:02} 10:00:00+00\t{{"from": "events", "id": {row}}}\n'
            for row in range(250)
        )
        parts.append(_TABLE % {"table": table, "rows": rows})
        length += len(parts[-1])
    return "".join(parts).encode()


_TABLE = """
--
-- Name: %(table)s; Type: TABLE; Schema: public; Owner: app
--

CREATE TABLE public.%(table)s (
    id bigint NOT NULL,
    total numeric(12,2),
    title text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    payload jsonb,
    CONSTRAINT %(table)s_total CHECK ((total >= (0)::numeric))
);

ALTER TABLE public.%(table)s OWNER TO app;

CREATE SEQUENCE public.%(table)s_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;

ALTER SEQUENCE public.%(table)s_id_seq OWNED BY public.%(table)s.id;

COPY public.%(table)s (id, total, title, created_at, payload) FROM stdin;
%(rows)s\\.

SELECT pg_catalog.setval('public.%(table)s_id_seq', 250, true);

ALTER TABLE ONLY public.%(table)s
    ADD CONSTRAINT %(table)s_pkey PRIMARY KEY (id);

CREATE INDEX %(table)s_created ON public.%(table)s USING btree (created_at DESC);

GRANT SELECT ON TABLE public.%(table)s TO reader;
"""


def _store(choose: random.Random) -> str:
    chosen = choose.sample(_SQL, choose.randint(3, 6))
    methods = "".join(method % {"n": number} for number, method in enumerate(chosen))
    return f"\n\nclass Store:\n    def __init__(self, pool):\n        self.pool = pool\n{methods}"


@cache
def _modules() -> tuple[str, ...]:
    """The modules of the running Python's standard library, of a usual size, that mention no relation."""
    library = Path(sysconfig.get_path("stdlib"))
    found = tuple(text for path in sorted(library.rglob("*.py")) if (text := _module(path, library)))
    if len(found) < 50:
        raise CantRunError(f"{library}: only {len(found)} modules to make files of; use a Python with its library")
    return found


def _module(path: Path, library: Path) -> str | None:
    if not {"site-packages", "test", "tests", "dist-packages"}.isdisjoint(path.relative_to(library).parts):
        return None
    if path.stat().st_size not in _SIZES:
        return None
    try:
        text = path.read_text("utf-8")
        with warnings.catch_warnings(action="ignore"):
            ast.parse(text)
    except (UnicodeDecodeError, SyntaxError):
        return None
    words = re.findall(r"\w+", text.lower())
    return None if not set(TABLES).isdisjoint(words) else text


def files(root: Path, prefix: str) -> Iterator[Path]:
    """The files of a tree whose names begin with `prefix`, sorted."""
    yield from sorted(root.rglob(f"{prefix}*.py"))
