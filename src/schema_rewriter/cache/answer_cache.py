"""What a command said, kept with the state of all that it looked at: asked again over the same, it says the same.

An answer holds for the words, the directory, the terminal and the environment it was given in, for the Python, and for
as long as no file or directory that had a part in it has changed: the files of the run, the directories they were
searched in, what git ignores, the settings, the rules, this program and the packages it stands on. A file counts as
unchanged while its size, its times of modification and of change, and its inode are the same. The time of change can't
be set back; and nothing is kept of a run during or shortly before which one of them changed, as a clock that ticks
slowly could hide a second change.

Imports nearly nothing: this is all that a run needs that has an answer. One that has none gathers a `trace`, and asks
`keeping` to keep what it says.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from array import array

from schema_rewriter.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


DIRECTORY = ".schema-rewrite-cache"
TAG = "CACHEDIR.TAG"
MAGIC = b"schema-rewrite answer 1\n"
_ENVIRONMENT = (
    *("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS"),
    *("GITHUB_WORKSPACE", "CI_PROJECT_DIR"),
)
_BEGUN = time.time_ns()
_FINE, COARSE = 50_000_000, 2_100_000_000
_LARGEST = 2**63 - 1
SELF = os.path.abspath(__file__)  # noqa: PTH100
IS_POSSIBLE = os.name != "nt"
"""Windows keeps no time of change: who sets back that of modification would not be seen."""


class Answer:
    """What was said, each text with whether it went to stderr, and the exit code."""

    __slots__ = ("code", "said")

    def __init__(self, code: int, said: Sequence[tuple[str, bool]]) -> None:
        self.code, self.said = code, tuple(said)


def find(words: Sequence[str]) -> Answer | None:
    """The answer to a command line, if there is one that still holds."""
    if not IS_POSSIBLE or "--no-cache" in words or "_SCHEMA_REWRITE_COMPLETE" in os.environ:
        return None
    try:
        key = key_of(words)
        given = _given(words)
        for directory in [given] if given else _candidates(os.getcwd()):  # noqa: PTH109
            found = _read(file_of(directory, key), key)
            if found is not None:
                return found
    except (
        OSError,
        ValueError,
        IndexError,
        OverflowError,
        AttributeError,
    ):  # whatever is wrong with it: as if it were not there
        pass
    return None


def begin() -> None:
    """Begin anew, as a process does: what was changed before now is settled, once this returns."""
    global _BEGUN  # noqa: PLW0603 - from when on changes count is a fact of the process
    time.sleep(2 * _FINE / 1e9)
    _BEGUN = time.time_ns()


def _given(words: Sequence[str]) -> str:
    """The directory that the words name for the cache; "" for none."""
    for at, word in enumerate(words):
        if word.startswith("--cache-dir="):
            return word.partition("=")[2]
        if word == "--cache-dir":
            return words[at + 1]
    return ""


def _candidates(directory: str) -> Iterable[str]:
    """The caches of the directory and those above it, if they are ours: one of another user could say anything."""
    while True:
        for cache in (f"{directory}/{DIRECTORY}", *_set(directory)):
            try:
                if os.stat(cache).st_uid == os.geteuid():  # noqa: PTH116
                    yield cache
            except OSError:
                pass
        if directory == (parent := os.path.dirname(directory)):  # noqa: PTH120
            return
        directory = parent


def _set(directory: str) -> Iterable[str]:
    """Where a project's settings may say that the cache is: to read them wrong finds nothing, and no more."""
    try:
        with open(f"{directory}/pyproject.toml", "rb") as file:  # noqa: PTH123
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        if line.startswith(b"cache-dir"):
            yield os.path.join(directory, os.fsdecode(line.replace(b"'", b'"').split(b'"')[1]))  # noqa: PTH118


def key_of(words: Sequence[str]) -> str:
    """All that an answer depends on and that is no file."""
    terminals = []
    for stream in (sys.stdout, sys.stderr):
        is_terminal = stream.isatty()
        size = tuple(os.get_terminal_size(stream.fileno())) if is_terminal else ()
        terminals.append(f"{is_terminal} {size} {stream.encoding}")
    environment = [f"{name}={os.environ[name]}" for name in _ENVIRONMENT if name in os.environ]
    return "\0".join([VERSION, sys.executable, sys.version, os.getcwd(), *terminals, *environment, "", *words])  # noqa: PTH109


def file_of(directory: str | os.PathLike[str], key: str) -> str:
    """Where an answer is kept. Two keys may share a file: it holds the whole key."""
    raw = as_bytes(key)
    return f"{os.fspath(directory)}/answers/{zlib.crc32(raw):08x}{zlib.adler32(raw):08x}"


def as_bytes(text: str) -> bytes:
    """A text with the names of files in it, as an answer holds it."""
    return text.encode("utf-8", "surrogateescape")


def states(paths: Iterable[str]) -> bytes:
    """The sizes, times and inodes of what stands at some paths: as `state_of` of each, without a call for each."""
    values: list[int] = []
    stat = os.stat
    for path in paths:
        try:
            found = stat(path)
        except (OSError, ValueError):
            values += (-1, -1, -1, -1)
        else:
            values += (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino & _LARGEST)
    return array("q", values).tobytes()


def state_of(path: str) -> tuple[int, int, int, int]:
    """The size, times and inode of what stands at a path; -1 for each where nothing does."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return (-1, -1, -1, -1)
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino & _LARGEST)


def is_fresh(values: Sequence[int]) -> bool:
    """Whether something changed so short before this process began, or since, that a change may be hidden.

    `values` are states, one after the other.
    """
    return any(
        moment > _BEGUN - (_FINE if moment % 10_000_000 else COARSE)
        for times in (values[1::4], values[2::4])
        for moment in times
    )


def _read(path: str, key: str) -> Answer | None:
    """The answer in a file, if it is whole, to that key, and nothing has changed since. Raises OSError, ValueError."""
    with open(path, "rb") as file:  # noqa: PTH123
        raw = file.read()
    start = len(MAGIC) + 8
    body = memoryview(raw)[start:]
    if raw[: len(MAGIC)] != MAGIC or int(raw[len(MAGIC) : start], 16) != zlib.crc32(body):
        return None
    parts: list[bytes] = []
    at = start
    while at < len(raw):
        colon = raw.index(b":", at)
        stop = colon + 1 + int(raw[at:colon])
        if not colon < stop <= len(raw):
            return None
        parts.append(raw[colon + 1 : stop])
        at = stop
    if parts[0] != as_bytes(key) or (parts[1] and parts[1].decode() != time.strftime("%Y-%m-%d")):
        return None
    links = parts[3].decode("utf-8", "surrogateescape").split("\0") if parts[3] else []
    if any(os.path.realpath(link) != real for link, real in zip(links[::2], links[1::2], strict=True)):
        return None
    paths = parts[4].decode("utf-8", "surrogateescape").split("\0")
    # Nobody can write an answer for a program that is installed elsewhere, or was later.
    if paths[0] != SELF or states(paths) != parts[5]:
        return None
    texts = [part.decode("utf-8", "surrogateescape") for part in parts[6:]]
    return Answer(int(parts[2]), [(text[1:], text[0] == "2") for text in texts])
