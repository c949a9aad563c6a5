"""The exceptions a user can cause, and the word that was meant by a wrong one; knows nothing of the rest.

    SchemaRewriteError          shown in one line, without a traceback; exit code 2
    ├── RuleError               a rule set that can't be read as one
    ├── GitError                what git can't tell: no repository, no such revision
    ├── ConfigError             `[tool.schema-rewrite]` or an option is wrong
    ├── FileError               a file or directory that can't be read, written or restored
    └── DatabaseError           no server, no driver, no connection, or a server that refuses

Bad *input* (Python that does not parse, an odd encoding) is no exception: it is a value,
`FileResult.error`. An exception of any other class is a bug of ours.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class SchemaRewriteError(Exception):
    """A mistake that a person can mend; its text names the place and the remedy."""


class RuleError(SchemaRewriteError):
    """A rule set that can't be read: broken TOML, an unknown key, moves that contradict each other."""


class ConfigError(SchemaRewriteError):
    """A setting in pyproject.toml, or a combination of options, that makes no sense."""


class GitError(SchemaRewriteError):
    """What git was asked for and can't tell: no git, no repository, no such revision, a clone that is too shallow."""


class FileError(SchemaRewriteError):
    """A path that can't be read or written, or that changed while the run was under way."""


class DatabaseError(SchemaRewriteError):
    """A server or a driver that is not there, a connection that fails; its text never holds a password."""


def internal(error: BaseException) -> str:
    """What is told of a bug of ours, in one line: its kind and the first line of its text; or of too deep a nesting."""
    if isinstance(error, RecursionError):
        return "it is nested too deep to be read; exclude the file, or write it flatter"
    lines = f"{type(error).__name__}: {error}".splitlines()
    return f"internal error: {lines[0]}; please report it"


def nearest(word: str, words: Iterable[str]) -> str:
    """Which of the words somebody may have meant by another: the one that is most like it, however little."""
    from difflib import get_close_matches

    return get_close_matches(word, words, 1, 0.0)[0]


class FileFaultError(Exception):
    """A bug of ours, met while the file at `path` was at hand in a step over all files; `error` is what was raised."""

    def __init__(self, path: str, error: Exception) -> None:
        super().__init__(path)
        self.path, self.error = path, error


@contextmanager
def in_file(path: str) -> Iterator[None]:
    """Say of each exception in here which file was at hand: raises FileFaultError."""
    try:
        yield
    except FileFaultError:
        raise
    except Exception as error:
        raise FileFaultError(path, error) from error
