"""fixtures/cyrex, the application: run whole on a database."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

from helpers.paths import FIXTURES

if TYPE_CHECKING:
    from types import ModuleType

CYREX = FIXTURES / "cyrex"


def driver() -> ModuleType:
    """fixtures/cyrex/drive.py, which calls every coroutine of the application."""
    spec = importlib.util.spec_from_file_location("drive", CYREX / "drive.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def failures(driver: ModuleType, statements: list[Any]) -> list[str]:
    """The statements that failed and should not have."""
    return [f"{s.module}.{s.function}: {s.error} {s.message}: {s}" for s in driver.unexpected(statements)]
