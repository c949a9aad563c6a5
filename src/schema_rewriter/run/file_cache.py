"""What was made of files in earlier runs, taken instead of made anew; knows of no process and not how it is made.

Facts hang on a file's bytes, what files get from each other on the facts of all, a result on bytes and context. What a
process made is kept only by the digest of the bytes that it made it of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from schema_rewriter.errors import FileError
from schema_rewriter.finding import FileResult
from schema_rewriter.run.attempt import attempt
from schema_rewriter.run.worker import bare, gather_all, judge_all, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from schema_rewriter.finding import Finding
    from schema_rewriter.hosts.python.paths import Link
    from schema_rewriter.project import Context, Facts
    from schema_rewriter.project.link import Linked, Linker, Wanted
    from schema_rewriter.run.file_state import Known
    from schema_rewriter.run.worker import Task

Value = TypeVar("Value")

PROJECT = ""
"""The path of what is known of all files together: no file has it."""


@dataclass(frozen=True, slots=True)
class Noted(Generic[Value]):
    """What was made of a file, and the digest of the bytes it was made of; None where it is not to be kept."""

    path: str
    value: Value
    content: bytes | None = None


# ------------------------------------------------------------------------------------------------ facts


class Gathering:
    """The facts of files, those that are kept read only where they are asked for.

    `errors` tells of each file that could not be asked, or linked with the others, why.
    """

    def __init__(self, known: Known) -> None:
        self._known = known
        self._facts: dict[str, Facts] = {}
        self._keys: dict[str, bytes] = {}
        self._linker: Linker | None = None
        self.errors: dict[str, str] = {}

    def missing(self, sized: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
        """The files whose facts are not kept."""
        for path, size in sized:
            content = self._known.content(path)
            key = b"" if content is None else self._known.key(b"facts", content)
            if self._known.text(path, key) is None:
                yield path, size
            else:
                self._keys[path] = key

    def add(self, noted: Iterable[Noted[Facts]]) -> None:
        """Take the facts of those."""
        for one in noted:
            self._facts[one.path] = one.value
            if one.content is not None:
                self._keys[one.path] = self._known.key(b"facts", one.content)
                self._known.keep(one.path, self._keys[one.path], one.value)

    def wanted(self, paths: Sequence[str], *, whole: bool, values: bool = False) -> Wanted:
        """What makes further files worth a look; asked before `linked`, with ever more paths behind those before."""
        from schema_rewriter.project.link import Linker, Wanted

        return self._asked(b"wanted", Wanted, Linker.wanted, paths, whole=whole, values=values)

    def linked(self, paths: Sequence[str], *, whole: bool, values: bool = False) -> Linked:
        """What the files get from each other (see project.link)."""
        from schema_rewriter.project.link import Linked, Linker

        return self._asked(b"linked", Linked, Linker.linked, paths, whole=whole, values=values)

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
        known, texts = self._known, [self._text(path) for path in paths]
        key = None
        if all(texts):
            contents = [known.key(text) for text in texts if text]
            joined = "\0".join(paths).encode("utf-8", "surrogatepass")
            key = known.key(what, b"%d%d" % (whole, values), joined, *contents)
            found = known.value(PROJECT, key)
            if isinstance(found, kind):
                return found
        facts = [self._of(path) for path in paths]
        answer, errors = attempt(partial(self._ask, ask, whole=whole, values=values), facts, lambda one: one.path)
        self.errors = {one.path: one.error for one in facts if one.error} | errors
        if key is not None and not self.errors:
            known.keep(PROJECT, key, answer)
        return answer

    def _ask(self, ask: Callable[[Linker], Value], files: Sequence[Facts], *, whole: bool, values: bool) -> Value:
        from schema_rewriter.project.link import Linker

        linker = self._linker
        if linker is None or linker.files != files[: len(linker.files)]:
            linker = self._linker = Linker(self._known.task.rules, whole=whole, values=values)
        linker.add(files[len(linker.files) :])
        return ask(linker)

    def _text(self, path: str) -> bytes | None:
        return self._known.text(path, self._keys[path]) if path in self._keys else None

    def _of(self, path: str) -> Facts:
        from schema_rewriter.project import Facts

        if path not in self._facts:
            found = self._known.value(path, self._keys[path])
            self._facts[path] = found if isinstance(found, Facts) else gather_all((path,), self._known.task)[0]
        return self._facts[path]


def gather_noted(paths: Sequence[str], task: Task) -> tuple[Noted[Facts], ...]:
    """The facts of some files, in order, each with what it was made of; of one that can't be read, none."""
    return tuple(_noted_facts(path, task) for path in paths)


def _noted_facts(path: str, task: Task) -> Noted[Facts]:
    from schema_rewriter.cache.store import digest

    try:
        source = read(path, task)
    except FileError:
        return Noted(path, gather_all((path,), task)[0])
    facts = gather_all((path,), replace(task, held={path: source}))[0]
    return Noted(path, facts, None if facts.error else digest(source))


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


class Judging(Generic[Value]):
    """Results of files, those that are kept and those that are not."""

    def __init__(self, known: Known, kind: Kind[Value]) -> None:
        self.results: dict[str, Value] = {}
        self._known, self._kind = known, kind
        self._waiting: dict[str, tuple[bytes, bytes]] = {}

    def missing(
        self, sized: Iterable[tuple[str, int]], context: Callable[[str], Context], tell: Callable[[], object]
    ) -> Iterator[tuple[str, int]]:
        """The files whose results are not kept; `tell` is called for each of the others."""
        for path, size in sized:
            found = self._found(path, context)
            if found is None:
                yield path, size
            else:
                self.results[path] = found
                tell()

    def add(self, noted: Noted[Value]) -> None:
        """Take a result, and keep it if it hangs on nothing but what it was asked for with."""
        self.results[noted.path] = noted.value
        content, key = self._waiting.get(noted.path, (None, b""))
        if content is not None and content == noted.content:
            folded = self._kind.fold(noted.value)
            if folded is not None:
                self._known.keep(noted.path, key, folded)

    def _found(self, path: str, context: Callable[[str], Context]) -> Value | None:
        known = self._known
        if known.content(path) is None or known.task.chosen is not None:
            return None
        try:
            source = read(path, known.task)
        except FileError:
            return None
        content = known.key(source)
        key = known.key(self._kind.name, content, *_terms(known.task, self._kind.scope(context(path), source)))
        folded = known.value(path, key)
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


def judge_noted(chunk: Sequence[tuple[str, Context]], task: Task) -> tuple[Noted[FileResult], ...]:
    """The results of some files, in order, each with what it was made of."""
    return tuple(_noted_result(path, context, task) for path, context in chunk)


def _noted_result(path: str, context: Context, task: Task) -> Noted[FileResult]:
    from schema_rewriter.cache.store import digest

    try:
        source = read(path, task)
    except FileError:
        return Noted(path, judge_all(((path, context),), task)[0])
    result = judge_all(((path, context),), replace(task, held={path: source}))[0]
    return Noted(path, result, digest(source))


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


def alone(path: str, judged: str, source: bytes, known: Known) -> FileResult:
    """The result of a file that is none of the run, by itself, as a file `judged`."""
    from schema_rewriter.rewriting.rewriter import rewrite

    task = known.task
    key = known.key(b"alone", source, judged.encode("utf-8", "surrogatepass"), *_terms(task, None))
    found = _unfolded(judged, source, known.value(path, key))
    if found is not None:
        return found
    result = rewrite(judged, source, task.rules, threshold=task.threshold)
    folded = _folded(result)
    if folded is not None:
        known.keep(path, key, folded)
    return result


def links(path: str, source: bytes, known: Known) -> tuple[Link, ...]:
    """The files that a Python file with these bytes reads its SQL from."""
    key = known.key(b"links", source)
    found = known.value(path, key)
    if isinstance(found, tuple):
        return found
    from schema_rewriter.hosts.python import paths

    made = tuple(paths.links(path, source))
    if known.content(path) is not None:
        known.keep(path, key, made)
    return made
