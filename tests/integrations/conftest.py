"""What the integrations start from: a repository, our wheel, an environment that has it installed."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from typing import TYPE_CHECKING

import pytest
from helpers.command import PLAIN, RULES
from helpers.paths import ROOT
from helpers.repositories import BARE, IDENTITY, repository

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = '[tool.schema-rewrite]\nrules = ["rules.toml"]\n'


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with our wheel, for pip to find beside what is on PyPI."""
    folder = tmp_path_factory.mktemp("wheels")
    command = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", folder, ROOT)
    subprocess.run(command, check=True)
    return folder


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> dict[str, str]:
    """An environment of processes in which schema-rewrite is installed, and pip is that of this installation."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(home, with_pip=True)
    env = PLAIN | IDENTITY | {"PATH": f"{home / 'bin'}:{os.environ['PATH']}", "PIP_FIND_LINKS": str(wheels)}
    env.pop("PYTHONPATH", None)
    (wheel,) = wheels.glob("*.whl")
    subprocess.run([home / "bin/python", "-m", "pip", "install", "-qq", wheel], env=env, check=True)
    return env


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(
        tmp_path / "project",
        **{"pyproject.toml": SETTINGS, "rules.toml": RULES, "old.sql": BARE, "new.sql": "select 1"},
    )
