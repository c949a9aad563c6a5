"""The step of action.yml: installs schema-rewrite for this job and runs it. Needs nothing but Python and its pip.

Inputs come in the environment, as action.yml hands them over; what GitHub sets besides is in its "Variables reference".
"""

import hashlib
import os
import shlex
import subprocess
import sys
import venv
from pathlib import Path


def main() -> int:
    """Install once a job and version, run, hand the exit code over; it is the step's own."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where a workflow learns of it
        print("::error title=schema-rewrite::needs Python 3.11 or newer; put actions/setup-python before this step")
        return 2
    given = {name: os.environ.get(f"INPUT_{name}", "").strip() for name in INPUTS}
    version = given["VERSION"].removeprefix("v")
    source = f"schema-rewrite=={version}" if version else os.environ["SCHEMA_REWRITE_ACTION"]
    try:
        words = {name: shlex.split(given[name]) for name in ("ARGS", "PATHS", "RULES")}
    except ValueError as error:
        print(f"::error title=schema-rewrite::args, paths and rules are quoted as in a shell: {error}")
        return 2
    python = installed(source)
    if python is None:
        print(f"::error title=schema-rewrite::{source} could not be installed; pip's reason is in the log")
        return 2
    command = [str(python), "-m", "schema_rewriter"]
    if given["OUTPUT_FORMAT"]:
        command += ["--output-format", given["OUTPUT_FORMAT"]]
    for rules in words["RULES"]:
        command += ["--rules", rules]
    command += [*words["ARGS"], *words["PATHS"]]
    where = Path(os.environ.get("GITHUB_WORKSPACE", "."), given["WORKING_DIRECTORY"] or ".")
    if not where.is_dir():
        print(f"::error title=schema-rewrite::working-directory {where} does not exist; is actions/checkout before it?")
        return 2
    code = subprocess.run(command, cwd=where, check=False).returncode
    if output := os.environ.get("GITHUB_OUTPUT"):
        with open(output, "a", encoding="utf-8") as stream:  # noqa: PTH123 - as GitHub's manual has it
            stream.write(f"exit-code={code}\n")
    return code


INPUTS = ("ARGS", "PATHS", "RULES", "OUTPUT_FORMAT", "VERSION", "WORKING_DIRECTORY")


def installed(source: str) -> Path | None:
    """The Python of an environment that holds schema-rewrite, made where this job has none yet; None if that fails."""
    temporary = Path(os.environ.get("RUNNER_TEMP") or ".")
    home = temporary / f"schema-rewrite-{hashlib.sha256(source.encode()).hexdigest()[:12]}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = home / "installed"
    if not done.exists():
        venv.create(home, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", source]
        print(f"::group::pip install {source}", flush=True)
        code = subprocess.run(pip, check=False).returncode
        print("::endgroup::", flush=True)
        if code:
            return None
        done.touch()
    return python


if __name__ == "__main__":
    sys.exit(main())
