"""reports.causes: places of one cause are told once, and set aside one by one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.command import put, sr
from helpers.paths import FIXTURES

from schema_rewriter import FileResult, Finding, Relation, Span
from schema_rewriter.reports.causes import by_cause

if TYPE_CHECKING:
    from pathlib import Path

RULES = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n'
FIRST = "create table if not exists app.users (id int, name text);\n"
OTHER = "create table if not exists app.users (id int, mail text);\n"
FAILS = "select mail from app.users;\n"
ALSO_FAILS = "update app.users set mail = '';\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    put(tmp_path, "rules.toml", RULES)
    put(tmp_path, "a.sql", "create schema app;\n" + FIRST)
    put(tmp_path, "b.sql", OTHER + FAILS)
    return tmp_path


def conflicts(root: Path, *args: str) -> list[tuple[str, list[str]]]:
    """Where each conflict is told, with the other places of its cause."""
    _, out, err = sr(root, "check", "--rules", "rules.toml", "--output-format", "json", *args)
    assert err == ""
    return [
        (
            f"{result['path']}:{finding['start']['line']}",
            [f"{one['path']}:{one['line']}" for one in finding["related"]],
        )
        for result in json.loads(out)["results"]
        for finding in result["findings"]
        if finding["code"] == "relation-conflict"
    ]


def test_the_demo_has_two_causes_that_tell_every_place() -> None:
    home = FIXTURES / "cyrex"
    _, out, _ = sr(
        home / "before", "check", "--rules", home / "rules.toml", "--output-format", "json", "--no-cache", "."
    )
    told = [
        (result["path"], finding)
        for result in json.loads(out)["results"]
        for finding in result["findings"]
        if finding["code"] == "relation-conflict"
    ]
    places = [(path, finding["start"]["line"]) for path, finding in told]
    places += [(one["path"], one["line"]) for _, finding in told for one in finding["related"]]
    known = (line.split(": ") for line in (home / "findings").read_text("utf-8").splitlines() if "conflict" in line)
    assert len(told) == 2
    assert sorted(places) == sorted((path, int(line)) for path, line, _ in known)


def test_a_place_is_set_aside_by_itself(project: Path) -> None:
    assert conflicts(project) == [("a.sql:2", []), ("b.sql:1", ["b.sql:2"])]
    put(project, "b.sql", OTHER + "-- schema-rewrite: ignore[relation-conflict] never on a new database\n" + FAILS)
    assert conflicts(project) == [("a.sql:2", []), ("b.sql:1", [])]


def test_a_new_place_of_a_known_cause_is_told(project: Path) -> None:
    sr(project, "check", "--rules", "rules.toml", "--write-baseline", "--baseline", "known.json")
    assert conflicts(project, "--baseline", "known.json") == []
    put(project, "b.sql", OTHER + FAILS + ALSO_FAILS)
    assert conflicts(project, "--baseline", "known.json") == [("b.sql:3", [])]


def test_every_place_has_its_line_in_full(project: Path) -> None:
    _, out, _ = sr(project, "check", "--rules", "rules.toml", "--output-format", "full")
    assert " > b.sql:2: app.users has no mail as a.sql:2 defines it (this SELECT fails" in out


def test_a_cause_is_on_changed_lines_if_one_of_its_places_is() -> None:
    first, second = (
        Finding("relation-conflict", word, Span(at, at + 1), target=Relation("app", "users"))
        for at, word in enumerate("ab")
    )
    result = FileResult("a.sql", b"a\nb\n", b"a\nb\n", (first, second), on_changed_lines=frozenset((second,)))
    (told,) = by_cause(result, written=False).findings
    assert by_cause(result, written=False).on_changed_lines == {told}
    assert [one.message for one in told.related] == ["b"]
