"""Law 5: a file is read once, and every answer comes from that reading."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python.strings import tree
from schema_rewriter.hosts.python.syntax import Syntax
from schema_rewriter.project import facts, link
from schema_rewriter.reading import read
from schema_rewriter.rewriting.rewriter import check
from schema_rewriter.rules import parse_rules
from schema_rewriter.run import Task, run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RULES = parse_rules(
    """
    [[move]]
    from = "public"
    to = "app"
    tables = ["events"]

    [[boundary]]
    paths = ["**"]
    schemas = { app = ["read"] }
    """,
    "rules.toml",
)
CODE = """
# schema-rewrite: ignore-file[boundary] for now
TABLE = "events"
db.execute("CREATE TABLE events (id int)")
db.execute(f"DELETE FROM {TABLE}")
db.execute("SELECT 1", options="-c search_path=public")
op.rename_table("old", "events")
"""


def _counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each text is parsed, by LibCST (the text) and by Python's own parser (as \"ast\" and the text)."""
    counts: Counter[str] = Counter()
    by_libcst, by_python = tree.parse, Syntax.__dict__["_outcome"].func

    def parse(text: str) -> object:
        counts[text] += 1
        return by_libcst(text)

    def outcome(self: Syntax) -> object:
        counts[f"ast {self.source.decode()}"] += 1
        return by_python(self)

    monkeypatch.setattr(tree, "parse", parse)
    monkeypatch.setattr(Syntax.__dict__["_outcome"], "func", outcome)
    return counts


def test_all_questions_about_a_file_are_answered_by_one_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts, texts, models, uses, comments and the first half of the proof: one parse each; one more for the edited."""
    counts = _counted(monkeypatch)
    file = read("a.py", CODE.encode(), RULES)
    result = check(file, link([facts(file)], RULES, values=True).context("a.py"))
    assert result.changed
    assert counts == {CODE: 1, f"ast {CODE}": 1, f"ast {result.after.decode()}": 1}


def test_a_run_reads_each_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts in one phase, results in the other: LibCST parses a file once, Python's own parser in each."""
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(CODE.replace("for now", name))
    counts = _counted(monkeypatch)
    report = run(Task(tmp_path, RULES), ["."], include=["*.py"], jobs=1)
    assert len(report.results) == 2
    for result in report.results:
        before, after = result.before.decode(), result.after.decode()
        assert (counts[before], counts[f"ast {before}"], counts[f"ast {after}"]) == (1, 2, 1)
    assert counts.total() == 8
