"""Kinds of files that carry SQL, each from bytes to mapped texts; knows no SQL."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from schema_rewriter.hosts.host import (
    Comment,
    DriverSetting,
    Embedded,
    Host,
    Hosted,
    Layout,
    Model,
    Place,
    String,
    TableRename,
    UnknownFile,
)
from schema_rewriter.hosts.kinds import hint, kind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Comment",
    "DriverSetting",
    "Embedded",
    "Host",
    "Hosted",
    "Layout",
    "Model",
    "Place",
    "String",
    "TableRename",
    "UnknownFile",
    "dialect",
    "hint",
    "is_python",
    "kind",
    "normal",
    "opened",
]

_HOMES = {
    "python": ("python.pythonfile", "PythonFile"),
    "sql": ("sqlfile", "SqlFile"),
    "template": ("sqlfile", "TemplateFile"),
    "json": ("data.json", "JsonFile"),
    "toml": ("data.toml", "TomlFile"),
    "yaml": ("data.yaml", "YamlFile"),
    "notebook": ("notebook", "Notebook"),
    "script": ("code.script", "ScriptFile"),
    "make": ("code.script", "MakeFile"),
    "document": ("code.document", "Document"),
    "settings": ("code.settings", "SettingsFile"),
}
"""The class of each kind of file, imported where there is a file of the kind."""


def opened(path: str, source: bytes, packed: bytes = b"") -> Host:
    """The file that a path names, as one of its kind, by its suffixes or its shebang.

    `packed` is what another host of the same bytes has found (`Host.packed`).
    """
    known = kind(path)
    if known.reader == "code":
        from schema_rewriter.hosts.code.codefile import file_of

        return file_of(known.language)(source)
    home = _HOMES.get("python" if is_python(path, source) else known.reader)
    if home is None:
        return UnknownFile(source)
    make: Callable[..., Host] = getattr(import_module(f"{__name__}.{home[0]}"), home[1])
    return make(source, packed) if packed else make(source)


def is_python(path: str, source: bytes) -> bool:
    """Whether a file is Python code: by its suffix, or by its first line where it has none."""
    if kind(path).reader == "python":
        return True
    has_suffix = "." in path.rpartition("/")[2].lstrip(".")
    return not has_suffix and source[:64].split(b"\n")[0].find(b"python") > 0


def dialect(path: str) -> str:
    """The other system whose SQL a file holds, by its suffixes; "" where they name none, or PostgreSQL."""
    return kind(path).dialect or ""
