"""The directory of the cache and the secret that seals it: nothing else is ever taken for them, marked or deleted."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from schema_rewriter.cache import answer_cache, place, secret
from schema_rewriter.cli import config, main
from schema_rewriter.cli.cache_options import directory
from schema_rewriter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

NOBODY = 65534
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# The cache of schema-rewrite; it may be deleted.\n"
FOREIGN = "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by another.\n"


def put(path: Path, text: str = "precious") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def tree(root: Path) -> dict[str, str]:
    """All that stands below a directory, links as links."""
    return {
        str(path.relative_to(root)): f"-> {path.readlink()}"
        if path.is_symlink()
        else path.read_text("utf-8")
        if path.is_file()
        else "/"
        for path in root.rglob("*")
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, which is the working directory."""
    root = tmp_path / "project"
    put(root / "rules.toml", '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n')
    put(root / "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\n')
    put(root / "a.sql", "select * from users;\n")
    monkeypatch.chdir(root)
    return root


def setting(root: Path, value: str) -> None:
    put(root / "pyproject.toml", f"[tool.schema-rewrite]\nrules = ['rules.toml']\ncache-dir = {value!r}\n")


def said(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """The exit code of the command, and what it says to stderr, with what `clean` says."""
    code = main(words)
    out, err = capfd.readouterr()
    return code, out if words[0] == "clean" and not code else err


def cache_in(path: Path) -> Path:
    """A cache with something in it."""
    kept = place.prepared(str(path), "files")
    put(Path(kept, "0" * 32), "a store")
    put(Path(kept, "12-34.new"), "half a store")
    put(path / "answers" / ("1" * 16), "an answer")
    return path


# ------------------------------------------------------------------------------------ which directory it is

BAD_SETTINGS = [
    *("../other", "..", ".", "./", "a/../..", "a/..", "/", "/tmp", "../project", "../project-2"),
    *(".git", ".git/cache", "a/.GIT/cache", "a\0b", "~/../../x/../../../x"),
]


@pytest.mark.parametrize("value", BAD_SETTINGS)
def test_a_setting_that_leads_out_of_the_project_is_one_line(
    project: Path, capfd: pytest.CaptureFixture[str], value: str
) -> None:
    put(project.parent / "other/notes.txt")
    (project.parent / "project-2").mkdir()
    text = value.replace("\0", "\\u0000")
    put(project / "pyproject.toml", f'[tool.schema-rewrite]\nrules = ["rules.toml"]\ncache-dir = "{text}"\n')
    before = tree(project.parent)
    for words in (("--check", "."), ("--fix", "."), ("--no-cache", "."), ("inventory", "."), ("clean",)):
        code, line = said(capfd, *words)
        assert code == 2
        assert re.fullmatch(r"schema-rewrite: error: pyproject.toml:3: tool.schema-rewrite.cache-dir: .*\n", line), line
    assert tree(project.parent) == before


def link(path: Path, target: str, *before: object) -> None:
    """A link at a path, once what comes before it is done."""
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(target)


PLACES: dict[str, Callable[[Path], object]] = {
    "a directory with a file": lambda path: put(path / "notes.txt"),
    "with a hidden one": lambda path: put(path / ".env"),
    "with a directory": lambda path: (path / "sub").mkdir(parents=True),
    "with the tag of another program": lambda path: put(path / answer_cache.TAG, FOREIGN),
    "with our tag, and a file": lambda path: (put(path / answer_cache.TAG, TAG), put(path / "notes.txt")),
    "with our tag and more": lambda path: put(path / answer_cache.TAG, f"{TAG}more"),
    "with a link to our tag": lambda path: link(path / answer_cache.TAG, "../tag", put(path.parent / "tag", TAG)),
    "without our tag": lambda path: (cache_in(path) / answer_cache.TAG).unlink(),
    "with another .gitignore": lambda path: put(cache_in(path) / ".gitignore", "*\n!notes.txt\n"),
    "with a directory like a mark": lambda path: (path / ".gitignore").mkdir(parents=True),
    "with a file among the stores": lambda path: put(cache_in(path) / "files/notes.txt"),
    "with a file called almost like a store": lambda path: put(cache_in(path) / "files" / ("0" * 31)),
    "with a file called like one, and a line feed": lambda path: put(cache_in(path) / "files" / ("0" * 31 + "\n")),
    "with a directory among the stores": lambda path: (cache_in(path) / "files" / ("a" * 32)).mkdir(),
    "with a link among the stores": lambda path: (cache_in(path) / "files" / ("a" * 32)).symlink_to("../../a.sql"),
    "with a directory called like what is new": lambda path: (cache_in(path) / "1-2.new").mkdir(),
    "with a directory that is a link": lambda path: link(
        path / "files", "../moved", (cache_in(path) / "files").rename(path.parent / "moved")
    ),
    "with a directory of another name": lambda path: (cache_in(path) / "more").mkdir(),
    "a file": put,
    "a link to a directory": lambda path: link(path, ".", put(path.parent / "b.sql")),
    "a link out of the project": lambda path: link(path, "../home", put(path.parent.parent / "home/notes.txt")),
    "a link to what is empty": lambda path: link(
        path, "files", (cache_in(path.parent / "c") / "files").rename("files")
    ),
    "a link to a cache": lambda path: link(path, "real", cache_in(path.parent / "real")),
    "a link to nothing": lambda path: path.symlink_to("../nothing"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a fifo": os.mkfifo,
}


@pytest.mark.parametrize("how", PLACES)
def test_what_is_none_of_ours_is_neither_marked_nor_deleted(
    project: Path, capfd: pytest.CaptureFixture[str], how: str
) -> None:
    PLACES[how](project / "cache")
    setting(project, "cache")
    before = tree(project.parent)
    for words in (("--check", "a.sql"), ("--fix", "a.sql"), ("inventory", "a.sql"), ("clean",)):
        code, line = said(capfd, *words)
        assert code == 2
        assert re.fullmatch(r"schema-rewrite: error: [^\n]*'?[^\n]*cache[^\n]*\n", line), line
    assert tree(project.parent) == before
    put(project / "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\n')
    (project / "cache").rename(project / answer_cache.DIRECTORY)  # where nobody named it, a run does without
    before = tree(project.parent)
    assert said(capfd, "--check", "a.sql")[0] == 1
    assert said(capfd, "clean")[0] == 2
    assert tree(project.parent) == before


def test_a_setting_behind_a_link(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project.parent / "home").mkdir()
    (project / "build").symlink_to("../home")
    setting(project, "build/cache")
    for words in (("--check",), ("clean", "--cache-dir", "build/cache"), ("clean",)):
        code, line = said(capfd, *words)
        assert code == (0 if "--cache-dir" in words else "clean" not in words and 2)
        assert "link" in line or "no cache there" in line
    assert tree(project.parent / "home") == {}
    cache_in(project.parent / "home/cache")
    before = tree(project.parent)
    assert said(capfd, "clean")[0] == 2
    assert tree(project.parent) == before


@pytest.mark.parametrize("how", ["new", "empty", "ours", "a link to ours", "nested"])
def test_a_directory_that_somebody_names(project: Path, capfd: pytest.CaptureFixture[str], how: str) -> None:
    cache = project.parent / ("a/b/cache" if how == "nested" else "cache")
    if how == "empty":
        cache.mkdir()
    elif how == "ours":
        cache_in(cache)
    elif how == "a link to ours":
        cache_in(project.parent / "real")
        cache.symlink_to("real")
    for words in (
        ("--check", "--cache-dir", str(cache)),
        ("--diff", "--cache-dir", "../" + "/".join(cache.parts[-1:])),
    ):
        if how != "nested" or words[0] == "--check":
            assert said(capfd, *words)[0] == 1
    assert (cache / answer_cache.TAG).read_text("utf-8") == TAG
    assert (cache / ".gitignore").read_text("utf-8") == "*\n"
    assert said(capfd, "clean", "--cache-dir", str(cache)) == (0, f"{cache}: deleted\n")
    assert not cache.exists()
    assert (project / "a.sql").exists()


@pytest.mark.parametrize("value", ["../other", ".", "..", "/", "other.txt", "loop"])
def test_a_directory_that_somebody_names_and_that_is_none(
    project: Path, capfd: pytest.CaptureFixture[str], value: str
) -> None:
    put(project.parent / "other/notes.txt")
    put(project / "other.txt")
    (project / "loop").symlink_to("loop")
    before = tree(project.parent)
    for words in (("--check", "--cache-dir", value), ("clean", "--cache-dir", value)):
        code, line = said(capfd, *words)
        assert code == 2
        assert len(line.splitlines()) == 1
    assert tree(project.parent) == before


def test_a_name_that_is_no_text_of_one_line_is_told_in_one(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    setting(project, "cache")
    put(project / "cache" / "a\n\x1b[31mb")
    for words in (("--check",), ("clean",)):
        code, line = said(capfd, *words)
        assert code == 2
        assert len(line.splitlines()) == 1
        assert "\x1b" not in line


@pytest.mark.parametrize("value", ["rules.toml", "rules.toml/cache", "a" * 300, "a/" * 3000])
def test_a_setting_that_can_be_no_directory(project: Path, capfd: pytest.CaptureFixture[str], value: str) -> None:
    setting(project, value)
    before = tree(project.parent)
    code, line = said(capfd, "--check")
    assert code == 2
    assert len(line.splitlines()) == 1
    assert said(capfd, "clean")[0] in (0, 2)
    assert tree(project.parent) == before


def test_a_directory_of_another_user(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = cache_in(project / answer_cache.DIRECTORY)
    if os.geteuid() == 0:
        os.chown(cache, NOBODY, NOBODY)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    assert directory(None, config.load(project)) is None
    for change in (lambda: place.prepared(str(cache)), lambda: place.remove(str(cache))):
        with pytest.raises(place.NotOursError, match="belongs to another user"):
            change()
    assert len(tree(cache)) == 7


def test_only_what_is_ours_is_forgotten(tmp_path: Path) -> None:
    from schema_rewriter.cache.store import Store, save

    for number in range(50):
        assert save(str(tmp_path / "cache"), b"%016d" % number, Store(), ())
    home = tmp_path / "cache/files"
    mine = [put(home / f"mine-{number}") for number in range(50)]
    assert not save(str(tmp_path / "cache"), b"0" * 16, Store(), ())
    assert all(path.exists() for path in mine)


def test_of_many_at_once_each_finds_a_cache(tmp_path: Path) -> None:
    for number in range(20):
        with ThreadPoolExecutor(8) as pool:
            made = set(pool.map(place.prepared, [str(tmp_path / str(number))] * 8))
        assert len(made) == 1
        assert place.strange(str(tmp_path / str(number))) == ""
        assert tree(tmp_path / str(number)) == {
            answer_cache.TAG: TAG,
            ".gitignore": "*\n",
            "files": "/",
            "answers": "/",
        }


@pytest.mark.parametrize("left", [0, 1, 2, 3])
def test_what_was_broken_off_goes_on(tmp_path: Path, left: int) -> None:
    """Made or deleted in part: still ours."""
    cache = cache_in(tmp_path / "cache")
    for path in [*(cache / "files").iterdir(), *(cache / "answers").iterdir()][: left + 1]:
        path.unlink()
    if left > 1:
        (cache / ".gitignore").unlink()
    if left > 2:
        (cache / "answers").rmdir()
        (cache / "files").rmdir()
        (cache / answer_cache.TAG).rename(cache / "1-2.new")
    assert place.strange(str(cache)) == ""
    place.prepared(str(cache))
    place.remove(str(cache))
    assert not cache.exists()


def test_a_project_that_may_not_be_written(project: Path) -> None:
    """Read-only, for who is not root: a run without a cache, and no more."""
    script = (
        "import os, sys, _strptime\nfrom pathlib import Path\nfrom schema_rewriter.cli import config\n"
        "from schema_rewriter.cache import answer_keeping, place\nfrom schema_rewriter.cache.store import Store, save\n"
        "from schema_rewriter.cli.cache_options import directory\n"
        f"if os.geteuid() == 0: os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "for given in (None, Path('cache')):\n"
        "    found = directory(given, config.load(Path.cwd()))\n"
        "    print(found.name, save(str(found), bytes(32), Store(), ()))\n"
    )
    above = [path for path in project.parents if path.is_relative_to(tempfile.gettempdir())]
    for path in (project, *above[:-1]):
        path.chmod(path.stat().st_mode | 0o555)  # who is not root has to get there
    project.chmod(0o555)
    environment = {**os.environ, "SCHEMA_REWRITE_CACHE_KEY": "a" * 16}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    project.chmod(0o755)
    assert done.stdout.split() == [answer_cache.DIRECTORY, "False", "cache", "False"], done.stderr
    assert not (project / answer_cache.DIRECTORY).exists()


# ------------------------------------------------------------------------------------ the secret


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the secret."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state/schema-rewrite/cache-key"


def test_a_secret_is_made_once_and_is_for_the_user_alone(state: Path) -> None:
    assert secret.own() is None
    assert not state.parent.exists()
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: secret.own(make=True), range(20)))
    assert len(made) == 1
    assert made == {secret.own()}
    assert state.read_bytes() in made
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.parent.stat().st_mode) == 0o700
    assert [path.name for path in state.parent.iterdir()] == ["cache-key"]


def test_a_secret_of_another_length_or_reach_is_none(state: Path) -> None:
    assert secret.own(make=True)
    content = state.read_bytes()
    for mode in (0o640, 0o604, 0o620, 0o602):
        state.chmod(mode)
        assert secret.own(make=True) is None
    state.chmod(0o600)
    assert secret.own() == content
    state.write_bytes(content[:-1])
    assert secret.own(make=True) is None
    state.write_bytes(content + b"x")
    assert secret.own(make=True) is None
    state.unlink()
    os.mkfifo(state)
    assert secret.own(make=True) is None
    state.unlink()
    state.mkdir()
    assert secret.own(make=True) is None
    state.rmdir()
    state.symlink_to("nowhere")
    assert secret.own(make=True) is None
    state.unlink()
    (state.parent / "elsewhere").write_bytes(content)
    (state.parent / "elsewhere").chmod(0o600)
    state.symlink_to("elsewhere")
    assert secret.own(make=True) is None


def test_a_secret_of_another_user_is_none(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert secret.own(make=True)
    if os.geteuid() == 0:
        os.chown(state, NOBODY, NOBODY)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    assert secret.own(make=True) is None


def test_no_secret_is_put_into_the_home_of_another_user(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state.parent.parent.mkdir()
    if os.geteuid() == 0:
        os.chown(state.parent.parent, NOBODY, NOBODY)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    assert secret.own(make=True) is None
    assert not state.parent.exists()


def test_a_secret_in_the_project_is_none(state: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert secret.own(make=True)
    assert secret.own(str(project))
    assert secret.own(str(state.parent.parent)) is None
    monkeypatch.setenv("XDG_STATE_HOME", str(project / "state"))  # as where a checkout is the home
    assert secret.own(make=True)
    assert secret.own(str(project)) is None
    assert directory(None, config.load(project)) is None
    assert not (project / answer_cache.DIRECTORY).exists()
    (project.parent / "link").symlink_to(project)
    monkeypatch.setenv("XDG_STATE_HOME", str(project.parent / "link/state"))
    assert secret.own(str(project)) is None


def test_a_secret_in_a_variable(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(secret.VARIABLE, "a" * 16)
    first = secret.own("/", make=True)
    assert first is not None
    assert len(first) == secret.WIDTH
    assert secret.own() == first
    assert not state.parent.exists()
    monkeypatch.setenv(secret.VARIABLE, "b" * 16)
    assert secret.own() not in (None, first)
    monkeypatch.setenv(secret.VARIABLE, "a" * 15)  # anybody could guess it
    assert secret.own(make=True) is None
    monkeypatch.setenv(secret.VARIABLE, "")  # as a build server sets it for who may not know it
    assert secret.own(make=True) == state.read_bytes()


@pytest.mark.parametrize("home", ["/dev/null", "/proc/nowhere", ""])
def test_without_a_home_nothing_is_kept(project: Path, monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", home)
    if home:
        assert directory(None, config.load(project)) is None
    else:
        assert secret.own() is None
    assert not (project / answer_cache.DIRECTORY).exists()


def test_seals_of_different_things_differ() -> None:
    one = secret.seal(b"k" * 32, b"answer", b"ab", b"c")
    assert one == secret.seal(b"k" * 32, b"answer", b"abc")
    assert one != secret.seal(b"k" * 32, b"store", b"abc")
    assert one != secret.seal(b"l" * 32, b"answer", b"abc")


def test_a_bad_directory_is_refused_before_anything_is_written(project: Path, state: Path) -> None:
    put(project / "mine/notes.txt")
    with pytest.raises(
        ConfigError, match=r"--cache-dir: 'mine' holds 'notes\.txt', which schema-rewrite did not write"
    ):
        directory(Path("mine"), config.load(project))
    assert not state.parent.exists()
