"""`undo`: what the last write changed comes back, all or nothing; a record that came with the files is not followed."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import zlib
from pathlib import Path

import pytest

from schema_rewriter import files
from schema_rewriter.errors import FileError
from schema_rewriter.files.restore import DIRECTORY, RECORD


def write(root: Path, **contents: bytes) -> None:
    changes = []
    for name, after in contents.items():
        path = Path(f"{name}.py")
        changes.append(files.Change(path, (root / path).read_bytes(), after))
    files.write_and_keep(changes, root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.py").write_bytes(b"old a\r\n\xff")
    (root / "b.py").write_bytes(b"old b")
    return root


def test_there_and_back(root: Path) -> None:
    (root / "a.py").chmod(0o640)
    write(root, a=b"new a", b=b"old b")
    assert (root / "a.py").read_bytes() == b"new a"
    assert sorted(path.name for path in (root / DIRECTORY).iterdir()) == [".gitignore", "last"]
    assert files.undo(root) == ("a.py",)
    assert (root / "a.py").read_bytes() == b"old a\r\n\xff"
    assert (root / "a.py").stat().st_mode & 0o777 == 0o640
    with pytest.raises(FileError, match="nothing to undo"):
        files.undo(root)


def test_only_the_last_write_is_kept(root: Path) -> None:
    write(root, a=b"one")
    write(root, a=b"two", b=b"two")
    write(root, a=b"two")  # nothing to write, so nothing to keep
    assert files.undo(root) == ("a.py", "b.py")
    assert ((root / "a.py").read_bytes(), (root / "b.py").read_bytes()) == (b"one", b"old b")


def test_a_write_that_fails_leaves_what_was_kept(root: Path) -> None:
    write(root, a=b"one")
    with pytest.raises(FileError, match="changed since it was read"):
        files.write_and_keep([files.Change(Path("b.py"), b"another", b"two")], root)
    assert sorted(path.name for path in (root / DIRECTORY).iterdir()) == [".gitignore", "last"]
    assert files.undo(root) == ("a.py",)


def test_a_file_that_changed_since(root: Path) -> None:
    write(root, a=b"new a", b=b"new b")
    (root / "b.py").write_bytes(b"mine")
    with pytest.raises(FileError, match=r"^b\.py: changed since; nothing is undone"):
        files.undo(root)
    (root / "b.py").unlink()
    with pytest.raises(FileError, match=r"^b\.py: changed since"):
        files.undo(root)
    assert (root / "a.py").read_bytes() == b"new a"


def test_a_file_outside_of_the_root_is_not_kept(root: Path) -> None:
    write(root, a=b"one")
    outside = root.with_name("outside.py")
    outside.write_bytes(b"old")
    files.write_and_keep([files.Change(outside, b"old", b"new")], root)
    with pytest.raises(FileError, match="nothing to undo"):
        files.undo(root)


def planted(root: Path, *entries: object, version: object = 1) -> None:
    body = json.dumps({"version": version, "files": entries}).encode()
    (root / DIRECTORY).mkdir(exist_ok=True)
    (root / RECORD).write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def entry(path: str, now: bytes, before: bytes) -> dict[str, str]:
    packed = base64.b64encode(zlib.compress(before)).decode()
    return {"path": path, "after": hashlib.sha256(now).hexdigest(), "before": packed}


@pytest.mark.parametrize("path", ["../outside.py", "/etc/hostname", "link/c.py", "a.link", ".git/config", "b.py/", ""])
def test_a_record_that_leads_away(root: Path, path: str) -> None:
    elsewhere = root.with_name("elsewhere")
    elsewhere.mkdir(exist_ok=True)
    for target in (elsewhere / "c.py", root.with_name("outside.py")):
        target.write_bytes(b"now")
    (root / "link").symlink_to(elsewhere)
    (root / "a.link").symlink_to("a.py")
    planted(root, entry(path, b"now", b"evil"))
    with pytest.raises(FileError, match=r"names .* nothing is undone"):
        files.undo(root)
    assert {(elsewhere / "c.py").read_bytes(), root.with_name("outside.py").read_bytes()} == {b"now"}


@pytest.mark.parametrize(
    "record",
    [b"", b"x", b"\xff" * 100, b"0" * 64 + b"\n{}", b"[" * 100_000],
    ids=["empty", "x", "ff", "digest", "deep"],
)
def test_a_damaged_record(root: Path, record: bytes) -> None:
    (root / DIRECTORY).mkdir()
    (root / RECORD).write_bytes(record)
    with pytest.raises(FileError, match="damaged"):
        files.undo(root)


@pytest.mark.parametrize(
    "entries",
    [[1], ["a.py"], [{"path": 1}], [{"path": "a.py", "after": "x", "before": "!"}], [{"path": "a\0", "after": "x"}]],
)
def test_a_record_of_another_shape(root: Path, entries: list[object]) -> None:
    planted(root, *entries)
    with pytest.raises(FileError, match="no record that schema-rewrite wrote"):
        files.undo(root)
    planted(root, version=2)
    with pytest.raises(FileError, match="of another version"):
        files.undo(root)


def test_what_stands_in_the_place_of_the_record(root: Path) -> None:
    elsewhere = root.with_name("elsewhere")
    elsewhere.mkdir(exist_ok=True)
    (root / DIRECTORY).symlink_to(elsewhere)
    with pytest.raises(FileError, match="not what schema-rewrite keeps there; nothing was written"):
        write(root, a=b"new")
    assert (root / "a.py").read_bytes() == b"old a\r\n\xff"
    assert list(elsewhere.iterdir()) == []
    (root / DIRECTORY).unlink()
    write(root, a=b"new")
    os.link(root / RECORD, root / "another-name")
    with pytest.raises(FileError, match="not what schema-rewrite keeps there; nothing is undone"):
        files.undo(root)


def test_git_ignores_it_and_one_that_git_tracks_is_not_taken(root: Path) -> None:
    from helpers.command import put, sr

    subprocess.run(["git", "init", "-q", str(root)], check=True)
    put(root, "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\n')
    put(root, "rules.toml", '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n')
    put(root, "src/a.py", "db.execute('select * from users')\n")
    (root / "a.py").unlink()
    (root / "b.py").unlink()
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    assert sr(root, "fix", "-q") == (0, "src/a.py: 1 reference qualified\n", "")
    untracked = subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True).stdout
    assert b"undo" not in untracked
    subprocess.run(["git", "add", "-f", RECORD], cwd=root, check=True)
    code, out, err = sr(root, "undo")
    assert (code, out) == (2, "")
    assert "git tracks it" in err
    subprocess.run(["git", "rm", "-q", "--cached", RECORD], cwd=root, check=True)
    assert sr(root / "src", "undo") == (0, "src/a.py: as it was before\n", "")
    assert (root / "src/a.py").read_text() == "db.execute('select * from users')\n"
    code, out, err = sr(root, "undo")
    assert (code, out) == (2, "")
    assert err == f"schema-rewrite: error: {root}: nothing to undo: no change of schema-rewrite's is kept here\n"
