"""The package files against the real git, the real file system and processes that are really killed."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers import signals
from helpers.interrupted_write import NEW, OLD, plant, write
from helpers.paths import HELPERS, TESTS
from helpers.strategies import examples
from hypothesis import given
from hypothesis import strategies as st

from schema_rewriter.errors import FileError
from schema_rewriter.files import Change, Recovery, is_binary, read, recover, refuse_interrupted, walk, write_all
from schema_rewriter.files.disk import LARGE, NotTextError
from schema_rewriter.files.git import tracked
from schema_rewriter.files.ignore import ignored, rules_of
from schema_rewriter.rules import Takes
from schema_rewriter.rules.globs import matches, overlap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NOBODY = 65534
GIT = dict(os.environ)


def git(root: Path, *args: str) -> bytes:
    return subprocess.run(["git", *args], cwd=root, env=GIT, check=True, capture_output=True).stdout


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def taken(root: Path, *paths: str, include: Sequence[str] = ("*.py",), exclude: Sequence[str] = ()) -> list[str]:
    return list(walk(paths or ["."], root, include=include, exclude=exclude))


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fsync is for shows when a machine dies, and none does here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


# ---------------------------------------------------------------------------------------------- walking


def test_paths_begin_as_given_and_come_once_in_order(tmp_path: Path) -> None:
    make(tmp_path, "app/x.py", "app/a-b/y.py", "app/a/z.py", "b.py", "app.txt")
    assert taken(tmp_path) == ["app/a/z.py", "app/a-b/y.py", "app/x.py", "b.py"]
    assert taken(tmp_path, "./app//a/", "app", "app/x.py", "./b.py", "b.py") == taken(tmp_path)
    assert taken(tmp_path, str(tmp_path / "app/a")) == [(tmp_path / "app/a/z.py").as_posix()]
    assert taken(tmp_path / "app", "../b.py", ".") == ["../b.py", "a/z.py", "a-b/y.py", "x.py"]


def test_a_root_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "app/x.py")
    monkeypatch.chdir(tmp_path)
    assert list(walk(["app"], Path(), include=["*.py"], exclude=[])) == ["app/x.py"]


def test_a_named_file_is_always_taken(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path, "node_modules/x.txt", "gen/y.py")
    (tmp_path / ".gitignore").write_text("gen/\n")
    assert taken(tmp_path, "node_modules/x.txt", "gen/y.py", exclude=["gen", "*.txt"]) == [
        "gen/y.py",
        "node_modules/x.txt",
    ]


def test_exclude_is_relative_to_the_root_and_prunes(tmp_path: Path) -> None:
    make(tmp_path, "app/gen/x.py", "app/y.py", "gen/z.py")
    assert taken(tmp_path, exclude=["app/gen"]) == ["app/y.py", "gen/z.py"]
    assert taken(tmp_path, "app", exclude=["app/gen/**", "y.py"]) == []
    assert taken(tmp_path / "app", "..", exclude=["y.py"]) == ["../app/gen/x.py", "../gen/z.py"]


def test_vendored_trees_are_entered_only_by_name(tmp_path: Path) -> None:
    for name in (".git", ".hg", ".svn", ".tox", ".nox", ".venv", "node_modules", "__pycache__", "a.egg-info"):
        make(tmp_path, f"{name}/x.py")
    make(tmp_path, "env/pyvenv.cfg", "env/lib/x.py", "venv/x.py", "build/x.py", "dist/x.py")
    assert taken(tmp_path) == ["build/x.py", "dist/x.py", "venv/x.py"]
    assert taken(tmp_path, "env", "node_modules") == ["env/lib/x.py", "node_modules/x.py"]


def test_links_are_not_followed_but_by_name_within_the_root(tmp_path: Path) -> None:
    make(tmp_path, "out/secret.py", "root/app/x.py")
    root = tmp_path / "root"
    for name, target in {
        "in": "app",
        "in.py": "app/x.py",
        "out": "../out",
        "out.py": "../out/secret.py",
    }.items():
        (root / name).symlink_to(target)
    assert taken(root) == ["app/x.py"]
    assert taken(root, "in") == ["in/x.py"]
    assert taken(root, "in.py", "app") == ["in.py"]
    for name in ("out", "out.py", "out/secret.py", str(root / "out")):
        with pytest.raises(FileError, match="a link leads out of"):
            taken(root, name)
    assert taken(root, "../out") == ["../out/secret.py"]
    (tmp_path / "alias").symlink_to("root")
    assert taken(tmp_path / "alias") == ["app/x.py"]
    (root / "loop").symlink_to("loop")
    with pytest.raises(FileError, match="loop"):
        taken(root, "loop")


@pytest.mark.parametrize("name", ["nowhere.py", "x.py/below", "a\nb.py", "\udce9.py", "nul\0.py"])
def test_a_named_path_that_does_not_exist_is_an_error_in_one_line(tmp_path: Path, name: str) -> None:
    make(tmp_path, "x.py")
    with pytest.raises(FileError) as caught:
        taken(tmp_path, name)
    assert str(caught.value).isprintable()
    assert "name a file or directory that exists" in str(caught.value)


def test_a_name_in_no_encoding_is_taken(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xe9.py")
    make(tmp_path, name)
    assert taken(tmp_path) == [name]


def test_a_fifo_is_neither_taken_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.py")
    assert taken(tmp_path) == []
    for path in (tmp_path / "x.py", tmp_path, Path(os.devnull)):
        with pytest.raises(FileError, match="not a regular file"):
            read(path)
    with pytest.raises(FileError, match=r"gone\.py: No such file"):
        read(tmp_path / "gone.py")


def test_binary_is_what_has_a_nul_early() -> None:
    assert is_binary("select".encode("utf-16"))
    assert is_binary(b"x" * 8191 + b"\0")
    assert not is_binary(b"x" * 8192 + b"\0")
    assert not is_binary(b"")


# ------------------------------------------------------------------------------------------- .gitignore

IGNORING = [
    {".gitignore": "gen/\n", "files": "gen/x.py a/gen/y.py b/gen/c/z.py gen.py"},
    {".gitignore": "/gen\n", "files": "gen/x.py a/gen/y.py"},
    {".gitignore": "a/b\n", "files": "a/b/x.py c/a/b/y.py"},
    {".gitignore": "*.py\n!keep.py\n", "files": "x.py keep.py a/keep.py a/y.py"},
    {".gitignore": "a/\n!a/keep.py\n", "files": "a/keep.py b.py"},
    {".gitignore": "a/**\n!a/keep.py\n", "files": "a/keep.py a/x.py a/b/keep.py"},
    {".gitignore": "a/*\n!a/b/\n", "files": "a/x.py a/b/y.py a/c/z.py"},
    {".gitignore": "b\n!a/\n", "files": "a/x.py a/b/y.py"},
    {".gitignore": "**/gen/**/x.py\n", "files": "gen/x.py a/gen/x.py a/gen/b/c/x.py a/x.py"},
    {".gitignore": "a**/x.py\n/b/**\n", "files": "ab/x.py b/c/y.py"},
    {".gitignore": "a/**\n!a/**/\n!a/**/keep.py\n", "files": "a/keep.py a/x.py a/b/keep.py a/b/x.py"},
    {".gitignore": "/a[!_]*\nb[!_]*\n/c[+-9]d\n", "files": "a/x.py ab/x.py b/x.py bc/x.py c/d c5d"},
    {".gitignore": "x.py\t\nvoil\u00e0\n*\u3000\n", "files": "x.py voil\u00e0/y.py 'voil\u00c3/y.py' z\u3000"},
    {".gitignore": "!!x.py\n!#y.py\n /x.py\n//y.py\n/\n!\n", "files": "!x.py #y.py x.py y.py"},
    {".gitignore": "*\n!*/\n!*.py\n", "files": "x.py x.txt a/x.py a/x.txt a/b/c.py"},
    {".gitignore": "*.py\n", "a/.gitignore": "!*.py\n/b/\n", "files": "x.py a/y.py a/b/z.py a/c/b/z.py"},
    {".gitignore": "a/\n", "a/.gitignore": "!x.py\n", "files": "a/x.py"},
    {".gitignore": "a/b/x.py\n", "a/b/.gitignore": "!x.py\ny.py\n", "files": "a/b/x.py a/b/y.py a/y.py"},
    {".gitignore": "\ufeffx.py\r\n# y.py\r\n\r\nz.py  \r\n", "files": "x.py y.py z.py"},
    {".gitignore": "\\!x.py\n\\#y.py\nz.py\\ \n", "files": "!x.py #y.py z.py 'z.py '"},
    {
        ".gitignore": "[a-c].py\n[!x]z.py\n[[x]q.py\n[a--]q.py\n[z-a]\n[oops\na\\\n\\",
        "files": "b.py d.py xz.py yz.py [q.py -q.py",
    },
    {".gitignore": "?.py\n", "files": "e.py \u00e9.py"},
    {".gitignore": "x.py/\n", "files": "x.py a/x.py/y.py"},
]


def names(line: str) -> list[str]:
    parts = line.split("'")
    return [name for at, part in enumerate(parts) for name in ([part] if at % 2 else part.split())]


def all_that_git_sees(root: Path) -> list[str]:
    listed = git(root, "ls-files", "-z", "--others", "--cached", "--exclude-standard")
    return sorted((os.fsdecode(name) for name in listed.split(b"\0") if name), key=lambda name: name.split("/"))


@pytest.mark.parametrize("case", IGNORING, ids=lambda case: repr(case[".gitignore"]))
def test_ignored_is_what_git_ignores(tmp_path: Path, case: dict[str, str]) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path, *names(case["files"]))
    for name, content in case.items():
        if name != "files":
            (tmp_path / name).write_bytes(content.encode())
    files = names(case["files"])
    assert taken(tmp_path, include=["**/*"]) == all_that_git_sees(tmp_path)
    told = subprocess.run(
        ["git", "check-ignore", "-z", "--stdin"],
        cwd=tmp_path,
        env=GIT,
        input="\0".join(files).encode(),
        capture_output=True,
        check=False,
    ).stdout.decode()
    kept = taken(tmp_path, include=["**/*"])
    assert {name for name in files if name not in kept} == set(told.split("\0")) - {""}


def test_ignored_is_what_git_ignores_in_three_hundred_random_trees(tmp_path: Path) -> None:
    choose = random.Random(20)
    parts = ["a", "b", "foo", "x.py", "*.py", "*", "**", "?", "fo*", "[ab]", "f?o", "[!a]", "[]x]", "\\a", "[a-f]*"]
    parts += ["\\*", "b\\ ", "b ", "foo[!x]*", "a[!b]*", "*[!x]?", "f*o*", "x.[pq]y", "\u00e9.py", "voil\u00e0"]
    ends = [*parts, "[x", "a\\"]

    def pattern() -> str:
        above = [choose.choice(parts) for _ in range(choose.choice([0, 0, 0, 1, 1, 2]))]
        middle = "/".join([*above, choose.choice(ends)])
        return choose.choice(["", "", "!"]) + choose.choice(["", "", "/"]) + middle + choose.choice(["", "", "/"])

    git(tmp_path, "init", "-q")
    for number in range(300):
        directories = [tmp_path / f"tree{number}"]
        for _ in range(4):
            directories.append(choose.choice(directories) / choose.choice(["a", "b", "foo", "a b"]))
        for directory in directories:
            directory.mkdir(parents=True, exist_ok=True)
        for directory in directories:
            for name in choose.sample(
                ["a", "b", "foo", "x.py", "y.txt", "foo.py", "[x]", "\u00e9.py", "b ", "voil\u00e0"], 4
            ):
                if not (directory / name).exists():
                    (directory / name).touch()
            if directory is directories[0] or choose.random() < 0.3:
                lines = "\n".join(pattern() for _ in range(choose.randint(1, 5)))
                (directory / ".gitignore").write_bytes(lines.encode())
    assert taken(tmp_path, include=["**/*"]) == all_that_git_sees(tmp_path)


def test_two_stars_behind_letters_are_one(tmp_path: Path) -> None:
    """As gitignore(5) has it: "other consecutive asterisks are regular asterisks". Git lets them span directories."""
    git(tmp_path, "init", "-q")
    make(tmp_path, "ab/c/x.py")
    (tmp_path / ".gitignore").write_text("/a**/x.py")
    assert all_that_git_sees(tmp_path) == [".gitignore"]
    assert taken(tmp_path) == ["ab/c/x.py"]


def patterns() -> st.SearchStrategy[str]:
    """Lines of a .gitignore, with all that a wildcard may be."""
    classes = [
        "[ab]",
        "[!a]",
        "[^b]",
        "[a-c]",
        "[]x]",
        "[!]]",
        "[a\\]]",
        "[\\a-b]",
        "[b-a]",
        "[a-]",
        "[-a]",
        "[[]",
        "[[:digit:]]",
    ]
    classes += ["[[:alpha:]x]", "[![:space:]]", "[[:nope:]]", "[[:alpha]", "[:a]", "[a", "[a/b]", "[[:punct:]-z]"]
    pieces = st.sampled_from(["a", "b", "x", ".", "1", "*", "?", "\\*", "\\a", " ", "-", "]", *classes])
    parts = st.one_of(
        st.just("**"), st.lists(pieces, min_size=1, max_size=5).map("".join).filter(lambda part: "**" not in part)
    )
    return st.builds(
        lambda no, lead, middle, tail: no + lead + "/".join(middle) + tail,
        st.sampled_from(["", "", "", "!", "\\!", "#"]),
        st.sampled_from(["", "", "/", "**/", "//"]),
        st.lists(parts, min_size=1, max_size=4),
        st.sampled_from(["", "", "/", "/**", "/*", " ", "\\ ", "\\", "\\/a", "//"]),
    )


NAMES = ["a", "b", "x", "ab", "a1", "a b", "1", "]", "-", "a]", "*", ".a", "x.a", "!", "#a"]
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=5).map("/".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    git(root, "init", "-q")
    return root


@examples(1)
@given(st.lists(patterns(), min_size=1, max_size=3), st.lists(PATHS, min_size=4, max_size=12))
def test_a_rule_means_what_it_means_to_git(repository: Path, lines: list[str], paths: list[str]) -> None:
    """A path is ignored if and only if `git check-ignore` says so, which asks for no file."""
    source = "\n".join(lines).encode()
    (repository / ".gitignore").write_bytes(source)
    command = ["git", "check-ignore", "-z", "--stdin", "--no-index"]
    done = subprocess.run(
        command, cwd=repository, env=GIT, input="\0".join(paths).encode(), capture_output=True, check=False
    )
    top = f"{repository}/"
    rules = rules_of(source, top)
    for path in paths:
        parts = path.split("/")
        steps = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        ours = any(ignored(top + step, step != path, rules) for step in steps)
        assert ours == (path in done.stdout.decode().split("\0")), path


@pytest.mark.parametrize(
    "glob", ["*a" * 40 + "b", "**/a/" * 20 + "b", "*[a]" * 40 + "b", "*?" * 60 + "b", "**/*a/" * 15 + "b"]
)
def test_no_glob_takes_long(glob: str) -> None:
    """With a way back for each star, one name would take years: that this test ends is what it shows."""
    name = "/".join(["a" * 200] * 18) + "/a.py"
    rules = rules_of(glob.encode(), "/")
    for _ in range(100):
        assert not ignored(f"/{name}", False, rules)
        assert not matches(name, (glob, f"{glob}/c"))
        assert overlap(glob, glob)
        assert not Takes("*a" * 40 + "b").fits("a" * 200)


def test_rules_hold_from_the_top_of_the_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path, "sub/app/x.py", "sub/app/y.py", "sub/app/z.py", "sub/app/w.py")
    (tmp_path / ".gitignore").write_text("/sub/app/x.py\n")
    (tmp_path / "sub/.gitignore").write_text("y.py\n")
    (tmp_path / ".git/info/exclude").write_text("z.py\n")
    assert taken(tmp_path / "sub") == ["app/w.py"]
    assert taken(tmp_path / "sub", "app") == ["app/w.py"]
    assert taken(tmp_path / "sub/app") == ["w.py"]


def test_without_a_repository_rules_hold_from_the_root(tmp_path: Path) -> None:
    make(tmp_path, "root/app/x.py", "root/app/y.py")
    (tmp_path / ".gitignore").write_text("y.py\n")
    (tmp_path / "root/.gitignore").write_text("x.py\n")
    assert taken(tmp_path / "root", "app") == ["app/y.py"]


def walked(root: Path, *paths: str, exclude: Sequence[str] = ()) -> tuple[list[str], list[tuple[str, str]]]:
    """The files that are taken, and what is told of others."""
    told: list[tuple[str, str]] = []
    found = walk(
        paths or ["."], root, include=["*.py"], exclude=exclude, left_out=lambda why, what: told.append((why, what))
    )
    return list(found), sorted(told)


def test_what_git_tracks_is_taken_though_it_is_ignored(tmp_path: Path) -> None:
    """By a rule of its own, of a directory above it, of .git/info/exclude; what git does not track beside it is not."""
    git(tmp_path, "init", "-q")
    make(tmp_path, "x.py", "gen/a/y.py", "gen/a/new.py", "gen/b/new.py", "z.py", "new.py", "out/sub/w.py")
    git(tmp_path, "add", "x.py", "gen/a/y.py", "z.py", "out")
    (tmp_path / ".gitignore").write_text("x.py\nnew.py\ngen/\n")
    (tmp_path / ".git/info/exclude").write_text("z.py\n/out\n")
    assert taken(tmp_path) == ["gen/a/y.py", "out/sub/w.py", "x.py", "z.py"]
    assert taken(tmp_path, "gen/a") == ["gen/a/y.py"]


def test_a_repository_within_is_entered_where_the_one_around_it_tracks_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path, "sub/x.py", "sub/y.py", "other/z.py")
    for name in ("sub", "other"):
        git(tmp_path / name, "init", "-q")
        git(tmp_path / name, "add", ".")
        git(tmp_path / name, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a")
    git(tmp_path, "add", "sub")
    (tmp_path / ".gitignore").write_text("sub/\nother/\n")
    (tmp_path / "sub/.gitignore").write_text("y.py\n")
    assert taken(tmp_path) == ["sub/x.py", "sub/y.py"]


def test_the_users_own_excludes_hold_for_what_git_does_not_track(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    make(root, "x.py", "y.py", "z.py")
    git(root, "init", "-q")
    git(root, "add", "x.py")
    (tmp_path / "git").mkdir()
    (tmp_path / "git/ignore").write_text("x.py\ny.py\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert taken(root) == ["x.py", "z.py"]
    (tmp_path / "mine").write_text("z.py\n")
    git(root, "config", "core.excludesFile", str(tmp_path / "mine"))
    assert taken(root) == ["x.py", "y.py"]


def test_without_git_what_is_ignored_is_not_taken_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path, "x.py", "y.py")
    git(tmp_path, "add", "x.py")
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert walked(tmp_path) == (["x.py", "y.py"], [])  # nothing is ignored, so nothing need be known
    (tmp_path / ".gitignore").write_text("x.py\n")
    found, told = walked(tmp_path)
    assert (found, [why for why, _ in told]) == (["y.py"], ["git"])


def test_links_that_lead_to_what_is_not_walked_are_told(tmp_path: Path) -> None:
    make(tmp_path, "out/a.py", "out/sub/b.py", "root/app/x.py", "root/notes.txt", "root/gen/g.py")
    root = tmp_path / "root"
    links = {
        "a.py": "../out/a.py",
        "sub": "../out/sub",
        "same.py": "app/x.py",
        "same": "app",
        "text.py": "notes.txt",
        "gone.py": "nowhere.py",
        "out.txt": "../out/a.py",
        "no.py": "../out/a.py",
        "node_modules": "../out",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    assert walked(root, exclude=["no.py"]) == (
        ["app/x.py", "gen/g.py"],
        [("link", "a.py"), ("link", "sub"), ("link", "text.py")],
    )


def test_a_large_file_without_text_costs_no_memory(tmp_path: Path) -> None:
    """One that is all NULs, one that ends in them, one whose NULs are bytes; large text is read, within bounds."""
    for name, head in (("sparse.sql", b""), ("tail.sql", b"SELECT 1;\n" * 5000)):
        with (tmp_path / name).open("wb") as file:
            file.write(head)
            file.truncate(2**30)
    (tmp_path / "bytes.sql").write_bytes(b"GIF89a\0" + b"x" * LARGE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("sparse.sql", "tail.sql", "bytes.sql"):
        with pytest.raises(NotTextError, match="holds NULs"):
            read(tmp_path / name)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
    text = b"SELECT 1;\n" * (LARGE // 10 + 1)
    (tmp_path / "large.sql").write_bytes(text)
    assert read(tmp_path / "large.sql") == text


def test_a_nested_repository_and_a_worktree_have_rules_of_their_own(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path, "inner/x.py", "inner/y.py")
    (tmp_path / ".gitignore").write_text("x.py\n")
    git(tmp_path / "inner", "init", "-q")
    (tmp_path / "inner/.git/info/exclude").write_text("y.py\n")
    assert taken(tmp_path) == taken(tmp_path, "inner") == ["inner/x.py"]
    inner = tmp_path / "inner"
    git(inner, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "a")
    git(inner, "worktree", "add", "-q", str(tmp_path / "tree"))
    make(tmp_path, "tree/x.py", "tree/y.py")
    assert taken(tmp_path, "tree") == ["tree/x.py"]


# ---------------------------------------------------------------------------------------------- writing


def state(root: Path) -> set[str]:
    """Which of old and new the files are; every one must be wholly one of them."""
    states = set()
    for name in OLD:
        content = (root / name).read_bytes()
        assert content in (OLD[name], NEW[name]), name
        states.add("old" if content == OLD[name] else "new")
    return states


def litter(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if "schema-rewrite" in path.name]


def interrupted(directory: Path, what: str, killed_at: int = 0) -> Iterator[tuple[Path, str]]:
    """Each tree that was written while `what` happened at one call more, and how that ended."""
    command = [sys.executable, str(HELPERS / "interrupted_write.py")]
    args = [str(directory), what, str(killed_at)]
    done = subprocess.run([*command, *args], check=True, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        number, _, outcome = line.partition(" ")
        yield directory / number, outcome


def is_committed(tree: Path) -> bool:
    """Whether an interrupted write is one that will be completed."""
    journal = tree / ".schema-rewrite-journal"
    return journal.exists() and b'"committed": true' in journal.read_bytes()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str]]:
    """The trees that a write left that was killed at its first call, its second one, and so on. Not to be changed."""
    return list(interrupted(tmp_path_factory.mktemp("killed"), "SIGKILL"))


@pytest.fixture
def committed(killed: list[tuple[Path, str]], tmp_path: Path) -> Path:
    """A tree in which a write was killed after its commit and before it replaced a file."""
    tree = next(tree for tree, _ in killed if is_committed(tree))
    assert state(tree) == {"old"}
    return shutil.copytree(tree, tmp_path / "root")


def test_killed_at_any_point_a_later_run_completes_or_undoes(tmp_path: Path) -> None:
    ends = []
    for root, outcome in interrupted(tmp_path, "SIGKILL"):
        before = state(root)
        told = recover(root)
        (now,) = state(root)
        assert litter(root) == []
        assert told in (
            Recovery(),
            Recovery(completed=tuple(OLD)) if now == "new" else Recovery(undone=tuple(OLD)),
        )
        assert told != Recovery() or before == {now}
        assert recover(root) == Recovery()
        ends.append((outcome, now, bool(told.completed or told.undone)))
    *killed, last = ends
    assert last == ("not reached", "new", False)
    assert {outcome for outcome, _, _ in killed} == {"SIGKILL"}
    assert killed == sorted(killed, key=lambda end: end[1], reverse=True)  # old up to the commit, new from there
    assert sum(acted for _, now, acted in killed if now == "old") > 30
    assert sum(acted for _, now, acted in killed if now == "new") > 30


@pytest.mark.parametrize(("what", "outcome"), [("SIGINT", "interrupted"), ("SIGTERM", "SIGTERM"), ("SIGHUP", "SIGHUP")])
def test_a_signal_at_any_point_leaves_nothing_half_done(tmp_path: Path, what: str, outcome: str) -> None:
    with signals.not_ignored():
        trees = list(interrupted(tmp_path, what))
    assert {told for _, told in trees[:-1]} == {outcome}
    states: list[str] = []
    for root, _ in trees:
        states += state(root)
        assert litter(root) == []
    assert len(states) == len(trees)
    assert states == sorted(states, reverse=True)
    assert set(states) == {"old", "new"}


def test_a_signal_that_is_ignored_stops_nothing(tmp_path: Path) -> None:
    """Under nohup the terminal may go."""
    with signals.ignored(signal.SIGHUP):
        trees = list(interrupted(tmp_path, "SIGHUP"))
    assert len(trees) > 60
    assert {told for _, told in trees[:-1]} == {"done"}
    for root, _ in trees:
        assert state(root) == {"new"}
        assert litter(root) == []


def test_a_call_that_fails_at_any_point_leaves_what_can_be_recovered(tmp_path: Path) -> None:
    for root, outcome in interrupted(tmp_path, "ENOSPC"):
        now = state(root)
        if outcome == "refused":
            if litter(root) == []:
                assert now == {"old"}
            else:
                recover(root)
                assert len(state(root)) == 1
        else:
            assert now == {"new"}
        recover(root)  # for a lock file at the most
        assert litter(root) == []


def test_a_recovery_that_is_killed_can_be_recovered(killed: list[tuple[Path, str]], tmp_path: Path) -> None:
    commit = next(number for number, (root, _) in enumerate(killed, 1) if is_committed(root))
    for killed_at, end in ((commit - 1, "old"), (commit, "new"), (commit + 20, "new")):
        count = 0
        for root, _ in interrupted(tmp_path / str(killed_at), "SIGKILL", killed_at):
            recover(root)
            assert state(root) == {end}
            assert litter(root) == []
            count += 1
        assert count > 10


def test_many_writers_at_once_leave_one_result(tmp_path: Path) -> None:
    plant(tmp_path)
    script = (
        "import sys, pathlib\nfrom helpers import interrupted_write as i\n"
        "try: i.write(pathlib.Path(sys.argv[1]))\n"
        "except i.FileError as error: print(error)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    command = [sys.executable, "-c", script, str(tmp_path)]
    writers = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    told = [writer.communicate()[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8
    assert told.count("") == 1
    assert all("another run is writing" in line or "changed since it was read" in line for line in told if line)
    assert state(tmp_path) == {"new"}
    assert litter(tmp_path) == []


LOCKING = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print(flush=True)
input()
"""


def test_a_second_writer_and_a_recovery_are_refused_while_the_lock_is_held(tmp_path: Path) -> None:
    plant(tmp_path)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            LOCKING,
            str(tmp_path / ".schema-rewrite-lock"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    for act in (write, recover):
        with pytest.raises(FileError, match="another run is writing"):
            act(tmp_path)
    assert state(tmp_path) == {"old"}
    holder.kill()
    holder.communicate()
    assert recover(tmp_path) == Recovery()
    assert litter(tmp_path) == []


def test_an_interrupt_at_some_time_of_a_long_write(tmp_path: Path) -> None:
    """The n-th call is chosen above; here the clock chooses, and the signal comes from outside."""
    script = (
        "import sys, pathlib\nfrom helpers import interrupted_write as i\n"
        "print(flush=True)\ni.write(pathlib.Path(sys.argv[1]))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    for number in range(12):
        root = tmp_path / str(number)
        plant(root)
        with signals.not_ignored():
            writer = subprocess.Popen(
                [sys.executable, "-c", script, str(root)],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(number * 0.002)
        writer.send_signal(signal.SIGINT)
        writer.communicate()
        assert len(state(root)) == 1
        assert litter(root) == []


def test_what_changes_nothing_creates_nothing(tmp_path: Path) -> None:
    write_all([], tmp_path / "nowhere")
    write_all([Change(Path("x.py"), b"a", b"a")], tmp_path / "nowhere")
    assert recover(tmp_path / "nowhere") == Recovery()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_changed_since_stops_all(tmp_path: Path) -> None:
    plant(tmp_path)
    last = list(OLD)[-1]
    (tmp_path / last).write_bytes(b"mine")
    with pytest.raises(FileError, match=r"nnn\.py: changed since it was read; nothing was written"):
        write(tmp_path)
    (tmp_path / last).unlink()
    with pytest.raises(FileError, match=r"nnn\.py: No such file"):
        write(tmp_path)
    (tmp_path / last).write_bytes(OLD[last])
    assert state(tmp_path) == {"old"}
    assert litter(tmp_path) == []


def test_a_recovery_leaves_what_somebody_changed_since(committed: Path) -> None:
    root = committed
    (root / "a.py").write_bytes(b"mine")
    (root / "app/b.py").unlink()
    with pytest.raises(FileError, match="an interrupted write is not settled yet"):
        write(root)
    told = recover(root)
    assert told.left == ("a.py", "app/b.py")
    assert told.completed == tuple(list(OLD)[2:])
    assert (root / "a.py").read_bytes() == b"mine"
    assert not (root / "app/b.py").exists()
    assert litter(root) == []


@pytest.mark.parametrize("keep", [0, 1, 64, 70, 300, -1])
def test_a_damaged_journal_is_never_guessed_at(committed: Path, keep: int) -> None:
    root = committed
    journal = root / ".schema-rewrite-journal"
    journal.write_bytes(journal.read_bytes()[:keep])
    with pytest.raises(FileError, match="damaged, so an interrupted write can be neither completed nor undone"):
        recover(root)
    assert state(root) == {"old"}
    assert journal.exists()


# A journal may come with a checkout. Whatever it says, nothing but what a write of ours left is touched.

STAGED = ".a.py.schema-rewrite-0123abcd"


def journal_of(root: Path, *entries: dict[str, Any], committed: object = False, **more: object) -> Path:
    """A journal, as whoever wants it to be followed would write it."""
    document = {"version": 1, "committed": committed, "files": list(entries)} | more
    return sealed(root, json.dumps(document).encode())


def sealed(root: Path, body: bytes) -> Path:
    path = root / ".schema-rewrite-journal"
    path.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    return path


def entry(target: str = "a.py", staged: str = STAGED, before: bytes = b"old", after: bytes = b"new") -> dict[str, Any]:
    before_digest, after_digest = (hashlib.sha256(content).hexdigest() for content in (before, after))
    return {"target": target, "staged": staged, "before": before_digest, "after": after_digest}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A root with a file and a new one for it, and beside the root what is none of its business."""
    root = tmp_path / "root"
    for path, content in {
        "root/a.py": b"old",
        f"root/{STAGED}": b"new",
        f"private/{STAGED}": b"new",
        "private/a.py": b"old",
        "root/sub/other.py": b"old",
        "root/.git/a.py": b"old",
        f"root/.git/{STAGED}": b"new",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (root / "link").symlink_to("../private")
    (root / "inside").symlink_to("sub")
    (root / "b.py").symlink_to("a.py")
    os.mkfifo(root / "c.py")
    return root


def tree(root: Path) -> dict[str, object]:
    """All that stands below a directory, links as links."""
    return {
        str(path.relative_to(root)): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else path.stat().st_mode
        for path in root.rglob("*")
    }


STRANGE: dict[str, Callable[[Path], dict[str, Any]]] = {
    "a path upward": lambda root: entry("../private/a.py"),
    "a path upward within": lambda root: entry("sub/../../private/a.py"),
    "an absolute path": lambda root: entry(str(root.parent / "private/a.py")),
    "an absolute path of the root": lambda root: entry(str(root / "a.py")),
    "a path with a dot": lambda root: entry("./a.py"),
    "no name": lambda root: entry(""),
    "the root": lambda root: entry("."),
    "behind a link": lambda root: entry("link/a.py"),
    "behind a link that stays inside": lambda root: entry("inside/other.py", ".other.py.schema-rewrite-0123abcd"),
    "a link": lambda root: entry("b.py", ".b.py.schema-rewrite-0123abcd"),
    "a fifo": lambda root: entry("c.py", ".c.py.schema-rewrite-0123abcd"),
    "a directory": lambda root: entry("sub", ".sub.schema-rewrite-0123abcd"),
    "git's own": lambda root: entry(".git/a.py"),
    "another file of the project as the new one": lambda root: entry(staged="a.py"),
    "a new file elsewhere": lambda root: entry(staged=f"../private/{STAGED}"),
    "a new file below": lambda root: entry(staged=f"sub/{STAGED}"),
    "a new file of another": lambda root: entry(staged=".z.py.schema-rewrite-0123abcd"),
    "a new file with more in its name": lambda root: entry(staged=f"{STAGED}0"),
    "a new file with a line feed in its name": lambda root: entry(staged=f"{STAGED}\n"),
}


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("what", STRANGE)
def test_a_journal_that_names_what_no_write_would_is_told_and_left(checkout: Path, what: str, committed: bool) -> None:
    journal_of(checkout, entry(), STRANGE[what](checkout), committed=committed)
    if what.startswith(("another", "a new", "an absolute path of", "a path with")):
        journal_of(checkout, STRANGE[what](checkout), committed=committed)
    before = tree(checkout.parent)
    for refused in (recover, refuse_interrupted):
        with pytest.raises(FileError, match=r"journal: names .*; so it is not followed; ") as error:
            refused(checkout)
        assert len(str(error.value).splitlines()) == 1
    assert tree(checkout.parent) == before


def replaced_by(kind: str) -> Callable[[Path], object]:
    def replace(path: Path) -> None:
        content = path.read_bytes()
        path.unlink()
        if kind == "link":
            (path.parent / "content").write_bytes(content)
            path.symlink_to("content")
        elif kind == "hard link":
            (path.parent / "content").write_bytes(content)
            path.hardlink_to(path.parent / "content")
        elif kind == "dangling link":
            path.symlink_to("nothing")
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "directory":
            path.mkdir()

    return replace


KINDS = ("link", "hard link", "dangling link", "fifo", "directory")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [".schema-rewrite-journal", STAGED])
def test_a_journal_and_its_new_files_are_files_with_one_name(checkout: Path, kind: str, name: str) -> None:
    journal_of(checkout, entry(), committed=True)
    replaced_by(kind)(checkout / name)
    before = tree(checkout.parent)
    for refused in (recover, refuse_interrupted):
        with pytest.raises(FileError, match="not followed"):
            refused(checkout)
    with pytest.raises(FileError, match=r"not settled yet|not followed"):
        write_all([Change(Path("a.py"), b"old", b"other")], checkout)
    assert tree(checkout.parent) == before


@pytest.mark.parametrize("name", [".schema-rewrite-journal", STAGED])
def test_a_journal_of_another_user_is_not_followed(checkout: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    journal_of(checkout, entry(), committed=True)
    if os.geteuid() != 0:  # who may not give files to others
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
        with pytest.raises(FileError, match="belongs to another user"):
            recover(checkout)
        return
    os.chown(checkout / name, NOBODY, NOBODY)
    with pytest.raises(FileError, match="belongs to another user"):
        recover(checkout)
    assert (checkout / "a.py").read_bytes() == b"old"
    os.chown(checkout / name, 0, 0)
    for own in ("a.py", STAGED):  # root writes files of others, and lets them have them
        os.chown(checkout / own, NOBODY, NOBODY)
    assert recover(checkout) == Recovery(completed=("a.py",))


@pytest.mark.parametrize("name", [".schema-rewrite-journal", STAGED])
def test_a_journal_that_git_tracks_is_not_followed(checkout: Path, name: str) -> None:
    shutil.rmtree(checkout / ".git")
    (checkout / "rules.toml").write_text('[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n')
    journal = journal_of(checkout, entry(), committed=True)
    git(checkout, "init", "-q")
    git(checkout, "add", "-f", "--", name)
    git(checkout, "config", "core.fsmonitor", "touch asked; false")  # an archive may bring settings, too
    for mode in ("--fix", "--check"):
        done = subprocess.run(
            [sys.executable, "-m", "schema_rewriter", "--no-cache", "--rules", "rules.toml", mode, "."],
            cwd=checkout,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert re.search("git tracks.*not followed", done.stderr), done.stderr
    assert journal.exists()
    assert (checkout / "a.py").read_bytes() == b"old"
    assert not (checkout / "asked").exists()
    git(checkout, "config", "--unset", "core.fsmonitor")
    git(checkout, "rm", "-q", "--cached", "--", name)
    assert recover(checkout, tracked(checkout, ".schema-rewrite-journal")) == Recovery(completed=("a.py",))


MALFORMED: dict[str, bytes] = {
    "no JSON": b"{",
    "no UTF-8": b'{"version": 1, "x": "\xff"}',
    "no object": b"[1]",
    "nothing": b"",
    "a number": b"7",
    "deeper than any": b"[" * 100_000,
    "a number longer than any": b'{"version": ' + b"9" * 5_000 + b"}",
    "no version": b'{"committed": true, "files": []}',
    "no files": b'{"version": 1, "committed": true}',
    "files of another type": b'{"version": 1, "committed": true, "files": {"a": 1}}',
    "a file of another type": b'{"version": 1, "committed": true, "files": ["a"]}',
    "a key too few": b'{"version": 1, "committed": true, "files": [{"target": "a.py"}]}',
    "a yes that is none": b'{"version": 1, "committed": "yes", "files": []}',
}
ENTRIES: dict[str, dict[str, Any]] = {
    "a key too many": {"more": 1},
    "a path that is a number": {"target": 7},
    "a path that is a list": {"target": ["a.py"]},
    "a path with a NUL": {"target": "a\0.py"},
    "a path in no encoding": {"target": "\ud800.py"},
    "a digest of another length": {"before": "0" * 63},
    "a digest that is none": {"after": "x" * 64},
    "no digest": {"after": None},
}


@pytest.mark.parametrize("what", [*MALFORMED, *ENTRIES, "a file twice"])
def test_a_malformed_journal_is_one_line(checkout: Path, what: str) -> None:
    if what in MALFORMED:
        sealed(checkout, MALFORMED[what])
    elif what in ENTRIES:
        journal_of(checkout, entry() | ENTRIES[what])
    else:
        journal_of(checkout, entry(), entry())
    before = tree(checkout.parent)
    for refused in (recover, refuse_interrupted):
        with pytest.raises(FileError, match="no journal that schema-rewrite wrote; remove it, and run again") as error:
            refused(checkout)
        assert len(str(error.value).splitlines()) == 1
    assert tree(checkout.parent) == before


def test_a_journal_larger_than_any_is_not_read(checkout: Path) -> None:
    with journal_of(checkout).open("r+b") as file:
        file.truncate(2**40)  # with a hole in it: it takes no room
    with pytest.raises(FileError, match="larger than any journal"):
        recover(checkout)


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_in_the_place_of_a_lock_is_neither_waited_for_nor_written(checkout: Path, kind: str) -> None:
    lock = checkout / ".schema-rewrite-lock"
    lock.write_bytes(b"content")
    replaced_by(kind)(lock)
    if kind == "hard link":  # it has one name less then, and that is all
        recover(checkout)
        assert (checkout / "content").read_bytes() == b"content"
        return
    before = tree(checkout.parent)
    for refused in (lambda: recover(checkout), lambda: write_all([Change(Path("a.py"), b"old", b"new")], checkout)):
        with pytest.raises(FileError, match=r"lock: "):
            refused()
    assert tree(checkout.parent) == before


@pytest.mark.parametrize("content", [b"", b"kept by hand"])
def test_a_file_of_the_name_of_a_lock_that_is_not_ours_stays(tmp_path: Path, content: bytes) -> None:
    """One that git tracks, or that holds anything."""
    lock = tmp_path / ".schema-rewrite-lock"
    lock.write_bytes(content)
    (tmp_path / "a.py").write_bytes(b"old")
    if not content:
        for words in (("init", "-q"), ("add", "-f", lock.name)):
            subprocess.run(("git", *words), cwd=tmp_path, check=True)
    write_all([Change(Path("a.py"), b"old", b"new")], tmp_path)
    assert (lock.read_bytes(), (tmp_path / "a.py").read_bytes()) == (content, b"new")


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_in_the_place_of_a_new_journal_is_not_followed(checkout: Path, kind: str) -> None:
    new = checkout / ".schema-rewrite-journal-new"
    new.write_bytes(b"content")
    replaced_by(kind)(new)
    if kind == "directory":
        with pytest.raises(FileError, match=r"journal: Is a directory; mend that"):
            recover(checkout)
        return
    recover(checkout)
    assert not os.path.lexists(new)
    if "hard" in kind or kind == "link":
        assert (checkout / "content").read_bytes() == b"content"
    write_all([Change(Path("a.py"), b"old", b"mine")], checkout)
    assert (checkout / "a.py").read_bytes() == b"mine"


def test_a_write_outside_of_the_root_is_ended_by_a_person(checkout: Path) -> None:
    (checkout.parent / "private/a.py").write_bytes(b"old")
    outside = str(checkout.parent / "private/a.py")
    journal_of(checkout, entry(outside), committed=True)
    with pytest.raises(FileError, match=r"private/a\.py, which is no file below .*; compare the files with version"):
        recover(checkout)
    assert (checkout.parent / "private/a.py").read_bytes() == b"old"


def test_rights_stay(tmp_path: Path) -> None:
    for name, mode in {"run.py": 0o755, "mine.py": 0o640, "group.py": 0o2775}.items():
        path = tmp_path / name
        path.write_bytes(b"old")
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY - 1)
        path.chmod(mode)
        attributes = sys.platform == "linux"
        if attributes:
            try:
                os.setxattr(path, "user.note", b"\0kept")
            except OSError:  # not on this file system
                attributes = False
        before = path.stat()
        write_all([Change(path, b"old", b"new")], tmp_path)
        after = path.stat()
        assert path.read_bytes() == b"new"
        assert stat.S_IMODE(after.st_mode) == mode
        assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
        assert not attributes or os.getxattr(path, "user.note") == b"\0kept"


def test_a_link_stays_one_and_its_target_is_written(tmp_path: Path) -> None:
    make(tmp_path, "app/x.py")
    (tmp_path / "x.py").symlink_to("app/x.py")
    write_all([Change(Path("x.py"), b"", b"new")], tmp_path)
    assert (tmp_path / "x.py").readlink() == Path("app/x.py")
    assert (tmp_path / "app/x.py").read_bytes() == b"new"
    with pytest.raises(FileError, match="named twice"):
        write_all([Change(Path("x.py"), b"new", b"a"), Change(Path("app/x.py"), b"new", b"b")], tmp_path)
    assert (tmp_path / "app/x.py").read_bytes() == b"new"
    assert litter(tmp_path) == []


def test_a_file_outside_the_root_is_written_too(tmp_path: Path) -> None:
    make(tmp_path, "x.py", "root/y.py")
    write_all([Change(tmp_path / "x.py", b"", b"1"), Change(Path("y.py"), b"", b"2")], tmp_path / "root")
    assert (tmp_path / "x.py").read_bytes() + (tmp_path / "root/y.py").read_bytes() == b"12"
    assert litter(tmp_path) == []


def refusal(root: str, limit: int = 0) -> str:
    """What write_all says to somebody who is not root, and may write files of so many bytes."""
    script = (
        "import sys, pathlib, os, resource\nfrom helpers import interrupted_write as i\n"
        f"if {limit}: resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        f"if os.geteuid() == 0: os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "try: i.write(pathlib.Path(sys.argv[1]))\n"
        "except i.FileError as error: print(error)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-c", script, root],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture
def open_root() -> Iterator[Path]:
    """A planted tree that belongs to nobody, where nobody can reach it."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        plant(root)
        if os.geteuid() == 0:
            for path in (root, *root.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        yield root
        for path in (root, *root.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)


@pytest.mark.parametrize(("name", "mode"), [(".", 0o555), ("app/deep", 0o555), ("z", 0o555), ("d e.py", 0o444)])
def test_what_may_not_be_written_stops_all(open_root: Path, name: str, mode: int) -> None:
    (open_root / name).chmod(mode)
    told = refusal(str(open_root))
    assert told.endswith("run again\n")
    assert told.count("\n") == 1
    assert "Permission denied" in told
    assert ("c.sql" if name == "app/deep" else name.strip(".")) in told
    assert state(open_root) == {"old"}
    assert litter(open_root) == []


def test_a_full_disk_stops_all(open_root: Path) -> None:
    told = refusal(str(open_root), limit=100_000)
    assert told == "\u00e9.py: File too large; nothing was written; mend that and run again\n"
    assert state(open_root) == {"old"}
    assert litter(open_root) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_directory_that_can_not_be_listed_is_an_error(open_root: Path) -> None:
    (open_root / "app/deep").chmod(0)
    script = (
        "import sys, os, pathlib\n"
        "from schema_rewriter.errors import FileError\nfrom schema_rewriter.files import walk, read\n"
        f"if os.geteuid() == 0: os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "try: list(walk(['.'], pathlib.Path(sys.argv[1]), include=['*.py'], exclude=[]))\n"
        "except FileError as error: print(error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, str(open_root)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert told == f"{open_root.resolve()}/app/deep/: Permission denied; make it readable or exclude it\n"
