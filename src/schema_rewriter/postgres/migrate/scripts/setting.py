"""What a script is written into, and the words all formats share. Knows no format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_rewriter.postgres.migrate.phases import Phases

MADE_BY = "Made by schema-rewrite migrate"
"""What every file says near its top; only files that say it are written over."""


@dataclass(frozen=True, slots=True)
class Locks:
    """How a step waits for its locks: how long each try, how many tries, how long between two at most; in ms.

    `total` is how long all tries of a step take at most, in seconds; 0 for as long as there are tries.
    """

    timeout: int = 200
    tries: int = 100
    pause: int = 1000
    total: int = 0

    @property
    def statements(self) -> tuple[str, ...]:
        """The settings that the functions of the session read, without semicolons."""
        return (
            f"SET schema_rewrite.lock_timeout = '{self.timeout}ms'",
            f"SET schema_rewrite.lock_tries = {self.tries}",
            f"SET schema_rewrite.lock_pause = '{self.pause}ms'",
            f"SET schema_rewrite.lock_total = '{self.total}s'",
        )


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a migration came from and what is there already.

    `origin` names the rule files, `database` the one that was read, if one was. `existing` are the Python files of the
    directory by name, our own of an earlier run left out; `folder` is the name of the application the directory is in
    and `apps` the text of its apps.py (both for Django).
    """

    origin: str
    database: str = ""
    existing: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    apps: str = ""
    locks: Locks = Locks()


def provenance(phases: Phases, setting: Setting) -> list[str]:
    """Where this came from and what it could not know, in lines."""
    lines = [f"{MADE_BY} from {setting.origin}" + (f" and database {setting.database}." if setting.database else ".")]
    if phases.unknown:
        lines += ["Made without a database, so it could not know:", *(f"  - {what}" for what in phases.unknown)]
    return lines


SAVE = "SELECT pg_catalog.set_config('schema_rewrite.search_path', pg_catalog.current_setting('search_path'), false)"
SEARCH_PATH = "SET search_path = pg_catalog, pg_temp"
SEARCH_PATH_WHY = (
    "So that no name means what somebody else has made; what the steps speak of is written with its schema."
)
RESTORE = "SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('schema_rewrite.search_path'), false)"

LOCKS_WHY = (
    "How long a step waits for its locks, how often it tries again, how long between two, and in all (0: no limit)."
)

GATE_BACK = "SELECT pg_catalog.set_config('schema_rewrite.contract', '', false)"
GATE_WHY = "Not right after expand: old code may still run. Stops here unless the environment says that none does."
SHUT = "SET default_transaction_read_only = on"
SHUT_WHY = (
    "Nothing below is done, whatever a client does after an error, unless old names may end: nobody else is connected, "
    "or the session has said so before (SET schema_rewrite.contract = yes)."
)
OPEN = "pg_catalog.set_config('default_transaction_read_only', 'off', false)"
SHUT_BACK = "RESET default_transaction_read_only"
GATE_VARIABLE = "SCHEMA_REWRITE_CONTRACT"
"""The variable by which somebody says that no old code runs."""

TIMEOUT = "SET statement_timeout = 0"
TIMEOUT_WHY = "A step is one statement, however often it tries."
TIMEOUT_BACK = "RESET statement_timeout"

LOCK_TIMEOUT = "SET lock_timeout = '10s'"
LOCK_TIMEOUT_WHY = (
    "What is not tried again (rights, bodies of routines) waits no longer than this; the other steps set their own."
)
LOCK_TIMEOUT_BACK = "RESET lock_timeout"
