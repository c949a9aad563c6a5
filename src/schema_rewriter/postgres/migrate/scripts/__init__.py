"""A migration as files: each format is one function (Phases, Setting) -> {name: text}. Opens nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from schema_rewriter.postgres.migrate.scripts.setting import Locks, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_rewriter.postgres.migrate.phases import Phases

FORMATS = {"sql": "sql", "psql": "sql", "alembic": "alembic", "django": "django"}
"""Each format, with the module here whose function of the format's name writes it."""

__all__ = ["FORMATS", "Locks", "Setting", "write"]


def write(form: str, phases: Phases, setting: Setting) -> Mapping[str, str]:
    """The files of a migration in one of FORMATS, by name."""
    files: Mapping[str, str] = getattr(import_module(f"{__name__}.{FORMATS[form]}"), form)(phases, setting)
    return files
