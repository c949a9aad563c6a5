"""patch.py against the real git: what it makes, `git apply` takes byte for byte."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from helpers.strategies import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema_rewriter.files.patch import diff

GIT = dict(os.environ)
Pair = tuple[bytes, bytes]


def git(root: Path, *args: str, patch: bytes = b"") -> bytes:
    return subprocess.run(["git", *args], cwd=root, env=GIT, input=patch, check=True, capture_output=True).stdout


def check(root: Path, pairs: dict[str, Pair], *options: str) -> None:
    """One patch of all the pairs applies and comes off again."""
    patch = b"".join(diff(name, before, after) for name, (before, after) in pairs.items())
    for name, (before, _) in pairs.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(before)
    for back in (False, True) if patch else ():
        git(root, "apply", *options, *["-R"] * back, "-", patch=patch)
        for name, pair in pairs.items():
            assert (root / name).read_bytes() == pair[not back], (name, pair)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    git(root, "init", "-q")
    return root


NASTY = {
    "empty before": (b"", b"a\n"),
    "empty after": (b"a\n", b""),
    "a line feed comes": (b"a", b"a\n"),
    "a line feed goes": (b"1\n2\na\n", b"1\n2\na"),
    "no line feed ever": (b"from jobs", b"from app.jobs"),
    "no line feed in the context": (b"jobs\n1\n2\nend", b"app.jobs\n1\n2\nend"),
    "a line after the last": (b"1\nend", b"1\nend\nmore"),
    "crlf": (b"a\r\njobs\r\nb\r\n", b"a\r\napp.jobs\r\nb\r\n"),
    "crlf to lf": (b"a\r\nb\r\n", b"a\nb\r\n"),
    "lone cr": (b"a\rjobs\rb\n", b"a\rapp.jobs\rb\n"),
    "form feed": (b"a\x0cb\njobs\x0b\x1c\x1d\x1e\n", b"a\x0cb\napp.jobs\x0b\x1c\x1d\x1e\n"),
    "u+2028": ("a\u2028jobs\u2029\x85\n".encode(), "a\u2028app.jobs\u2029\x85\n".encode()),
    "latin-1": (b"\xe9 jobs\n\xff\n", b"\xe9 app.jobs\n\xff\n"),
    "bom": (b"\xef\xbb\xbfjobs\n", b"\xef\xbb\xbfapp.jobs\n"),
    "utf-16": ("jobs\n".encode("utf-16"), "app.jobs\n".encode("utf-16")),
    "a nul": (b"\0jobs\n", b"\0app.jobs\n"),
    "like a patch": (b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n", b"--- a/x\n@@ -1 +1 @@\n+b\n\\ No newline\n"),
    "blanks at the end": (b"jobs \t\n \n\n", b"app.jobs \t\n  \n\n"),
    "far apart": (b"jobs\n" + b"x\n" * 50 + b"jobs\n", b"app.jobs\n" + b"x\n" * 50 + b"app.jobs\n"),
    "six between": (b"j\n" + b"x\n" * 6 + b"j\n", b"k\n" + b"x\n" * 6 + b"k\n"),
    "seven between": (b"j\n" + b"x\n" * 7 + b"j\n", b"k\n" + b"x\n" * 7 + b"k\n"),
    "lines come": (b"1\n2\n3\n4\n5\n6\n7\n8\n", b"0\n1\n2\n3\n4\n4a\n5\n6\n7\n8\n9\n"),
    "lines go": (b"0\n1\n2\n3\n4\n4a\n5\n6\n7\n8\n9\n", b"1\n2\n3\n4\n5\n6\n7\n8\n"),
    "equal lines come": (b"x\n" * 300, b"x\n" * 305),
    "lines change places": (b"1\n2\n3\n4\nend\n", b"3\n4\n1\n2\nend\nmore\n"),
}


@pytest.mark.parametrize("pair", NASTY.values(), ids=NASTY)
def test_git_apply_takes_and_takes_back(repository: Path, pair: Pair) -> None:
    check(repository, {"x.sql": pair})


LINES = st.lists(
    st.sampled_from(
        [
            *(b"a", b"b", b"\r", b"\x0c", b"\x0b", b"\x1c", b"\x85", b"\xe9", b"\xff", b"\\", b" ", b"\t"),
            *(
                b"\n",
                b"\n",
                b"\n",
                b"\r\n",
                b"jobs\n",
                b"-- c\n",
                b"++ d\n",
                b"@@ -1 +1 @@\n",
                b"diff --git a/a b/a\n",
            ),
            *("\u2028".encode(), b"\\ No newline at end of file\n", b"1\n2\n3\n4\n5\n6\n7\n8\n"),
        ]
    ),
    max_size=25,
)


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """What a file holds before and after: some pieces replaced, dropped or put in, or all of them."""
    before = draw(LINES)
    after = list(before)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(after)))
        after[at : at + draw(st.integers(0, 2))] = draw(LINES)[:3]
    return b"".join(before), b"".join(after)


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20)


@settings(examples(0.8), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.dictionaries(NAMES, pairs(), min_size=1, max_size=12))
def test_git_apply_takes_any_bytes_under_any_name(changes: dict[str, Pair]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        git(root, "init", "-q")
        check(root, {f"{number} {name}/{name}.py": pair for number, (name, pair) in enumerate(changes.items())})


@examples(6)
@given(pairs())
def test_a_hunk_counts_its_lines_and_equal_bytes_make_no_patch(pair: Pair) -> None:
    before, after = pair
    assert diff("x", before, before) == b""
    assert (diff("x", before, after) == b"") is (before == after)
    assert diff("x", before, after).endswith(b"\n") is (before != after)


ODD_NAMES = [
    *(
        "plain.py",
        "a b.py",
        "tab\t.py",
        "line\n.py",
        'quo"te.py',
        "back\\slash.py",
        "\u00e9.py",
        "\U0001f600 x.py",
    ),
    *(
        " lead",
        "trail ",
        "bell\a\b\v\f\r\x01\x7f.py",
        "deep/er/x y.py",
        "'single'.py",
        "$a;b&c.py",
        "-dash.py",
        "b/b/b",
    ),
    os.fsdecode(b"latin\xe9.py"),
]


def test_names_and_hunks_are_written_as_git_writes_them(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    before = b"".join(b" %d\n" % number for number in range(40))
    after = before.replace(b" 3\n", b" three\n").replace(b" 10\n", b" ten\n").replace(b" 18\n", b" 18\n 18a\n")[:-1]
    for name in ODD_NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(before)
    git(tmp_path, "add", ".")
    for name in ODD_NAMES:
        (tmp_path / name).write_bytes(after)
        theirs = git(tmp_path, "diff", "--", f":(literal){name}").splitlines(keepends=True)
        ours = diff(name, before, after).splitlines(keepends=True)
        assert ours == [line for line in theirs if not line.startswith(b"index ")]
    check(tmp_path, dict.fromkeys(ODD_NAMES, (before, after)))


def test_a_patch_is_meant_for_the_top_of_a_repository_or_for_none(tmp_path: Path, repository: Path) -> None:
    check(tmp_path, {"app/x.py": (b"jobs\n", b"app.jobs\n")})
    below = repository / "below"
    check(below, {"below/x.py": (b"jobs\n", b"app.jobs\n")}, "--directory=below")


@pytest.mark.parametrize("path", ["/x.py", "../x.py", "app/../x.py", "..", "", ".", "./"])
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not a path within a directory"):
        diff(path, b"a", b"b")


def test_a_path_is_made_plain() -> None:
    assert diff("./app//x.py", b"a\n", b"b\n") == diff("app/x.py", b"a\n", b"b\n")


def test_large_files_take_no_longer_than_they_must(repository: Path) -> None:
    """A hundred thousand lines, two thousand edits, a line more at each end: minutes with difflib alone."""
    before = [b"line %d\n" % number if number % 4 else b"\n" for number in range(100_000)]
    edited = [b"app." + line if number % 50 == 1 else line for number, line in enumerate(before)]
    old, new = b"".join(before), b"".join(edited)
    check(repository, {"equal.sql": (old, new), "longer.sql": (old, b"first\n" + new + b"last\n")})
