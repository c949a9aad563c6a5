"""Walks, reads and writes files, and alone does so; knows not what stands in them or why they change."""

from schema_rewriter.files.disk import is_binary, read
from schema_rewriter.files.walk import walk
from schema_rewriter.files.write import Change, Recovery, recover, write_all

__all__ = ["Change", "Recovery", "is_binary", "read", "recover", "walk", "write_all"]
