"""Any text as one line that no terminal, log or reader takes for more than it is. Knows no format."""

from __future__ import annotations

import re


def visible(text: object) -> str:
    r"""A text in one line: what does not print, or has no width, or turns the direction, is written as an escape.

    `##[` begins a command in the log of a GitHub workflow wherever it stands, and so does `##vso[` in Azure's.

    >>> visible("x\nDROP TABLE t; --"), visible("caf\u00e9\u202e")
    ('x\\nDROP TABLE t; --', 'caf\u00e9\\u202e')
    """
    said = str(text)
    if not said.isprintable():
        said = "".join(char if char.isprintable() else _escaped(char) for char in said)
    return _MARKED.sub(r"\1\\x5b", said) if "##" in said else said


_MARKED = re.compile(r"(##(?:vso)?)\[", re.IGNORECASE)


def _escaped(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # a byte of a name that is in no encoding
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape", "surrogatepass").decode()


def visible_path(path: str) -> str:
    """A path as `visible` has it, which begins no command of a workflow's log; it still leads to the file."""
    said = visible(path)
    return f"./{said}" if said.lstrip().startswith("::") else said


_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)


def without_commands(text: str) -> str:
    """Lines of which none is a command of a GitHub workflow's log: `::name::`, perhaps behind blanks."""
    return _COMMAND.sub(r"\1\\x3a", text) if "::" in text else text
