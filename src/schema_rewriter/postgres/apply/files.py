"""The files that `migrate` wrote, as values: which phase each is of, its digest, its statements. Asks no server."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"(?P<number>\d+)_(?P<phase>\w+)\.(?P<way>up|down)\.sql")
_META = re.compile(r"^\\\w+", re.MULTILINE)
_HELPS = re.compile(r"\s*(?:set|reset|create\s+or\s+replace\s+(?:function|procedure)\s+pg_temp)\b", re.IGNORECASE)

GATED = ("contract", "move")
"""The phases that are run only where they are named: before one old code must be gone, during the other stopped."""


@dataclass(frozen=True, slots=True)
class Script:
    """One file: `number` orders the phases, `down` is the way back; `statements` are run each by itself."""

    name: str
    number: int
    phase: str
    down: bool
    digest: str
    statements: tuple[str, ...]

    @property
    def steps(self) -> int:
        """How many of the statements do something: the others make functions and settings of the session."""
        return sum(not _HELPS.match(statement) for statement in self.statements)

    @property
    def has_views(self) -> bool:
        """Whether it moves tables that leave a view: neither in one step, nor where the search_path finds them."""
        return self.phase == "expand" and not any("pg_temp.sr_fresh()" in statement for statement in self.statements)


def read_scripts(directory: Path) -> tuple[Script, ...]:
    """The files of a migration in the order in which they are numbered. Raises FileError where there is none."""
    try:
        paths = sorted(path for path in directory.glob("*.sql") if _NAME.fullmatch(path.name))
        scripts = tuple(_script(path.name, path.read_bytes()) for path in paths)
    except OSError as error:
        raise FileError(f"{directory}: {error.strerror}; name the directory that `migrate` wrote to") from None
    if not scripts:
        raise FileError(f"{directory}: no files of a migration; write them first: the same command without --apply")
    return tuple(sorted(scripts, key=lambda script: (script.number, script.down)))


def chosen(scripts: tuple[Script, ...], phases: tuple[str, ...], *, down: bool) -> tuple[Script, ...]:
    """The files to run, in order: those of the phases that are named, else all up to the first that is GATED.

    The way back has to be named. Raises FileError for a phase of which there is no file.
    """
    there = [script for script in scripts if script.down is down]
    names = {script.phase for script in there}
    for phase in phases:
        if phase not in names:
            raise FileError(f"--phase {phase}: there is no such file; there are {', '.join(sorted(names)) or 'none'}")
    found = [script for script in there if script.phase in phases or not (phases or down or script.phase in GATED)]
    return tuple(reversed(found) if down else found)


def _script(name: str, source: bytes) -> Script:
    found = _NAME.fullmatch(name)
    assert found is not None
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError:
        raise FileError(f"{name}: not UTF-8; write it again with `migrate`") from None
    statements = tuple(text[one.span.start : one.span.stop] for one in sql.statements(text, script=True))
    whole = "".join(statements)
    if _META.search(text) and not _META.search(whole):
        raise FileError(f"{name}: it has psql's commands; run it with psql, or write it again with --format sql")
    digest = hashlib.sha256(source).hexdigest()[:16]
    return Script(name, int(found["number"]), found["phase"], found["way"] == "down", digest, statements)
