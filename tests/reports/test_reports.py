"""reports/: each format, of results built by hand; what the command makes of them is in test_cli.py."""

from __future__ import annotations

import base64
import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from helpers.paths import FIXTURES, ROOT
from jsonschema import Draft7Validator, Draft202012Validator  # type: ignore[import-untyped]
from markdown_it import MarkdownIt

import schema_rewriter
from schema_rewriter import (
    CODES,
    Applicability,
    Edit,
    FileResult,
    Finding,
    Relation,
    Report,
    Span,
    Suppressed,
    rewrite,
)
from schema_rewriter.cli import config
from schema_rewriter.codes import codes
from schema_rewriter.edit import apply
from schema_rewriter.finding import NOTES
from schema_rewriter.reports import FORMATS, colour, concise, folding, full, statistics
from schema_rewriter.reports.folding import fold
from schema_rewriter.reports.places import Lines, Place
from schema_rewriter.rules import parse_rules
from schema_rewriter.run import Task, run

SCHEMA = json.loads((Path(schema_rewriter.__file__).parent / "report.schema.json").read_text("utf-8"))

USERS, APP_USERS = Relation("public", "users"), Relation("app", "users")


def finding(source: bytes, at: int, *, safe: bool = True, new: bytes = b"app.") -> Finding:
    name = re.compile(rb"\w+").match(source, at)
    assert name
    return Finding(
        "unqualified-relation" if safe else "uncertain-relation",
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


# ------------------------------------------------------------------------------------------------ people


def test_concise() -> None:
    assert FORMATS["concise"](REPORT) == (
        "a.sql:1:8: uncertain-relation users moves to app.users (it may be a column)\n"
        "a.sql:2:3: unqualified-relation [*] users moves to app.users\n"
        "b.py: error: can't be parsed as Python: line 3: invalid syntax\n"
    )
    assert concise.summary(REPORT) == (
        "1 to qualify, 3 already qualified, 1 needs a person, 40 files read, 2 parsed, 1 to change, 1 not judged"
    )


def test_after_a_fix_it_tells_what_was_written_and_what_is_left() -> None:
    assert FORMATS["concise"](FIXED) == (
        "a.sql: 1 reference qualified\n"
        "a.sql:1:8: uncertain-relation users moves to app.users (it may be a column)\n"
        "b.py: error: can't be parsed as Python: line 3: invalid syntax\n"
    )
    assert concise.summary(FIXED) == (
        "1 qualified, 3 already qualified, 1 needs a person, 40 files read, 2 parsed, 1 changed, 1 not judged"
    )


def test_a_note_is_counted_by_itself_and_fails_no_run() -> None:
    note = Finding("other-dialect", "names users and stays as it is", Span(7, 12), reason="it is run by SQLite")
    report = Report((FileResult("a.sql.sqlite", b"select users", b"select users", (note,), parsed=True),), 1)
    assert FORMATS["concise"](report) == (
        "a.sql.sqlite:1:8: other-dialect names users and stays as it is (it is run by SQLite)\n"
    )
    assert concise.summary(report) == (
        "0 to qualify, 0 already qualified, 0 need a person, 1 note, 1 file read, 1 parsed, 0 to change"
    )
    assert document(report)["counts"]["notes"] == 1
    assert report.exit_code() == 0


def test_after_a_fix_places_are_those_of_the_new_file() -> None:
    source = b"select * from users, users, users"
    first, last = finding(source, 14), finding(source, 28, safe=False)
    report = Report((judged("a.sql", source, first, finding(source, 21), last),), written=True)
    place = source.index(b"users", 28) + 1
    assert FORMATS["concise"](report).splitlines()[1].startswith(f"a.sql:1:{place + 8}: uncertain-relation")
    assert "\n1 | select * from app.users, app.users, users\n" in FORMATS["full"](report)


def test_of_nothing() -> None:
    assert FORMATS["concise"](NOTHING) == FORMATS["full"](NOTHING) == FORMATS["grouped"](NOTHING) == ""
    assert concise.summary(NOTHING) == (
        "0 to qualify, 0 already qualified, 0 need a person, 1 file read, 0 parsed, 0 to change"
    )


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_line_of_code_fits_and_its_caret_stands_below_the_name(width: int) -> None:
    for at in (0, 5, 60, 300, 2000):
        source = ("日" * at + "é\tfrom users " + "x" * 400).encode()
        report = Report((judged("a.sql", source, finding(source, source.index(b"users"))),))
        head, _, code, caret, new, *_ = full.render(report, width).splitlines()
        assert head.endswith(" users moves to app.users")
        assert max(map(folding.columns, (code, caret, new))) <= width
        start = folding.columns(code[: code.index("users")])
        assert caret == "  | ".ljust(start) + "^^^^^"
        assert "app.users" in new or width == 40


def test_a_line_that_fits_is_not_cut() -> None:
    source = b"x" * 90 + b" from users"
    report = Report((judged("a.sql", source, finding(source, source.index(b"users"))),))
    for width, whole in ((109, True), (108, False)):  # the margin takes 4, and `app.` makes it longer by 4
        code, new = full.render(report, width).splitlines()[2:5:2]
        assert (code == f"1 | {source.decode()}") == whole
        assert ("..." in code + new) != whole


def test_lines_for_a_terminal_end_between_words() -> None:
    text = (
        "a.sql:1:8: uncertain-relation users moves to app.users (it may be a column)\n"
        "  1:8  uncertain-relation  users moves to app.users (it may be a column)\n"
        "   = it may be a column, 日本語 日本語, or a name of something else altogether\n"
        "1 | select users from a_very_long_name_of_a_table where nothing_is_ever_what_it_seems\n"
        "  stands in  select users from a_very_long_name_of_a_table where x\n"
        "1  [ ]  uncertain-relation  may or may not name a relation that moves\n"
        "src/a_path_that_has_no_blank_and_so_can_not_be_folded_at_all.sql:\n"
    )
    assert fold(text, 300) == text
    assert fold(text, 60) == (
        "a.sql:1:8: uncertain-relation users moves to app.users (it\n"
        "    may be a column)\n"
        "  1:8  uncertain-relation  users moves to app.users (it may\n"
        "                           be a column)\n"
        "   = it may be a column, 日本語 日本語, or a name of\n"
        "     something else altogether\n"
        "1 | select users from a_very_long_name_of_a_table where nothing_is_ever_what_it_seems\n"
        "  stands in  select users from a_very_long_name_of_a_table\n"
        "             where x\n"
        "1  [ ]  uncertain-relation  may or may not name a relation\n"
        "                            that moves\n"
        "src/a_path_that_has_no_blank_and_so_can_not_be_folded_at_all.sql:\n"
    )


def test_no_escape_sequence_of_the_code_gets_to_the_terminal() -> None:
    source = "select '\x1b]0;owned\x07\u202e' from users".encode()
    shown = FORMATS["full"](Report((judged("a.sql", source, finding(source, source.index(b"users"))),)))
    assert all(line.isprintable() for line in shown.splitlines())


def test_one_line_with_many_findings_is_told_by_what_is_near() -> None:
    """No report reads the whole of a long line for each finding in it."""
    source = b"select * from " + b"users, " * 5_000
    findings = [finding(source, 14 + 7 * at) for at in range(5_000)]
    report = Report((judged("a.sql", source, *findings),))
    for name, render in FORMATS.items():
        assert len(render(report)) < 3_000 * 5_000, name


# ---------------------------------------------------------------------------------------- all formats, of a project

HERE = Path(__file__).parent
PROJECT = FIXTURES / "reports"
EXPECTED = PROJECT / "expected"
EXTRA = {"statistics": statistics.render, "statistics-json": statistics.render_json}


@pytest.fixture(scope="module")
def project() -> Report:
    rules = parse_rules((PROJECT / "rules.toml").read_text("utf-8"), "rules.toml")
    return run(Task(PROJECT / "project", rules), ["."], include=(*config.INCLUDE, *config.OTHER_FILES), jobs=1)


@pytest.mark.parametrize("name", [*FORMATS, *EXTRA])
def test_of_a_project(name: str, project: Report, request: pytest.FixtureRequest) -> None:
    shown = {**FORMATS, **EXTRA}[name](project).encode()
    home = EXPECTED / name
    if request.config.getoption("--update"):
        home.parent.mkdir(exist_ok=True)
        home.write_bytes(shown)
    assert shown.decode() == home.read_text("utf-8")


def test_the_project_has_every_code_that_code_can_have(project: Report) -> None:
    found = {f.code for r in project.results for f in r.findings}
    assert set(CODES) - found <= {
        "renamed-relation",
        "unproved-edit",
        "opaque-file",
        "linked-file",
        "unread-file",
        "boundary",
        "stale-baseline",
    }
    assert project.errors == 1


def sarif(report: Report) -> Any:
    shown = json.loads(FORMATS["sarif"](report))
    schema = json.loads((HERE / "schemas" / "sarif-schema-2.1.0.json").read_text("utf-8"))
    Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER).validate(shown)
    (one,) = shown["runs"]
    return one


def test_sarif_is_valid(project: Report) -> None:
    for report in (project, REPORT, FIXED, NOTHING):
        shown = sarif(report)
        assert [rule["id"] for rule in shown["tool"]["driver"]["rules"]] == list(CODES)
        assert all(list(CODES)[found["ruleIndex"]] == found["ruleId"] for found in shown["results"])
        marks = [(f["locations"][0], f["partialFingerprints"]["schemaRewrite/v1"]) for f in shown["results"]]
        assert len({mark for _, mark in marks}) == len(marks)


def test_sarif_tells_what_is_set_aside(project: Report) -> None:
    aside = [found for found in sarif(project)["results"] if "suppressions" in found]
    assert [found["suppressions"] for found in aside] == [
        [{"kind": "inSource", "status": "accepted", "justification": "one of a fixed list"}],
        [{"kind": "inSource", "status": "accepted"}],
    ]
    assert project.suppressed == 2
    baseline = Suppressed(finding(SQL, 20), "baseline")
    (found,) = sarif(Report((FileResult("a.sql", SQL, SQL, suppressed=(baseline,)),)))["results"]
    assert found["suppressions"][0]["kind"] == "external"


def test_the_fixes_of_sarif_make_the_file_that_the_tool_makes(project: Report) -> None:
    """By bytes and by line and column alike."""
    for result in project.results:
        lines = Lines.of(result.before)
        edits: list[Edit] = []
        for found in sarif(Report((result,)))["results"]:
            for fix in found.get("fixes", ()):
                for replacement in fix["artifactChanges"][0]["replacements"]:
                    region = replacement["deletedRegion"]
                    span = Span(region["byteOffset"], region["byteOffset"] + region["byteLength"])
                    assert lines.place(span.start) == Place(region["startLine"], region["startColumn"])
                    assert lines.place(span.stop) == Place(region["endLine"], region["endColumn"])
                    edits.append(Edit(span, replacement["insertedContent"]["text"].encode()))
        safe = {edit for f in result.applied for edit in f.edits}
        assert apply(result.before, [edit for edit in edits if edit in safe]) == result.after


def test_fingerprints_stay_when_lines_come_and_go() -> None:
    def prints(name: str, source: bytes) -> list[str]:
        found = [finding(source, at.start()) for at in re.finditer(rb"users", source)]
        shown = json.loads(FORMATS[name](Report((judged("a.sql", source, *found),))))
        issues = shown["runs"][0]["results"] if name == "sarif" else shown
        return [i["partialFingerprints"]["schemaRewrite/v1"] if name == "sarif" else i["fingerprint"] for i in issues]

    before = b"select * from users;\nselect 1 from users;\nselect * from users, users;\nselect 1 from users;\n"
    after = b"-- new\n\n" + before.replace(b"* from", b"*  from")
    for name in ("sarif", "gitlab"):
        assert prints(name, before) == prints(name, after)
        assert len(set(prints(name, before))) == 5
        assert prints(name, before)[0] not in prints(name, before.replace(b"* from users;", b"2 from users;"))


def test_rdjson_is_valid_and_its_suggestions_are_the_edits(project: Report) -> None:
    schema = json.loads((HERE / "schemas" / "rdjson.schema.json").read_text("utf-8"))
    for report in (project, REPORT, FIXED, NOTHING):
        shown = json.loads(FORMATS["rdjson"](report))
        Draft202012Validator(schema).validate(shown)
        findings = sum(len(r.open) if report.written else len(r.findings) for r in report.results)
        assert len(shown["diagnostics"]) == findings + report.errors + len(report.notices)
    by_path = {r.path: r for r in project.results if r.changed}
    suggested = [one for one in json.loads(FORMATS["rdjson"](project))["diagnostics"] if "suggestions" in one]
    assert {one["location"]["path"] for one in suggested} == by_path.keys()
    for path, result in by_path.items():
        charset = "utf-8" if utf8(result.before) else "latin-1"
        text = result.before.decode(charset)
        mine = [one["suggestions"][0] for one in suggested if one["location"]["path"] == path]
        for change in sorted(mine, key=lambda change: -offset(text, change["range"]["start"])):
            start, stop = (offset(text, change["range"][end]) for end in ("start", "end"))
            text = text[:start] + change["text"] + text[stop:]
        assert text.encode(charset) == result.after


def utf8(source: bytes) -> bool:
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    return True


def offset(text: str, position: dict[str, int]) -> int:
    """The character at a line and a column in bytes of UTF-8, as reviewdog counts them."""
    lines = re.split("(?<=\n)|(?<=\r)(?!\n)", text)
    line = lines[position["line"] - 1]
    mark = line.startswith("\ufeff")
    before = line.removeprefix("\ufeff").encode()[: position["column"] - 1].decode()
    return len("".join(lines[: position["line"] - 1])) + mark + len(before)


def test_gitlab_is_valid(project: Report) -> None:
    schema = json.loads((HERE / "schemas" / "gitlab-code-quality.schema.json").read_text("utf-8"))
    for report in (project, REPORT, FIXED, NOTHING):
        shown = json.loads(FORMATS["gitlab"](report))
        Draft202012Validator(schema).validate(shown)
        assert (
            len({issue["fingerprint"] for issue in shown})
            == len(shown)
            == report.errors + sum(len(r.open) if report.written else len(r.findings) for r in report.results)
        )


def test_junit_is_valid(project: Report) -> None:
    schema = xmlschema.XMLSchema(HERE / "schemas" / "junit.xsd")
    odd = judged("\x00\udcff<&.sql", SQL, replace(finding(SQL, 20), message='\x1b\ufffe\n]]>"'))
    for report in (project, REPORT, FIXED, NOTHING, Report((odd,))):
        shown = FORMATS["junit"](report)
        schema.validate(shown)
        root = ElementTree.fromstring(shown)
        assert len(root.findall(".//testcase")) == int(root.get("tests", "-1")) > 0
        assert len(root.findall(".//failure")) == int(root.get("failures", "-1"))
        assert len(root.findall(".//error")) == report.errors == int(root.get("errors", "-1"))


COMMAND = re.compile(r"::(error|warning|notice) file=([^,:]+),line=\d+(?:,\w+=[^,:]+)*,title=[^,:]+::(.+)")


def test_github_escapes_what_its_commands_are_made_of() -> None:
    source = b"users"
    odd = replace(finding(source, 0), message="50%, a: b\r\nc")
    (line,) = FORMATS["github"](Report((judged("a,b:c\n100%.sql", source, odd),))).splitlines()
    command = COMMAND.fullmatch(line)
    assert command
    assert command.groups() == ("error", "a%2Cb%3Ac%0A100%25.sql", r"50%25, a: b\r\nc")


def test_github_annotates_no_more_than_it_shows_and_says_the_rest() -> None:
    source = b"users " * 15
    found = [finding(source, 6 * at, safe=at % 3 > 0) for at in range(15)] + [Finding("other-dialect", "?", Span(0, 1))]
    lines = FORMATS["github"](
        Report((judged("a.sql", source, *found[:-1]), judged("b.sql", b"x", found[-1])))
    ).splitlines()
    kinds = [line.split()[0] for line in lines]
    assert kinds == ["::warning" if at % 3 == 0 else "::error" for at in range(15)] + ["::notice"]
    many = judged("a.sql", source, *[finding(source, 6 * at) for at in range(15)])
    lines = FORMATS["github"](Report((many,))).splitlines()
    assert [line.startswith("::error ") for line in lines] == [True] * 10 + [False] * 6
    assert lines[10] == "5 more, of which GitHub shows none at its line:"
    assert lines[15] == "a.sql:1:85: unqualified-relation users moves to app.users"


def test_github_shows_what_stands_on_changed_lines_first() -> None:
    source = b"users " * 15
    found = [finding(source, 6 * at) for at in range(15)]
    on = replace(judged("b.sql", source, *found), on_changed_lines=frozenset(found[12:]))
    broken = FileResult("c.sql", b"", b"", error="not UTF-8")
    lines = FORMATS["github"](Report((judged("a.sql", source, *found[:6]), on, broken))).splitlines()
    assert [line.partition(",title")[0] for line in lines[:5]] == [
        *(f"::error file=b.sql,line=1,endLine=1,col={6 * at + 1},endColumn={6 * at + 6}" for at in (12, 13, 14)),
        "::error file=c.sql,line=1",
        "::error file=a.sql,line=1,endLine=1,col=1,endColumn=6",
    ]
    assert lines[10] == "12 more, of which GitHub shows none at its line:"
    assert lines[11].startswith("b.sql:1:1:")


def test_markdown_is_a_document_whose_tables_hold(project: Report) -> None:
    """A real Markdown reader sees tables of even rows, and no markup of the code's."""
    for report in (project, REPORT, FIXED, NOTHING):
        html = MarkdownIt("commonmark").enable("table").render(FORMATS["markdown"](report))
        for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL):
            assert len(re.findall(r"<t[hd]", row)) in (2, 3)
        assert "<h2>schema-rewrite</h2>" in html
        assert "<em>" not in html
    assert html.count("<table>") == 0


def test_statistics_as_json_are_as_the_schema_says(project: Report) -> None:
    counted = json.loads(statistics.render_json(project))
    Draft202012Validator(closed({**SCHEMA["$defs"]["statistics"], "$defs": SCHEMA["$defs"]})).validate(counted)
    assert len(counted["codes"]) > 3 < len(counted["relations"])


def test_statistics() -> None:
    assert statistics.render(REPORT) == (
        "1  [ ]  uncertain-relation    names in SQL a relation that moves, or another one that has its name there\n"
        "1  [*]  unqualified-relation  names a relation that moves, without its schema\n"
        "\n"
        "2  [-]  public.users  app.users\n"
    )
    assert statistics.render(NOTHING) == ""


# ------------------------------------------------------------------------------------------------- codes


def test_every_code_is_told() -> None:
    document = tomllib.loads((Path(schema_rewriter.__file__).parent / "codes.toml").read_text("utf-8"))
    assert list(document) == list(CODES)
    for code in codes().values():
        assert code.level == "note" if code.name in NOTES else code.level in ("error", "warning")
        assert code.meaning.endswith(".")
        assert code.remedy.endswith(".")
        assert code.after == "" or code.before


@pytest.mark.parametrize("name", list(CODES))
def test_the_example_of_a_code_is_one(name: str) -> None:
    code = codes()[name]
    if not code.before:
        return
    rules = parse_rules((ROOT / "rules" / "cyrex.toml").read_text("utf-8"), "rules.toml")
    python = "execute(" in code.before or "fetch(" in code.before or " = '" in code.before
    source = code.before.encode()
    if code.before.startswith("await"):
        source = b"async def f(pool, cursor):\n    " + source
    path = "example.go" if ":=" in code.before else "example.py" if python else "example.sql"
    result = rewrite(path, source, rules, threshold=Applicability.UNSAFE)
    assert {found.code for found in result.findings} == {name}
    assert result.after.decode().endswith(code.after or code.before)


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
            "suppressed": 0,
            "read": 40,
            "parsed": 2,
            "changed": 1,
            "errors": 1,
            "left_out": {},
        },
        "notices": [],
        "helpers": [],
        "results": [
            {
                "path": "a.sql",
                "error": None,
                "changed": True,
                "parsed": True,
                "qualified": 2,
                "findings": [
                    {
                        "code": "uncertain-relation",
                        "message": "users moves to app.users",
                        "span": {"start": 7, "stop": 12},
                        "start": {"line": 1, "column": 8},
                        "stop": {"line": 1, "column": 13},
                        "cell": None,
                        "relation": "public.users",
                        "target": "app.users",
                        "edits": [{"start": 7, "stop": 7, "new": "app."}],
                        "applicability": "manual",
                        "applied": False,
                        "fixable": False,
                        "written": False,
                        "reason": "it may be a column",
                        "proved_by": [],
                        "related": [],
                    },
                    {
                        "code": "unqualified-relation",
                        "message": "users moves to app.users",
                        "span": {"start": 20, "stop": 25},
                        "start": {"line": 2, "column": 3},
                        "stop": {"line": 2, "column": 8},
                        "cell": None,
                        "relation": "public.users",
                        "target": "app.users",
                        "edits": [{"start": 20, "stop": 20, "new": "app."}],
                        "applicability": "safe",
                        "applied": True,
                        "fixable": True,
                        "written": False,
                        "reason": "",
                        "proved_by": [],
                        "related": [],
                    },
                ],
                "suppressed": [],
            },
            {
                "path": "b.py",
                "error": "can't be parsed as Python: line 3: invalid syntax",
                "changed": False,
                "parsed": False,
                "qualified": 0,
                "findings": [],
                "suppressed": [],
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


def test_json_lines(project: Report) -> None:
    schema = {**closed(SCHEMA["$defs"]["finding"]), "$defs": closed(SCHEMA["$defs"])}
    shown = [json.loads(line) for line in FORMATS["json-lines"](project).splitlines()]
    assert len([line for line in shown if set(line) == {"path", "error"}]) == project.errors
    lines = Draft202012Validator({"$ref": "#/$defs/line", "$defs": SCHEMA["$defs"]})
    assert not lines.is_valid({"path": "a.sql"})
    for line in shown:
        lines.validate(line)
        assert line.pop("path") in {result.path for result in project.results}
        if "error" not in line:
            Draft202012Validator(schema).validate(line)


def test_json_of_nothing_and_of_a_fix() -> None:
    assert document(NOTHING)["results"] == []
    assert document(FIXED)["written"]


def test_every_format_can_be_chosen() -> None:
    assert tuple(FORMATS) == config.FORMATS


# ------------------------------------------------------------------------------------------------ colours

ESCAPES = re.compile(r"\033\[\d*m")


def test_colours_change_no_character() -> None:
    text = FORMATS["concise"](REPORT)
    painted = colour.text(text)
    assert ESCAPES.sub("", painted) == text
    for name, paint in (("full", colour.full), ("grouped", colour.grouped)):
        assert ESCAPES.sub("", paint(FORMATS[name](REPORT))) == FORMATS[name](REPORT)
        assert "\033[31m" in paint(FORMATS[name](REPORT))
    assert "\033[31m^^^^^\033[0m" in colour.full(FORMATS["full"](REPORT))
    assert "\033[32m2 +   app.users\033[0m" in colour.full(FORMATS["full"](REPORT))
    assert painted.splitlines()[0].startswith("\033[1ma.sql\033[0m:1:8: \033[31muncertain-relation\033[0m users")
    assert "\033[31merror\033[0m: can't" in painted
    crossed = Finding("boundary", "may not read a.b here", Span(0, 5), reason="x")  # a code of one word
    of_one_word = Report((judged("a.sql", SQL, crossed),))
    for name, paint in (("concise", colour.text), ("full", colour.full), ("grouped", colour.grouped)):
        assert "\033[31mboundary\033[0m" in paint(FORMATS[name](of_one_word))
        assert "\033[31mboundary\033[0m\n" in paint(FORMATS[name](of_one_word).replace("boundary ", "boundary\n"))


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
