"""The application that tests of PostgreSQL run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers import application

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture(scope="module")
def driver() -> ModuleType:
    """fixtures/cyrex/drive.py, which calls every coroutine of the application."""
    return application.driver()
