"""Python code as Python's own parser reads it: its encoding, its tree, where nodes stand. Knows no SQL."""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from functools import cached_property

from schema_rewriter.hosts.python import fstrings
from schema_rewriter.hosts.python.positions import Places

_LINE_END = re.compile(rb"\r\n?|\n")


class TooDeepError(Exception):
    """Code nested so deeply that LibCST would take minutes, or the process down; Python refuses it at once."""


class Syntax:
    """The bytes of Python code, parsed once, when the tree is first asked for. The tree is not to be changed."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.readable = source
        """As the tree has been read: with what is newer than this Python in an older spelling."""

    @cached_property
    def charset(self) -> str:
        """The encoding by the PEP 263 cookie or the byte order mark. Raises SyntaxError or LookupError."""
        lines = _LINE_END.split(self.source, 2)[:2]  # all that Python looks at
        return tokenize.detect_encoding(iter([line + b"\n" for line in lines]).__next__)[0]

    @property
    def tree(self) -> ast.Module | None:
        """The abstract syntax tree; None for what can't be parsed, in older spelling neither. Raises TooDeepError."""
        if isinstance(self._outcome, TooDeepError):
            raise self._outcome
        return self._outcome if isinstance(self._outcome, ast.Module) else None

    @property
    def is_as_written(self) -> bool:
        """Whether the tree is that of the code itself: what is newer than this Python has an older spelling."""
        return self.tree is None or self.readable is self.source

    @property
    def refusal(self) -> str:
        """Where and why Python's own parser refuses the code, in its words; empty where it does not."""
        error = self._outcome
        if not isinstance(error, SyntaxError) or error.lineno is None:
            return ""
        column = f", column {error.offset}" if error.offset else ""
        return f"line {error.lineno}{column}: {error.msg}"

    @cached_property
    def placed(self) -> tuple[ast.Module, Places] | None:
        """The tree, and where its nodes stand; None for what can't be parsed."""
        try:
            tree, charset = self.tree, self.charset
        except (SyntaxError, UnicodeError, LookupError, TooDeepError):
            return None
        if tree is None:
            return None
        places = Places(self.readable, charset)
        if fstrings.IS_NEEDED:
            fstrings.put_right(tree, places.lines)
        return tree, places

    @cached_property
    def _outcome(self) -> ast.Module | TooDeepError | SyntaxError | ValueError:
        outcome = _parsed(self.source)
        if isinstance(outcome, SyntaxError) and (older := self._older()):
            again = _parsed(older)
            if isinstance(again, ast.Module):
                self.readable = older
                return again
        return outcome

    def _older(self) -> bytes:
        """The code with what is newer than this Python in an older spelling, byte by byte in its place; else empty."""
        try:
            text = self.source.decode(self.charset)
        except (SyntaxError, UnicodeError, LookupError):
            return b""
        from schema_rewriter.hosts.python import newer

        return (newer.spelled_older(text) or "").encode(self.charset)


def _parsed(source: bytes) -> ast.Module | TooDeepError | SyntaxError | ValueError:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (RecursionError, MemoryError):
            return TooDeepError("nested too deeply")
        except (SyntaxError, ValueError) as error:
            if "too many nested" in str(error) or "too complex" in str(error):
                return TooDeepError(f"nested too deeply: {error}")
            return error
