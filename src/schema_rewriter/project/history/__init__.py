"""Migrations that have run: which files they are, by the marks and the settings of the tools that run them.

`recognition` asks one file, `histories` joins all of a run. The tools are data: `rules.tools`. What becomes of such
files is told by the context that each gets.
"""

from __future__ import annotations

from schema_rewriter.project.history.histories import histories, unfinished
from schema_rewriter.project.history.recognition import Revision, revision

__all__ = ["Revision", "histories", "revision", "unfinished"]
