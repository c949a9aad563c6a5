"""`possible-history`: numbered SQL files that may be migrations that have run; the rules have to say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.finding import Finding
from schema_rewriter.rewriting.checks.frozen_history import counted, first_name, lying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.project.context import Frozen
    from schema_rewriter.reading import SourceFile


def question(file: SourceFile, frozen: Frozen) -> Iterator[Finding]:
    """The question about a folder, at the file that tells of it."""
    if frozen.files:
        message = f"{counted(frozen)} with numbers or dates in front{lying(frozen)} may be migrations that have run"
        glob = f"{frozen.home}/**" if frozen.home else "*.sql"
        reason = f'say it by [history] in the rules: paths = ["{glob}"], or "!{glob}" if they are run anew'
        yield Finding("possible-history", message, first_name(file), reason=reason)
