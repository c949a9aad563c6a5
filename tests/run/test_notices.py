"""What a run tells of itself on stderr and to programs: files left out, words of the rules that mean nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.command import sr

if TYPE_CHECKING:
    from pathlib import Path

MOVE = '[[move]]\nfrom = "public"\nto = "app"\ntables = {}\n'


def run(root: Path, *words: str) -> tuple[int, dict[str, str], str]:
    """The exit code, the messages of all notices by code, and stderr."""
    code, out, err = sr(root, "--rules", "rules.toml", "--output-format", "json", *words)
    notices = json.loads(out)["notices"]
    for notice in notices:
        assert f"schema-rewrite: warning: {notice['message']}\n" in err
    return code, {notice["code"]: notice["message"] for notice in notices}, err


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/a.sql").write_text("SELECT * FROM app.users;\n")
    (tmp_path / "app/b.py").write_text('x = "SELECT * FROM jo" "bs"\n')
    (tmp_path / "rules.toml").write_text(MOVE.format('["users", "jobs"]'))
    return tmp_path


def test_all_is_well(root: Path) -> None:
    """A name that is right already, and one that two literals make: both are named."""
    assert run(root)[1] == {}
    assert run(root)[1] == {}  # from the cache


def test_a_relation_that_no_file_names_is_told_and_fails_nothing(root: Path) -> None:
    (root / "app/b.py").unlink()
    (root / "rules.toml").write_text(MOVE.format('["users", "jbos", "ordres"]'))
    code, notices, _ = run(root)
    assert code == 0
    assert list(notices) == ["unused-move"]
    assert "2 relations" in notices["unused-move"] and "public.jbos, public.ordres" in notices["unused-move"]
    assert run(root, "app/a.sql")[1] == {}  # named alone, it need not name all


def test_paths_that_match_no_file_are_told(root: Path) -> None:
    rules = MOVE.format('["users", "jobs"]') + '\n[[move]]\nfrom = "public"\nto = "x"\ntables = ["users"]\n'
    rules += 'paths = ["ap/**", "app/*.sql"]\n[[dialect]]\nname = "sqlite"\npaths = ["lite/**"]\n'
    (root / "rules.toml").write_text(rules)
    _, notices, err = run(root)
    assert list(notices) == ["unused-paths"]
    assert '"ap/**"' in err and '"lite/**"' in err and '"app/*.sql"' not in err


def test_a_run_that_reads_no_file_says_so(root: Path) -> None:
    code, notices, _ = run(root, "--exclude", "app")
    assert (code, list(notices)) == (0, ["no-files"])


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_no_charset_hides_a_file(root: Path, charset: str) -> None:
    """With a byte order mark it is read, and refused by name; without, it is counted."""
    (root / "app/w.sql").write_bytes("SELECT * FROM users;".encode(charset))
    code, notices, _ = run(root)
    if charset in ("utf-16", "utf-32"):
        assert (code, notices) == (2, {})
    else:
        assert "1 file holds NULs" in notices["not-text"] and "app/w.sql" in notices["not-text"]


def test_a_gibibyte_of_nothing_is_told(root: Path) -> None:
    with (root / "app/dump.sql").open("wb") as file:
        file.write(b"SELECT * FROM users;\n" * 1000)
        file.truncate(2**30)
    assert "app/dump.sql" in run(root)[1]["not-text"]


def test_a_link_out_of_the_tree_is_told(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "q.sql"
    outside.write_text("SELECT * FROM users;\n")
    (root / "app/link.sql").symlink_to(outside)
    assert "1 file is a link" in run(root)[1]["link"]
