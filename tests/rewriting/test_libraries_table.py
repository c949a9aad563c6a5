"""The table of libraries in docs/: each of its cells is what the rewriter does with that code."""

from __future__ import annotations

import re

import pytest
from helpers.paths import ROOT

from schema_rewriter import rewrite
from schema_rewriter.rules import parse_rules

RULES = parse_rules('[[move]]\nfrom = "public"\nto = "core"\ntables = ["events", "event", "shop_event"]', "rules")
TABLE = re.compile(r"^\| ([^|`]+) \| `([^`]+)` \| (edited|told|not known)\b", re.MULTILINE)
AROUND = {
    "asyncpg": "import asyncpg\nasync def f(conn, rows):\n    await conn.{}\n",
    "pandas": "import pandas as pd\ndef f(df, con):\n    {}\n",
    "polars": "import polars as pl\ndef f(df, con):\n    df.{}\n",
    "psycopg 3": "import psycopg\nfrom psycopg.types.composite import CompositeInfo\ndef f(conn):\n    {}\n",
    "psycopg2": "import psycopg2\nfrom psycopg2.extras import register_composite\ndef f(cur, conn, file):\n    {}\n",
    "Spark": 'from pyspark.sql import SparkSession\ndef f(spark):\n    url = "jdbc:postgresql://h/d"\n    spark.{}\n',
    "Airflow": "from airflow.providers.postgres.hooks.postgres import PostgresHook\ndef f(hook, path):\n    hook.{}\n",
    "encode/databases": "import databases\nasync def f(database: databases.Database):\n    await database.{}\n",
    "Django": "from django.db import models\nclass Event(models.Model):\n    class Meta:\n        {}\n",
    "Django, implicit": "from django.db import models\n{}:\n    pass\n",
    "Peewee": "from peewee import Model\nclass Event(Model):\n    class Meta:\n        {}\n",
    "Peewee, implicit": "from peewee import Model\n{}:\n    pass\n",
    "Tortoise": "from tortoise import Model\nclass Event(Model):\n    class Meta:\n        {}\n",
    "Tortoise, implicit": "from tortoise import Model\n{}:\n    pass\n",
    "Piccolo": "from piccolo.table import Table\n{}:\n    pass\n",
    "Pony": "from pony.orm import Database\ndb = Database()\nclass Event(db.Entity):\n    {}\n",
    "ormar": "import ormar\nclass Event(ormar.Model):\n    {}\n",
}


def rows() -> list[tuple[str, str, str]]:
    """The rows of the table."""
    text = (ROOT / "docs" / "libraries.md").read_text("utf-8")
    return [(found[1].strip(), found[2], found[3]) for found in TABLE.finditer(text)]


@pytest.mark.parametrize(("library", "code", "said"), rows())
def test_a_cell_says_what_is_done(library: str, code: str, said: str) -> None:
    """Edited without a word left, or told, or neither."""
    result = rewrite("shop/models.py", AROUND[library].format(code).encode(), RULES)
    assert result.error is None
    done = "edited" if result.changed and not result.open else "told" if result.open else "not known"
    assert done == said, result.findings


def test_every_library_has_a_row() -> None:
    """What can be tested stands there."""
    assert {library for library, _, _ in rows()} == AROUND.keys()
