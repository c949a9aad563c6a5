"""`frozen-history`: migrations that have run name what moves; they stay as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.project.context import Frozen
    from schema_rewriter.reading import SourceFile


def note(file: SourceFile, frozen: Frozen) -> Iterator[Finding]:
    """The note on a history, at the file that tells of it."""
    if frozen.files:
        of = f"migrations of {frozen.tool}" if frozen.tool else "migrations"
        message = f"{counted(frozen)} of {of}{lying(frozen)} names what moves, and stays as it is"
        if frozen.files > 1:
            message = message.replace(" names ", " name ").replace(" stays as it is", " stay as they are")
        reason = "what has run is history; [history] in the rules tells otherwise"
        yield Finding("frozen-history", message, first_name(file), reason=reason)


def counted(frozen: Frozen) -> str:
    """How many files a history has that name what moves."""
    return f"{frozen.files} file{'s' * (frozen.files != 1)}"


def lying(frozen: Frozen) -> str:
    """Where a history lies."""
    return f" in {frozen.home}" if frozen.home else ""


def first_name(file: SourceFile) -> Span:
    """The first word of a file that is a name of what moves; its beginning where none is written out."""
    names = sorted(name.encode() for name in file.rules.names)
    found = re.search(rb"(?<![\w$])(?:" + b"|".join(map(re.escape, names)) + rb")(?![\w$])", file.source, re.IGNORECASE)
    return Span(*found.span()) if found else Span(0, 0)
