"""Whether a file is a migration of some tool, or may be one: by its path, text and rules. Knows no other file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.rules.tools import numbered, tools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts.valueflow import Names
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.rules.tools import Tool


@dataclass(frozen=True, slots=True)
class Revision:
    """A file that is a migration of `tool` ("" where the rules say that it is one), in the history that lies in `home`.

    `is_asked`: nothing tells but a number or a date in its name. `is_own`: this program made it. `name` is the
    revision's, `follows` those before it, None where the numbers of `order` tell. `says`: it names what moves.
    `below` is as in tools.toml.
    """

    tool: str
    home: str
    name: str
    order: tuple[int, ...] = ()
    follows: tuple[str, ...] | None = None
    below: str = ""
    is_asked: bool = False
    is_own: bool = False
    says: bool = False


OWN = "Made by schema-rewrite migrate"
"""What each file says near its top that this program makes."""
_HEAD = 200_000
"""How many bytes of a file its marks stand in."""


def revision(file: SourceFile, names: Names | None) -> Revision | None:
    """The migration that a file is, or may be; None for any other file."""
    found = _recognised(file, names)
    if found is None:
        return None
    return replace(found, says=any(file.rules.mentioned(string.text) for string in file.host.strings))


def _recognised(file: SourceFile, names: Names | None) -> Revision | None:
    ruled = file.rules.history.says(file.path)
    if ruled is False:
        return None
    text = file.source[:_HEAD].decode("utf-8", "replace").replace("\r", "\n")
    is_own = OWN in text[:8000]
    tool = next((one for one in tools() if one.is_of(file.path, text) and _binds(one, names)), None)
    if tool is not None:
        name, follows = _name(tool, file.path, names), _follows(tool, file.path, names)
        home = _home(tool.home, file.path)
        return Revision(tool.name, home, name, order(name), follows, tool.below, False, is_own)
    name = _stem(file.path)
    folder = file.path.rpartition("/")[0]
    for one in file.rules.history.folders:
        if _is_below(file.path, one.folder) and re.search(f"(?:{one.path})\\Z", file.path):
            return Revision(one.tool, one.folder, name, order(name), None, "", False, is_own)
    is_asked = not ruled and not is_own and numbered().is_of(file.path, text)
    if ruled or is_own or is_asked:
        home = _NUMBERED_FOLDERS.sub("", folder) if is_asked else folder
        return Revision("", home, name, order(name), None, "", is_asked, is_own)
    return None


_NUMBERED_FOLDERS = re.compile(r"(?:(?:\A|/)[vV]?\d[\d._-]*)+\Z")
"""Folders of numbers, `delta/58` and `delta/59`: one history lies in all of them, and one question is asked."""


def order(name: str) -> tuple[int, ...]:
    """The numbers that a name of a revision begins with."""
    found = _NUMBERS.match(name)
    return tuple(int(part) for part in re.findall(r"\d+", found[0])) if found else ()


_NUMBERS = re.compile(r"[A-Za-z]?\d+(?:[._-]\d+)*")


def _is_below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _binds(tool: Tool, names: Names | None) -> bool:
    """Whether a module binds what the tool's do; a file that can't be read is taken by its text."""
    if names is None or not tool.binds:
        return True
    bound = {one.target for one in names.literals} | {one.slot for one in names.functions}
    bound |= {one.slot for one in names.classes}
    return bound.issuperset(tool.binds)


def _name(tool: Tool, path: str, names: Names | None) -> str:
    if tool.id and names is not None:
        return next((one.text for one in names.literals if one.target == tool.id and not one.write_path), _stem(path))
    return f"{_label(path)}.{_stem(path)}" if tool.labelled else _stem(path)


def _follows(tool: Tool, path: str, names: Names | None) -> tuple[str, ...] | None:
    if not tool.follows:
        return None
    given = [one for one in names.literals if one.target in tool.follows] if names is not None else []
    return tuple(_pairs([one.text for one in given])) if tool.labelled else tuple(one.text for one in given)


def _pairs(texts: list[str]) -> Iterator[str]:
    for label, name in zip(texts[::2], texts[1::2], strict=False):
        yield f"{label}.{name}"


def _stem(path: str) -> str:
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0] if not name[:1].isdigit() and name[:1] not in "VvUB" else name.rpartition(".")[0]
    return folder.rpartition("/")[2] if stem in ("up", "down", "migration") else stem


def _label(path: str) -> str:
    """The application that a migration belongs to: the folder around `migrations`."""
    return ["", "", "", *path.split("/")][-3]


def _home(where: str, path: str) -> str:
    folder = path.rpartition("/")[0]
    return "" if where == "project" else folder.rpartition("/")[0] if where == "parent" else folder
