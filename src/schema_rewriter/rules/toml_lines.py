"""Where a key of a TOML text stands, by the name that messages give it (`move[2].tables`); knows no meaning of keys."""

from __future__ import annotations

import re

_HEAD = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")
_NAMED = re.compile(r"(?P<origin>.*?): (?P<key>[\w-]+(?:\[\d+\])?(?:\.[^\s.:]+)*): ")


def line_of(text: str, key: str) -> int | None:
    """The line, from 1 on, of a key of a text; that of the table that lacks it, where it is missing.

    Entries of arrays of tables are counted from 1 on. None where neither is found.
    """
    counts: dict[str, int] = {}
    table, best, length = "", None, 0
    for number, line in enumerate(text.splitlines(), 1):
        if head := _HEAD.fullmatch(line):
            table = _dotted(head[2])
            if head[1] == "[[":
                counts[table] = counts.get(table, 0) + 1
            above, _, last = table.rpartition(".")
            above = f"{above}[{counts[above]}]" if above in counts else above
            table = f"{above}.{last}".lstrip(".") + (f"[{counts[table]}]" if head[1] == "[[" else "")
            path = table
        elif found := _KEY.match(line):
            path = f"{table}.{_dotted(found[1])}".lstrip(".")
        else:
            continue
        if (key == path or key.startswith((f"{path}.", f"{path}["))) and len(path) > length:
            best, length = number, len(path)
    return best


def _dotted(written: str) -> str:
    return ".".join("".join(part) for part in _PART.findall(written))


def placed(message: str, text: str) -> str:
    """A message that begins with a file and a key of it (`rules.toml: move[1].to: ..`), with the line in between."""
    found = _NAMED.match(message)
    line = line_of(text, found["key"]) if found else None
    if found is None or line is None:
        return message
    end = found.end("origin")
    return f"{message[:end]}:{line}{message[end:]}"
