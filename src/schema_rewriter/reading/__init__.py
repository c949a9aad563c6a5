"""A file read once into a value: its texts, what SQL says of each, how sure that is, whose SQL it is."""

from __future__ import annotations

from schema_rewriter.reading.engine import Engine
from schema_rewriter.reading.source_file import SourceFile, SqlText, read

__all__ = ["Engine", "SourceFile", "SqlText", "read"]
