"""Walks, reads and writes files, and alone does so; knows not what stands in them or why they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schema_rewriter.files.disk import NotTextError, as_utf8, has_mark, is_binary, read
from schema_rewriter.files.walk import walk

if TYPE_CHECKING:
    from schema_rewriter.files.restore import undo, write_and_keep
    from schema_rewriter.files.write import Change, Recovery, recover, refuse_interrupted, write_all

__all__ = [
    "Change",
    "NotTextError",
    "Recovery",
    "as_utf8",
    "has_mark",
    "is_binary",
    "read",
    "recover",
    "refuse_interrupted",
    "undo",
    "walk",
    "write_all",
    "write_and_keep",
]


def __getattr__(name: str) -> Any:
    """What writes, once it is asked for (PEP 562): a run that only looks must not pay for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    room = "restore" if name in ("undo", "write_and_keep") else "write"
    return getattr(import_module(f"schema_rewriter.files.{room}"), name)
