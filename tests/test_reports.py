"""reports/: each format, of results built by hand; what the command makes of them is in test_cli.py."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

import schema_rewriter
from schema_rewriter import CODES, Applicability, Edit, FileResult, Finding, Relation, Report, Span, config
from schema_rewriter.edit import apply
from schema_rewriter.reports import FORMATS, colour
from schema_rewriter.reports.places import Lines, Place

SCHEMA = json.loads((Path(schema_rewriter.__file__).parent / "report.schema.json").read_text("utf-8"))

USERS, APP_USERS = Relation("public", "users"), Relation("app", "users")


def finding(source: bytes, at: int, *, safe: bool = True, new: bytes = b"app.") -> Finding:
    name = re.compile(rb"\w+").match(source, at)
    assert name
    return Finding(
        "unqualified-relation" if safe else "ambiguous-relation",
        "users moves to app.users",
        Span(*name.span()),
        USERS,
        APP_USERS,
        (Edit(Span(at, at), new),),
        Applicability.SAFE if safe else Applicability.MANUAL,
        "" if safe else "it may be a column",
    )


def judged(path: str, source: bytes, *findings: Finding, qualified: int = 0) -> FileResult:
    applied = tuple(finding for finding in findings if finding.applicability is Applicability.SAFE)
    after = apply(source, [edit for finding in applied for edit in finding.edits])
    return FileResult(path, source, after, findings, applied, qualified, parsed=True)


SQL = b"select users from\n  users"
REPORT = Report(
    (
        judged("a.sql", SQL, finding(SQL, 7, safe=False), finding(SQL, 20), qualified=2),
        FileResult("b.py", b"", b"", error="can't be parsed as Python: line 3: invalid syntax"),
        judged("c.sql", b"", qualified=1),
    ),
    read=40,
)
FIXED = Report(REPORT.results, read=40, written=True)
NOTHING = Report((), read=1)


# -------------------------------------------------------------------------------------------------- text


def test_text() -> None:
    assert FORMATS["text"](REPORT) == (
        "a.sql:1:8: ambiguous-relation users moves to app.users (it may be a column)\n"
        "a.sql:2:3: unqualified-relation users moves to app.users\n"
        "b.py: error: can't be parsed as Python: line 3: invalid syntax\n"
        "1 to qualify, 3 already qualified, 1 needs a person, "
        "40 files read, 2 parsed, 1 to change, 1 not judged\n"
    )


def test_text_after_a_fix_tells_what_was_written_and_what_is_left() -> None:
    assert FORMATS["text"](FIXED) == (
        "a.sql: 1 reference qualified\n"
        "a.sql:1:8: ambiguous-relation users moves to app.users (it may be a column)\n"
        "b.py: error: can't be parsed as Python: line 3: invalid syntax\n"
        "1 qualified, 3 already qualified, 1 needs a person, "
        "40 files read, 2 parsed, 1 changed, 1 not judged\n"
    )


def test_a_note_is_counted_by_itself_and_fails_no_run() -> None:
    note = Finding("other-dialect", "names users and stays as it is", Span(7, 12), reason="it is run by SQLite")
    report = Report((FileResult("a.sql.sqlite", b"select users", b"select users", (note,), parsed=True),), 1)
    assert FORMATS["text"](report) == (
        "a.sql.sqlite:1:8: other-dialect names users and stays as it is (it is run by SQLite)\n"
        "0 to qualify, 0 already qualified, 0 need a person, 1 note, 1 file read, 1 parsed, 0 to change\n"
    )
    assert document(report)["counts"]["notes"] == 1
    assert report.exit_code() == 0


def test_text_of_nothing() -> None:
    assert FORMATS["text"](NOTHING) == (
        "0 to qualify, 0 already qualified, 0 need a person, 1 file read, 0 parsed, 0 to change\n"
    )


# ---------------------------------------------------------------------------------------- lines and columns


@pytest.mark.parametrize(
    ("before", "line", "column"),
    [
        (b"", 1, 1),
        (b"select ", 1, 8),
        (b"\n", 2, 1),
        (b"a\r\nb\r\n", 3, 1),
        (b"a\rb\r", 3, 1),
        (b"a\n\rb", 3, 2),
        ("é€😀 ".encode(), 1, 5),
        ("é\n😀".encode(), 2, 2),
        (b"\xef\xbb\xbf", 1, 1),
        (b"\xef\xbb\xbfa", 1, 2),
        ("\n\ufeff".encode(), 2, 2),  # in the middle it is a character
        (b"caf\xe9 \xe9\x80 ", 1, 9),  # latin-1: each byte is one, even such as could begin UTF-8
        (b"a\x0cb\x0b\x1c", 1, 6),  # a form feed and its like end no line
        ("a\u2028b\x85".encode(), 1, 5),
    ],
)
def test_places(before: bytes, line: int, column: int) -> None:
    assert Lines.of(before + b"users\r\n").place(len(before)) == Place(line, column)


def test_a_place_between_a_carriage_return_and_its_line_feed_is_on_the_first_line() -> None:
    assert Lines.of(b"ab\r\nc").place(3) == Place(1, 4)


# -------------------------------------------------------------------------------------------------- JSON


def document(report: Report) -> Any:
    text = FORMATS["json"](report)
    assert text.isascii()
    shown = json.loads(text)
    Draft202012Validator(closed(SCHEMA)).validate(shown)
    return shown


def closed(schema: Any) -> Any:
    """The schema with every object closed, so that a key that it does not describe is found."""
    if isinstance(schema, dict):
        shut = {"additionalProperties": False} if schema.get("type") == "object" else {}
        return {**{key: closed(value) for key, value in schema.items()}, **shut}
    return [closed(item) for item in schema] if isinstance(schema, list) else schema


def test_the_schema_is_a_schema_and_knows_all_codes() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"]["finding"]["properties"]["code"]["enum"] == list(CODES)


def test_json() -> None:
    assert document(REPORT) == {
        "version": 1,
        "tool": {"name": "schema-rewrite", "version": schema_rewriter.__version__},
        "written": False,
        "counts": {
            "to_qualify": 1,
            "qualified": 3,
            "need_person": 1,
            "notes": 0,
            "read": 40,
            "parsed": 2,
            "changed": 1,
            "errors": 1,
        },
        "results": [
            {
                "path": "a.sql",
                "error": None,
                "changed": True,
                "parsed": True,
                "qualified": 2,
                "findings": [
                    {
                        "code": "ambiguous-relation",
                        "message": "users moves to app.users",
                        "span": {"start": 7, "stop": 12},
                        "start": {"line": 1, "column": 8},
                        "stop": {"line": 1, "column": 13},
                        "relation": "public.users",
                        "target": "app.users",
                        "edits": [{"start": 7, "stop": 7, "new": "app."}],
                        "applicability": "manual",
                        "applied": False,
                        "reason": "it may be a column",
                    },
                    {
                        "code": "unqualified-relation",
                        "message": "users moves to app.users",
                        "span": {"start": 20, "stop": 25},
                        "start": {"line": 2, "column": 3},
                        "stop": {"line": 2, "column": 8},
                        "relation": "public.users",
                        "target": "app.users",
                        "edits": [{"start": 20, "stop": 20, "new": "app."}],
                        "applicability": "safe",
                        "applied": True,
                        "reason": "",
                    },
                ],
            },
            {
                "path": "b.py",
                "error": "can't be parsed as Python: line 3: invalid syntax",
                "changed": False,
                "parsed": False,
                "qualified": 0,
                "findings": [],
            },
        ],
    }


def test_json_of_what_is_not_utf_8() -> None:
    source = b"-- caf\xe9\nselect * from users"
    shown = document(Report((judged("a\udcff.sql", source, finding(source, 22, new=b"\xe9.")),)))
    (edit,) = shown["results"][0]["findings"][0]["edits"]
    assert base64.b64decode(edit["new_base64"]) == b"\xe9."
    assert shown["results"][0]["path"] == "a\udcff.sql"


def test_json_of_a_finding_that_knows_little() -> None:
    source = b"select * from {}"
    shown = document(Report((judged("a.py", source, Finding("dynamic-relation", "?", Span(14, 16))),)))
    (found,) = shown["results"][0]["findings"]
    assert (found["relation"], found["target"], found["edits"]) == (None, None, [])


def test_json_of_nothing_and_of_a_fix() -> None:
    assert document(NOTHING)["results"] == []
    assert document(FIXED)["written"]


def test_every_format_can_be_chosen() -> None:
    assert tuple(FORMATS) == config.FORMATS


# ------------------------------------------------------------------------------------------------ colours

ESCAPES = re.compile(r"\033\[\d*m")


def test_colours_change_no_character() -> None:
    text = FORMATS["text"](REPORT)
    painted = colour.text(text)
    assert ESCAPES.sub("", painted) == text
    assert painted.splitlines()[0].startswith("\033[1ma.sql\033[0m:1:8: \033[31mambiguous-relation\033[0m users")
    assert "\033[31merror\033[0m: can't" in painted


def test_colours_of_a_diff() -> None:
    diff = (
        b"diff --git a/a.sql b/a.sql\n--- a/a.sql\n+++ b/a.sql\n@@ -1,3 +1,3 @@\n"
        b" select\r\n--- a comment\n+++ more\n-from users\r\n+from app.users\r\n \xff\x0c@@\n"
    )
    painted = colour.diff(diff)
    assert re.sub(rb"\033\[\d*m", b"", painted) == diff
    assert painted.splitlines(keepends=True) == [
        b"\033[1mdiff --git a/a.sql b/a.sql\033[0m\n",
        b"\033[1m--- a/a.sql\033[0m\n",
        b"\033[1m+++ b/a.sql\033[0m\n",
        b"\033[36m@@ -1,3 +1,3 @@\033[0m\n",
        b" select\r\n",
        b"\033[31m--- a comment\033[0m\n",
        b"\033[32m+++ more\033[0m\n",
        b"\033[31m-from users\033[0m\r\n",
        b"\033[32m+from app.users\033[0m\r\n",
        b" \xff\x0c@@\n",
    ]
