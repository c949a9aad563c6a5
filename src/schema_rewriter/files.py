"""Walks, reads and writes files, and alone does so; knows not what stands in them or why they change."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import signal
import stat
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import FileError
from schema_rewriter.globs import matches

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

# ---------------------------------------------------------------------------------------------- walking

_SKIPPED = frozenset(
    (
        *(".git", ".hg", ".svn", ".bzr", ".tox", ".nox", ".venv", ".eggs", "node_modules"),
        *("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"),
    )
)
_SKIPPED_SUFFIXES = (".egg-info", ".dist-info")


def walk(paths: Sequence[str], root: Path, *, include: Sequence[str], exclude: Sequence[str]) -> Iterator[str]:
    """The candidate files below `paths`, each once, as POSIX paths that begin as given, sorted by parts.

    Relative paths are relative to `root`. A named file is always taken. In a named directory a file is taken
    that matches a glob of `include` and none of `exclude` (both relative to `root`; a directory that
    `exclude` matches is not entered), unless git would ignore it. Never entered, but when named: version
    control, caches, installed and vendored trees (`_SKIPPED`, any directory with a pyvenv.cfg). `build` and
    `dist` are entered unless git ignores them, as they may hold sources (ruff enters `build` too, but not
    `dist`).

    Ignored is what .gitignore files from the top of the repository down, or from `root` where there is none,
    and .git/info/exclude say; not the user's own excludes file, since a result must not depend on who runs. A
    file that is ignored though git tracks it stays ignored here. A nested repository has rules of its own
    only.

    Symlinks are not followed, as what they lead to inside `root` is walked anyway. A named path is followed
    inside `root` and refused where a link leads out of it. Raises FileError for that, for a named path that
    does not exist and for a directory that can't be listed.
    """
    top = root.resolve()
    found: dict[str, str] = {}
    for given in paths:
        real = _resolved(given, root)
        begin = Path(given).as_posix()
        if not real.is_dir():
            found.setdefault(real.as_posix(), begin)
            continue
        prefix = "" if begin == "." else begin.rstrip("/") + "/"
        base = real.as_posix().rstrip("/") + "/"
        for path in _below(base, top, tuple(include), tuple(exclude)):
            found.setdefault(base + path, prefix + path)
    yield from sorted(found.values(), key=lambda path: path.split("/"))


def _resolved(given: str, root: Path) -> Path:
    top, path = root.resolve(), root / given
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links, before Python 3.13
        reason = error.strerror if isinstance(error, OSError) else error
        raise FileError(f"{_shown(given)}: {reason}; name a file or directory that exists") from error
    if not real.is_relative_to(top):
        stands_inside = any(
            Path(os.path.normpath(start / given)).is_relative_to(start) for start in (top, root.absolute())
        )
        if stands_inside or path.is_symlink():
            raise FileError(f"{_shown(given)}: a link leads out of {_shown(top)}; name {_shown(real)} itself")
    return real


def _below(base: str, root: Path, include: tuple[str, ...], exclude: tuple[str, ...]) -> Iterator[str]:
    from_root = "" if base == f"{root.as_posix()}/" else Path(os.path.relpath(base, root)).as_posix() + "/"
    waiting = [("", _rules_above(Path(base), root))]
    while waiting:
        prefix, rules = waiting.pop()
        directory = base + prefix
        with _told(directory, "make it readable or exclude it"), os.scandir(directory) as listing:
            entries = list(listing)
        names = {entry.name for entry in entries}
        if prefix and "pyvenv.cfg" in names:
            continue
        rules = _rules_in(directory, names, rules)
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                skipped = entry.name in _SKIPPED or entry.name.endswith(_SKIPPED_SUFFIXES)
                if not (skipped or matches(from_root + path, exclude) or _ignored(base + path, True, rules)):
                    waiting.append((path + "/", rules))
            elif (
                entry.is_file(follow_symlinks=False)
                and matches(from_root + path, include)
                and not matches(from_root + path, exclude)
                and not _ignored(base + path, False, rules)
            ):
                yield path


# ------------------------------------------------------------------------------------------- .gitignore
# gitignore(5), and dir.c and wildmatch.c of git 2.39 where the manual is silent. pathspec's GitIgnoreSpec is
# no help here: it matches what lies below a match too (so `a/**` ignores `a`, and `!a/b` in it is lost, and
# `!a/` takes back all below `a`), and it raises for patterns that git takes for "never matches".


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line of a .gitignore, for what lies in the directory `base`, which ends in a slash."""

    base: bytes
    pattern: re.Pattern[bytes]
    directories: bool
    ignores: bool


def _ignored(path: str, directory: bool, rules: tuple[_Rule, ...]) -> bool:
    """Whether the first rule that matches ignores the path; what lies above it must be known not to be."""
    if not rules:
        return False
    name = os.fsencode(path)
    for rule in rules:
        if (directory or not rule.directories) and rule.pattern.fullmatch(name, len(rule.base)):
            return rule.ignores
    return False


def _rules_above(directory: Path, root: Path) -> tuple[_Rule, ...]:
    """The rules, the strongest first, that hold for a directory by what stands above it."""
    chain = [directory, *directory.parents]
    end = root if directory.is_relative_to(root) else directory
    top = next((parent for parent in chain if (parent / ".git").exists()), end)
    rules: tuple[_Rule, ...] = ()
    for parent in reversed(chain[1 : chain.index(top) + 1]):
        names = [name for name in (".git", ".gitignore") if (parent / name).exists()]
        rules = _rules_in(parent.as_posix().rstrip("/") + "/", names, rules)
    return rules


def _rules_in(directory: str, names: Container[str], rules: tuple[_Rule, ...]) -> tuple[_Rule, ...]:
    """The rules that hold for the entries of a directory that holds `names`, given those from above it."""
    if ".git" in names:
        rules = _rules(_git_directory(Path(directory, ".git")) / "info/exclude", directory)
    return (_rules(Path(directory, ".gitignore"), directory) if ".gitignore" in names else ()) + rules


def _git_directory(path: Path) -> Path:
    """Where a repository keeps what its worktrees share: `.git`, or where that file of one line points to."""
    with _told(path, "make it readable"):
        if path.is_file():
            path = path.parent / os.fsdecode(path.read_bytes()).removeprefix("gitdir:").strip()
            if (shared := path / "commondir").is_file():
                path = path / os.fsdecode(shared.read_bytes()).strip()
    return path


_TRIMMED = re.compile(rb"((?:\\.|[^\\])*?) *", re.DOTALL)


def _rules(path: Path, directory: str) -> tuple[_Rule, ...]:
    if path.is_symlink() or not path.is_file():  # git reads no .gitignore through a link either
        return ()
    rules = []
    for line in read(path).removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        # Blanks at the end do not count unless escaped; a lone backslash at the end keeps the line as it is.
        trimmed = _TRIMMED.fullmatch(line.removesuffix(b"\r"))
        glob = trimmed[1] if trimmed else line
        if glob.startswith(b"#"):
            continue
        ignores, glob = not glob.startswith(b"!"), glob.removeprefix(b"!")
        directories, glob = glob.endswith(b"/"), glob.removesuffix(b"/")
        if glob:
            pattern = re.compile(_translated(glob), re.DOTALL)
            rules.append(_Rule(os.fsencode(directory), pattern, directories, ignores))
    return tuple(reversed(rules))


_NEVER = b"(?!)"
_SPECIAL = re.compile(rb"[*?\[\\]")


def _translated(glob: bytes) -> bytes:
    anchored = b"/" in glob
    glob = glob.removeprefix(b"/")
    first = special.start() if anchored and (special := _SPECIAL.search(glob)) else -1
    regex = b"" if anchored else b"(?:.*/)?"
    at = 0
    while at < len(glob):
        char = glob[at : at + 1]
        end = at + 1
        if char == b"*":
            end += len(glob[end:]) - len(glob[end:].lstrip(b"*"))
            # `**` spans directories where it is a whole part, and where it is the first special of the
            # pattern: git compares what stands before that apart, and then takes it for the pattern's
            # beginning.
            spans = end - at > 1 and anchored and (at == first or glob[at - 1 : at] == b"/")
            if spans and glob[end : end + 1] == b"/":
                regex, end = regex + b"(?:.*/)?", end + 1
            else:
                regex += b".*" if spans and glob[end : end + 2] in (b"", b"\\/") else b"[^/]*"
        elif char == b"?":
            regex += b"[^/]"
        elif char == b"[":
            inside, end = _class(glob, at + 1)
            regex += inside
        elif char == b"\\":
            regex += re.escape(glob[end : end + 1]) or _NEVER
            end += 1
        else:
            regex += re.escape(char)
        at = end
    return regex


_MEMBER = re.compile(
    rb"\[:(?P<name>[^]]*):\]|(?:\\(?P<a>.)|(?P<b>[^\\]))(?:-(?:\\(?P<c>.)|(?P<d>[^\\\]])))?", re.DOTALL
)
_NAMED = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"!-~",
    b"lower": rb"a-z",
    b"print": rb" -~",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb"\t-\r ",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}


def _class(glob: bytes, at: int) -> tuple[bytes, int]:
    """The regex of the class whose `[` stands before `at`, and where what follows it begins."""
    negated = glob[at : at + 1] in (b"!", b"^")
    start = at = at + negated
    inside = b""
    while at == start or glob[at : at + 1] != b"]":
        member = _MEMBER.match(glob, at)
        if member is None or (member["name"] is not None and member["name"] not in _NAMED):
            return _NEVER, len(glob)  # not closed, or no such class: git never matches such a pattern
        low, high = member["a"] or member["b"], member["c"] or member["d"]
        if low is None:
            inside += _NAMED[member["name"] or b""]
        elif high is None or low <= high:
            inside += re.escape(low) + (b"-" + re.escape(high) if high else b"")
        at = member.end()
    if not inside:  # only ranges like z-a, that hold nothing
        return (b"[^/]" if negated else _NEVER), at + 1
    return b"(?!/)[" + (b"^" if negated else b"") + inside + b"]", at + 1


# ------------------------------------------------------------------------------------ reading and writing


def read(path: Path) -> bytes:
    """What a regular file holds. Raises FileError for all else, and waits for nothing (a fifo's writer)."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    with _told(path, "make it readable or exclude it"):
        source = os.open(path, flags)
        try:
            if not stat.S_ISREG(os.fstat(source).st_mode):
                raise FileError(f"{_shown(path)}: not a regular file; name files and directories only")
            with open(source, "rb", closefd=False) as stream:
                return stream.read()
        finally:
            os.close(source)


def is_binary(source: bytes) -> bool:
    """Whether there is a NUL in the first 8 KiB, as git asks; text in UTF-16 counts as binary with that."""
    return b"\0" in source[:8192]


@dataclass(frozen=True, slots=True)
class Change:
    """What a file is to hold after a run that read `before` from it."""

    path: Path
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of the files of an interrupted write: POSIX paths, relative to the root if they are in it.

    `completed` hold their new bytes, `undone` their old ones. `left` were changed or removed by somebody else
    since, and stay as they are.
    """

    completed: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def write_all(changes: Sequence[Change], root: Path) -> None:
    """Writes all files or none; relative paths are relative to `root`.

    The new bytes go to a file beside the target, which then takes its place: no file is ever seen half
    written. A journal in `root` tells a later `recover` what was under way if the process is killed or the
    machine stops. SIGINT, SIGTERM and SIGHUP wait until all is undone or, once every new file is on the disk,
    done.

    Permissions stay, owner, group and extended attributes where the system allows it. A symlink stays one:
    its target is written. Hard links are broken: the other names keep the old bytes. A change that changes
    nothing is left out, and without any other nothing at all is created.

    Raises FileError when a file no longer holds `before` or can't be written (nothing is written then), when
    another run is writing, and when an interrupted write waits for `recover`. Two cases leave files of both
    kinds: a file that somebody edits, or that can't be replaced, after all others were ready. The error says
    so; in the second case the journal stays, and `recover` completes the write.
    """
    if not (changes := [change for change in changes if change.before != change.after]):
        return
    top = root.resolve()
    with _signals_waiting() as signals, _locked(top):
        if (top / _JOURNAL).exists():
            raise FileError(f"{_shown(top / _JOURNAL)}: an interrupted write is not settled yet; run again")
        try:
            _prepare(changes, top, signals)
        except BaseException:
            _settle(top)
            raise
        if left := _settle(top).left:
            names = ", ".join(_shown(name) for name in left)
            raise FileError(f"{names}: changed while it was being written, and left so; all else is written; run again")


def recover(root: Path) -> Recovery:
    """Completes or undoes the write that an earlier process began in `root` and did not end, if any.

    Raises FileError while another run is writing, for a damaged journal and for a file that can't be
    replaced.
    """
    top = root.resolve()
    if not any((top / name).exists() for name in (_LOCK, _JOURNAL, _NEW_JOURNAL)):
        return Recovery()
    with _signals_waiting(), _locked(top):
        return _settle(top)


# ------------------------------------------------------------------------------------------- the journal

_LOCK, _JOURNAL, _NEW_JOURNAL = (f".schema-rewrite-{end}" for end in ("lock", "journal", "journal-new"))
_VERSION = 1
_AGAIN = "mend that and run again, to complete or undo the interrupted write"


@dataclass(frozen=True, slots=True)
class _Planned:
    """A file to write: its path as in Recovery, its new file's name beside it, its SHA-256 old and new."""

    target: str
    staged: str
    before: str
    after: str


def _prepare(changes: list[Change], root: Path, signals: list[int]) -> None:
    """Puts all new files on the disk and then commits the journal, or raises."""
    targets = [_resolved(os.fspath(change.path), root) for change in changes]
    for change, target in zip(changes, targets, strict=True):
        if targets.count(target) > 1:
            raise FileError(f"{_shown(change.path)}: named twice, perhaps by a link; name it once")
    plan = [_planned(change, target, root) for change, target in zip(changes, targets, strict=True)]
    # Before the first of its files: what a journal does not name, nobody would ever remove.
    _write_journal(root, plan, committed=False)
    for change, target, planned in zip(changes, targets, plan, strict=True):
        _stop_at(signals)
        with _told(change.path, "nothing was written; mend that and run again"):
            # A directory's writer could replace a read-only file, but whoever made it so meant it.
            os.close(os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)))
            _create(target.with_name(planned.staged), change.after, like=target)
    for change, target in zip(changes, targets, strict=True):
        if read(target) != change.before:
            raise FileError(f"{_shown(change.path)}: changed since it was read; nothing was written; run again")
    for directory in {target.parent for target in targets}:
        _sync(directory)
    _stop_at(signals)
    _write_journal(root, plan, committed=True)


def _planned(change: Change, target: Path, root: Path) -> _Planned:
    name = target.relative_to(root) if target.is_relative_to(root) else target
    # 50 characters are at most 200 bytes, which leaves room in the 255 of a name.
    staged = f".{target.name[:50]}.schema-rewrite-{secrets.token_hex(4)}"
    return _Planned(name.as_posix(), staged, _digest(change.before), _digest(change.after))


def _settle(root: Path) -> Recovery:
    """Ends what the journal tells of: back before the commit, forward after it. Can be repeated."""
    completed: list[str] = []
    undone: list[str] = []
    left: list[str] = []
    journal = root / _JOURNAL
    with _told(journal, _AGAIN):
        (root / _NEW_JOURNAL).unlink(missing_ok=True)
        if not journal.exists():
            return Recovery()
        committed, plan = _journal(journal)
    for planned in plan:
        target = root / planned.target
        staged = target.with_name(planned.staged)
        with _told(planned.target, _AGAIN):
            if committed and _holds(target, planned.before) and _holds(staged, planned.after):
                staged.replace(target)
            elif os.path.lexists(staged):  # asked first, since a read-only directory refuses even in vain
                staged.unlink()
            (undone if not committed else completed if _holds(target, planned.after) else left).append(planned.target)
    for directory in {(root / planned.target).parent for planned in plan}:
        _sync(directory)
    with _told(journal, _AGAIN):
        journal.unlink()
    _sync(root)
    return Recovery(tuple(completed), tuple(undone), tuple(left))


def _write_journal(root: Path, plan: list[_Planned], *, committed: bool) -> None:
    """Puts the journal on the disk in one step: a line with the SHA-256 of the JSON that follows."""
    files = [asdict(planned) for planned in plan]
    body = json.dumps({"version": _VERSION, "committed": committed, "files": files}, indent=1).encode()
    with _told(root / _JOURNAL, "nothing was written; make the directory writable and run again"):
        new = root / _NEW_JOURNAL
        _create(new, _digest(body).encode() + b"\n" + body)
        new.replace(root / _JOURNAL)
    _sync(root)


def _journal(path: Path) -> tuple[bool, list[_Planned]]:
    digest, _, body = read(path).partition(b"\n")
    if digest != _digest(body).encode():
        raise FileError(
            f"{_shown(path)}: damaged, so an interrupted write can be neither completed nor undone; "
            "compare the files with version control, remove it and .*.schema-rewrite-* files, and run again"
        )
    journal: dict[str, Any] = json.loads(body)
    if journal["version"] != _VERSION:
        raise FileError(f"{_shown(path)}: of another version of schema-rewrite; run that version once more")
    return journal["committed"], [_Planned(**entry) for entry in journal["files"]]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _holds(path: Path, digest: str) -> bool:
    return path.is_file() and _digest(read(path)) == digest


def _create(path: Path, content: bytes, like: Path | None = None) -> None:
    """Puts a file that did not exist on the disk, with the rights of another one. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    file = os.open(path, flags, 0o600)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
        if like and sys.platform != "win32":
            _copy_rights(like, file)
        os.fsync(file)
    finally:
        os.close(file)


if sys.platform != "win32":

    def _copy_rights(like: Path, file: int) -> None:
        old, new = like.stat(), os.fstat(file)
        mode = stat.S_IMODE(old.st_mode)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            try:
                os.fchown(file, old.st_uid, old.st_gid)
            except OSError:
                mode &= 0o777  # no set-uid for another owner
                with suppress(OSError):
                    os.fchown(file, -1, old.st_gid)
        if sys.platform == "linux":
            with suppress(OSError):  # a file system without them
                for name in os.listxattr(like):
                    with suppress(OSError):  # one that only root may set
                        os.setxattr(file, name, os.getxattr(like, name))
        os.fchmod(file, mode)


def _sync(directory: Path) -> None:
    """Puts the names of a directory on the disk, where the system can."""
    with suppress(OSError):
        file = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


# ------------------------------------------------------------------------------------- locks and signals


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Holds the lock of a root, which dies with the process, and takes its file away in the end."""
    path = root / _LOCK
    while True:
        with _told(path, "make the directory writable and run again"):
            file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            _lock(file)
            if path.exists() and os.path.samestat(path.stat(), os.fstat(file)):
                break
        except OSError as error:
            os.close(file)
            raise FileError(f"{_shown(path)}: another run is writing here; run again when it has ended") from error
        os.close(file)  # the one that held it has removed it meanwhile
    try:
        yield
    finally:
        if sys.platform == "win32":  # which removes no open file
            os.close(file)
        with suppress(OSError):
            path.unlink()
        if sys.platform != "win32":
            with suppress(OSError):
                os.close(file)


def _lock(file: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


# SIGINT first and so restored last: its handler raises, and none may be left behind by that.
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


@contextmanager
def _signals_waiting() -> Iterator[list[int]]:
    """Keeps signals that would end the process, and lists them; the first is raised in the end."""
    caught: list[int] = []
    previous = {}
    try:
        if threading.current_thread() is threading.main_thread():  # no other one may, or gets any
            for number in _SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    previous[number] = signal.signal(number, lambda number, _: caught.append(number))
        yield caught
    finally:
        for number, handler in reversed(previous.items()):
            signal.signal(number, handler)
        if caught:
            signal.raise_signal(caught[0])


def _stop_at(signals: list[int]) -> None:
    if signals:
        raise KeyboardInterrupt


# ------------------------------------------------------------------------------------------------ errors


@contextmanager
def _told(path: str | Path, remedy: str) -> Iterator[None]:
    """Turns an OSError into a FileError about the path."""
    try:
        yield
    except OSError as error:
        raise FileError(f"{_shown(path)}: {error.strerror or error}; {remedy}") from error


def _shown(path: str | Path) -> str:
    """A path in one line that any terminal takes."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
