"""Where things are in the repository."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
FIXTURES = ROOT / "fixtures"
TESTS = ROOT / "tests"
HELPERS = TESTS / "helpers"
