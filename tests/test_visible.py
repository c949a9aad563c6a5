"""Names and messages that want to be more than text: no format lets them, for people, programs or a workflow's log."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from helpers.strategies import examples
from hypothesis import example, given
from hypothesis import strategies as st

from schema_rewriter.edit import Span
from schema_rewriter.files.patch import diff
from schema_rewriter.finding import FileResult, Finding, Notice, Report
from schema_rewriter.inventory.join import Entry, Inventory
from schema_rewriter.inventory.matrix import matrix
from schema_rewriter.inventory.uses import Use
from schema_rewriter.relation import Relation
from schema_rewriter.reports import FORMATS, statistics
from schema_rewriter.reports import inventory as inventories
from schema_rewriter.reports import matrix as matrices
from schema_rewriter.visible import visible, visible_path, without_commands

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PIECES = (
    *(
        "\n",
        "\r",
        "\t",
        "\x00",
        "\x07",
        "\x1b[2J",
        "\x7f",
        "\x85",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
    ),
    *(
        "\u00ad",
        "\U000e0041",
        "\udce9",
        "::",
        "::add-mask::x",
        "##[error]",
        "%0A",
        ",",
        ":",
        "|",
        "`",
        "<",
        "&",
        "]]>",
        '"',
        "'",
    ),
    *("=1+1", "a", "/", ".py", " ", "\u00e9", "\u65e5"),
)
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
PROGRAMS = ("json", "json-lines", "gitlab", "rdjson", "sarif")
PLAIN = sorted(FORMATS.keys() - set(PROGRAMS))
OWN = re.compile(r"::(error|warning|notice) (file|title)=")


def report(path: str, text: str) -> Report:
    """A finding, an error and a notice, all of which say a text."""
    source = f"{text}\nFROM users".encode("utf-8", "surrogatepass")
    start = len(source) - 5
    relation = Relation("public", text)
    found = Finding("possible-sql", text, Span(start, start + 5), relation, Relation("app", text), reason=text)
    results = (FileResult(path, source, source, (found,)), FileResult(path, b"", b"", error=text))
    return Report(results, 2, notices=(Notice("link", text, (path,)),))


def is_plain(shown: str) -> bool:
    """Whether a text prints as it is, line by line, and no line has a command of a workflow's log as of old."""
    return all(line.isprintable() and "##[" not in line for line in shown.split("\n"))


def commands(shown: str) -> list[str]:
    """The lines that the log of a workflow takes for commands, and that are none of ours."""
    return [line for line in shown.split("\n") if line.lstrip().startswith("::") and not OWN.match(line)]


@examples(1)
@given(TEXTS, TEXTS)
@example("::stop-commands::x.py", "::stop-commands::x")
@example(" ::stop-commands::x.py", "\n::stop-commands::x")
def test_what_people_read_is_printable(path: str, text: str) -> None:
    for name in PLAIN:
        shown = FORMATS[name](report(path, text))
        assert is_plain(shown), name
        assert not commands(shown if name == "github" else without_commands(shown)), name
    assert is_plain(statistics.render(report(path, text)))


@examples(1)
@given(TEXTS, TEXTS)
def test_what_programs_read_is_valid_and_printable(path: str, text: str) -> None:
    """JSON holds the very text, escaped; XML has what XML can't hold escaped; each is one document."""
    made = report(path, text)
    shown = {name: FORMATS[name](made) for name in PROGRAMS}
    for name, told in shown.items():
        assert all(line.isascii() and line.isprintable() for line in told.split("\n")), name
    document = json.loads(shown["json"])
    assert [result["path"] for result in document["results"]] == [path, path]
    assert document["results"][0]["findings"][0]["message"] == document["notices"][0]["message"] == text
    assert [json.loads(line) for line in shown["json-lines"].splitlines()][-1]["notice"]["what"] == [path]
    assert len(json.loads(shown["gitlab"])) == 3
    assert [one["message"] for one in json.loads(shown["rdjson"])["diagnostics"]][-1] == visible(text)
    (run,) = json.loads(shown["sarif"])["runs"]
    assert run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"] == visible(text)
    suites = ElementTree.fromstring(FORMATS["junit"](made))
    assert suites.get("failures") == "1"
    assert suites[0].get("name") == visible(path)


@examples(1)
@given(TEXTS, TEXTS)
def test_inventories_and_matrices_are_printable(path: str, text: str) -> None:
    relation = Relation("public", text)
    use = Use(relation, relation, None, Span(0, 1), "read", "literal", text, confident=False, reason=text)
    found = Inventory(
        (Entry(path, 1, 1, use),), (Entry(path, 1, 1, replace(use, written=Relation(None, ""))),), ((path, text),), 1
    )
    made = matrix(found, (), depth=0, today=None)
    formats: dict[str, Callable[[], str]] = {
        **{name: partial(render, found) for name, render in inventories.FORMATS.items()},
        **{f"matrix {name}": partial(render, made) for name, render in matrices.FORMATS.items()},
    }
    for name, render in formats.items():
        shown = render()
        assert is_plain(shown.replace("##[", "") if name.endswith("json") else shown), name
        assert not commands(without_commands(shown)), name
        if name.endswith("json"):
            json.loads(shown)
        if name.endswith("csv"):
            rows = list(csv.reader(io.StringIO(shown)))
            assert len({len(row) for row in rows}) == 1
            assert len(rows) == shown.count("\n")


@given(TEXTS)
def test_visible_is_one_line_and_stays(text: str) -> None:
    assert visible(text).isprintable()
    assert visible(visible(text)) == visible(text)
    assert not visible_path(text).lstrip().startswith("::")


LINES = st.lists(st.sampled_from(["a", "  ::add-mask::x", "::stop-commands::t", " b", "from jobs", "::"]), max_size=14)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("patched")


@examples(1)
@given(LINES)
@example(["from jobs", "::stop-commands::t"])
def test_no_line_of_a_diff_is_a_command_and_git_applies_it(directory: Path, lines: list[str]) -> None:
    before = "".join(f"{line}\n" for line in lines).encode()
    after = before.replace(b"from jobs", b"from app.jobs")
    made = diff("a.sql", before, after)
    assert not re.search(rb"^\s*::[\w-]+.*::", made, re.MULTILINE)
    if made:
        (directory / "a.sql").write_bytes(before)
        subprocess.run(["git", "apply", "--unsafe-paths"], cwd=directory, input=made, check=True)
        assert (directory / "a.sql").read_bytes() == after


@pytest.mark.parametrize("mode", ["--check", "--diff", "--fix", "--statistics"])
@pytest.mark.parametrize(
    "name", ["::stop-commands::x.py", " ::add-mask::y.py", "##[group]z.py", "\x1b[2Jw.py", "a\n::error::b.py"]
)
def test_no_stream_of_a_workflow_has_a_command(tmp_path: Path, name: str, mode: str) -> None:
    (tmp_path / "rules.toml").write_text('[[move]]\nfrom = "public"\nto = "app"\ntables = ["events", "eventz"]\n')
    code = 'cur.execute("SELECT * FROM events")\n"""\n::stop-commands::t\n"""\n'
    (tmp_path / name).write_text(code + "cur.execute(f'SELECT * FROM {t}')\n" * 12 + "broken(\n" * ("y" in name))
    (tmp_path / f"l{name.strip(':')}").symlink_to("/nowhere")
    words = [sys.executable, "-m", "schema_rewriter", "--no-cache", "--rules", "rules.toml", mode, "."]
    done = subprocess.run(
        words, cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "GITHUB_ACTIONS": "true"}, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr
    assert b"eventz" in done.stderr
    for line in re.split(rb"[\r\n]", done.stdout + b"\n" + done.stderr):
        assert not line.lstrip().startswith(b"::stop")
        assert not line.lstrip().startswith((b"::add", b"::error", b"##["))
        assert b"\x1b" not in line


def test_no_mark_of_a_command_in_azure_s_log_is_left() -> None:
    shown = visible("a ##vso[task.setvariable variable=x]1 ##VSO[task.complete]2 ##[error]3 ## [4]")
    assert re.findall(r"(?i)##(?:vso)?\[", shown) == []
    assert shown.endswith("3 ## [4]")
