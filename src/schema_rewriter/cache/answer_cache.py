"""What a command said, kept with the state of all that it looked at: asked again over the same, it says the same.

An answer holds for the words, the directory, the terminal and the environment it was given in, for the Python, and for
as long as no file or directory that had a part in it has changed: the files of the run, the directories they were
searched in, what git ignores, the settings, the rules, this program and the packages it stands on. A file counts as
unchanged while its size, its times of modification and of change, and its inode are the same. The time of change can't
be set back; and nothing is kept of a run during or shortly before which one of them changed, as a clock that ticks
slowly could hide a second change. It is sealed by a `secret` of the user: what has come with the files is no answer.

Imports nearly nothing: this is all that a run needs that has an answer. One that has none gathers a `trace`, and asks
`keeping` to keep what it says.
"""

from __future__ import annotations

import os
import stat
import sys
import time
import zlib
from array import array

from schema_rewriter.cache import secret
from schema_rewriter.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


DIRECTORY = ".schema-rewrite-cache"
TAG = "CACHEDIR.TAG"
MAGIC, KIND = b"schema-rewrite answer 2\n", b"answer"
_ENVIRONMENT = (
    *("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS"),
    *("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "GITHUB_ACTIONS"),
    *("PATH", "XDG_CONFIG_HOME", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"),
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"),
)
_BEGUN = time.time_ns()
_FINE, COARSE = 50_000_000, 2_100_000_000
_LARGEST = 2**63 - 1
_MOST = 256 * 1024 * 1024
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
        here = os.getcwd()  # noqa: PTH109
        for project, directory in [(here, given)] if given else _candidates(here):
            sealed_by = secret.own(project)
            found = None if sealed_by is None else _read(file_of(directory, key), key, sealed_by)
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


def _candidates(directory: str) -> Iterable[tuple[str, str]]:
    """The caches of the directory and those above it, if they are the user's, each behind what it is the cache of."""
    while True:
        for cache in (f"{directory}/{DIRECTORY}", *_set(directory)):
            try:
                if os.stat(cache).st_uid == os.geteuid():  # noqa: PTH116
                    yield directory, cache
            except OSError:
                pass
        if directory == (parent := os.path.dirname(directory)):  # noqa: PTH120
            return
        directory = parent


def _set(directory: str) -> Iterable[str]:
    """Where a project's settings may say that the cache is: to read them wrong finds nothing, and no more."""
    try:
        lines = content(f"{directory}/pyproject.toml")[0].splitlines()
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


def content(path: str, most: int = _MOST) -> tuple[bytes, os.stat_result]:
    """What a regular file holds, and its state; of more than `most` bytes, nothing. Raises OSError.

    Never waits: what stands there may have come with a checkout, and be a pipe.
    """
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(file, "rb") as stream:  # noqa: PTH123
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_size > most:
            raise OSError("no regular file, or a large one")
        return stream.read(), found


def _read(path: str, key: str, sealed_by: bytes) -> Answer | None:
    """The answer in a file, if it is whole, to that key, and nothing has changed since. Raises OSError, ValueError."""
    raw, _ = content(path)
    start = len(MAGIC) + secret.WIDTH
    if raw[: len(MAGIC)] != MAGIC or raw[len(MAGIC) : start] != secret.seal(sealed_by, KIND, memoryview(raw)[start:]):
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
    # An answer of a program that is installed elsewhere, or was later, is none.
    if paths[0] != SELF or states(paths) != parts[5]:
        return None
    texts = [part.decode("utf-8", "surrogateescape") for part in parts[6:]]
    return Answer(int(parts[2]), [(text[1:], text[0] == "2") for text in texts])
