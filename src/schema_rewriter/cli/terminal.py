"""What a stream is to a person who looks at it: a terminal or not, its columns, its colours. Knows no report."""

from __future__ import annotations

import os


def is_terminal(stream: object) -> bool:
    """Whether a person looks at what goes to the stream."""
    return bool(getattr(stream, "isatty", bool)())


def width(stream: object) -> int:
    """The columns of the terminal that a stream is; 80 where it does not tell. COLUMNS outweighs it."""
    if (given := os.environ.get("COLUMNS", "")).isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return 80


def folded(text: str, stream: object) -> str:
    """The text with lines that end between words, if the stream is a terminal."""
    if not is_terminal(stream):
        return text
    from schema_rewriter.reports.folding import fold

    return fold(text, width(stream))


def painted(stream: object) -> bool:
    """Whether what goes to that stream is painted, where no option tells (no-color.org, force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"
