"""Only what changed, by the real git: lines since a revision, lines that are staged."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from helpers.command import PLAIN, RULES, put, sr

from schema_rewriter.errors import GitError
from schema_rewriter.files import git

if TYPE_CHECKING:
    from pathlib import Path

IDENTITY = {f"GIT_{who}_{what}": "me@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
LATER = "select 1 from users;\n"
SR = f"{sys.executable} -m schema_rewriter"


def run(root: Path, *args: str, env: dict[str, str] | None = None) -> str:
    """What the real git says."""
    done = subprocess.run(
        ["git", *args], cwd=root, env=PLAIN | IDENTITY | (env or {}), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(root: Path) -> None:
    run(root, "add", "--all")
    run(root, "commit", "--quiet", "--message", "more")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A project below the top of a repository, with two old findings."""
    top = tmp_path / "top"
    top.mkdir()
    run(top, "init", "--quiet", "--initial-branch=main")
    put(top, "app/pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\n')
    put(top, "app/rules.toml", RULES)
    put(top, "app/old.sql", "select 1;\nselect * from users;\n\nselect * from jobs;\n")
    put(top, "app/same.sql", "select * from users;\n")
    commit(top)
    return top / "app"


def told(root: Path, *args: str, env: dict[str, str] | None = None) -> list[str]:
    """`path:line` of each finding."""
    code, out, err = sr(root, "-q", *args, env=env)
    assert (code, err) == (1 if out else 0, ""), err
    return [":".join(line.split(":")[:2]) for line in out.splitlines()]


def test_only_changed_lines(repository: Path) -> None:
    assert told(repository, "--since", "HEAD") == []
    put(repository, "old.sql", "select 2;\nselect * from users;\n\nselect id\n from jobs;\n" + LATER)
    assert told(repository, "--since", "HEAD") == ["old.sql:5", "old.sql:6"]
    out = sr(repository, "--since", "HEAD")[1]
    assert out.splitlines()[-2] == (
        "2 to qualify, 0 already qualified, 0 need a person, 1 file read, 1 parsed, 1 to change, 1 known before"
    )
    commit(repository)
    assert told(repository, "--since", "HEAD") == []
    assert told(repository, "--since", "HEAD~1") == ["old.sql:5", "old.sql:6"]
    put(repository, "new.sql", LATER)
    put(repository, ".gitignore", "ignored.sql\n")
    put(repository, "ignored.sql", LATER)
    put(repository.parent, "outside.sql", LATER)
    assert told(repository, "--since", "HEAD") == ["new.sql:1"]
    assert told(repository, "--since", "HEAD", ".", "../outside.sql") == ["../outside.sql:1", "new.sql:1"]
    assert told(repository.parent, "--since", "HEAD", "--rules", "app/rules.toml") == ["app/new.sql:1", "outside.sql:1"]


def test_what_a_deleted_line_brings_is_new(repository: Path) -> None:
    """The finding's own line stayed; what it needed to be none, or to be set aside, is gone."""
    put(repository, "temporary.sql", "create temp table users (id int);\nselect * from users;\nselect * from jobs;\n")
    put(repository, "cte.py", 'db.execute("""\n WITH users AS (SELECT 1)\n SELECT * FROM users\n""")\nX = 1\n')
    put(
        repository,
        "aside.sql",
        "select * from jobs;\n-- schema-rewrite: ignore\nselect * from users;\n" + "select 1;\n" * 9,
    )
    put(repository, "twice.sql", "select * from jobs;\n-- schema-rewrite: ignore\nselect * from jobs;\n")
    put(repository, "less.sql", "select 1;\nselect * from users;\nselect * from users;\n")
    put(repository, "gone.sql", LATER)
    commit(repository)
    put(repository, "temporary.sql", "select * from users;\nselect * from jobs;\n")
    put(repository, "cte.py", 'db.execute("""\n SELECT * FROM users\n""")\nX = 1\n')
    run(repository, "mv", "aside.sql", "renamed.sql")
    put(repository, "renamed.sql", "select * from jobs;\nselect * from users;\n" + "select 1;\n" * 9)
    put(repository, "twice.sql", "select * from jobs;\nselect * from jobs;\n")
    put(repository, "less.sql", "select * from users;\n")
    (repository / "gone.sql").unlink()
    new = ["cte.py:2", "renamed.sql:2", "temporary.sql:1", "twice.sql:2"]
    assert told(repository, "--since", "HEAD") == new
    run(repository, "add", "--all")
    assert told(repository, "--staged") == new
    run(repository, "commit", "--quiet", "-m", "x")
    assert told(repository, "--since", "HEAD~1") == new
    assert told(repository, "--since", "HEAD~1", "renamed.sql", "less.sql") == new[1:2], "as pre-commit names files"
    assert sr(repository, "-q", "--since", "HEAD~1", "--fix")[0] == 0
    assert (repository / "twice.sql").read_text() == "select * from jobs;\nselect * from app.jobs;\n"
    assert (repository / "less.sql").read_text() == "select * from users;\n"


def test_a_file_that_is_moved_over_a_boundary(repository: Path) -> None:
    """Not one of its lines changed."""
    boundary = '[[boundary]]\npaths = ["far/"]\nschemas = { app = ["read"] }\n'
    put(repository, "rules.toml", RULES + boundary)
    put(repository, "near/a.sql", "select * from billing.accounts;\nselect * from users;\n")
    commit(repository)
    (repository / "far").mkdir()
    run(repository, "mv", "near/a.sql", "far/a.sql")
    for how in ("--since=HEAD", "--staged"):
        code, out, err = sr(repository, "-q", how)
        assert (code, err) == (1, "")
        assert [line.split(" ")[:2] for line in out.splitlines()] == [["far/a.sql:1:15:", "boundary"]]


def test_a_file_that_becomes_another_kind_of_thing(repository: Path) -> None:
    put(repository, "link.sql", LATER)
    commit(repository)
    (repository / "link.sql").unlink()
    (repository / "link.sql").symlink_to("same.sql")
    (repository / "same.sql").chmod(0o755)
    assert told(repository, "--since", "HEAD") == []
    commit(repository)
    (repository / "link.sql").unlink()
    put(repository, "link.sql", LATER)
    assert told(repository, "--since", "HEAD") == ["link.sql:1"]


def test_a_branch_is_held_against_where_it_left(repository: Path) -> None:
    """What happened on main since then is not this branch's."""
    run(repository, "switch", "--quiet", "--create", "branch")
    put(repository, "mine.sql", LATER)
    commit(repository)
    run(repository, "switch", "--quiet", "main")
    put(repository, "same.sql", "select 1;\n")
    commit(repository)
    run(repository, "switch", "--quiet", "branch")
    assert told(repository, "--since", "main") == ["mine.sql:1"]


def test_lines_are_git_s(repository: Path) -> None:
    """A lone CR ends none, and a file that git takes for binary has some."""
    put(repository, "odd.sql", b"-- 1\r-- 2\nselect * from users;\n\f\nselect * from jobs;\r\n")
    put(repository, ".gitattributes", "same.sql binary\n")
    commit(repository)
    put(repository, "odd.sql", b"-- 1\r-- 2\nselect * from users;\n\f\nselect id from jobs;\r\n")
    put(repository, "same.sql", "select * from users;\n" + LATER)
    assert told(repository, "--since", "HEAD") == ["odd.sql:5", "same.sql:2"]


def test_names_and_renames(repository: Path) -> None:
    names = [
        "a b.sql",
        'quote".sql',
        "tab\there.sql",
        "é.sql",
        "back\\slash.sql",
        "+++ b.sql",
        os.fsdecode(b"\xe9.sql"),
    ]
    for name in names:
        put(repository, name, "select 1;\n" * 9 + LATER)
    put(repository, "moved.sql", "select 1;\n" * 9 + LATER)
    commit(repository)
    for name in names:
        put(repository, name, "select 1;\n" * 8 + LATER * 2)
    run(repository, "mv", "moved.sql", "to.sql")
    put(repository, "to.sql", "select 1;\n" * 8 + "-- ++ b/x\n" + LATER * 2)
    for how in ("--since=HEAD", "--staged"):
        if how == "--staged":
            run(repository, "add", ".")
        code, out, err = sr(repository, "-q", how)
        assert (code, err) == (1, "")
        assert sorted(line.split(".sql:")[1].split(":")[0] for line in out.splitlines()) == ["10"] + ["9"] * len(names)


def test_a_user_s_settings_change_nothing(repository: Path, tmp_path: Path) -> None:
    put(repository, "old.sql", "select 2;\nselect * from users;\n\nselect id\n from jobs;\n" + LATER)
    settings = tmp_path / "gitconfig"
    settings.write_text(
        "[diff]\nnoprefix = true\nmnemonicPrefix = true\nexternal = false\ncontext = 5\nrenames = false\n"
        "suppressBlankEmpty = true\ninterHunkContext = 9\nrelative = true\n"
        "[color]\nui = always\n[core]\nquotePath = false\n"
    )
    env = {"GIT_CONFIG_GLOBAL": str(settings), "GIT_EXTERNAL_DIFF": "false", "GIT_DIFF_OPTS": "--unified=4"}
    assert told(repository, "--since", "HEAD", env=env) == ["old.sql:5", "old.sql:6"]


def test_staged_is_what_the_commit_will_hold(repository: Path) -> None:
    put(repository, "old.sql", "select 1;\nselect * from users;\n\nselect * from jobs;\n" + LATER)
    put(repository, "gone.sql", LATER)
    put(repository, "excluded.sql", LATER)
    run(repository, "add", ".")
    put(repository, "old.sql", "-- not staged\n" * 7 + LATER)
    (repository / "gone.sql").unlink()
    put(repository, "untracked.sql", LATER)
    assert told(repository, "--staged", "--exclude", "excluded.sql") == ["gone.sql:1", "old.sql:5"]
    assert told(repository, "--staged", "old.sql") == ["old.sql:5"]
    run(repository, "commit", "--quiet", "-m", "x")
    assert told(repository, "--staged") == []


def test_the_first_commit(tmp_path: Path) -> None:
    run(tmp_path, "init", "--quiet")
    put(tmp_path, "rules.toml", RULES)
    put(tmp_path, "a.sql", LATER)
    run(tmp_path, "add", "a.sql")
    assert told(tmp_path, "--rules", "rules.toml", "--staged") == ["a.sql:1"]


def test_staged_in_a_hook(repository: Path) -> None:
    """Git runs a hook with variables of its own, and `git commit FILE` with another index."""
    top = repository.parent
    hook = put(top, ".git/hooks/pre-commit", f"#!/bin/sh\ncd app && {SR} --staged -q >../said\n")
    hook.chmod(0o755)
    put(repository, "one.sql", LATER)
    put(repository, "two.sql", LATER)
    run(repository, "add", ".")
    for where in (top, repository):
        done = subprocess.run(
            ["git", "commit", "-qm", "x", str(repository / "one.sql")], cwd=where, env=PLAIN | IDENTITY, check=False
        )
        assert done.returncode == 1
        assert (top / "said").read_text() == "one.sql:1:15: unqualified-relation [*] users moves to app.users\n"
    tree = top.parent / "tree"
    run(repository, "worktree", "add", "--quiet", str(tree))
    put(tree, "app/three.sql", LATER)
    run(tree, "add", ".")
    done = subprocess.run(["git", "commit", "-qm", "x"], cwd=tree, env=PLAIN | IDENTITY, check=False)
    assert done.returncode == 1
    assert (tree / "said").read_text() == "three.sql:1:15: unqualified-relation [*] users moves to app.users\n"
    assert told(tree / "app", "--since", "main") == ["three.sql:1"]


def test_fix_of_what_is_staged(repository: Path) -> None:
    before = "select 1;\nselect * from users;\n\nselect * from jobs;\n"
    put(repository, "old.sql", before + LATER)
    put(repository, "new.sql", LATER)
    run(repository, "add", ".")
    put(repository, "same.sql", LATER)  # not staged, and none of our business
    assert sr(repository, "--staged", "--fix")[0] == 0
    assert (repository / "old.sql").read_text() == before + LATER.replace("users", "app.users")
    assert (repository / "new.sql").read_text() == LATER.replace("users", "app.users")
    assert (repository / "same.sql").read_text() == LATER


def test_fix_refuses_to_mix_what_is_staged_with_what_is_not(repository: Path) -> None:
    put(repository, "new.sql", LATER)
    put(repository, "whole.sql", LATER)
    run(repository, "add", ".")
    put(repository, "new.sql", LATER + "-- not staged\n")
    code, out, err = sr(repository, "--staged", "--fix")
    assert (code, out) == (2, "")
    assert err == (
        "schema-rewrite: error: new.sql: not all of it is staged; stage the rest, or fix what is staged alone: "
        "schema-rewrite --staged --diff | git apply --cached\n"
    )
    assert (repository / "whole.sql").read_text() == LATER
    patch = sr(repository, "--staged", "--diff")[1]
    put(repository.parent, "p", patch)
    run(repository.parent, "apply", "--cached", "p")
    assert run(repository, "show", ":app/new.sql") == LATER.replace("users", "app.users")
    assert (repository / "new.sql").read_text() == LATER + "-- not staged\n"


def test_fix_since(repository: Path) -> None:
    put(repository, "old.sql", "select 1;\nselect * from users;\n\nselect * from jobs, \n users u;\n")
    assert sr(repository, "--since", "HEAD", "--fix")[0] == 0
    assert (repository / "old.sql").read_text() == (
        "select 1;\nselect * from users;\n\nselect * from app.jobs, \n app.users u;\n"
    )


def test_a_repository_in_a_repository_is_told(repository: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    run(library, "init", "--quiet")
    put(library, "a.sql", LATER)
    commit(library)
    run(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "vendor/library")
    nested = repository / "nested"
    nested.mkdir()
    run(nested, "init", "--quiet")
    put(nested, "b.sql", LATER)
    commit(nested)
    put(nested, "c.sql", LATER)
    code, _, err = sr(repository, "--since", "HEAD")
    assert code == 0
    assert err == (
        "note: vendor/library is a repository of its own; run --since there\n"
        "note: nested is a repository of its own; run --since there\n"
    )


def test_a_shallow_clone(repository: Path, tmp_path: Path) -> None:
    run(repository, "switch", "--quiet", "--create", "branch")
    commit_each = ["1", "2"]
    for name in commit_each:
        put(repository, f"{name}.sql", LATER)
        commit(repository)
    clone = tmp_path / "clone"
    run(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{repository.parent}", str(clone))
    remedy = " in this shallow clone; get its history with git fetch --unshallow (CI: fetch-depth: 0, GIT_DEPTH: 0)\n"
    begin = "schema-rewrite: error: --since "
    code, _, err = sr(clone / "app", "--since", "origin/main")
    assert (code, err) == (2, f"{begin}origin/main: has no commit in common with HEAD{remedy}")
    code, _, err = sr(clone / "app", "--since", "HEAD~1")
    assert (code, err) == (2, f"{begin}HEAD~1: no such revision{remedy}")
    run(clone, "fetch", "--quiet", "--unshallow")
    assert told(clone / "app", "--since", "origin/main") == ["1.sql:1", "2.sql:1"]


def test_annotations_of_a_pull_request(repository: Path, tmp_path: Path) -> None:
    """As actions/checkout leaves it: GitHub's own merge of the request into its base, with much history or little."""
    put(repository, "many.sql", "select * from users;\n" * 15)
    commit(repository)
    run(repository, "switch", "--quiet", "--create", "topic")
    put(repository, "many.sql", "select * from users;\n" * 15 + "select 1 from jobs;\n")
    commit(repository)
    run(repository, "switch", "--quiet", "main")
    put(repository, "other.sql", LATER)
    commit(repository)
    run(repository, "merge", "--quiet", "--no-ff", "-m", "merge", "topic")
    run(repository, "update-ref", "refs/pull/1/merge", "HEAD")
    run(repository, "reset", "--quiet", "--hard", "HEAD^1")
    env = {"GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/pull/1/merge"}
    first = "::error file=many.sql,line=16,"
    for depth, known in (("1", False), ("2", True), ("0", True)):
        clone = tmp_path / f"depth{depth}"
        clone.mkdir()
        run(clone, "init", "--quiet")
        run(clone, "remote", "add", "origin", f"file://{repository.parent}")
        some = [f"--depth={depth}"] if depth != "0" else ["+refs/heads/*:refs/remotes/origin/*"]
        run(clone, "fetch", "--quiet", "--no-tags", "origin", *some, "+refs/pull/1/merge:refs/remotes/pull/1/merge")
        run(clone, "checkout", "--quiet", "refs/remotes/pull/1/merge")
        code, out, err = sr(clone / "app", "-q", "--output-format", "github", env=env)
        assert code == 1
        assert out.startswith(first) == known
        assert ("note: which lines the pull request changes is not known" in err) == (not known)
        assert ("fetch-depth: 0" in err) == (not known)
        code, out, err = sr(clone / "app", "-q", "--output-format", "github", "other.sql", env=env)
        assert (code, err) == (1, ""), "few enough: git is not asked"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--since", "nope"], "--since nope: no such revision; git fetch gets those of others"),
        (["--since", "--output=x"], "--since --output=x: not one revision; name a branch, a tag or a commit"),
        (["--since", "main...HEAD"], "--since main...HEAD: not one revision; name a branch, a tag or a commit"),
    ],
)
def test_mistakes(repository: Path, args: list[str], message: str) -> None:
    assert sr(repository, *args) == (2, "", f"schema-rewrite: error: {message}\n")


def test_no_repository_and_no_git(tmp_path: Path, repository: Path) -> None:
    put(tmp_path, "rules.toml", RULES)
    code, out, err = sr(tmp_path, "--rules", "rules.toml", "--staged")
    assert (code, out) == (2, "")
    assert err.startswith("schema-rewrite: error: git rev-parse: not a git repository")
    code, out, err = sr(repository, "--staged", env={"PATH": "/nowhere"})
    assert (code, out) == (2, "")
    assert err == (
        "schema-rewrite: error: git: No such file or directory; --since and --staged need git itself on the PATH\n"
    )


def test_conflicts(repository: Path) -> None:
    run(repository, "switch", "--quiet", "--create", "branch")
    put(repository, "same.sql", "select 1;\n")
    commit(repository)
    run(repository, "switch", "--quiet", "main")
    put(repository, "same.sql", "select 2;\n")
    commit(repository)
    subprocess.run(["git", "merge", "branch"], cwd=repository, env=PLAIN | IDENTITY, capture_output=True, check=False)
    code, _, err = sr(repository, "--staged")
    assert (code, err) == (
        2,
        "schema-rewrite: error: app/same.sql: a merge left conflicts; resolve them, git add, and run again\n",
    )
    with pytest.raises(GitError):
        git.staged(repository)
