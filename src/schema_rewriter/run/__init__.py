"""Runs over many files: `check` judges them, `run` is its short form, `judge` is for a file alone."""

from __future__ import annotations

from schema_rewriter.run.checking import by_file, check, narrowed, run
from schema_rewriter.run.chunks import CHUNK
from schema_rewriter.run.pipeline import Means
from schema_rewriter.run.scope import Search
from schema_rewriter.run.task import Task
from schema_rewriter.run.worker import judge

__all__ = ["CHUNK", "Means", "Search", "Task", "by_file", "check", "judge", "narrowed", "run"]
