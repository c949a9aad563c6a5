"""The GitHub Action and the GitLab job: their own scripts, with the variables that their runners set."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from helpers.command import PLAIN, RULES, put
from helpers.paths import ROOT
from helpers.repositories import BARE, CI, IDENTITY, RIGHT, run

if TYPE_CHECKING:
    from pathlib import Path


def step(where: Path, temporary: Path, env: dict[str, str], code: int, **inputs: str) -> str:
    """What the action's step prints, run as the runner runs it: inputs, their defaults, and GitHub's variables."""
    action: Any = yaml.safe_load((ROOT / "action.yml").read_text())
    assert set(inputs) <= {name.replace("-", "_") for name in action["inputs"]}
    (only,) = action["runs"]["steps"]
    assert action["runs"]["using"] == "composite"
    known = {
        f"inputs.{name}": inputs.get(name.replace("-", "_"), of["default"]) for name, of in action["inputs"].items()
    }
    known["github.action_path"] = str(ROOT)
    values = {
        key: re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: known[found[1]], value) for key, value in only["env"].items()
    }
    env = env | values | {
        "GITHUB_WORKSPACE": str(where),
        "GITHUB_OUTPUT": str(temporary / "output"),
        "GITHUB_STEP_SUMMARY": str(temporary / "summary"),
        "RUNNER_TEMP": str(temporary),
        "GITHUB_ACTIONS": "true",
    }  # fmt: skip
    return run(where, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", only["run"], env=env, code=code)


@pytest.mark.slow
def test_the_action(project: Path, tmp_path: Path) -> None:
    """One story, so that one installation does; it is made for the job, and of the action's own version."""
    temporary = tmp_path / "runner"
    temporary.mkdir()
    env = {key: value for key, value in (PLAIN | IDENTITY).items() if key != "PYTHONPATH"}
    said = step(project, temporary, env, 1)
    assert "::error file=old.sql,line=1" in said
    assert "1 to qualify" in (temporary / "summary").read_text()
    assert (temporary / "output").read_text() == "exit-code=1\n"
    begun = [path.stat().st_mtime_ns for path in temporary.glob("schema-rewrite-*/installed")]
    put(project, "in here/new.sql", BARE)
    put(project, "in here/more rules.toml", RULES)
    inputs = {
        "args": "--since HEAD",
        "paths": "'new.sql'",
        "rules": "'more rules.toml'",
        "working_directory": "in here",
    }
    said = step(project, temporary, env, 1, **inputs)
    assert "::error file=in here/new.sql,line=1" in said
    assert "old.sql" not in said
    put(project, "in here/new.sql", RIGHT)
    step(project, temporary, env, 0, **inputs)
    assert "new.sql:" in step(project, temporary, env, 1, output_format="concise", args="--ignore old-schema").replace(
        "old.sql", "new.sql"
    )
    assert [path.stat().st_mtime_ns for path in temporary.glob("schema-rewrite-*/installed")] == begun
    assert "error title=schema-rewrite::args, paths and rules" in step(project, temporary, env, 2, args="'--since")
    assert "working-directory" in step(project, temporary, env, 2, working_directory="nowhere")


@pytest.mark.slow
def test_a_version_of_the_action_s_that_does_not_exist(project: Path, tmp_path: Path) -> None:
    said = step(project, tmp_path, PLAIN | {"PIP_NO_INDEX": "1"}, 2, version="v99.0.1")
    assert "::error title=schema-rewrite::schema-rewrite==99.0.1 could not be installed" in said
    assert not (tmp_path / "output").exists()


def test_the_workflow_gives_inputs_that_the_action_has() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    workflow = yaml.safe_load((CI / "github-workflow.yml").read_text())
    steps = workflow["jobs"]["schema-rewrite"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0
    assert set(steps[-1]["with"]) <= set(action["inputs"])


@pytest.mark.slow
def test_the_gitlab_job(project: Path, installed: dict[str, str]) -> None:
    """Its script, in the shell of its image; on a merge request with the variable that GitLab sets."""
    job = yaml.safe_load((CI / "gitlab-ci.yml").read_text())["schema-rewrite"]
    (line,) = job["script"]
    report = project / job["artifacts"]["reports"]["codequality"]
    run(project, "sh", "-ec", line, env=installed, code=1)
    assert '"path": "old.sql"' in report.read_text()
    head = run(project, "git", "rev-parse", "HEAD", env=installed).strip()
    run(project, "sh", "-ec", line, env=installed | {"CI_MERGE_REQUEST_DIFF_BASE_SHA": head})
    assert report.read_text().strip() == "[]"
    (project / "below").mkdir()
    run(project / "below", "sh", "-ec", f"{line} ..", env=installed | {"CI_PROJECT_DIR": str(project)}, code=1)
    assert '"path": "old.sql"' in (project / "below" / report.name).read_text()
