"""Law 8: whatever raises, in any phase, is one file's error: exit code 2, one line, and the others are judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from schema_rewriter import cli
from schema_rewriter.cli.config import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RULES = """
[[move]]
from = "public"
to = "app"
tables = ["events"]

[[boundary]]
paths = ["*.py"]
[boundary.schemas]
app = ["read"]
"""
READS = 'def f(cur):\n    cur.execute("select * from events")\n    cur.execute(open("q.sql").read())\n'
NAMES = "bad.py", "a.py", "c.py"
BUG = "internal error: RuntimeError: a bug; please report it"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in NAMES:
        (tmp_path / name).write_text(READS)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/in.sql").write_text("select 1;\n")
    (tmp_path / "q.sql").write_text("select * from events;\ncreate index i on events (id);\n")
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.schema-rewrite]\nrules = ["rules.toml"]\nper-file-ignores = { "z/*" = ["search-path"] }\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def about(value: object) -> bool:
    """Whether a value is about the file (or directory) that is bad, and about no other."""
    if isinstance(value, str | os.PathLike):
        return os.fspath(value).rstrip("/").endswith(("/bad.py", "/bad")) or os.fspath(value) == "bad.py"
    return getattr(value, "path", None) == "bad.py" and not getattr(value, "error", None)  # with it, it is done with


def holds(values: object) -> bool:
    """Whether one of several values is about it."""
    found = getattr(values, "results", getattr(values, "entries", values))
    return isinstance(found, list | tuple) and any(map(about, found))


def breaks(monkeypatch: pytest.MonkeyPatch, place: str, *, when: Callable[..., bool] | None = None) -> None:
    """Make a function raise for the bad file: `place` is `module:function` or `module:class.method`."""
    module, _, name = place.partition(":")
    owner: Any = import_module(f"schema_rewriter.{module}")
    *classes, last = name.split(".")
    for one in classes:
        owner = getattr(owner, one)
    real = getattr(owner, last)

    def broken(*given: Any, **named: Any) -> Any:
        every = (*given, *named.values())
        if when(*every) if when else any(about(one) or holds(one) for one in every):
            raise RuntimeError("a bug\nof ours")
        return real(*given, **named)

    static = isinstance(vars(owner).get(last), staticmethod)
    monkeypatch.setattr(owner, last, staticmethod(broken) if static else broken)


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["schema-rewrite", *words])
    code = cli.main()
    return code, "".join(capsys.readouterr())


PHASES = {
    "the walk of a directory": "files.walk:rules_in",
    "the reading": "files:read",
    "marks": "run.linked_files:worth",
    "facts": "project:facts",
    "link": "project:link",
    "a context": "project.link:Linked.context",
    "the second look": "run.text_filter:are_silent",
    "a result": "rewriting.rewriter:check",
    "links to SQL files": "hosts.python.paths:links",
    "what they tell": "run.linked_files:_with",
    "the selection": "run.selection:Selection.wants",
    "the baseline": "run.baseline:entry",
    "the proof of what is left": "run.worker:_checked",
    "the report": "reports.located:Page.of",
}
SELF_TOLD = {"the walk of a directory": "bad: error: ", "the reading": "bad.py: error: "}


@pytest.mark.parametrize("cached", [False, True], ids=["anew", "cached"])
@pytest.mark.parametrize("phase", PHASES)
def test_a_check(
    phase: str, cached: bool, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file has the error, and what is to be said of the others is said."""
    more = [] if cached else ["--no-cache"]
    baseline = ["--baseline", "b.json"] if phase == "the baseline" else []
    if baseline:
        (project / "b.json").write_text(json.dumps({"version": 1, "files": {}}))
    where, when = PHASES[phase], None
    if phase == "the proof of what is left":

        def when(*given: Any) -> bool:
            return about(given[0]) and any(getattr(one, "chosen", None) for one in given)

        (project / "bad.py").write_text(READS + "    cur.execute('select 1 from public.events')\n")
        baseline = ["--ignore", "old-schema"]
    breaks(monkeypatch, where, when=when)
    code, said = run(monkeypatch, capsys, "--check", ".", *more, *baseline)
    assert "Traceback" not in said
    assert code == 2, said
    expected = f"{SELF_TOLD.get(phase, 'bad.py: error: ')}{BUG}"
    assert expected in said, said
    assert said.count("internal error") == 1
    for other in ("a.py:2:", "c.py:2:", "q.sql:1:"):
        assert other in said, said


@pytest.mark.parametrize("shape", FORMATS)
def test_a_report_in_any_shape(
    shape: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks(monkeypatch, "reports.places:Lines.of", when=lambda source: b"bad" in source)
    (project / "bad.py").write_text(READS + "# bad\n")
    code, said = run(monkeypatch, capsys, "--check", ".", "--no-cache", "--output-format", shape)
    assert code == 2, said
    assert "internal error: RuntimeError: a bug" in said
    assert "Traceback" not in said
    assert "a.py" in said and "c.py" in said


def test_a_baseline_is_written_once_and_knows_the_others(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, capsys, "--write-baseline", "--baseline", "b.json", "--no-cache")[0] == 0
    before = json.loads((project / "b.json").read_text())["files"]
    breaks(monkeypatch, "run.baseline:entry")
    written: list[bytes] = []
    monkeypatch.setattr("schema_rewriter.cli.narrowing.write", lambda path, content: written.append(content))
    assert run(monkeypatch, capsys, "--write-baseline", "--baseline", "b.json", "--no-cache")[0] == 2
    assert [json.loads(content)["files"] for content in written] == [before]


INVENTORY = {
    "the reading": "files:read",
    "facts": "project:facts",
    "link": "project:link",
    "a context": "project.link:Linked.context",
    "uses": "inventory.uses:uses",
    "the join": "run.uses:join",
    "the report": "cli.inventory:_from_here",
}


@pytest.mark.parametrize("phase", INVENTORY)
def test_an_inventory(
    phase: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks(monkeypatch, INVENTORY[phase])
    code, said = run(monkeypatch, capsys, "inventory", ".", "--no-cache")
    assert code == 2, said
    assert "bad.py" in said and BUG in said
    assert "a.py" in said and "c.py" in said and "q.sql" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("phase", ["uses", "the join"])
def test_a_first_rule_set(
    phase: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks(monkeypatch, INVENTORY[phase])
    code, said = run(monkeypatch, capsys, "init", ".", "-o", "-")
    assert code == 2, said
    assert "bad.py: " + BUG in said
    assert "events" in said


VERIFY = {
    "the reading": "files:read",
    "facts": "project:facts",
    "link": "project:link",
    "both states": "run.claims:both",
    "claims": "run.claims:claims",
    "definitions": "postgres.verify.layout:definitions",
}


@pytest.mark.parametrize("phase", VERIFY)
def test_claims(phase: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a server: what a file of proofs does not know is told, of all files but the bad one."""
    breaks(monkeypatch, VERIFY[phase])
    code, said = run(monkeypatch, capsys, "verify", "--offline", "--cache", "proved.json", ".")
    assert code == 2, said
    assert "bad.py: error: " + BUG in said
    assert "a.py:2" in said and "c.py:2" in said
    assert "Traceback" not in said


def test_a_bug_at_the_top(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and the traceback for who asks for it."""
    monkeypatch.setattr("schema_rewriter.cli.config.load", lambda start: 1 // 0)
    code, said = run(monkeypatch, capsys, "--check", ".")
    assert (code, len(said.splitlines())) == (2, 1)
    assert said.startswith("schema-rewrite: error: internal error: ZeroDivisionError: ")
    assert "please report it" in said and "SCHEMA_REWRITE_TRACEBACK=1" in said
    monkeypatch.setenv("SCHEMA_REWRITE_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        run(monkeypatch, capsys, "--check", ".")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a working directory can't be deleted")
@pytest.mark.parametrize("words", [["--check", "."], ["inventory"], ["rules"], ["clean"], ["explain", "a.py:1"]])
def test_a_working_directory_that_is_gone(words: list[str], tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    program = "import os, sys; os.rmdir(os.getcwd()); from schema_rewriter.__main__ import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=gone, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "schema-rewrite: error: the working directory is gone; change to one that is there\n"


def test_a_directory_that_vanishes(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Between the listing of the one above it and its own."""
    real = os.scandir

    def scandir(path: Any) -> Any:
        if os.fspath(path).endswith("/bad/"):
            (project / "bad/in.sql").unlink()
            (project / "bad").rmdir()
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    code, said = run(monkeypatch, capsys, "--check", ".", "--no-cache")
    assert code == 2
    assert "bad: error: No such file or directory" in said
    assert "a.py:2:" in said
