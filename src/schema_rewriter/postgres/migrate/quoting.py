"""Text in SQL: constants and dollar quotes. Knows no step."""

from __future__ import annotations


def literal(text: object) -> str:
    r"""The string constant of SQL for a text, under whatever setting of standard_conforming_strings.

    >>> literal("it's"), literal(r"a\b")
    ("'it''s'", "E'a\\\\b'")
    """
    doubled = str(text).replace("'", "''")
    return f"'{doubled}'" if "\\" not in doubled else "E'" + doubled.replace("\\", "\\\\") + "'"


def dollar(text: str, tag: str = "definition") -> str:
    """A text in dollar quotes, with underscores behind the tag until it is not in the text."""
    while f"${tag}$" in text:
        tag += "_"
    return f"${tag}${text}${tag}$"
