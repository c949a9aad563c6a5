"""Rows in columns, for a terminal and for Markdown; knows nothing of what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], left: int = 9) -> list[str]:
    """The rows with columns of one width each; those behind the first `left` hold numbers."""
    rows = [tuple(map(visible, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [c.ljust(w) if at < left else c.rjust(w) for at, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return lines


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown, whose cells are escaped already."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def code(text: str) -> str:
    """A text as code, in a cell of a table; nothing for none."""
    return f"`{cell(text)}`" if text else ""


def cell(text: str) -> str:
    """A text in a cell of a table."""
    return visible(" ".join(text.split())).replace("|", "\\|")


def files(count: int) -> str:
    """How many files, in words."""
    return f"{count} file{'s' * (count != 1)}"


def places(count: int) -> str:
    """How many places, in words."""
    return f"{count} place{'s' * (count != 1)}"
