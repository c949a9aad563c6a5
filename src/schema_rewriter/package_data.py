"""The tables of data that stand beside the code, as TOML."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any


def load_table(package: str, name: str) -> dict[str, Any]:
    """What a TOML file of a package says."""
    return tomllib.loads(resources.files(package).joinpath(name).read_text("utf-8"))
