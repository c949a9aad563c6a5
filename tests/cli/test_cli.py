"""The command as a user runs it: real processes, real files, the real git."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from helpers import signals
from helpers.command import COMMAND, PLAIN, RULES, put, sr
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

import schema_rewriter
from schema_rewriter.cli.commands import COMMANDS
from schema_rewriter.cli.rewrite import rewrite_command
from schema_rewriter.rules import parse_rules
from schema_rewriter.run import CHUNK


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A configured project: one reference to qualify in Python, two in SQL of which one is right already."""
    root = tmp_path / "project"
    put(root, "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\npaths = ["src"]\n')
    put(root, "rules.toml", RULES)
    put(root, "src/a.sql", "select * from users;\r\nselect * from app.jobs;\n")
    put(root, "src/b/c.py", 'SQL = "é", "select * from jobs"\n')
    put(root, "src/d.py", "nothing = None\n")
    put(root, "other.sql", "select * from users;\n")
    return root


SUMMARY = "2 to qualify, 1 already qualified, 0 need a person, 3 files read, 2 parsed, 2 to change\n"
STEPS = "[*] 2 fixable: schema-rewrite fix\n"
DONE = "2 qualified, 1 already qualified, 0 need a person, 3 files read, 2 parsed, 2 changed\n"
CLEAN = "0 to qualify, 3 already qualified, 0 need a person, 3 files read, 2 parsed, 0 to change\n"

AFTER_SQL = b"select * from app.users;\r\nselect * from app.jobs;\n"
AFTER_PY = 'SQL = "é", "select * from app.jobs"\n'.encode()


# ------------------------------------------------------------------------------------------------ --check


def test_check_is_the_default_and_writes_nothing(project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*.*") if path.is_file()}
    expected = (
        "src/a.sql:1:15: unqualified-relation [*] users moves to app.users\n"
        "src/b/c.py:1:27: unqualified-relation [*] jobs moves to app.jobs\n" + SUMMARY + STEPS
    )
    assert sr(project) == (1, expected, "")
    assert sr(project, "--check") == (1, expected, "")
    after = {path: path.read_bytes() for path in project.rglob("*.*") if path.is_file()}
    assert {path: source for path, source in after.items() if ".schema-rewrite-cache" not in path.parts} == before


def test_paths_are_shown_as_seen_from_here(project: Path) -> None:
    code, out, _ = sr(project / "src/b")
    assert (code, out.splitlines()[0].split(":")[0], out.splitlines()[1].split(":")[0]) == (1, "../a.sql", "c.py")
    code, out, _ = sr(project / "src/b", "../../other.sql", ".")
    assert [line.split(":")[0] for line in out.splitlines()[:2]] == ["../../other.sql", "c.py"]
    assert out.endswith("\n[*] 2 fixable: schema-rewrite fix ../../other.sql .\n")


def test_nothing_to_do(project: Path) -> None:
    assert sr(project, "src/d.py")[0] == 0
    assert sr(project, "--quiet", "src/d.py") == (0, "", "")


def test_quiet_leaves_the_findings(project: Path) -> None:
    assert sr(project, "-q", "src/a.sql") == (
        1,
        "src/a.sql:1:15: unqualified-relation [*] users moves to app.users\n",
        "",
    )


def test_what_needs_a_person_is_a_one(project: Path) -> None:
    put(project, "src/e.py", 'execute(f"select * from {name} join app.users u on true")\n')
    code, out, _ = sr(project, "src/e.py")
    assert (code, out.split()[1]) == (1, "dynamic-relation")
    assert sr(project, "--fix", "src/e.py")[0] == 1


def test_a_file_that_cannot_be_judged_is_a_two_and_the_others_go_on(project: Path) -> None:
    put(project, "src/e.py", 'def broken(:\n  "select * from users"\n')
    code, out, err = sr(project, "--fix")
    assert (code, err) == (2, "")
    assert "src/e.py: error: " in out
    assert out.endswith(", 2 changed, 1 not judged\n")
    assert (project / "src/a.sql").read_bytes() == AFTER_SQL


def test_a_file_that_kills_the_parser_keeps_no_other_from_being_judged(project: Path) -> None:
    put(project, "src/deep.py", 'x = "users", ' + "(" * 5000 + ")" * 5000 + "\n")
    for name in ("fill1.sql", "fill2.sql"):
        put(project, f"src/{name}", b"-- users\n" + b"-- " + b"x" * CHUNK + b"\n")
    code, out, _ = sr(project, "--jobs", "2")
    assert code == 2
    assert "src/deep.py: error: " in out
    assert "src/a.sql:1:15: unqualified-relation" in out


# ------------------------------------------------------------------------------------- --diff and --patch


def git(cwd: Path, *args: str | Path) -> None:
    subprocess.run(["git", *args], cwd=cwd, env=PLAIN, check=True, capture_output=True)


def test_git_applies_the_diff(project: Path) -> None:
    code, out, err = sr(project, "--diff")
    assert (code, err) == (1, SUMMARY)
    put(project, "move.patch", out)
    git(project, "apply", "move.patch")
    assert (project / "src/a.sql").read_bytes() == AFTER_SQL
    assert (project / "src/b/c.py").read_bytes() == AFTER_PY
    assert sr(project, "--diff") == (0, "", CLEAN)


def test_the_diff_is_for_the_top_of_the_repository_wherever_it_is_made(project: Path) -> None:
    git(project.parent, "init", "-q", ".")
    code, out, _ = sr(project / "src/b", "--patch", "../../move.patch")
    assert (code, out) == (1, SUMMARY)
    assert f"--- a/{project.name}/src/b/c.py\n" in (project / "move.patch").read_text()
    git(project / "src", "apply", "../move.patch")
    assert (project / "src/a.sql").read_bytes() == AFTER_SQL


def test_bytes_that_no_line_editor_likes_survive_a_patch(project: Path) -> None:
    strange = b"-- caf\xe9\x0c\r-- lone\rselect *\r\nfrom users -- \xe2\x80\xa8 end"
    put(project, "src/a.sql", strange)
    assert sr(project, "--patch", "p", "src/a.sql")[0] == 1
    git(project, "apply", "p")
    assert (project / "src/a.sql").read_bytes() == strange.replace(b"from users", b"from app.users")


def test_a_diff_on_stdout_leaves_the_rest_to_stderr(project: Path) -> None:
    put(project, "src/a.sql", b"select * from {name};\nselect * from users;\n")
    put(project, "src/e.py", 'execute(f"select * from {name} join users u on true")\n')
    for how in (["--diff"], ["--patch", "-"]):
        code, out, err = sr(project, *how)
        assert code == 1
        assert out.startswith("diff --git a/src/a.sql b/src/a.sql\n")
        findings, summary = err.splitlines()[:-1], err.splitlines()[-1]
        assert findings
        assert all("dynamic-relation" in line for line in findings)
        assert "to qualify" in summary


def test_a_patch_replaces_the_file_and_may_be_empty(project: Path) -> None:
    put(project, "move.patch", "old")
    sr(project, "--fix")
    assert sr(project, "--patch", "move.patch")[0] == 0
    assert (project / "move.patch").read_bytes() == b""
    assert not [path for path in project.iterdir() if path.name.startswith(".move")]


def test_a_patch_that_cannot_be_written(project: Path) -> None:
    assert sr(project, "--patch", "no/such/dir.patch") == (
        2,
        "",
        "schema-rewrite: error: no/such/dir.patch: No such file or directory; name a file that can be written\n",
    )


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no such device here")
def test_a_patch_into_a_device_does_not_replace_it(project: Path) -> None:
    code, out, _ = sr(project, "--patch", "/dev/stdout")
    assert code == 1
    assert "diff --git a/src/a.sql" in out


def test_a_patch_into_a_stream_that_is_a_file_goes_to_its_end_and_a_link_stays_one(project: Path) -> None:
    """`--patch /dev/stdout > file`: neither the file nor the link is another one afterwards."""
    with (project / "out").open("wb") as out:
        out.write(b"before\n")
        out.flush()
        (project / "link").symlink_to("out")
        done = subprocess.run([*COMMAND, "--patch", "link"], cwd=project, stdout=out, env=PLAIN, check=False)
    shown = (project / "out").read_text("utf-8")
    assert done.returncode == 1
    assert shown.startswith("before\ndiff --git a/src/a.sql")
    assert shown.endswith(SUMMARY)
    assert (project / "link").is_symlink()
    assert sr(project, "--patch", "link")[0] == 1
    assert (project / "out").read_text("utf-8").startswith("diff --git a/src/a.sql")
    assert (project / "link").is_symlink()


# -------------------------------------------------------------------------------------------------- --fix


def test_fix_writes_and_says_so_and_a_second_run_has_nothing_to_do(project: Path) -> None:
    expected = "src/a.sql: 1 reference qualified\nsrc/b/c.py: 1 reference qualified\n" + DONE
    assert sr(project, "--fix") == (0, expected, "")
    assert (project / "src/a.sql").read_bytes() == AFTER_SQL
    assert (project / "src/b/c.py").read_bytes() == AFTER_PY
    assert (project / "other.sql").read_bytes() == b"select * from users;\n"
    assert sr(project, "--fix")[:2] == (0, CLEAN.replace("to qualify", "qualified").replace("to change", "changed"))
    assert sr(project) == (0, CLEAN, "")
    assert {path.name for path in project.glob(".schema-rewrite*")} == {".schema-rewrite-cache", ".schema-rewrite-undo"}


def test_exit_non_zero_on_fix(project: Path) -> None:
    assert sr(project, "--fix", "--exit-non-zero-on-fix")[0] == 1
    assert sr(project, "--fix", "--exit-non-zero-on-fix")[0] == 0


def test_the_way_back_restores_every_byte(project: Path) -> None:
    before = (project / "other.sql").read_bytes()
    assert sr(project, "--fix", "other.sql")[0] == 0
    code, inverse, _ = sr(project, "rules", "--inverse")
    assert code == 0
    put(project, "back.toml", inverse)
    assert sr(project, "--rules", "back.toml", "--fix", "other.sql")[0] == 0
    assert (project / "other.sql").read_bytes() == before


KILLED = """
import os, signal, sys
from schema_rewriter.cli import main

def replace(*args, number=iter(range(1, 100)), original=os.replace):
    original(*args)
    if next(number) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

os.replace = replace
main(["--fix", "--no-cache"])
"""


# The journal takes its place, is committed, and then the files follow one by one.
@pytest.mark.parametrize(("replaced", "what"), [(1, "undone"), (2, "completed"), (3, "completed")])
def test_an_interrupted_run_is_brought_to_its_end(project: Path, replaced: int, what: str) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(replaced)], cwd=project, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    code, out, err = sr(project, "--diff")
    assert (code, out) == (2, "")
    assert err == (
        f"schema-rewrite: error: {project}: an earlier run was interrupted; "
        "run schema-rewrite --fix to complete or undo it\n"
    )
    code, out, err = sr(project, "--fix")
    assert (code, "2 changed" in out) == (0, what == "undone")
    assert err == f"schema-rewrite: an earlier run was interrupted; {what}: src/a.sql, src/b/c.py\n"
    assert (project / "src/a.sql").read_bytes() == AFTER_SQL
    assert (project / "src/b/c.py").read_bytes() == AFTER_PY
    assert sr(project) == (0, CLEAN, "")


# -------------------------------------------------------------------------------------------------- stdin


def test_stdin(project: Path) -> None:
    given = b"select * from users;\r\n"
    name = ("--stdin-filename", "src/new.sql", "-")
    one = "1 to qualify, 0 already qualified, 0 need a person, 1 file read, 1 parsed, 1 to change\n"
    assert sr(project, *name, stdin=given) == (
        1,
        "src/new.sql:1:15: unqualified-relation [*] users moves to app.users\n" + one,
        "",
    )
    code, out, err = sr(project, "--diff", *name, stdin=given)
    assert (code, err) == (1, one)
    assert "+select * from app.users;\r\n" in out
    code, out, err = sr(project, "--fix", *name, stdin=given)
    assert (code, out) == (0, "select * from app.users;\r\n")
    assert err.splitlines()[0] == "src/new.sql: 1 reference qualified"
    assert not (project / "src/new.sql").exists()


def test_stdin_that_names_nothing_comes_back_as_it_is(project: Path) -> None:
    strange = b"\xef\xbb\xbf-- \xe9\r\r\n\x0c"
    done = subprocess.run(
        [*COMMAND, "--fix", "-q", "--stdin-filename", "x.sql", "-"],
        cwd=project,
        input=strange,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, strange, b"")


def test_stdin_that_cannot_be_judged_gives_nothing(project: Path) -> None:
    code, out, err = sr(project, "--fix", "--stdin-filename", "x.py", "-", stdin=b"def (: 'from users'")
    assert (code, out) == (2, "")
    assert err.startswith("x.py: error: ")


def test_the_path_of_stdin_counts_for_rules_with_paths(project: Path) -> None:
    put(
        project,
        "rules.toml",
        '[[move]]\nfrom = "public"\nto = "b"\ntables = ["users"]\npaths = ["src/b/*"]\n' + RULES,
    )
    given = b"select * from users"
    for cwd, name, target in (
        (project, "src/b/x.sql", "b"),
        (project / "src/b", "x.sql", "b"),
        (project / "src/b", "../x.sql", "app"),
        (project / "src", project / "src/b/x.sql", "b"),
    ):
        assert sr(cwd, "--fix", "--stdin-filename", name, "-", stdin=given)[1] == f"select * from {target}.users"


# ------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--chek"], "No such option"),
        (["--check", "--fix"], "--check and --fix exclude each other; give one of them"),
        (["--diff", "--patch", "x"], "--diff and --patch exclude each other; give one of them"),
        (["--jobs", "0"], "Invalid value for '--jobs'"),
        (["--output-format", "xml"], "Invalid value for '--output-format'"),
        (["-"], "- needs --stdin-filename, such as --stdin-filename app/queries.sql, to know what it reads"),
        (["-", "src"], "stdin is read for the single PATH -"),
        (["--stdin-filename", "x.py"], "stdin is read for the single PATH -"),
        (["nowhere"], "nowhere: No such file or directory; name a file or directory that exists"),
        (["--rules", "none.toml"], "none.toml: No such file or directory; name a rule file that can be read"),
        (["--rules", "src"], "src: Is a directory; name a rule file that can be read"),
        (["--rules", "pyproject.toml"], "pyproject.toml: tool: unknown key; did you mean"),
        (["--rules", "rules.toml", "--rules", "rules.toml"], "rules.toml (after rules.toml): move: public."),
        (["rules", "--rules", "none.toml"], "none.toml: No such file or directory"),
        (["rules", "x"], "Got unexpected extra argument (x)"),
    ],
)
def test_a_mistake_is_one_line_and_a_two(project: Path, args: list[str], message: str) -> None:
    code, out, err = sr(project, *args)
    assert (code, out) == (2, "")
    assert err.startswith("schema-rewrite: error: ")
    assert message in err
    assert err.count("\n") == 1


def test_without_rules(tmp_path: Path) -> None:
    put(tmp_path, "app/a.sql", "select * from users")
    code, out, err = sr(tmp_path)
    assert (code, out) == (2, "")
    assert err == (
        "schema-rewrite: error: no rules: schema-rewrite init writes a first rules.toml; then give --rules rules.toml, "
        'or write rules = ["rules.toml"] under [tool.schema-rewrite] in pyproject.toml\n'
    )
    # What it says works.
    assert sr(tmp_path, "init")[0] == 0
    assert sr(tmp_path, "-q", "--rules", "rules.toml")[0] == 1
    put(tmp_path, "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\n')
    assert sr(tmp_path, "-q")[0] == 1


def test_a_wrong_setting(project: Path) -> None:
    put(project, "pyproject.toml", '[tool.schema-rewrite]\nrule = ["rules.toml"]\n')
    code, out, err = sr(project / "src")
    assert (code, out) == (2, "")
    assert err == (
        f"schema-rewrite: error: {project / 'pyproject.toml'}:2: tool.schema-rewrite.rule: unknown key; "
        "did you mean rules?\n"
    )


# ------------------------------------------------------------------------------------------- all the rest


def report(text: str) -> Any:
    shown = json.loads(text)
    schema = json.loads((Path(schema_rewriter.__file__).parent / "report.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(shown)
    return shown


def test_json(project: Path) -> None:
    code, out, err = sr(project, "--output-format", "json")
    assert (code, err) == (1, "")
    shown = report(out)
    assert [result["path"] for result in shown["results"]] == ["src/a.sql", "src/b/c.py"]
    found = shown["results"][1]["findings"][0]
    assert (found["span"], found["start"]) == ({"start": 27, "stop": 31}, {"line": 1, "column": 27})
    code, out, err = sr(project, "--output-format", "json", "--diff")
    assert report(err) == shown
    assert out.startswith("diff --git ")
    code, out, err = sr(project, "--output-format", "json", "--fix")
    assert (code, report(out)["written"]) == (0, True)
    made = json.loads(json.dumps(shown["results"]))
    for one in (one for result in made for one in result["findings"]):
        one["fixable"], one["written"] = False, one["fixable"]
    assert report(out)["results"] == made


def test_settings_of_the_project(project: Path) -> None:
    put(
        project,
        "pyproject.toml",
        '[tool.schema-rewrite]\nrules = ["rules.toml"]\npaths = ["src", "other.sql"]\nexclude = ["b"]\n'
        'include = ["*.ddl"]\noutput-format = "json"\njobs = 1\n',
    )
    put(project, "src/x.ddl", "select * from users")
    put(project, "src/y.txt", "select * from users")
    code, out, _ = sr(project / "src")
    assert code == 2  # a .ddl file is found, and nobody can read it yet
    assert [result["path"] for result in report(out)["results"]] == ["../other.sql", "a.sql", "x.ddl"]
    code, out, _ = sr(project / "src", "--output-format", "concise", "--exclude", "*.ddl", "-q", ".")
    assert (code, out) == (1, "a.sql:1:15: unqualified-relation [*] users moves to app.users\n")


def test_rules_on_the_command_line_take_the_place_of_the_project_s(project: Path) -> None:
    put(project, "jobs.toml", RULES.replace('"users", ', ""))
    assert sr(project, "--rules", "jobs.toml", "-q", "src/a.sql")[0] == 0


def test_the_rule_set_is_printed(project: Path) -> None:
    put(project, "more.toml", RULES.replace('"users", "jobs"', '"Users"'.join("''")))
    code, out, err = sr(project / "src", "rules", "--rules", "../rules.toml", "--rules", "../more.toml")
    assert (code, err) == (0, "")
    assert {move.relation.name for move in parse_rules(out, "printed").moves} == {"users", "jobs", "Users"}
    assert sr(project, "rules") == (0, 'search_path = ["public"]\n\n' + RULES, "")


def test_a_path_named_rules_is_within_reach(project: Path) -> None:
    put(project, "rules/x.sql", "select * from users")
    assert sr(project, "-q", "./rules")[1] == "rules/x.sql:1:15: unqualified-relation [*] users moves to app.users\n"


def test_gitignore_and_excludes_count_but_for_named_files(project: Path) -> None:
    put(project, ".gitignore", "b/\n")
    assert "c.py" not in sr(project)[1]
    assert "c.py" in sr(project, "src/b/c.py")[1]
    assert "a.sql" not in sr(project, "--exclude", "*.sql")[1]


def test_a_named_file_is_excluded_on_request(project: Path) -> None:
    args = ["--exclude", "src/b", "-q", "src/b/c.py", "src/a.sql"]
    assert len(sr(project, *args)[1].splitlines()) == 2
    assert len(sr(project, "--force-exclude", *args)[1].splitlines()) == 1
    assert sr(project / "src", "--force-exclude", "--exclude", "src/b", "-q", "b/c.py") == (0, "", "")


def test_a_project_behind_a_link(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("elsewhere") / "link"
    link.symlink_to(project, target_is_directory=True)
    put(project, "rules.toml", RULES + 'paths = ["src/**"]\n')
    assert sr(project, "-q", link / "src/a.sql")[1].startswith("src/a.sql:1:15: ")


@pytest.mark.parametrize(
    ("args", "env", "coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": ""}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours(project: Path, args: list[str], env: dict[str, str], coloured: bool) -> None:
    for mode in ("--check", "--diff"):
        _, out, _ = sr(project, mode, *args, env=env)
        assert ("\033[" in out) == coloured


def test_a_terminal_is_coloured_and_shows_no_bar_in_a_short_run(project: Path) -> None:
    pty = pytest.importorskip("pty", reason="no terminals here")
    parent, child = pty.openpty()
    process = subprocess.Popen(clocked(1e-6, "--diff"), cwd=project, stdout=child, stderr=child, env=PLAIN)
    os.close(child)
    shown = drained(parent)
    assert process.wait() == 1
    assert b"\033[32m+select * from app.users;\033[0m" in shown
    assert " ".join(SUMMARY.split()).encode() in b" ".join(shown.split()), "folded, where the terminal is narrow"
    assert "━".encode() not in shown


def test_lines_are_folded_for_the_terminal_that_they_go_to(project: Path) -> None:
    """That of stderr, where stdout is none."""
    pty, termios = (pytest.importorskip(name, reason="no terminals here") for name in ("pty", "termios"))
    for columns, lines in ((50, 2), (200, 1)):
        parent, child = pty.openpty()
        termios.tcsetwinsize(child, (24, columns))
        env = {key: value for key, value in PLAIN.items() if key != "COLUMNS"}
        process = subprocess.Popen([*COMMAND, "--diff"], cwd=project, stdout=subprocess.DEVNULL, stderr=child, env=env)
        os.close(child)
        shown = after_the_bar(drained(parent).decode()).splitlines()
        assert process.wait() == 1
        assert (len(shown), " ".join(map(str.strip, shown))) == (lines, SUMMARY.strip())
        assert max(map(len, shown)) <= columns


def test_a_long_run_shows_a_bar_on_a_terminal_only(project: Path) -> None:
    pty = pytest.importorskip("pty", reason="no terminals here")
    for number in range(8):
        put(project, f"src/long{number}.py", "".join(f"execute('select {line} from users')\n" for line in range(9)))
    parent, child = pty.openpty()
    process = subprocess.Popen(clocked(1e6, "--check"), cwd=project, stdout=subprocess.DEVNULL, stderr=child, env=PLAIN)
    os.close(child)
    shown = drained(parent)
    assert process.wait() == 1
    assert "━".encode() in shown
    assert b"/11" in shown
    assert b"to qualify" not in shown


def clocked(times: float, *args: str) -> list[str]:
    """The command, by a clock that goes so many times as fast: however busy the machine, a run is long, or short."""
    clock = f"import sys, time; real = time.monotonic; time.monotonic = lambda: {times} * real()"
    return [sys.executable, "-c", f"{clock}; from schema_rewriter.__main__ import main; sys.exit(main())", *args]


def after_the_bar(shown: str) -> str:
    """What stands on the terminal in the end: on a busy machine a run is long enough for a bar, which goes again."""
    return re.split(r"\x1b\[[\d;?]*[A-Za-z]", shown)[-1].lstrip("\r")


def drained(terminal: int) -> bytes:
    shown = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux's way to say that nobody holds the other end any more
            part = b""
        if not part:
            os.close(terminal)
            return shown
        shown += part


def test_help_and_version(project: Path) -> None:
    code, out, _ = sr(project, "--help")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    for word in ("--unsafe-fixes", "Examples:", "Exit codes:", "130", "[tool.schema-rewrite]"):
        assert word in out
    listed = out.partition("\nCommands (schema-rewrite COMMAND --help):\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in listed.splitlines()] == list(COMMANDS)
    assert all(sr(project, name, "--help")[0] == 0 for name in COMMANDS)
    assert sr(project, "--version") == (0, f"schema-rewrite {schema_rewriter.__version__}\n", "")
    assert sr(project, "rules", "--help")[0] == 0
    assert all(option.help for option in rewrite_command.params if isinstance(option, click.Option))


def test_names_that_the_terminal_cannot_show(project: Path) -> None:
    put(project, os.fsdecode(b"src/caf\xe9.sql"), "select * from users")
    put(project, "src/ünï.sql", "select * from users")
    code, out, err = sr(project, "-q", env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    assert (code, err) == (1, "")
    assert out.count("sql:1:15: ") == 3
    assert sr(project, "--diff", env={"PYTHONIOENCODING": "ascii"})[0] == 1


def test_a_reader_that_goes_away_is_no_error(project: Path) -> None:
    put(project, "src/long.sql", "select * from users -- " + "x" * 1_000_000)
    process = subprocess.Popen(
        [*COMMAND, "--diff"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=PLAIN | {"PYTHONUNBUFFERED": ""},  # without a buffer, Python takes half a write for a whole one
    )
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


def test_the_command_in_this_process(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    result = CliRunner().invoke(rewrite_command, ["--check"], standalone_mode=False)
    assert (result.return_value, result.output.splitlines()[-2]) == (1, SUMMARY.strip())


# -------------------------------------------------------------------------------- Ctrl-C, and being killed

posix = pytest.mark.skipif(os.name != "posix", reason="needs process groups")


def slow(project: Path, *args: str) -> subprocess.Popen[bytes]:
    """A run in a process group of its own that takes many seconds and has begun to judge."""
    body = "".join(f"x{n} = 'select * from users', {'+ '.join(['1'] * 20)}\n" for n in range(3000))
    for number in range(40):
        put(project, f"src/slow/{number}.py", body)
    with signals.not_ignored():
        process = subprocess.Popen(
            [*COMMAND, "--jobs", "2", *args],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=PLAIN,
            process_group=0,
        )
    while len(group(process.pid)) < 4 and process.poll() is None:  # itself, forkserver, tracker, a worker
        time.sleep(0.02)
    time.sleep(0.5)
    assert process.poll() is None
    return process


def group(number: int) -> list[int]:
    """The living processes of a process group."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [int(pid) for pid, pgid, stat in rows if int(pgid) == number and not stat.startswith("Z")]


def gone(number: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while group(number):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@posix
def test_ctrl_c_ends_all_processes_at_once_with_one_line(project: Path) -> None:
    process = slow(project, "--fix")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    # Python itself may add that semaphores were left, where its pool had to be given up.
    assert err.decode().strip().splitlines()[0] == "schema-rewrite: interrupted; every file is whole"
    assert gone(process.pid, 60)
    assert (project / "src/a.sql").read_bytes() == b"select * from users;\r\nselect * from app.jobs;\n"


@posix
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_one_that_is_killed(project: Path, number: signal.Signals) -> None:
    process = slow(project)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == -number
    assert gone(process.pid, 60)


# -------------------------------------------------------------------------------------------- costs little


def test_a_run_with_nothing_to_do_imports_nothing_heavy(project: Path) -> None:
    program = (
        "import sys; from schema_rewriter.cli import main; code = main(['--check', 'src/d.py'])\n"
        "heavy = {'libcst', 'sqlglot', 'rich', 'multiprocessing', 'concurrent.futures',\n"
        "         'importlib.metadata', 'difflib', 'asyncio', 'unicodedata'}\n"
        "print(code, *sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "0", done.stdout + done.stderr


# ---------------------------------------------------------------------------------------------- reports


def test_the_report_can_go_to_a_file(project: Path) -> None:
    code, out, err = sr(project, "--output-format", "sarif", "--output-file", "out.sarif")
    assert (code, out, err) == (1, SUMMARY, "")
    assert json.loads((project / "out.sarif").read_text())["runs"][0]["results"]
    assert sr(project, "-q", "--output-file", "out.txt") == (1, "", "")
    assert (project / "out.txt").read_text().count("\n") == 2
    assert sr(project, "--output-file", "missing/out.txt")[0] == 2


def test_statistics_take_the_place_of_findings(project: Path) -> None:
    code, out, _ = sr(project, "--statistics")
    assert code == 1
    assert out.startswith("2  [*]  unqualified-relation  names a relation")
    assert out.endswith("1  [*]  jobs   app.jobs\n1  [*]  users  app.users\n" + SUMMARY + STEPS)
    counted = json.loads(sr(project, "--statistics", "--output-format", "json")[1])
    assert counted["codes"] == [{"code": "unqualified-relation", "count": 2, "fixable": 2}]
    code, _, err = sr(project, "--statistics", "--output-format", "junit")
    assert (code, err) == (
        2,
        "schema-rewrite: error: --statistics has no shape junit; give --output-format concise or json\n",
    )


def test_a_step_summary_for_github(project: Path) -> None:
    step = put(project, "step.md", "# earlier\n")
    code, out, _ = sr(project, "--output-format", "github", env={"GITHUB_STEP_SUMMARY": str(step)})
    assert code == 1
    assert out.startswith("::error file=src/a.sql,line=1,")
    assert out.endswith(SUMMARY)
    assert step.read_text().startswith("# earlier\n## schema-rewrite\n\n2 to qualify,")


def test_full_shows_the_code(project: Path) -> None:
    code, out, _ = sr(project, "--output-format", "full", "src/a.sql")
    assert code == 1
    assert out.startswith(
        "src/a.sql:1:15: unqualified-relation [*] users moves to app.users\n"
        "  |\n"
        "1 | select * from users;\n"
        "  |               ^^^^^\n"
        "1 + select * from app.users;\n\n"
    )


def test_colours_of_commands(project: Path) -> None:
    boundary = '[[boundary]]\npaths = ["src/"]\nschemas = { app = ["define"] }\n'
    put(project, "boundary.toml", boundary)
    matrix = ("inventory", "--matrix", "--rules", "rules.toml", "--rules", "boundary.toml")
    for command, seen in (
        (("explain", "src/a.sql:1"), "\033[1musers\033[0m (column 15)"),
        (("inventory",), "\033[1mpublic.users -> app.users\033[0m  ("),
        (matrix, "\033[31mR1!\033[0m"),
    ):
        assert seen in sr(project, *command, env={"FORCE_COLOR": "1"})[1]
        for env in ({}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
            assert "\033" not in sr(project, *command, env=env)[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lint", "src"], "lint is neither a command nor a path; did you mean schema-rewrite check?"),
        (["help"], "help is neither a command nor a path; did you mean schema-rewrite --help?"),
        (["inventry"], "inventry is neither a command nor a path; did you mean schema-rewrite inventory?"),
        (["nowhere"], "nowhere: No such file or directory; name a file or directory that exists"),
        (["init", "--frob"], "No such option '--frob'"),
    ],
)
def test_what_was_meant(project: Path, words: list[str], message: str) -> None:
    code, out, err = sr(project, *words)
    assert (code, out) == (2, "")
    assert err.startswith(f"schema-rewrite: error: {message}")
    assert ("(see schema-rewrite init --help)" in err) == (words[0] == "init")
    put(project, "lint/a.sql", "select * from users;\n")
    assert sr(project, "-q", "lint")[0] == 1


@pytest.mark.parametrize(
    "rest", [["src"], [], ["src", "--statistics"], ["--output-format", "json", "src"], ["--unsafe-fixes", "-q"]]
)
@pytest.mark.parametrize("mode", ["check", "diff", "fix"])
def test_a_mode_is_a_command_too(project: Path, mode: str, rest: list[str]) -> None:
    put(project, "src/more.py", 'cur.execute("select * from users")\n')
    twin = project.with_name("twin")
    shutil.copytree(project, twin)
    assert sr(project, mode, *rest) == sr(twin, f"--{mode}", *rest)
    assert {path.name: path.read_bytes() for path in project.rglob("*.py")} == {
        path.name: path.read_bytes() for path in twin.rglob("*.py")
    }
    put(project, f"{mode}/a.sql", "select * from users;\n")
    assert sr(project, "-q", f"./{mode}")[0] == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["--rules", "rules.toml", "check", "src"], ["check", "--rules", "rules.toml", "src"]),
        (["--no-cache", "--jobs=1", "inventory", "src"], ["inventory", "--jobs=1", "--no-cache", "src"]),
        (["-q", "--exclude", "check", "diff"], ["diff", "-q", "--exclude", "check"]),
    ],
)
def test_options_may_stand_before_the_command(project: Path, before: list[str], after: list[str]) -> None:
    put(project, "src/more.py", 'cur.execute("select * from users")\n')
    assert sr(project, *before) == sr(project, *after)
    assert sr(project, *before)[1]


def test_the_value_of_an_option_is_no_command(project: Path) -> None:
    put(project, "src/more.py", 'cur.execute("select * from users")\n')
    code, out, err = sr(project, "--exclude", "check", "src")
    assert (code, out.replace(" --exclude check", ""), err) == sr(project, "src")
    assert "No such option '--fix'" in sr(project, "--fix", "inventory")[2]


def test_a_mode_takes_what_it_heeds(project: Path) -> None:
    put(project, "src/more.py", 'cur.execute("select * from users")\n')
    assert sr(project, "diff", "--patch", "move.patch")[0] == 1
    assert (project / "move.patch").read_bytes().startswith(b"diff --git a/")
    for words in (["check", "--fix"], ["check", "--interactive"], ["diff", "--interactive"], ["fix", "--diff"]):
        code, out, err = sr(project, *words)
        assert (code, out) == (2, "")
        assert "No such option" in err
        assert f"(see schema-rewrite {words[0]} --help)" in err


def test_the_help_lists_every_command_with_a_whole_sentence(project: Path) -> None:
    listed = sr(project, "--help")[1].partition("COMMAND --help):\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


def test_the_help_names_every_option_once(project: Path) -> None:
    _, out, _ = sr(project, "--help")
    head = out.partition("Examples:")[0]
    for option in rewrite_command.params:
        if isinstance(option, click.Option):
            assert len(re.findall(rf"^  (?:-\w, )?{max(option.opts, key=len)}\b", head, re.MULTILINE)) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in directories")
@pytest.mark.parametrize("option", ["--rules", "--baseline", "--output-file"])
@pytest.mark.parametrize("kind", ["fifo", "directory", "device", "socket"])
def test_a_file_for_an_option_that_is_none_is_one_line_and_not_waited_for(
    project: Path, option: str, kind: str, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    if kind == "fifo":
        os.mkfifo(there)
    elif kind == "directory":
        there.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.relpath(there))
    else:
        there = Path("/dev/zero")
        if option == "--output-file":  # it takes all
            return
    code, out, err = sr(project, "--check", option, str(there))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert there.name in err
