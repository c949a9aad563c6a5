"""Places in notebooks: by cell, line and column for people, with both kinds of positions in JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from helpers.command import put, sr

from schema_rewriter.reports.cells import Cells

if TYPE_CHECKING:
    from pathlib import Path

CELLS = [
    {"cell_type": "markdown", "metadata": {}, "source": ["select * from users"]},
    {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "x = 1"},
    {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": [
            "# \u00fc \U0001f600\n",
            'a = "\u00fc"; db.execute("select * from users")\n',
            "\n",
            'db.execute("table users")',
        ],
    },
]
NOTEBOOK = {"cells": CELLS, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_places_for_people_and_for_programs(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\n')
    put(tmp_path, "rules.toml", '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n')
    put(tmp_path, "n.ipynb", json.dumps(NOTEBOOK, indent=1))
    _, out, _ = sr(tmp_path, "check", "-q")
    assert [line.partition(": ")[0] for line in out.splitlines()] == ["n.ipynb:cell 3:2:36", "n.ipynb:cell 3:4:19"]
    for shape in ("full", "grouped", "junit"):
        assert "cell 3:4:19" in sr(tmp_path, "check", "-q", "--output-format", shape)[1], shape
    _, out, _ = sr(tmp_path, "check", "--output-format", "json")
    found = json.loads(out)["results"][0]["findings"]
    assert [one["cell"] for one in found] == [
        {"number": 3, "line": 2, "column": 36},
        {"number": 3, "line": 4, "column": 19},
    ]
    lines = (tmp_path / "n.ipynb").read_text().splitlines()
    for one in found:
        assert lines[one["start"]["line"] - 1][one["start"]["column"] - 1 :].startswith("users")
    assert sr(tmp_path, "fix", "-q")[:2] == (0, "n.ipynb: 2 references qualified\n")


def test_what_is_no_notebook_has_no_cells() -> None:
    source = json.dumps(NOTEBOOK).encode()
    at = source.index(b"users")
    assert Cells.of("a.ipynb", source).place(at) is None  # Markdown
    assert Cells.of("a.json", source).texts == ()
    for broken in (b"", b"{", b"[]", b"\xff", b"[" * 100_000):
        assert Cells.of("a.ipynb", broken).texts == ()
