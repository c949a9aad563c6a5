"""Which folders a file of settings gives to a tool's migrations. Pure: its path and its text in, folders out."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from schema_rewriter.rules.history import Folder
from schema_rewriter.rules.tools import tools

if TYPE_CHECKING:
    from collections.abc import Iterator


def is_setting(name: str) -> bool:
    """Whether a file of this name, without folders, may be one of settings."""
    return any(setting.file.match(name) for tool in tools() for setting in tool.settings)


def folders(path: str, text: str) -> Iterator[Folder]:
    """The folders of migrations that a file of settings tells; `path` is relative to the root."""
    here, _, name = path.rpartition("/")
    for setting in (one for tool in tools() for one in tool.settings if one.file.match(name)):
        if setting.must is not None and not setting.must.search(text):
            continue
        said = [""] if setting.says is None else [found[1] for found in setting.says.finditer(text)]
        for written in said:
            for each in _SEPARATOR.split(written) if setting.says is not None else [""]:
                folder = _relative(here, each, setting.under)
                if folder is not None and (each or setting.says is None):
                    yield Folder(setting.tool, folder, setting.path)


_SEPARATOR = re.compile(r"[\s,;]+")


def _relative(here: str, written: str, under: str) -> str | None:
    """A folder from the root on; None for one outside of it, or that only the running tool knows."""
    plain = re.sub(r"^(?:%\(here\)s|\$\{here\}|filesystem:|classpath:|\./)/?", "", written.strip("\"'[]"))
    if re.search(r"[%${}:]", plain):
        return None
    folder = posixpath.normpath(posixpath.join(here, plain, under))
    if folder.startswith(("..", "/")):
        return None
    return "" if folder == "." else folder
