"""Gradual adoption by code, path and baseline: what is left out, what is not, and what the file says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.command import RULES, put, sr
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

import schema_rewriter
from schema_rewriter.finding import ALIASES, FileResult, Report
from schema_rewriter.rewriting.rewriter import rewrite
from schema_rewriter.rules import parse_rules
from schema_rewriter.run import baseline as baselines
from schema_rewriter.run.baseline import Baseline, Entry

SCHEMA = Path(schema_rewriter.__file__).parent / "baseline.schema.json"
FILE = "schema-rewrite-baseline.json"
SETTINGS = f'[tool.schema-rewrite]\nrules = ["rules.toml"]\npaths = ["src"]\nbaseline = "{FILE}"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three findings in two files, all of them in the baseline."""
    root = tmp_path / "project"
    put(root, "pyproject.toml", SETTINGS)
    put(root, "rules.toml", RULES)
    put(root, "src/a.sql", "select * from users;\nselect *\n  from jobs j, users u;\n")
    put(root, "src/b.py", 'SQL = "select * from jobs"\n')
    code, out, err = sr(root, "--write-baseline")
    assert (code, err) == (0, "")
    assert out.endswith("0 to change, 4 in the baseline\n")
    return root


ODD = 'OLD = "select * from public.users"\nODD = "select id from users"\n'
ODD_FINDINGS = ("1:22: old-schema", "2:23: possible-sql")
OLD_CODE = "ambiguous-relation"


def findings(root: Path, *args: str) -> list[str]:
    """Code and place of what a run tells, without its summary and reasons."""
    code, out, err = sr(root, "-q", *args)
    assert (code, err) == (1 if out else 0, "")
    return [" ".join(line.split()[:2]) for line in out.splitlines()]


def entries(root: Path) -> list[Any]:
    document = json.loads((root / FILE).read_bytes())
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(document)
    return [
        (path, entry["code"], entry["text"], entry["count"]) for path, of in document["files"].items() for entry in of
    ]


def test_the_file(project: Path) -> None:
    code = "unqualified-relation"
    assert entries(project) == [
        ("src/a.sql", code, "from jobs j, users u;", 2),
        ("src/a.sql", code, "select * from users;", 1),
        ("src/b.py", code, 'SQL = "select * from jobs"', 1),
    ]
    written = (project / FILE).read_bytes()
    assert sr(project, "--write-baseline")[0] == 0
    assert (project / FILE).read_bytes() == written
    assert baselines.render(baselines.parse(written, FILE)) == written


def test_no_baseline_of_the_settings_is_written_through_a_link(project: Path, tmp_path: Path) -> None:
    """A checkout that came from elsewhere may hold the link; whoever names the place on the command line means it."""
    home = tmp_path / "home"
    home.mkdir()
    (home / FILE).write_bytes(b"mine")
    (project / "out").symlink_to(home)
    put(project, "pyproject.toml", SETTINGS.replace(FILE, f"out/{FILE}"))
    code, out, err = sr(project, "--write-baseline")
    assert (code, out) == (2, "")
    assert "a link leads out of" in err
    assert (home / FILE).read_bytes() == b"mine"
    (project / FILE).unlink()
    (project / FILE).symlink_to(home / FILE)
    put(project, "pyproject.toml", SETTINGS)
    sr(project, "--prune-baseline")
    assert (home / FILE).read_bytes() == b"mine"


def test_lines_that_move_and_indent_are_known_and_those_that_change_are_new(project: Path) -> None:
    put(project, "src/a.sql", "-- new\n\n  select  *  from users;\nselect *\r\nfrom jobs j, users u;\n")
    assert findings(project) == []
    put(project, "src/a.sql", "select * from users -- all;\n;select *\n  from jobs j, users u;\n")
    assert findings(project) == ["src/a.sql:1:15: unqualified-relation", f"{FILE}:7:8: stale-baseline"]


def test_programs_hear_of_what_is_known(project: Path) -> None:
    """Also of a file whose other findings are fixed; SARIF calls what is no comment of the code external."""
    put(
        project,
        "src/b.py",
        'SQL = "select * from jobs"\nX = "select id from jobs where id = 1"\n'
        'Y = "delete from jobs"  # schema-rewrite: ignore\n',
    )
    report = json.loads(sr(project, "--output-format", "json")[1])
    assert (report["counts"]["suppressed"], report["counts"]["left_out"]) == (5, {"baseline": 4})
    kinds = [(item["start"]["line"], item["suppression"]["kind"]) for item in report["results"][1]["suppressed"]]
    assert kinds == [(1, "baseline"), (3, "comment")]
    assert sr(project, "--output-format", "concise")[1].endswith(
        "1 to qualify, 0 already qualified, 0 need a person, 1 suppressed, 2 files read, 2 parsed, 1 to change, "
        "4 in the baseline\n[*] 1 fixable: schema-rewrite fix\n"
    )
    (run,) = json.loads(sr(project, "--output-format", "sarif")[1])["runs"]
    shown = [
        (result["locations"][0]["physicalLocation"]["region"]["startLine"], [s["kind"] for s in result["suppressions"]])
        for result in run["results"]
        if "suppressions" in result
    ]
    assert shown == [(1, ["external"]), (3, ["external"]), (3, ["external"]), (1, ["external"]), (3, ["inSource"])]
    lines = [json.loads(line) for line in sr(project, "--output-format", "json-lines")[1].splitlines()]
    assert [line.get("suppression", {}).get("kind") for line in lines] == ["baseline"] * 3 + [
        None,
        "baseline",
        "comment",
    ]


def test_one_more_of_the_same_is_told(project: Path) -> None:
    put(project, "src/b.py", 'SQL = "select * from jobs"\n' * 2)
    assert findings(project) == ["src/b.py:2:22: unqualified-relation"]


def test_what_no_longer_fires_is_told_until_it_is_pruned(project: Path) -> None:
    put(project, "src/a.sql", "select * from app.users;\nselect *\n  from jobs j, app.users u;\n")
    put(project, "src/b.py", 'SQL = "select * from jobs"\nNEW = "select * from users"\n')
    code, out, _ = sr(project)
    assert code == 1
    assert out.splitlines()[0] == "src/a.sql:3:8: unqualified-relation [*] jobs moves to app.jobs"
    assert out.count("stale-baseline") == 2
    assert "it no longer fires; let the baseline shrink with --prune-baseline" in out
    put(project, "src/a.sql", "select * from app.users;\nselect *\n  from jobs j, users u;\n")
    assert findings(project, "--prune-baseline") == ["src/b.py:2:22: unqualified-relation"]
    assert [entry[2:] for entry in entries(project)] == [
        ("from jobs j, users u;", 2),
        ('SQL = "select * from jobs"', 1),
    ]
    put(project, "src/a.sql", "select *\n  from jobs j, app.users u;\nselect 1 from users;")
    (project / "src/b.py").unlink()
    assert findings(project) == [
        "src/a.sql:2:8: unqualified-relation",
        "src/a.sql:3:15: unqualified-relation",
        f"{FILE}:6:8: stale-baseline",
        f"{FILE}:9:8: stale-baseline",
    ]


def test_some_times_less_is_stale_too(project: Path) -> None:
    put(project, "src/b.py", 'SQL = "select * from jobs"\n' * 3)
    sr(project, "--write-baseline")
    put(project, "src/b.py", 'SQL = "select * from jobs"\n')
    assert "it no longer fires 2 of 3 times" in sr(project)[1]
    sr(project, "--prune-baseline")
    assert entries(project)[-1][3] == 1


def test_a_run_over_some_files_says_nothing_of_the_others(project: Path) -> None:
    put(project, "src/a.sql", "select 1")
    assert findings(project, "src/b.py") == []
    assert findings(project, "--prune-baseline", "src/b.py") == []
    assert len(entries(project)) == 3
    put(project, "src/c.sql", "delete from users")
    assert findings(project, "--write-baseline", "src/c.sql") == []
    assert len(entries(project)) == 4


def test_a_file_that_cannot_be_judged_keeps_its_entries(project: Path) -> None:
    put(project, "src/b.py", 'SQL = "select * from jobs\n')
    for args in ([], ["--prune-baseline"], ["--write-baseline"]):
        code, out, _ = sr(project, *args)
        assert code == 2
        assert "stale" not in out
    assert len(entries(project)) == 3


def test_fix_leaves_alone_what_the_baseline_knows(project: Path) -> None:
    """Also where only some of a statement's names are known: what is made is proved without the rest."""
    put(project, "src/a.sql", "select * from users;\nselect *\n  from jobs j, users u\n  join jobs k on true;\n")
    put(project, "src/c.py", 'A = "select * from users", """select *\nfrom jobs"""\n')
    put(project, "src/d.sql", "select *\n  from jobs j,\n  users u;\n")
    sr(project, "--write-baseline", "src/c.py", "src/d.sql")
    put(project, "src/c.py", 'A = "select * from users where id = 1", """select *\nfrom jobs"""\n')
    put(project, "src/d.sql", "select *\n  from jobs j,\n  users x;\n")
    code, out, _ = sr(project, "--fix")
    assert (code, out.count("stale-baseline")) == (1, 3)
    assert (project / "src/d.sql").read_text() == "select *\n  from jobs j,\n  app.users x;\n"
    assert (project / "src/a.sql").read_text() == (
        "select * from users;\nselect *\n  from app.jobs j, app.users u\n  join app.jobs k on true;\n"
    )
    assert (project / "src/b.py").read_text() == 'SQL = "select * from jobs"\n'
    assert (
        project / "src/c.py"
    ).read_text() == 'A = "select * from app.users where id = 1", """select *\nfrom jobs"""\n'
    assert sr(project, "--fix", "--no-baseline")[0] == 0
    assert (project / "src/b.py").read_text() == 'SQL = "select * from app.jobs"\n'


def test_stdin_has_the_baseline_of_its_path(project: Path) -> None:
    source = b'SQL = "select * from jobs"\nNEW = "select * from users"\n'
    code, out, err = sr(project, "--fix", "--stdin-filename", "src/b.py", "-", stdin=source)
    assert (code, out) == (0, 'SQL = "select * from jobs"\nNEW = "select * from app.users"\n')
    assert "1 in the baseline" in err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["--write-baseline", "--no-baseline"],
            "--write-baseline: which file? give --baseline FILE, or write baseline",
        ),
        (["--write-baseline", "--fix"], "--write-baseline changes the baseline and no code; leave --fix out"),
        (["--write-baseline", "--prune-baseline"], "--write-baseline and --prune-baseline exclude each other"),
        (["--prune-baseline", "--since", "HEAD"], "--prune-baseline wants all findings, and --since gives some"),
        (["--baseline", "x", "--no-baseline"], "--baseline and --no-baseline exclude each other; give one of them"),
        (["--baseline", "none.json"], "none.json: No such file or directory; make it with --write-baseline"),
        (["--write-baseline", "--baseline", "/no/such/file"], "/no/such/file: No such file or directory; name a file"),
        (["--write-baseline", "--stdin-filename", "a.sql", "-"], "--write-baseline is for files; leave it out for -"),
        (["--staged", "--since", "HEAD"], "--since and --staged exclude each other; give one of them"),
        (["--ignore", "search-paths"], "--ignore: 'search-paths' is no finding code; did you mean search-path?"),
    ],
)
def test_mistakes(project: Path, args: list[str], message: str) -> None:
    code, out, err = sr(project, *args)
    assert (code, out) == (2, "")
    assert err.startswith(f"schema-rewrite: error: {message}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<<<<<<< HEAD\n", "not JSON: Expecting value"),
        ("[]", "not a baseline: it has no files"),
        ('{"version": 2, "files": {}}', "version 2, and this schema-rewrite reads 1"),
        ('{"version": 1, "files": {"a": 1}}', "files: a: must be an array"),
        ('{"version": 1, "files": {"a": [{"code": "x", "text": "y", "count": 0}]}}', "files: a: 1: must hold code"),
        ("[" * 100_000, "not JSON: "),
    ],
)
def test_a_broken_file(project: Path, text: str, message: str) -> None:
    put(project, FILE, text)
    code, out, err = sr(project)
    assert (code, out) == (2, "")
    assert err.startswith(f"schema-rewrite: error: {FILE}: {message}")
    assert err.endswith("; mend the merge, or write it anew with --write-baseline\n")


def test_json_counts_what_was_left_out(project: Path) -> None:
    put(project, "src/c.py", ODD)
    document = json.loads(sr(project, "--output-format", "json", "--ignore", "ambiguous-relation")[1])
    assert document["counts"]["left_out"] == {"ignored": 1, "baseline": 4}
    assert [finding["code"] for result in document["results"] for finding in result["findings"]] == ["old-schema"]


def test_the_pure_function() -> None:
    """No file, no option: a report and a baseline in, a report out; odd bytes are text as well."""
    rules = parse_rules(RULES, "rules.toml")
    long = b"select " + b"x, " * 200 + b"y from users"
    for source in (b"-- caf\xe9\rselect * from users -- caf\xe9\r", long, b"\xef\xbb\xbfselect *\tfrom users"):
        path = "odd\udce9.sql"
        report = Report((rewrite(path, source, rules),), 1, paths=(path,))
        known = baselines.updated(Baseline({}), report)
        (entry,) = known.counts
        assert len(entry.text) < 240
        assert baselines.parse(baselines.render(known), "b").counts == known.counts
        after = baselines.narrowed(report, known)
        assert (after.left_out, after.exit_code(), after.results[0].after) == ((("baseline", 1),), 0, source)
        empty = Report((FileResult(path, b"", b""),), 1, paths=(path,))
        assert baselines.narrowed(empty, known).results[-1].findings[0].code == "stale-baseline"
        assert baselines.narrowed(Report(()), known) == Report(())
        assert len(baselines.narrowed(Report(()), known, {path}).results) == 1
    assert Entry("a", "b", "c") < Entry("a", "b", "d")


# ---------------------------------------------------------------------------------------- by code and by path


def test_codes_by_path(project: Path) -> None:
    put(project, "src/legacy/c.py", ODD)
    put(project, "src/new/c.py", ODD)
    shown = [f"src/{where}/c.py:{what}" for where in ("legacy", "new") for what in ODD_FINDINGS]
    assert findings(project) == shown
    put(project, "pyproject.toml", SETTINGS + 'ignore = ["ambiguous-relation"]\n')
    assert findings(project) == [shown[0], shown[2]]
    put(project, "pyproject.toml", SETTINGS + 'select = ["ambiguous-relation"]\n')
    assert findings(project, "src/new", "src/legacy") == [shown[1], shown[3]]
    put(project, "pyproject.toml", SETTINGS + '[tool.schema-rewrite.per-file-ignores]\n"legacy" = ["old-schema"]\n')
    assert findings(project) == shown[1:]
    assert findings(project, "--ignore", "ambiguous-relation") == [shown[2]]
    sr(project, "--fix")
    assert "public.users" in (project / "src/legacy/c.py").read_text()
    assert "app.users" in (project / "src/new/c.py").read_text()


def test_a_code_that_was_split_still_means_all_that_it_became(project: Path) -> None:
    """In settings, options, comments and baselines; nothing of it is stale or unused."""
    put(project, "src/c.py", ODD)
    new = ODD_FINDINGS[1].split()[1]
    assert findings(project, "--no-baseline", "--select", OLD_CODE) == [f"src/c.py:{ODD_FINDINGS[1]}"]
    assert findings(project, "--ignore", OLD_CODE) == [f"src/c.py:{ODD_FINDINGS[0]}"]
    put(project, "src/c.py", ODD.replace("\n", f"  # schema-rewrite: ignore[old-schema, {OLD_CODE}]\n"))
    assert [line.split()[1] for line in findings(project)] == ["unused-suppression"] * 2  # each names one in vain
    put(project, "src/c.py", ODD)
    assert sr(project, "--write-baseline")[0] == 0
    written = (project / FILE).read_text("utf-8")
    put(project, FILE, written.replace(new, OLD_CODE))
    assert findings(project) == []
    assert sr(project, "--prune-baseline")[0] == 0
    assert (project / FILE).read_text("utf-8") == written
    assert all(code in sr(project, "explain", OLD_CODE)[1] for code in ALIASES[OLD_CODE])
