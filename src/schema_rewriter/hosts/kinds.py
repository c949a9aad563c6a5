"""What kind of file a path names, and whose SQL it holds, by its suffixes. Data and one look-up; opens nothing."""

from __future__ import annotations

from dataclasses import dataclass

OURS = "PostgreSQL"

DIALECTS = {
    **dict.fromkeys("postgres postgresql postgresql12 postgresql13 pg pgsql psql".split(), OURS),
    **dict.fromkeys("sqlite sqlite3".split(), "SQLite"),
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    **dict.fromkeys("mssql sqlserver tsql".split(), "SQL Server"),
    **dict.fromkeys("oracle ora plsql".split(), "Oracle"),
    "db2": "Db2",
    "duckdb": "DuckDB",
    "clickhouse": "ClickHouse",
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
    "redshift": "Redshift",
    "databricks": "Databricks",
    **dict.fromkeys("hive hql".split(), "Hive"),
    "spark": "Spark",
    "impala": "Impala",
    **dict.fromkeys("presto trino athena".split(), "Trino"),
    "vertica": "Vertica",
    "teradata": "Teradata",
    "exasol": "Exasol",
    "hana": "HANA",
    "firebird": "Firebird",
    "informix": "Informix",
    "derby": "Derby",
    "h2": "H2",
    "hsqldb": "HSQLDB",
    "tidb": "TiDB",
    **dict.fromkeys("cassandra scylla cql".split(), "Cassandra"),
    **dict.fromkeys("neo4j cypher cyp".split(), "Neo4j"),
    **dict.fromkeys("surrealdb surql".split(), "SurrealDB"),
}
"""The systems by the words that stand for them in the names of files and folders."""

_ALONE = frozenset(("cql", "cypher", "cyp", "hql", "surql"))  # suffixes that are enough by themselves
_PYTHON = frozenset(("py", "pyi", "pyw"))
_SQL = frozenset(("sql", "pgsql", "psql"))
_TEMPLATE = frozenset(("j2", "jinja", "jinja2"))
_OTHERS = {"json": "json", "toml": "toml", "yaml": "yaml", "yml": "yaml", "ipynb": "notebook"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its reader's name ("" where there is none) and, for SQL, whose dialect its suffix names.

    `dialect` is "" where the suffix names none; `hint` is another system's that only the rest of the path names.
    """

    reader: str
    dialect: str = ""
    hint: str = ""


def kind(path: str) -> Kind:
    """The kind of file that a POSIX path names.

    >>> kind("full/01.sql.sqlite"), kind("q/events.sql.j2").reader, kind("notes.txt").reader
    (Kind(reader='sql', dialect='SQLite', hint=''), 'template', '')
    """
    *folders, name = path.lower().split("/")
    stem, *suffixes = name.split(".")
    if not suffixes:
        return Kind("")
    last = suffixes[-1]
    if last in _PYTHON:
        return Kind("python")
    if last in _OTHERS:
        return Kind(_OTHERS[last])
    run: list[str] = []
    while suffixes and (suffixes[-1] in _SQL or suffixes[-1] in _TEMPLATE or suffixes[-1] in DIALECTS):
        run.append(suffixes.pop())
    if _SQL.isdisjoint(run) and _ALONE.isdisjoint(run):
        return Kind("")
    named = [DIALECTS[word] for word in run if word in DIALECTS]
    dialect = next((system for system in named if system != OURS), named[0] if named else "")
    reader = "sql" if _TEMPLATE.isdisjoint(run) else "template"
    return Kind(reader, dialect, "" if dialect else _hint(folders, stem, suffixes))


def _hint(folders: list[str], stem: str, rest: list[str]) -> str:
    """The other system that a path names beside its suffix, unless it names PostgreSQL nearer to its end."""
    stem = "-".join((stem, *rest)).replace("_", "-")
    for word in (*reversed(stem.split("-")), *reversed(folders)):
        if system := DIALECTS.get(word):
            return "" if system == OURS else system
    return ""
