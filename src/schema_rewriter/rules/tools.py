"""The tools that run migrations, as tools.toml says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from schema_rewriter.package_data import load_table


@dataclass(frozen=True, slots=True)
class Setting:
    """Files of settings that tell folders; see tools.toml."""

    tool: str
    file: re.Pattern[str]
    path: str
    says: re.Pattern[str] | None = None
    must: re.Pattern[str] | None = None
    under: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """What the files of a tool are known by; see tools.toml. Without a `path` only settings tell its files."""

    name: str
    path: re.Pattern[str] | None = None
    says: tuple[re.Pattern[str], ...] = ()
    binds: tuple[str, ...] = ()
    id: str = ""
    follows: tuple[str, ...] = ()
    labelled: bool = False
    home: str = "folder"
    below: str = ""
    settings: tuple[Setting, ...] = ()

    def is_of(self, path: str, text: str) -> bool:
        """Whether a file with this text looks like one of its own."""
        return self.path is not None and bool(self.path.search(path)) and all(one.search(text) for one in self.says)


@dataclass(frozen=True, slots=True)
class Numbered:
    """What SQL files are known by that may be a history of a program's own."""

    path: re.Pattern[str]
    says: tuple[re.Pattern[str], ...]
    not_in: re.Pattern[str]

    def is_of(self, path: str, text: str) -> bool:
        """Whether a file may be one of such a history."""
        if not self.path.search(path) or self.not_in.search(path):
            return False
        return any(one.search(text) for one in self.says)


@cache
def tools() -> tuple[Tool, ...]:
    """Every tool, in the order in which they are asked."""
    return tuple(_tool(table) for table in _document()["tool"])


@cache
def numbered() -> Numbered:
    """What a history without a tool is known by."""
    table = _document()["numbered"]
    return Numbered(_end(table["path"]), _lines(table["says"]), re.compile(table["not_in"], re.IGNORECASE))


@cache
def _document() -> dict[str, Any]:
    return load_table(__package__, "tools.toml")


def _tool(table: dict[str, Any]) -> Tool:
    name = table["name"]
    return Tool(
        name,
        _end(table["path"]) if "path" in table else None,
        _lines(table.get("says", ())),
        tuple(table.get("binds", ())),
        table.get("id", ""),
        tuple(table.get("follows", ())),
        table.get("labelled", False),
        table.get("home", "folder"),
        table.get("below", ""),
        tuple(_setting(name, one) for one in table.get("setting", ())),
    )


def _setting(tool: str, table: dict[str, Any]) -> Setting:
    return Setting(
        tool,
        re.compile(f"(?:{table['file']})\\Z"),
        table["path"],
        _lines([table["says"]])[0] if "says" in table else None,
        re.compile(table["must"]) if "must" in table else None,
        table.get("under", ""),
    )


def _end(pattern: str) -> re.Pattern[str]:
    return re.compile(f"(?:{pattern})\\Z")


def _lines(patterns: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(f"^(?:{one})", re.MULTILINE) for one in patterns)
