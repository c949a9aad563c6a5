"""The cache: an answer is given again over an unchanged project, and never over one that changed in any way."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers import preloaded
from helpers.paths import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows keeps no time of change: no cache there")

RULES = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n'
SETTLED = 0.12
"""Seconds after a change from which on a run may be kept."""

# What the command prints, and behind it whether it worked: a run that has an answer imports no click.
PROGRAM = (
    "import sys; from schema_rewriter.__main__ import main; code = main(); "
    "print('worked' if 'click' in sys.modules else 'repeated'); sys.exit(code)"
)


ROOMS = ("rewriting", "run", "reports", "files", "rules", "cache", "sql", "hosts", "project")
HEAVY = (
    *(f"schema_rewriter.{room}.*" for room in ROOMS),
    "libcst.native",
    "libcst.metadata",
    "sqlglot.dialects.postgres",
)
"""What may be imported before: all but the command itself."""


def sr(cwd: Path, *words: str, env: dict[str, str] | None = None) -> tuple[str, bool]:
    """What the command says with its exit code, and whether it repeated that."""
    code, out, err = preloaded.run(f"{preloaded.BEGIN}; {PROGRAM}", words, cwd, os.environ | (env or {}), HEAVY)
    assert b"Traceback" not in err, err.decode()
    lines = out.decode().splitlines()
    return f"{lines[:-1]} {err.decode()} {code}", lines[-1] == "repeated"


def put(root: Path, path: str, text: str) -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, "utf-8")
    return root / path


def kept(project: Path, *words: str) -> str:
    """The answer, once it is kept."""
    time.sleep(SETTLED)
    first, _ = sr(project, *words)
    again, repeated = sr(project, *words)
    assert repeated
    assert again == first
    return first


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    put(root, "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\n')
    put(root, "rules.toml", RULES)
    put(root, ".gitignore", "ignored.sql\n")
    put(root, "src/a.sql", "select * from users;\n")
    put(root, "src/b.py", 'execute(f"select * from {TABLE}")\nfrom src.names import TABLE\n')
    put(root, "src/names.py", 'TABLE = "people"\n')
    put(root, "src/reader.py", 'from pathlib import Path\nSQL = Path(__file__).with_name("left_out.ddl").read_text()\n')
    put(root, "src/ignored.sql", "select * from users;\n")
    return root


def in_place(path: Path, text: str) -> None:
    """Change a file, but neither its size nor its time of modification nor its inode."""
    before = path.stat()
    assert len(text) == before.st_size
    with path.open("r+", encoding="utf-8") as file:
        file.write(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (before.st_size, before.st_mtime_ns, before.st_ino) == (after.st_size, after.st_mtime_ns, after.st_ino)


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file": lambda root: put(root, "src/a.sql", "select * from people;\n"),
    "same size, time set back": lambda root: in_place(root / "src/a.sql", "select * from posts;\n"),
    "a constant elsewhere": lambda root: put(root, "src/names.py", 'TABLE = "users"\n'),
    "a new file": lambda root: put(root, "src/c.sql", "select * from users;\n"),
    "a file gone": lambda root: (root / "src/a.sql").unlink(),
    "the rules": lambda root: put(root, "rules.toml", RULES.replace("app", "cyrex")),
    "the settings": lambda root: put(
        root, "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\nexclude = ["a.sql"]\n'
    ),
    "what git ignores": lambda root: put(root, ".gitignore", ""),
    "what git ignores, nearer": lambda root: put(root, "src/.gitignore", "a.sql\n"),
    "what git ignores, by itself": lambda root: put(root, ".git/info/exclude", "a.sql\n"),
    "a file that code reads": lambda root: put(root, "src/left_out.ddl", "select * from users;\n"),
    "settings nearer": lambda root: put(root / "src", "pyproject.toml", "[tool.schema-rewrite]\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_never_stale(project: Path, change: str) -> None:
    directory = project / "src" if change == "settings nearer" else project
    before = kept(directory)
    CHANGES[change](project)
    after, repeated = sr(directory)
    assert not repeated
    assert after != before
    assert after == sr(directory, "--no-cache")[0]


def test_what_a_worktree_shares_with_its_repository(project: Path, tmp_path: Path) -> None:
    def git(*words: str | Path) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *identity, *words], cwd=project, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "all")
    git("worktree", "add", "-q", tmp_path / "tree")
    put(tmp_path / "tree", "src/new.sql", "select * from users;\n")  # what git tracks is not ignored
    before = kept(tmp_path / "tree")
    put(project, ".git/info/exclude", "new.sql\n")
    after, repeated = sr(tmp_path / "tree")
    assert not repeated
    assert after != before


def test_other_words_and_environments_are_other_questions(project: Path) -> None:
    kept(project)
    assert not sr(project, "--unsafe-fixes")[1]
    assert not sr(project, env={"FORCE_COLOR": "1"})[1]
    assert not sr(project / "src")[1]
    assert sr(project)[1]


def test_another_version_is_another_question(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", SOURCE, copy], check=True)
    env = {"PYTHONPATH": str(copy)}
    time.sleep(SETTLED)
    sr(project, env=env)
    assert sr(project, env=env)[1]
    with (copy / "schema_rewriter/finding.py").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert not sr(project, env=env)[1]


def test_an_allowance_that_ends_is_asked_for_on_each_day(project: Path) -> None:
    today = date.today()
    boundary = (
        '[[boundary]]\npaths = ["src/**"]\nschemas = {}\n[[boundary.allow]]\nrelations = ["app.users"]\n'
        f'operations = ["read"]\nowner = "us"\nuntil = {today}\n'
    )
    put(project, "rules.toml", f"{RULES}\n{boundary}")
    time.sleep(SETTLED)
    yesterday = f"import time; now = time.strftime; time.strftime = lambda form: '{today - timedelta(1)}'; {PROGRAM}"
    sr(project)
    assert sr(project)[1]
    done = subprocess.run([sys.executable, "-c", yesterday], cwd=project, capture_output=True, text=True, check=False)
    assert done.stdout.endswith("worked\n")


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "truncated": lambda raw: raw[: len(raw) // 2],
    "longer": lambda raw: raw + b"x",
    "one bit": lambda raw: raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:],
    "foreign": lambda _: b"\x80\x04\x95 no answer",
    "of another format": lambda raw: raw.replace(b"answer 2", b"answer 1", 1),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_never_believed_and_written_anew(project: Path, damage: str) -> None:
    before = kept(project)
    (file,) = (project / ".schema-rewrite-cache/answers").iterdir()
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    assert sr(project) == (before, False)
    assert sr(project) == (before, True)


def test_what_another_user_s_secret_seals_is_no_answer(project: Path, tmp_path: Path) -> None:
    expected = sr(project, "--no-cache")[0]
    another = {"XDG_STATE_HOME": str(tmp_path / "another")}
    time.sleep(SETTLED)
    sr(project, env=another)
    assert sr(project, env=another)[1]
    assert sr(project) == (expected, False)
    own = {"SCHEMA_REWRITE_CACHE_KEY": "what a build server keeps secret"}
    assert sr(project, env=own) == (expected, False)
    assert sr(project, env=own | another) == (expected, True)
    assert sr(project, env=own | {"XDG_STATE_HOME": str(project / "state")}) == (expected, True)
    assert sr(project, env={"XDG_STATE_HOME": str(project / "state")}) == (expected, False)


@pytest.mark.parametrize("kind", ["fifo", "link", "directory", "larger than any"])
def test_what_stands_in_the_place_of_an_answer_is_not_waited_for(project: Path, kind: str) -> None:
    before = kept(project)
    (file,) = (project / ".schema-rewrite-cache/answers").iterdir()
    file.unlink()
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "link":
        file.symlink_to("/dev/zero")
    elif kind == "directory":
        file.mkdir()
    else:
        with file.open("xb") as opened:
            opened.truncate(2**40)
    assert sr(project) == (before, False)


def test_settings_that_are_a_pipe_are_not_waited_for(project: Path) -> None:
    (project / "src/pyproject.toml").unlink(missing_ok=True)
    os.mkfifo(project / "src/pyproject.toml")
    assert sr(project / "src", "a.sql", "--rules", "../rules.toml")[0].endswith(" 1")


def test_an_answer_copied_from_elsewhere_is_none(project: Path, tmp_path: Path) -> None:
    kept(project)
    subprocess.run(["cp", "-rp", project, tmp_path / "copy"], check=True)
    project.rename(tmp_path / "away")
    (tmp_path / "copy").rename(project)  # the same paths, contents and times of modification
    assert not sr(project)[1]


def test_a_run_right_after_a_change_is_not_kept(project: Path) -> None:
    kept(project)
    put(project, "src/a.sql", "select * from people;\n")
    os.utime(project / "src/a.sql", (time.time() + 3600, time.time() + 3600))  # as if it changed while the run goes on
    assert not sr(project)[1]
    assert not sr(project)[1]


def test_runs_at_once(project: Path) -> None:
    time.sleep(SETTLED)
    with ThreadPoolExecutor(4) as pool:
        said = {said for said, _ in pool.map(lambda _: sr(project), range(6))}
    assert len(said) == 1
    assert sr(project) == (said.pop(), True)
    assert not list((project / ".schema-rewrite-cache").rglob("*.new"))


def test_fixed_files_are_judged_anew(project: Path) -> None:
    before = kept(project)
    sr(project, "--fix")
    assert not sr(project, "--fix")[1]
    after, repeated = sr(project)
    assert not repeated
    assert after != before


def test_no_cache_and_where_it_is(project: Path, tmp_path: Path) -> None:
    time.sleep(SETTLED)
    sr(project, "--no-cache")
    assert not (project / ".schema-rewrite-cache").exists()
    kept(project, "--cache-dir", str(tmp_path / "cache"))
    assert not (project / ".schema-rewrite-cache").exists()
    assert (
        (tmp_path / "cache/CACHEDIR.TAG").read_text("utf-8").startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )


def test_what_is_no_project_gets_no_cache(tmp_path: Path) -> None:
    put(tmp_path, "rules.toml", RULES)
    sr(tmp_path, "--rules", "rules.toml")
    assert [path.name for path in tmp_path.iterdir()] == ["rules.toml"]


def test_where_nothing_can_be_written_a_run_goes_on(project: Path) -> None:
    put(project, ".schema-rewrite-cache", "a file where the directory would be")
    expected = sr(project, "--no-cache")
    assert sr(project) == sr(project) == expected


def test_git_sees_nothing_of_it_and_clean_removes_it(project: Path) -> None:
    subprocess.run(["git", "init", "-q", project], check=True)
    kept(project)
    status = subprocess.run(["git", "status", "--porcelain", "-uall"], cwd=project, capture_output=True, check=True)
    assert b"cache" not in status.stdout
    said, _ = sr(project, "clean")
    assert "deleted" in said
    assert not (project / ".schema-rewrite-cache").exists()
    put(project, "mine/a.txt", "precious")
    said, _ = sr(project, "clean", "--cache-dir", "mine")
    assert "no cache of schema-rewrite: it holds 'a.txt'" in said
    assert (project / "mine/a.txt").exists()
