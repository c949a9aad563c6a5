"""Text in SQL that comes from a catalog or from rules, where nothing of it may run. Knows no step.

A name may hold whatever it likes: line ends, quotes, `--`, what ends a dollar quote, or what a terminal obeys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

PIN = "PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);"
"""What a block of PL/pgSQL begins with: from there on no name means what somebody else has made."""


def literal(text: object) -> str:
    r"""The string constant of SQL for a text, under whatever setting of standard_conforming_strings.

    >>> literal("it's"), literal(r"a\b")
    ("'it''s'", "E'a\\\\b'")
    """
    doubled = str(text).replace("'", "''")
    return f"'{doubled}'" if "\\" not in doubled else "E'" + doubled.replace("\\", "\\\\") + "'"


def dollar(text: str, tag: str = "definition") -> str:
    """A text in dollar quotes, with underscores behind the tag until nothing before its end ends it.

    >>> dollar("1", "sr"), dollar("$sr$", "sr"), dollar("$sr", "sr")
    ('$sr$1$sr$', '$sr_$$sr$$sr_$', '$sr_$$sr$sr_$')
    """
    while f"{text}${tag}$".index(f"${tag}$") != len(text):  # one that begins in the text ends too early as well
        tag += "_"
    return f"${tag}${text}${tag}$"


def comment(lines: Iterable[str]) -> list[str]:
    """Lines of comments, from lines that may hold names."""
    return [f"-- {visible(line)}".rstrip() for line in lines]
