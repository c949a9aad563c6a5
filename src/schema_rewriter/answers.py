"""What a command said, kept with the state of all that it looked at: asked again over the same, it says the same.

An answer holds for the words, the directory, the terminal and the environment it was given in, for the Python, and for
as long as no file or directory that had a part in it has changed: the files of the run, the directories they were
searched in, what git ignores, the settings, the rules, this program and the packages it stands on. A file counts as
unchanged while its size, its times of modification and of change, and its inode are the same. The time of change can't
be set back; and nothing is kept of a run during or shortly before which one of them changed, as a clock that ticks
slowly could hide a second change.

Imports nearly nothing: this is all that a run needs that has an answer.
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
MOST = 32
"""How many answers are kept; the oldest go first."""

_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n# The cache of schema-rewrite; it may be deleted.\n"
_MAGIC = b"schema-rewrite answer 1\n"
_ENVIRONMENT = (
    *("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS"),
    *("GITHUB_WORKSPACE", "CI_PROJECT_DIR"),
)
_BEGUN = time.time_ns()
_FINE, COARSE = 50_000_000, 2_100_000_000
_LARGEST = 2**63 - 1
_SELF = os.path.abspath(__file__)  # noqa: PTH100
IS_POSSIBLE = os.name != "nt"
"""Windows keeps no time of change: who sets back that of modification would not be seen."""


class Trace:
    """What a run looked at: `paths` of files and directories, absolute, and where links led to.

    A path may be one where nothing was. `day` is the day that the answer depends on, "" for none.
    """

    __slots__ = ("_held", "day", "links", "paths")

    def __init__(self) -> None:
        self.paths: dict[str, None] = {}
        self.links: dict[str, str] = {}
        self.day = ""
        self._held: list[tuple[str, bytes]] = []

    def hold(self, *paths: str | os.PathLike[str]) -> None:
        """Note that the run will look at these, which may vanish until it does."""
        for path in paths:
            self.add(path)
            self._held.append((os.fspath(path), _state([os.fspath(path)])))

    @property
    def holds(self) -> bool:
        """Whether all that was to be held is as it was."""
        return all(_state([path]) == state for path, state in self._held)

    def add(self, *paths: str | os.PathLike[str]) -> None:
        """Note that the run looked at these."""
        for path in paths:
            self.paths[os.path.abspath(path)] = None  # noqa: PTH100 - no pathlib here

    def below(self, directory: str | os.PathLike[str]) -> None:
        """Note that the run asked what stands in the directories of a directory."""
        self.add(directory)
        try:
            self.add(*(entry.path for entry in os.scandir(directory) if entry.is_dir()))
        except OSError:  # that it is not there is noted
            return

    def link(self, path: str) -> None:
        """Note where a path leads to."""
        self.links[os.path.abspath(path)] = os.path.realpath(path)  # noqa: PTH100

    def repository(self, directory: str) -> None:
        """Note whether a directory is a repository, and which file of git's own tells what is ignored there."""
        git = f"{directory}/.git"
        # Not the directory .git itself, which changes with every command of git.
        self.hold(f"{git}/HEAD" if os.path.exists(f"{git}/HEAD") else git, f"{git}/info/exclude")  # noqa: PTH110
        if not os.path.isfile(git):  # noqa: PTH113
            return
        try:  # a worktree or a submodule: files of one line point to what it shares with others
            with open(git, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
                own = os.path.join(directory, file.read().removeprefix("gitdir:").strip())  # noqa: PTH118
            self.hold(f"{own}/info/exclude", f"{own}/commondir")
            with open(f"{own}/commondir", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
                self.hold(f"{os.path.join(own, file.read().strip())}/info/exclude")  # noqa: PTH118
        except OSError:
            return  # that it is not there is noted

    def above(self, directory: str) -> None:
        """Note what settings and rules of git hold in a directory because of what stands in or above it."""
        directory = os.path.abspath(directory)  # noqa: PTH100
        while True:
            self.hold(f"{directory}/pyproject.toml", f"{directory}/.gitignore")
            self.repository(directory)
            if directory == (parent := os.path.dirname(directory)):  # noqa: PTH120
                return
            directory = parent


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
        key = _key(words)
        given = _given(words)
        for directory in [given] if given else _candidates(os.getcwd()):  # noqa: PTH109
            found = _read(_file(directory, key), key)
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


def prepare(directory: str | os.PathLike[str]) -> None:
    """Make the cache, before a run looks at anything: to make it changes the directory that it lies in."""
    try:
        prepared(os.fspath(directory))
    except OSError:
        return  # a run without a cache, then
    begin()


def begin() -> None:
    """Begin anew, as a process does: what was changed before now is settled, once this returns."""
    global _BEGUN  # noqa: PLW0603 - from when on changes count is a fact of the process
    time.sleep(2 * _FINE / 1e9)
    _BEGUN = time.time_ns()


def keep(words: Sequence[str], directory: str | os.PathLike[str], trace: Trace, answer: Answer) -> bool:
    """Keep an answer, and tell whether that was done: not where something changed of late, or can't be written."""
    if not IS_POSSIBLE or not trace.holds:
        return False
    try:
        new = f"{prepared(os.fspath(directory), 'answers')}/{os.getpid()}-{time.time_ns()}.new"
        paths = list(dict.fromkeys((_SELF, *trace.paths)))
        state = _state(paths)
        if is_fresh(array("q", state)):
            return False
        key = _key(words)
        try:
            with open(new, "xb") as file:  # noqa: PTH123
                file.write(_encoded(key, trace, paths, state, answer))
                clock = os.fstat(file.fileno()).st_mtime_ns
            if abs(clock - time.time_ns()) > COARSE:  # another machine's clock tells when files change
                return False
            os.replace(new, _file(directory, key))  # noqa: PTH105
        finally:
            if os.path.exists(new):  # noqa: PTH110
                os.unlink(new)  # noqa: PTH108
        _forget_the_oldest(os.path.dirname(new))  # noqa: PTH120
    except (OSError, ValueError, OverflowError, AttributeError):
        return False  # then the next run has to work again, and that is all
    return True


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


def _key(words: Sequence[str]) -> str:
    """All that an answer depends on and that is no file."""
    terminals = []
    for stream in (sys.stdout, sys.stderr):
        is_terminal = stream.isatty()
        size = tuple(os.get_terminal_size(stream.fileno())) if is_terminal else ()
        terminals.append(f"{is_terminal} {size} {stream.encoding}")
    environment = [f"{name}={os.environ[name]}" for name in _ENVIRONMENT if name in os.environ]
    return "\0".join([VERSION, sys.executable, sys.version, os.getcwd(), *terminals, *environment, "", *words])  # noqa: PTH109


def _file(directory: str | os.PathLike[str], key: str) -> str:
    """Where an answer is kept. Two keys may share a file: it holds the whole key."""
    raw = _raw(key)
    return f"{os.fspath(directory)}/answers/{zlib.crc32(raw):08x}{zlib.adler32(raw):08x}"


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _state(paths: Iterable[str]) -> bytes:
    """The sizes, times and inodes of what stands at some paths."""
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


def _encoded(key: str, trace: Trace, paths: Sequence[str], state: bytes, answer: Answer) -> bytes:
    links = "\0".join(part for link in trace.links.items() for part in link)
    texts = [f"{'2' if is_error else '1'}{text}" for text, is_error in answer.said]
    parts = [_raw(part) for part in (key, trace.day, str(answer.code), links, "\0".join(paths))]
    parts = [*parts, state, *map(_raw, texts)]
    body = b"".join(b"%d:%s" % (len(part), part) for part in parts)
    return _MAGIC + b"%08x" % zlib.crc32(body) + body


def _read(path: str, key: str) -> Answer | None:
    """The answer in a file, if it is whole, to that key, and nothing has changed since. Raises OSError, ValueError."""
    with open(path, "rb") as file:  # noqa: PTH123
        raw = file.read()
    start = len(_MAGIC) + 8
    body = memoryview(raw)[start:]
    if raw[: len(_MAGIC)] != _MAGIC or int(raw[len(_MAGIC) : start], 16) != zlib.crc32(body):
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
    if parts[0] != _raw(key) or (parts[1] and parts[1].decode() != time.strftime("%Y-%m-%d")):
        return None
    links = parts[3].decode("utf-8", "surrogateescape").split("\0") if parts[3] else []
    if any(os.path.realpath(link) != real for link, real in zip(links[::2], links[1::2], strict=True)):
        return None
    paths = parts[4].decode("utf-8", "surrogateescape").split("\0")
    # Nobody can write an answer for a program that is installed elsewhere, or was later.
    if paths[0] != _SELF or _state(paths) != parts[5]:
        return None
    texts = [part.decode("utf-8", "surrogateescape") for part in parts[6:]]
    return Answer(int(parts[2]), [(text[1:], text[0] == "2") for text in texts])


def prepared(directory: str, *kinds: str) -> str:
    """Where things of a kind are kept, made if it has to be, in a directory that git ignores and backups leave out."""
    home = "/".join((directory, *kinds))
    if not os.path.isdir(home):  # noqa: PTH112
        os.makedirs(home, exist_ok=True)  # noqa: PTH103
    for name, content in ((".gitignore", "*\n"), (TAG, _SIGNATURE)):
        if not os.path.exists(f"{directory}/{name}"):  # noqa: PTH110
            with open(f"{directory}/{name}", "w", encoding="utf-8") as file:  # noqa: PTH123
                file.write(content)
    return home


def _forget_the_oldest(answers: str) -> None:
    found = sorted(os.scandir(answers), key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    for entry in found[MOST:]:
        os.unlink(entry.path)  # noqa: PTH108


def program() -> Iterable[str]:
    """The files of this program and of the packages it stands on, and the directories such packages are put into."""
    from importlib.util import find_spec

    home = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    for directory, _, names in os.walk(home):
        yield from (f"{directory}/{name}" for name in names if not name.endswith(".pyc"))
    for package in ("click", "libcst", "pathspec", "sqlglot", "sqlglotc", "yaml"):
        spec = find_spec(package)
        if spec is not None and spec.origin:
            yield from (spec.origin, f"{os.path.dirname(spec.origin)}/_version.py")  # noqa: PTH120
    yield from (path for path in sys.path if path and path != os.getcwd())  # noqa: PTH109
