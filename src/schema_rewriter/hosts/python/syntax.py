"""Python's own parser, asked twice for a file and run once: before LibCST reads it, and for the proof."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache


class TooDeepError(Exception):
    """Code nested so deeply that LibCST would take minutes, or the process down; Python refuses it at once."""


@lru_cache(maxsize=2)
def parsed(source: bytes) -> ast.Module | None:
    """The abstract syntax tree, not to be changed; None for what this Python, perhaps older than the code, can't parse.

    Raises TooDeepError.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (RecursionError, MemoryError):
            raise TooDeepError("nested too deeply") from None
        except (SyntaxError, ValueError) as error:
            if "too many nested" in str(error) or "too complex" in str(error):
                raise TooDeepError(f"nested too deeply: {error}") from None
            return None
