"""A run over many files: which are worth a look, who looks, what came out. Knows no format, no terminal."""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING

from schema_rewriter import files
from schema_rewriter.errors import FileError
from schema_rewriter.finding import Applicability, FileResult, Report
from schema_rewriter.relation import NAMEDATALEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor
    from pathlib import Path

    from schema_rewriter.ruleset import RuleSet

    Paths = tuple[str, ...]
    Results = tuple[FileResult, ...]

CHUNK = 64 * 1024
"""Bytes of files that a process judges at a time. Where two such chunks hold all, none is started: it would
cost more than it saves (benchmarks/README.md)."""


@dataclass(frozen=True, slots=True)
class Task:
    """How the files of a run are judged; their paths are relative to `root`."""

    root: Path
    rules: RuleSet
    threshold: Applicability = Applicability.SAFE


def run(
    task: Task,
    paths: Sequence[str],
    *,
    include: Sequence[str],
    exclude: Sequence[str] = (),
    jobs: int | None = None,
    tell: Callable[[int], object] = lambda total: None,
) -> Report:
    """The results of all files below `paths` that name a relation that moves, in path order for any `jobs`.

    Writes nothing. A file that can't be read, or that makes the rewriter fail, is a result with an error.
    Calls `tell(number of all files)` each time one of them is done. Raises FileError where a named path can't
    be walked. An exception that passes, such as KeyboardInterrupt, ends the processes that the run started.
    """
    found = list(files.walk(paths, task.root, include=include, exclude=exclude))
    workers = jobs or cores()
    chunks = _chunks(found, task, tell)
    first = list(islice(chunks, 3))
    chunks = chain(first, chunks)
    judged = _spread(chunks, task, workers) if len(first) > 2 and workers > 1 else _here(chunks, task)
    results = []
    for result in judged:
        results.append(result)
        tell(len(found))
    return Report(tuple(results), len(found))


def judge(path: str, source: bytes, task: Task) -> FileResult:
    """What the rules do to a file that holds `source`; a failure is its error, never an exception."""
    if not mentions(source, Needles.of(task.rules.names)):
        return FileResult(path, source, source)
    return _safely(path, source, task)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# ------------------------------------------------------------------------------------- here or elsewhere


def _chunks(found: Sequence[str], task: Task, tell: Callable[[int], object]) -> Iterator[Paths]:
    """The files worth a look, in order, some at a time."""
    needles = Needles.of(task.rules.names)
    chunk: list[str] = []
    size = 0
    for path in found:
        try:
            source = files.read(task.root / path)
            length = len(source) if mentions(source, needles) else -1
        except FileError:
            length = 0  # the one who judges it reads it again, and tells
        if length < 0:
            tell(len(found))
            continue
        if chunk and size + length > CHUNK:
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(path)
        size += length
    if chunk:
        yield tuple(chunk)


def _here(chunks: Iterable[Paths], task: Task) -> Iterator[FileResult]:
    return (_read_and_judge(path, task) for chunk in chunks for path in chunk)


def _spread(chunks: Iterable[Paths], task: Task, workers: int) -> Iterator[FileResult]:
    """The results in order, from a pool that works while the chunks still come."""
    from concurrent.futures import BrokenExecutor

    with _pool(workers) as pool:
        sent = [(chunk, _submit(pool, chunk, task)) for chunk in chunks]
        for chunk, future in sent:
            try:
                yield from future.result()
            except BrokenExecutor:
                yield from _alone(chunk, task)


def _alone(chunk: Paths, task: Task) -> Results:
    """The results of files of which one may have killed its process: they are halved until it is found."""
    from concurrent.futures import BrokenExecutor

    try:
        with _pool(1) as pool:
            return _submit(pool, chunk, task).result()
    except BrokenExecutor:
        if len(chunk) > 1:
            half = len(chunk) // 2
            return _alone(chunk[:half], task) + _alone(chunk[half:], task)
    error = "the process that judged it died: out of memory, or a crash; exclude the file, and please report it"
    return (FileResult(chunk[0], b"", b"", error=error),)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes are gone in the end, at once where an exception passes."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # A plain fork is unsafe beside the threads of a pool or a progress bar, and is so on macOS in any case.
    method = "forkserver" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    others = set(multiprocessing.active_children())
    # 61: what Windows can wait for.
    pool = ProcessPoolExecutor(min(workers, 61), mp_context=context, initializer=_begin)
    try:
        yield pool
        pool.shutdown()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise


def _submit(pool: ProcessPoolExecutor, chunk: Paths, task: Task) -> Future[Results]:
    """The future of a chunk. A process that starts here never sees a Ctrl-C, which is for its parent."""
    from concurrent.futures import BrokenExecutor, Future

    blocks = hasattr(signal, "pthread_sigmask")
    if blocks:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        return pool.submit(_judge_all, chunk, task)
    except BrokenExecutor as error:
        broken: Future[Results] = Future()
        broken.set_exception(error)
        return broken
    finally:
        if blocks:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Set up a process of the pool: deaf for Ctrl-C, and gone with its parent, even one that was killed."""
    import multiprocessing
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    from multiprocessing.connection import wait

    wait([sentinel])
    os._exit(1)


def _judge_all(chunk: Paths, task: Task) -> Results:
    return tuple(_read_and_judge(path, task) for path in chunk)


def _read_and_judge(path: str, task: Task) -> FileResult:
    full = task.root / path
    try:
        source = files.read(full)
    except FileError as error:
        return FileResult(path, b"", b"", error=str(error).removeprefix(f"{full}: "))
    result = _safely(path, source, task)
    # What has no place to point to and nothing to write need not be kept, nor be sent to another process.
    return result if result.findings or result.changed else replace(result, before=b"", after=b"")


def _safely(path: str, source: bytes, task: Task) -> FileResult:
    from schema_rewriter.rewriter import rewrite  # only now: a run without candidates needs no engine

    try:
        return rewrite(path, source, task.rules, threshold=task.threshold)
    except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the other files from being judged
        lines = f"{type(error).__name__}: {error}".splitlines()
        return FileResult(path, source, source, error=f"internal error: {lines[0]}; please report it")


# ----------------------------------------------------------------------------------- worth a look or not
# Nearly all files of a run are dismissed here, so this decides its speed. Cutting the bytes into words and
# asking a set for them costs the same for 10 names and for 1,000; a regular expression of all names does not.


_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")
_WORDS = bytes(byte if byte in _WORD else 32 for byte in bytes(range(256)).lower())


@dataclass(frozen=True, slots=True)
class Needles:
    """The names to look for, as bytes in lower case: plain words, names of several words, and other texts."""

    words: frozenset[bytes]
    phrases: tuple[frozenset[bytes], ...]
    texts: tuple[bytes, ...]
    is_ascii: bool
    are_few: bool

    @staticmethod
    @lru_cache(maxsize=4)
    def of(names: frozenset[str]) -> Needles:
        """The needles of folded names. A long one is a text: SQL may spell more than the server keeps."""
        spelt = sorted(name.encode("utf-8", "surrogatepass").lower() for name in names)
        texts = [name for name in spelt if not name.isascii() or len(name) > NAMEDATALEN - 4]
        others = {name: frozenset(name.translate(_WORDS).split()) for name in spelt if name not in texts}
        words = frozenset(name for name, parts in others.items() if parts == {name})
        phrases = tuple(parts for name, parts in others.items() if name not in words)
        are_few = not phrases and not texts and len(words) <= 12
        return Needles(words, phrases, tuple(texts), all(map(bytes.isascii, texts)), are_few)


def mentions(source: bytes, needles: Needles) -> bool:
    """Whether a file's bytes may name a relation that moves, in either case and in any charset.

    Sees through escapes (`"\\x65vents"`, `"\\nevents"`), names split over adjacent literals, and UTF-16 with
    a byte order mark. Beyond it are names put together otherwise (`"eve" + suffix`) and binary content.
    """
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        source = source.decode("utf-16", "replace").encode("utf-8", "replace")
    elif files.is_binary(source):
        return False
    if _holds(source, needles):
        return True
    if _UNICODE.search(source):
        return True
    escaped = b"\\" in source and (_WRITTEN if needles.is_ascii else _CHARACTER).search(source)
    if escaped or any(joint.search(source) for joint in _JOINTS):
        return _holds(_revealed(source), needles)
    return False


def _holds(source: bytes, needles: Needles) -> bool:
    lower = source.lower()
    if needles.are_few and not any(word in lower for word in needles.words):
        return False  # a search takes a tenth of the time of cutting, but as often as there are names
    words = source.translate(_WORDS).split()
    if b"\\" in source:
        words += b" ".join(_AFTER.findall(source)).lower().split()
    if not needles.words.isdisjoint(words):
        return True
    if needles.phrases and any(map(set(words).issuperset, needles.phrases)):
        return True
    if not needles.texts:
        return False
    if any(text in lower for text in needles.texts):
        return True
    return not needles.is_ascii and not source.isascii() and not _is_utf8(source)


def _is_utf8(source: bytes) -> bool:
    """Whether bytes outside ASCII mean what they mean in UTF-8; where not, any name may stand there."""
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    cookie = re.search(rb"coding[:=][ \t]*([-\w.]+)", b"\n".join(source[:1000].splitlines()[:2]))
    return cookie is None or cookie[1].lower().replace(b"_", b"-").startswith((b"utf-8", b"utf8"))


# What may hide a name in a literal: an escape before it or in it, a line continuation, the end of a literal
# and the beginning of the next. Each pattern begins with one fixed byte: `re` finds that faster than a class.
_AFTER = re.compile(rb"\\(?:[abfnrtv]|[xX][\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3})(\w+)")
_CHARACTER = re.compile(rb"\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|N\{([^}\n]+)\})")
_WRITTEN = re.compile(  # an escape that stands for a letter, a digit or an underscore of ASCII
    rb"\\(?:x[3-7]|u00[3-7]|U000000[3-7]|0?[67][0-7]|1[0-7][0-7]|N\{(?i:latin|digit|low)|(?<=\w\\)\r?\n\w)"
)
_JOINT = rb"(?=[\s\\+#\"'rfbutRFBUT])(?<=[\w\x80-\xff].)(?:[\s\\+]|#[^\n]*\n)*[A-Za-z]{0,2}[\"'](?=[\w\x80-\xff])"
_UNICODE = re.compile(rb"&(?<=[uU]&)[\"']")  # SQL's own escapes: too rare to be read here
_JOINTS = (re.compile(b'"' + _JOINT), re.compile(b"'" + _JOINT))


def _revealed(source: bytes) -> bytes:
    text = re.sub(rb"\\\r?\n", b"", source)
    text = re.sub(rb"\\[abfnrtv]", b" ", text)
    text = _CHARACTER.sub(_character, text)
    for joint in _JOINTS:
        text = joint.sub(b"", text)
    return text


def _character(escape: re.Match[bytes]) -> bytes:
    octal, name = escape[4], escape[5]
    if name:
        import unicodedata

        try:
            return unicodedata.lookup(name.decode("ascii", "replace")).encode()
        except KeyError:
            return b" "
    code = int(octal, 8) if octal else int(escape[1] or escape[2] or escape[3], 16)
    return chr(min(code, sys.maxunicode)).encode("utf-8", "surrogatepass")
