"""suppressions: what the fixtures of that name can not show: how they are removed, and their reasons."""

from __future__ import annotations

import pytest

from schema_rewriter import Applicability, rewrite
from schema_rewriter.rules import parse_rules

RULES = parse_rules('[[move]]\nfrom = "public"\nto = "app"\ntables = ["users", "jobs"]\n', "rules.toml")


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.py", "x = 1  # schema-rewrite: ignore\ny = 2\n", "x = 1\ny = 2\n"),
        ("a.py", "if x:\n    # schema-rewrite: ignore[old-schema] why\n    y = 2\n", "if x:\n    y = 2\n"),
        ("a.py", "# schema-rewrite: ignore\r\nx = 1\r\n", "x = 1\r\n"),
        ("a.py", "x = 1  # schema-rewrite: ignore", "x = 1"),
        ("a.py", "x = 'é'  # é # schema-rewrite: ignore\n", None),  # what else the comment says stays
        (
            "a.py",
            "db.execute('select * from users')  # schema-rewrite: ignore[unqualified-relation, old-schema] é\n",
            "db.execute('select * from users')  # schema-rewrite: ignore[unqualified-relation] é\n",
        ),
        ("a.py", 'db.execute("""\nselect 1 -- schema-rewrite: ignore\n""")\n', None),  # it is part of the text
        ("a.sql", "select 1; -- schema-rewrite: ignore\nselect 2;\n", "select 1;\nselect 2;\n"),
        ("a.sql", "-- schema-rewrite: ignore-file[old-schema]\nselect 1;\n", "select 1;\n"),
        ("a.sql", "select 1 /* schema-rewrite: ignore */;\n", "select 1;\n"),
    ],
)
def test_an_unused_one_is_removed_on_request_only(path: str, before: str, after: str | None) -> None:
    assert rewrite(path, before.encode(), RULES).after.decode() == before
    result = rewrite(path, before.encode(), RULES, threshold=Applicability.UNSAFE)
    assert [finding.code for finding in result.findings] == ["unused-suppression"]
    assert result.after.decode() == (before if after is None else after)
    if after is not None:
        assert rewrite(path, result.after, RULES).findings == ()


def test_what_is_set_aside_is_told_with_its_reason() -> None:
    source = b"select * from users, jobs -- schema-rewrite: ignore: they stay until May\n"
    result = rewrite("a.sql", source, RULES)
    assert result.findings == ()
    assert result.after == source
    assert [(item.finding.code, item.kind, item.reason) for item in result.suppressed] == [
        ("unqualified-relation", "comment", "they stay until May"),
        ("unqualified-relation", "comment", "they stay until May"),
    ]


def test_the_finding_on_a_comment_can_be_set_aside_for_the_file() -> None:
    source = b"# schema-rewrite: ignore-file[unused-suppression] shared with another rule set\n"
    source += b"x = 1  # schema-rewrite: ignore\n"
    result = rewrite("a.py", source, RULES)
    assert result.findings == ()
    assert [item.finding.code for item in result.suppressed] == ["unused-suppression"]


def test_one_in_a_file_that_names_nothing_is_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    from schema_rewriter.run import Task, run

    root = tmp_path_factory.mktemp("project")
    (root / "a.py").write_text("x = 1  # schema-rewrite: ignore\n")
    report = run(Task(root, RULES), ["."], include=["*.py"])
    assert [finding.code for finding in report.results[0].findings] == ["unused-suppression"]


def test_many_of_them_cost_no_more_than_they_are() -> None:
    """Each finding asks the comments near it only: thousands of each would not come to an end otherwise."""
    source = b"".join(b"select * from users; -- schema-rewrite: ignore\n" for _ in range(3000))
    assert len(rewrite("a.sql", source, RULES).suppressed) == 3000


def test_one_holds_for_what_only_a_run_finds(tmp_path_factory: pytest.TempPathFactory) -> None:
    from schema_rewriter.run import Task, run

    root = tmp_path_factory.mktemp("project")
    (root / "q.sql").write_text("select * from users;\n")
    (root / "a.py").write_text("open('q.sql')  # schema-rewrite: ignore[unread-file] generated\n")
    report = run(Task(root, RULES), ["."], include=["*.py"])
    (result,) = report.results
    assert result.findings == ()
    assert [(item.finding.code, item.reason) for item in result.suppressed] == [("unread-file", "generated")]
