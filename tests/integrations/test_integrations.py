"""What action.yml and examples/ say, done: by their own scripts and the real tools, on real repositories."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
import yaml
from helpers.command import PLAIN, RULES, put
from helpers.paths import ROOT
from helpers.repositories import BARE, CI, MANY, RIGHT, repository, run

if TYPE_CHECKING:
    from pathlib import Path

# ----------------------------------------------------------------------------------------- other CI systems


@pytest.mark.slow
def test_the_makefile(project: Path, installed: dict[str, str]) -> None:
    shutil.copy(CI / "Makefile", project / "Makefile")
    run(project, "make", "schema-check", env=installed, code=2)
    run(project, "make", "schema-check", "SINCE=HEAD", env=installed)
    run(project, "make", "schema-baseline", env=installed)
    run(project, "make", "schema-fix", env=installed)
    run(project, "make", "schema-check", env=installed)
    assert (project / "old.sql").read_text() == RIGHT


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "command", "to_fix"),
    [
        ("tox.ini", ["tox", "-q", "-e", "schema-rewrite"], ["--", "--fix"]),
        ("noxfile.py", ["nox", "-s", "schema_rewrite"], ["--", "--fix"]),
    ],
)
def test_tox_and_nox(project: Path, wheels: Path, file: str, command: list[str], to_fix: list[str]) -> None:
    shutil.copy(CI / file, project / file)
    put(project, ".gitignore", "/.tox/\n/.nox/\n")
    env = PLAIN | {"PIP_FIND_LINKS": str(wheels)}
    env.pop("PYTHONPATH", None)
    for name in ("TOX_ENV_DIR", "TOX_WORK_DIR", "VIRTUAL_ENV"):
        env.pop(name, None)
    whole = [sys.executable, "-m", *command]
    assert "old.sql:1:15:" in run(project, *whole, env=env, code=1)
    again = [*whole[:3], *(["-R"] if file == "noxfile.py" else []), *whole[3:]]
    if file == "tox.ini":
        put(project, "old.sql", RIGHT)
        run(project, *again, env=env)
    else:
        run(project, *again, *to_fix, env=env)
        assert (project / "old.sql").read_text() == RIGHT


def test_the_hooks_in_the_example_exist() -> None:
    (offered,) = [yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())]
    (used,) = yaml.safe_load((CI / "pre-commit-config.yaml").read_text())["repos"]
    assert {hook["id"] for hook in used["hooks"]} <= {hook["id"] for hook in offered}


# ----------------------------------------------------------------------------------------- many repositories


@pytest.fixture
def clones(tmp_path: Path) -> dict[str, Path]:
    """Repositories of all kinds: something to do, nothing, something for a person, a broken file, work in progress."""
    clones = {
        "orders": repository(tmp_path / "orders", **{"a.sql": BARE}),
        "nothing": repository(tmp_path / "nothing", **{"a.sql": RIGHT}),
        "person": repository(tmp_path / "person", **{"a.sql": BARE, "b.py": 'execute(f"select * from {t}, users")\n'}),
        "broken": repository(tmp_path / "broken", **{"a.sql": BARE, "b.py": 'def (:\n "select * from users"\n'}),
        "dirty": repository(tmp_path / "dirty", **{"a.sql": BARE}),
    }
    put(clones["dirty"], "a.sql", BARE * 2)
    put(tmp_path, "rules.toml", RULES)
    return clones


@pytest.mark.slow
def test_clones_on_this_machine(tmp_path: Path, clones: dict[str, Path], installed: dict[str, str]) -> None:
    env = installed | {"SCHEMA_RULES": str(tmp_path / "rules.toml")}

    def once() -> dict[str, str]:
        said = run(tmp_path, MANY / "local.sh", *clones.values(), env=env, code=1)
        return dict(line.split(": ", 1) for line in said.splitlines())

    said = once()
    assert said["orders"].startswith("1 qualified")
    assert said["nothing"] == "nothing to do"
    assert "1 needs a person" in said["person"]
    assert said["broken"].startswith("not judged: b.py: error:")
    assert said["dirty"].startswith("left alone")

    def branch(name: str) -> str:
        return run(clones[name], "git", "rev-parse", "--abbrev-ref", "HEAD", env=env).strip()

    assert {name: branch(name) for name in clones} == {
        **dict.fromkeys(["orders", "person"], "schema-rewrite"),
        **dict.fromkeys(["nothing", "broken", "dirty"], "main"),
    }
    assert (clones["orders"] / "a.sql").read_text() == RIGHT
    assert (clones["broken"] / "a.sql").read_text() == BARE
    assert "dynamic-relation" in run(clones["person"], "git", "log", "-1", "--format=%B", env=env)
    assert all(
        run(path, "git", "status", "--porcelain", env=env) == "" for name, path in clones.items() if name != "dirty"
    )
    run(clones["dirty"], "git", "checkout", "--quiet", ".", env=env)
    assert once()["dirty"].startswith("1 qualified")


@pytest.mark.slow
def test_the_batch_spec(tmp_path: Path, clones: dict[str, Path], installed: dict[str, str]) -> None:
    """Each step's script, with what it mounts where it mounts it to."""
    spec = yaml.safe_load((MANY / "batch-spec.yaml").read_text())
    # YAML 1.1, which Python's parser reads, takes `on` for true; Sourcegraph's reads 1.2.
    assert set(spec) == {"version", "name", "description", True, "steps", "changesetTemplate"}
    assert set(spec["changesetTemplate"]) >= {"title", "body", "branch", "commit", "published"}
    (only,) = spec["steps"]
    script = only["run"]
    for mount in only["mount"]:
        held = tmp_path / "rules.toml" if mount["path"] == "./rules.toml" else MANY / mount["path"]
        assert held.is_file()
        script = script.replace(mount["mountpoint"], str(held))
    run(clones["orders"], "sh", "-ec", script, env=installed)
    assert (clones["orders"] / "a.sql").read_text() == RIGHT
    run(clones["broken"], "sh", "-ec", script, env=installed, code=2)


# What the engines' manuals say that they do with the words our scripts give them, on clones of this machine in place
# of a forge's repositories, and without pull requests: neither works without one.
MULTI_GITTER = """#!/bin/sh
[ "$1 $3 $5 $7" = "run --branch --commit-message --pr-body" ] || exit 64
script=$2 branch=$4 message=$6
shift 8
[ "$*" = "--org mine" ] || exit 64
for clone in $CLONES; do
    cd "$clone" && git switch -q -c "$branch"
    if "$script" && ! git diff --quiet; then git commit -q -a -m "$message"; fi
done
"""
TURBOLIFT = """#!/bin/sh
word=$1
shift
case $word in
    clone) for clone in $CLONES; do git clone -q "$clone" "work/org/$(basename "$clone")"; done ;;
    foreach) [ "$1" = -- ] && shift; for clone in work/*/*; do (cd "$clone" && "$@") || echo "failed: $clone"; done ;;
    commit)
        [ "$1" = --message ] || exit 64
        for clone in work/*/*; do
            git -C "$clone" diff --quiet || git -C "$clone" commit -q --all --message "$2"
        done ;;
    *) exit 64 ;;
esac
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["multi-gitter", "turbolift"])
def test_the_engines_get_what_they_want(
    tmp_path: Path, clones: dict[str, Path], installed: dict[str, str], engine: str
) -> None:
    """A repository that can't be judged, or has nothing to do, gets no commit; the others get one."""
    wanted = [clones[name] for name in ("orders", "nothing", "person", "broken")]
    put(tmp_path, f"bin/{engine}", MULTI_GITTER if engine == "multi-gitter" else TURBOLIFT).chmod(0o755)
    env = installed | {
        "SCHEMA_RULES": str(tmp_path / "rules.toml"),
        "CLONES": " ".join(map(str, wanted)),
        "PATH": f"{tmp_path / 'bin'}:{installed['PATH']}",
    }
    more = ["--org", "mine"] if engine == "multi-gitter" else []
    said = run(tmp_path, MANY / f"{engine}.sh", *more, env=env)
    assert "dynamic-relation" in said, "what needs a person is told"
    for clone in wanted:
        made = clone if engine == "multi-gitter" else tmp_path / "work/org" / clone.name
        subjects = run(made, "git", "log", "--format=%s", env=env).splitlines()
        changed = clone.name in ("orders", "person")
        assert subjects == ["Name moved tables by their new schema"] * changed + ["begin"], clone.name
        assert run(made, "git", "status", "--porcelain", env=env) == ""
        assert (made / "a.sql").read_text() == (BARE if clone.name == "broken" else RIGHT)


@pytest.mark.parametrize("script", sorted(path.name for path in MANY.glob("*.sh")))
def test_the_scripts_are_shell_and_say_what_they_want(tmp_path: Path, script: str) -> None:
    run(tmp_path, "sh", "-n", MANY / script, env=PLAIN)
    assert os.access(MANY / script, os.X_OK)
    if script != "local.sh":
        assert "the path of the rule file" in run(tmp_path, "sh", MANY / script, env=PLAIN, code=2)


def test_readme_names_every_example() -> None:
    for folder in (CI, MANY):
        text = (folder / "README.md").read_text()
        assert all(f"({path.name})" in text for path in folder.iterdir() if path.name != "README.md")
