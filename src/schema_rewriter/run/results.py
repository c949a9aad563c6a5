"""What was made of files in earlier runs, taken instead of made anew; knows of no process and not how it is made.

Facts hang on a file's bytes, what files get from each other on the facts of all, a result on bytes and context. What a
process made is kept only by the digest of the bytes that it made it of. Whatever raises is the error of its file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from schema_rewriter.finding import FileResult
from schema_rewriter.run.attempt import attempt
from schema_rewriter.run.task import read
from schema_rewriter.run.worker import bare, facts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from schema_rewriter.finding import Finding
    from schema_rewriter.hosts.python.paths import Link
    from schema_rewriter.project import Context, Facts
    from schema_rewriter.project.link import Linked, Linker, Wanted
    from schema_rewriter.run.file_cache import FileCache
    from schema_rewriter.run.readings import Readings
    from schema_rewriter.run.task import Failures, Task
    from schema_rewriter.run.worker import Asked, Keyed

Value = TypeVar("Value")

PROJECT = ""
"""The path of what is known of all files together: no file has it."""


# ------------------------------------------------------------------------------------------------ facts


class ProjectFacts:
    """The facts of files, those that are kept read only where they are asked for.

    `failures` gets the error of each file that could not be asked, or linked with the others, `readings` what was found
    in the others.
    """

    def __init__(self, cache: FileCache, failures: Failures, readings: Readings) -> None:
        self._cache, self._failures, self._readings = cache, failures, readings
        self._facts: dict[str, Facts] = {}
        self._keys: dict[str, bytes] = {}
        self._linker: Linker | None = None

    def missing(self, sized: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
        """The files whose facts are not kept."""
        for path, size in sized:
            content = self._cache.content(path)
            key = b"" if content is None else self._cache.key(b"facts", content)
            if self._cache.text(path, key) is None:
                yield path, size
            else:
                self._keys[path] = key

    def add(self, made: Iterable[Keyed[Facts]]) -> None:
        """Take the facts of those."""
        for one in made:
            self._facts[one.path] = one.value
            self._readings.add(one)
            if one.value.error:
                self._failures.add(one.path, one.value.error)
            elif one.content is not None:
                self._keys[one.path] = self._cache.key(b"facts", one.content)
                self._cache.keep(one.path, self._keys[one.path], one.value)

    def wanted(self, paths: Sequence[str], *, whole: bool, values: bool = False) -> Wanted:
        """What makes further files worth a look; asked before `linked`, with ever more paths behind those before."""
        from schema_rewriter.project.link import Linker, Wanted

        return self._asked(b"wanted", Wanted, Linker.wanted, paths, whole=whole, values=values)

    def linked(self, paths: Sequence[str], *, whole: bool, values: bool = False) -> Linked:
        """What the files get from each other (see project.link); facts, which take much memory, are let go."""
        from schema_rewriter.project.link import Linked, Linker

        answer = self._asked(b"linked", Linked, Linker.linked, paths, whole=whole, values=values)
        if self._linker is not None:
            self._linker.forget()
        self._linker = None
        self._facts.clear()
        return answer

    def _asked(
        self,
        what: bytes,
        kind: type[Value],
        ask: Callable[[Linker], Value],
        paths: Sequence[str],
        *,
        whole: bool,
        values: bool,
    ) -> Value:
        """An answer about all files together: the kept one, or that of the linker, which takes the new files only."""
        from schema_rewriter.project import Facts

        cache, texts = self._cache, [self._text(path) for path in paths]
        key = None
        if all(texts):
            contents = [cache.key(text) for text in texts if text]
            joined = "\0".join(paths).encode("utf-8", "surrogatepass")
            key = cache.key(what, b"%d%d" % (whole, values), joined, *contents)
            found = cache.value(PROJECT, key)
            if isinstance(found, kind):
                return found
        before = len(self._failures)

        def failed(facts: Facts, error: str) -> Facts:
            self._failures.add(facts.path, error)
            self._facts[facts.path] = Facts(facts.path, error=error)
            return self._facts[facts.path]

        facts = [self._of(path) for path in paths]
        answer = attempt(partial(self._ask, ask, whole=whole, values=values), facts, failed)
        if key is not None and len(self._failures) == before:
            cache.keep(PROJECT, key, answer)
        return answer

    def _ask(self, ask: Callable[[Linker], Value], files: Sequence[Facts], *, whole: bool, values: bool) -> Value:
        from schema_rewriter.project.link import Linker

        linker = self._linker
        if linker is None or linker.files != files[: len(linker.files)]:
            linker = self._linker = Linker(self._cache.task.rules, whole=whole, values=values)
        linker.add(files[len(linker.files) :])
        return ask(linker)

    def _text(self, path: str) -> bytes | None:
        return self._cache.text(path, self._keys[path]) if path in self._keys else None

    def _of(self, path: str) -> Facts:
        from schema_rewriter.project import Facts

        if path not in self._facts:
            found = self._cache.value(path, self._keys[path])
            if isinstance(found, Facts):
                self._facts[path] = found
            else:
                self.add((facts_of(path, self._cache.task),))
        return self._facts[path]


# ------------------------------------------------------------------------------------------------ results


@dataclass(frozen=True, slots=True)
class Kind(Generic[Value]):
    """What is made of a file in a context: as what it is kept (None for not at all), and how that is read again.

    `scope` tells what of a context it depends on, in a file with some bytes.
    """

    name: bytes
    fold: Callable[[Value], object]
    unfold: Callable[[str, bytes, Any], Value | None]
    scope: Callable[[Context, bytes], Context]


class Results(Generic[Value]):
    """Results of files, those that are kept and those that are not; `failures` gets the errors of the others."""

    def __init__(self, cache: FileCache, kind: Kind[Value], failures: Failures, readings: Readings) -> None:
        self.by_path: dict[str, Value] = {}
        self._cache, self._kind, self._failures, self._readings = cache, kind, failures, readings
        self._waiting: dict[str, tuple[bytes, bytes]] = {}

    def missing(
        self, sized: Iterable[tuple[str, int]], context: Callable[[str], Context], done: Callable[[], object]
    ) -> Iterator[tuple[Asked, int]]:
        """The questions for the files whose results are not kept; `done` is called for each of the others."""
        for path, size in sized:
            try:
                own = context(path)
                found = self._found(path, own)
            except Exception as error:  # noqa: BLE001 - that file's error: the others are judged
                self._failures.add(path, error)
                done()
                continue
            if found is None:
                yield self._readings.asked(path, own), size
            else:
                self.by_path[path] = found
                done()

    def add(self, made: Keyed[Value]) -> None:
        """Take a result, and keep it if it hangs on nothing but what it was asked for with."""
        self.by_path[made.path] = made.value
        content, key = self._waiting.get(made.path, (None, b""))
        if content is None or content != made.content:
            return
        try:
            folded = self._kind.fold(made.value)
            if folded is not None:
                self._cache.keep(made.path, key, folded)
        except Exception as error:  # noqa: BLE001 - that file's error
            self._failures.add(made.path, error)

    def _found(self, path: str, context: Context) -> Value | None:
        cache = self._cache
        if cache.content(path) is None or cache.task.chosen is not None:
            return None
        source = read(path, cache.task)
        content = cache.key(source)
        key = cache.key(self._kind.name, content, *_terms(cache.task, self._kind.scope(context, source)))
        folded = cache.value(path, key)
        result = None if folded is None else self._kind.unfold(path, source, folded)
        if result is None:
            self._waiting[path] = content, key
        return result


def _terms(task: Task, context: Context | None) -> tuple[bytes, ...]:
    """All that a result depends on beside bytes, rules and program."""
    from schema_rewriter.cache import codec

    has_end = any(allowance.until for bound in task.rules.boundaries for allowance in bound.allowances)
    day = task.today.isoformat() if has_end and task.today else ""
    return (str(int(task.threshold)).encode(), day.encode(), codec.text(context).encode())


def _folded(result: FileResult) -> object:
    """A result without its bytes, which are those that it is asked for with; None where it is not to be kept."""
    places = {finding: place for place, finding in enumerate(result.findings)}
    if (result.error is not None and not result.parsed) or not all(finding in places for finding in result.applied):
        return None
    applied = tuple(places[finding] for finding in result.applied)
    folded = (result.findings, applied, result.qualified, result.parsed, result.error, result.suppressed)
    # What is more than this, today or some day, is not kept by half.
    return folded if _unfolded(result.path, result.before, folded) == result else None


def _unfolded(path: str, source: bytes, folded: Any) -> FileResult | None:
    from schema_rewriter.edit import apply

    try:
        findings, places, qualified, parsed, error, suppressed = folded
        applied: tuple[Finding, ...] = tuple(findings[place] for place in places)
        after = apply(source, [edit for finding in applied for edit in finding.edits])
    except (TypeError, ValueError, LookupError, AttributeError):
        return None
    return bare(FileResult(path, source, after, findings, applied, qualified, parsed, error, suppressed))


RESULT = Kind(b"result", _folded, _unfolded, lambda context, source: context.within(source))


# ------------------------------------------------------------------------------------------------ linked files


def alone(path: str, judged: str, source: bytes, cache: FileCache) -> FileResult:
    """The result of a file that is none of the run, by itself, as a file `judged`."""
    from schema_rewriter.rewriting.rewriter import rewrite

    task = cache.task
    key = cache.key(b"alone", source, judged.encode("utf-8", "surrogatepass"), *_terms(task, None))
    found = _unfolded(judged, source, cache.value(path, key))
    if found is not None:
        return found
    result = rewrite(judged, source, task.rules, threshold=task.threshold)
    folded = _folded(result)
    if folded is not None:
        cache.keep(path, key, folded)
    return result


def links(path: str, source: bytes, cache: FileCache) -> tuple[Link, ...]:
    """The files that a Python file with these bytes reads its SQL from."""
    key = cache.key(b"links", source)
    found = cache.value(path, key)
    if isinstance(found, tuple):
        return found
    from schema_rewriter.hosts.python import paths
    from schema_rewriter.hosts.python.syntax import Syntax

    made = tuple(paths.links(path, Syntax(source)))
    if cache.content(path) is not None:
        cache.keep(path, key, made)
    return made
