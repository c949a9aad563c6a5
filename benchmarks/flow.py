"""Names that flow: what the facts, the link and the contexts of a package add to the rewriting of its files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import corpus
from benchmarks.measure import CantRunError, Figure, Size, in_fork, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter import RuleSet

MODULES = 120
DYNAMIC = 5
"""One in so many modules puts names into its SQL, as in the packages on PyPI that do; the others hold SQL as it is."""
LIMIT = 1.5
"""A run that follows names may take this much of the time of one that does not."""
PACKAGE = "SCHEMA_REWRITE_BENCHMARK_PACKAGE"
"""A folder of Python code to measure beside the generated one, with TABLES (separated by commas) of it that move."""
TABLES = "SCHEMA_REWRITE_BENCHMARK_TABLES"

_TABLES = '''"""The names of tables."""

'''
_STORE = '''"""A store like many others, number {n}."""

from .base import Store
from .tables import T{n}, T{other}


class Store{n}(Store):
    table = T{n}
    watched = ["{name}", T{other}]

    def __init__(self, pool, archive="{name}"):
        super().__init__(pool)
        self.archive = archive

    async def load(self, key):
        return await self.pool.fetchrow(f"SELECT * FROM {{self.table}} WHERE id = $1", key)

    async def save(self, values):
        await self.insert(T{n}, values)
        await self.insert("{name}", values)
        for table in self.watched:
            await self.clear(table, "created_at < now() - interval '90 days'")

    async def report(self):
        rows = await self.pool.fetch("SELECT kind, count(*) FROM {name} GROUP BY kind ORDER BY kind")
        return [await self.count(table) for table in ("{name}", T{other})] + [dict(row) for row in rows]

    async def move(self, before):
        await self.pool.execute(f"INSERT INTO {{self.archive}} SELECT * FROM {{self.table}} WHERE at < $1", before)
{rest}'''
_PLAIN = '''"""A module with SQL as it is, number {n}."""


class Queries{n}:
    def __init__(self, pool):
        self.pool = pool

    async def load_{n}(self, key):
        return await self.pool.fetchrow("SELECT * FROM {name} WHERE id = $1 AND kind <> '{n}'", key)

    async def save_{n}(self, kind, payload):
        await self.pool.execute("INSERT INTO {name} (kind, payload, part) VALUES ($1, $2, {n})", kind, payload)

    async def report_{n}(self):
        return await self.pool.fetch(
            """
            SELECT x.kind, count(y.id) AS number_{n}
            FROM {name} x LEFT JOIN {second} y ON y.part = x.id
            GROUP BY x.kind HAVING count(y.id) > {n}
            """
        )
{rest}'''
_REST = '''
    def page_{m}(self, items, size={m}):
        """Items on page {m}, with what stands around them."""
        start = max(0, min(len(items) - size, {m} * size))
        found = [item for item in items[start : start + size] if item.kind != "{m}" and not item.hidden]
        return {{"items": found, "start": start, "total": len(items), "label": f"{{start}} of {{len(items)}}"}}
'''
_BASE = '''"""What all stores do."""


class Store:
    table = "audit_log"

    def __init__(self, pool):
        self.pool = pool

    async def insert(self, table, values):
        columns = ", ".join(values)
        await self.pool.execute(f"INSERT INTO {table} ({columns}) VALUES (DEFAULT)")

    async def clear(self, table, condition):
        await self.pool.execute(f"DELETE FROM {table} WHERE {condition}")

    async def count(self, table):
        return await self.pool.fetchval(f"SELECT count(*) FROM {table}")
'''


def figures(work: Path, size: Size) -> list[Figure]:
    """The ratio on a package that is made here, and on one of PACKAGE, if that is given."""
    from schema_rewriter.rules import parse_rules

    modules, repeat = size.of(MODULES), size.repeat
    made = _package(modules)
    found = [*_measured(made, parse_rules(corpus.rules(10), "rules.toml"), f"{modules} modules", repeat, made=True)]
    if folder := os.environ.get(PACKAGE):
        root = Path(folder)
        sources = {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.py"))}
        tables = ", ".join(f'"{name}"' for name in os.environ.get(TABLES, "users,events").split(","))
        rules = parse_rules(f'[[move]]\nfrom = "public"\nto = "app"\ntables = [{tables}]\n', "rules.toml")
        found += _measured(sources, rules, root.name, repeat)
    return found


def _package(modules: int) -> dict[str, bytes]:
    """A package whose modules get names of tables from constants, base classes, defaults, lists and helpers."""
    names = [corpus.TABLES[n % len(corpus.TABLES)] for n in range(modules)]
    tables = _TABLES + "".join(f'T{n} = "{name}"\n' for n, name in enumerate(names))
    package = {"shop/__init__.py": "", "shop/tables.py": tables, "shop/base.py": _BASE}
    for n, name in enumerate(names):
        rest = "".join(_REST.format(m=m) for m in range(20))
        other = (n * 7 + 3) % modules
        text = _PLAIN if n % DYNAMIC else _STORE
        package[f"shop/store_{n}.py"] = text.format(n=n, other=other, name=name, second=names[other], rest=rest)
    return {path: text.encode() for path, text in package.items()}


def _measured(sources: dict[str, bytes], rules: RuleSet, what: str, repeat: int, *, made: bool = False) -> list[Figure]:
    from schema_rewriter import project, reading
    from schema_rewriter.rewriting.rewriter import rewrite
    from schema_rewriter.run.prefilter import Needles, worth

    needles = Needles.of(rules.names)
    worthy = {path: source for path, source in sources.items() if worth(source, needles)}
    edits: dict[str, int] = {}

    def without() -> int:
        results = [rewrite(path, source, rules, context=project.ALONE) for path, source in worthy.items()]
        return sum(len(result.applied) for result in results)

    def following() -> int:
        linked = project.link(
            [project.facts(reading.read(path, source, rules)) for path, source in worthy.items()], rules, whole=True
        )
        results = [rewrite(path, source, rules, context=linked.context(path)) for path, source in worthy.items()]
        return sum(len(result.applied) for result in results)

    def alone(name: str, count: Callable[[], int]) -> Callable[[], None]:
        return lambda: edits.update({name: in_fork(count)})

    path, source = next(iter(worthy.items()))
    rewrite(path, source, rules)  # all is imported before there are forks
    times = in_turn({"without": alone("without", without), "following": alone("following", following)}, repeat)
    if made and edits["following"] <= edits["without"]:
        raise CantRunError(f"{what}: following names found nothing more: {edits}")
    ratio = times["following"].cpu.over(times["without"].cpu)
    size = sum(map(len, worthy.values())) / 1e6
    return [
        ratio.below(LIMIT, f"{what} ({len(worthy)} worth a look, {size:.1f} MB): names followed / not, CPU"),
        Figure("edits, names followed / not", f"{edits['following']} / {edits['without']}"),
    ]
