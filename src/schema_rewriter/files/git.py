"""Which lines changed, and what is staged: asked of git, the program. Reads no file itself, knows no findings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

WHOLE = (range(1, sys.maxsize),)
"""The lines of a file that is new as a whole."""

# git-diff(1). Each option here takes back what a user's configuration or a .gitattributes file may say; --text because
# UTF-16 and what is marked as binary has line feeds too. GIT_DIFF_OPTS outweighs -U0: so context lines are understood.
_DIFF = (
    *("diff", "--patch-with-raw", "--no-abbrev", "--find-renames"),
    *("--unified=0", "--inter-hunk-context=0", "--text"),
    *("--no-color", "--no-ext-diff", "--no-textconv", "--no-relative", "--src-prefix=a/", "--dst-prefix=b/"),
    *("--submodule=short", "--ignore-submodules=dirty"),
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in the repository whose work tree is `top`.

    `lines` holds, for the real path of each changed file, its new lines, counted from 1 on; a line ends at a line feed
    and nowhere else, as git has it; a file that only lost lines, or only got another name, has none. `blobs` names
    what is staged of each. `old` holds each file as it was, by the real path it had then: with the blob that held it.
    `renamed` tells that path, where it is another one. `nested` are the real paths of repositories in this one
    (submodules that changed, and others), about whose files git says nothing here.
    """

    top: str
    lines: Mapping[str, tuple[range, ...]]
    blobs: Mapping[str, str]
    nested: tuple[str, ...] = ()
    old: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def touches(self, path: str, source: bytes, start: int, stop: int) -> bool:
        """Whether a line of the bytes [start, stop) of the file with this real path changed."""
        first = source.count(b"\n", 0, start) + 1
        last = first + source.count(b"\n", start, max(start, stop - 1))
        return any(lines.start <= last and first < lines.stop for lines in self.lines.get(path, ()))


def since(here: Path, revision: str) -> Changes:
    """What the work tree has that the revision lacks, committed or not, files that git does not track yet included.

    Where HEAD and the revision have gone apart, it is what has changed since their merge base: what others did since
    then is not in it. `here` lies in the work tree. Raises GitError.
    """
    top = _top(here)
    if revision.startswith("-") or ".." in revision:
        raise GitError(f"--since {revision}: not one revision; name a branch, a tag or a commit")
    base = _merge_base(here, _commit(here, revision), revision)
    changes = _changes(top, _git(here, *_DIFF, base, "--", ":/"))
    # Not the user's own excludes: a result must not depend on who runs.
    listed = _git(here, "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore", "--full-name", "--", ":/")
    others = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    nested = tuple(_real(top, name.rstrip("/")) for name in others if name.endswith("/"))
    new = {_real(top, name): WHOLE for name in others if not name.endswith("/")}
    return replace(changes, lines={**changes.lines, **new}, nested=changes.nested + nested)


def staged(here: Path) -> Changes:
    """What the next commit would change. Raises GitError, also while a merge has conflicts."""
    top = _top(here)
    return _changes(top, _git(here, *_DIFF, "--cached", "--", ":/"))


def contents(here: Path, blobs: Collection[str]) -> dict[str, bytes]:
    """What each of these blobs holds, as git stores it."""
    wanted = sorted(set(blobs))
    answer = _git(here, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in wanted).encode())
    found: dict[str, bytes] = {}
    at = 0
    for blob in wanted:
        head = answer[at : answer.index(b"\n", at)]
        fields = head.split()
        if len(fields) != 3 or fields[1] != b"blob":
            raise GitError(f"git cat-file: {os.fsdecode(head)}; see git fsck")
        begin = at + len(head) + 1
        at = begin + int(fields[2]) + 1
        found[blob] = answer[begin : at - 1]
    return found


def tracked(here: Path, *patterns: str) -> frozenset[str]:
    """The files below a directory that git tracks, of those that glob patterns match; relative to the directory.

    None where no repository is. Raises GitError where there is one, and git does not tell.
    """
    if not any((directory / ".git").exists() for directory in (here, *here.parents)):
        return frozenset()
    # What a repository sets up is not asked: it may have come with the files, and name a program to run.
    words = ("-c", "core.fsmonitor=false", "ls-files", "-z", "--cached", "--", *(f":(glob){one}" for one in patterns))
    must = f"whether git tracks {patterns[0]} must be known"
    try:
        done = _run(here, *words)
    except GitError:
        raise GitError(f"git: not on the PATH; {must}") from None
    if done.returncode:
        said = os.fsdecode(done.stderr).strip().splitlines() or [f"exit code {done.returncode}"]
        raise GitError(f"git ls-files: {said[0].removeprefix('fatal: ')}; {must}")
    return frozenset(os.fsdecode(name) for name in done.stdout.split(b"\0") if name)


def index(top: Path) -> frozenset[str]:
    """The files and the repositories within that git tracks in the repository at `top`, relative to it.

    Raises GitError.
    """
    done = _run(top, "-c", "core.fsmonitor=false", "ls-files", "-z", "--cached")
    if done.returncode:
        said = os.fsdecode(done.stderr).strip().splitlines() or [f"exit code {done.returncode}"]
        raise GitError(f"git ls-files: {said[0].removeprefix('fatal: ')}")
    return frozenset(os.fsdecode(name) for name in done.stdout.split(b"\0") if name)


def excludes_file(top: Path) -> Path | None:
    """The user's own file of what git ignores in the repository at `top` (core.excludesFile); None without git."""
    try:
        done = _run(top, "config", "--type=path", "--get", "core.excludesFile")
    except GitError:
        return None
    if written := os.fsdecode(done.stdout.removesuffix(b"\n")):
        return top / written
    settings = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
    return Path(settings, "git/ignore")


def _top(here: Path) -> str:
    top = _git(here, "rev-parse", "--show-toplevel").removesuffix(b"\n")
    return os.path.realpath(os.fsdecode(top))


def _commit(here: Path, revision: str) -> str:
    found = _run(here, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode:
        raise GitError(f"--since {revision}: no such revision{_shallow(here) or '; git fetch gets those of others'}")
    return found.stdout.decode().strip()


def _merge_base(here: Path, commit: str, revision: str) -> str:
    found = _run(here, "merge-base", commit, "HEAD")
    if found.returncode:
        why = _shallow(here) or "; name one that this branch comes from"
        raise GitError(f"--since {revision}: has no commit in common with HEAD{why}")
    return found.stdout.decode().strip()


def _shallow(here: Path) -> str:
    if _git(here, "rev-parse", "--is-shallow-repository").strip() == b"true":
        return " in this shallow clone; get its history with git fetch --unshallow (CI: fetch-depth: 0, GIT_DEPTH: 0)"
    return ""


def _git(here: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    done = _run(here, *arguments, stdin=stdin)
    if done.returncode:
        said = os.fsdecode(done.stderr).strip().splitlines() or [f"exit code {done.returncode}"]
        raise GitError(f"git {arguments[0]}: {said[0].removeprefix('fatal: ')}; --since and --staged need git's answer")
    return done.stdout


def _run(here: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    directory = os.environ.get("GIT_DIR")
    if directory is None or "GIT_WORK_TREE" in os.environ:
        return _process(here, arguments, stdin, os.environ)
    # In the hooks of a linked work tree git sets GIT_DIR, and then takes any working directory for the top. Where it
    # would find the same repository by itself, it may do so.
    without = {key: value for key, value in os.environ.items() if key != "GIT_DIR"}
    found = _process(here, ("rev-parse", "--absolute-git-dir"), b"", without).stdout.removesuffix(b"\n")
    is_same = os.path.realpath(os.fsdecode(found)) == os.path.realpath(here / directory)
    return _process(here, arguments, stdin, without if is_same else os.environ)


def _process(
    here: Path, arguments: Sequence[str], stdin: bytes, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=here, input=stdin, env=environment, capture_output=True, check=False
        )
    except OSError as error:
        raise GitError(f"git: {error.strerror}; --since and --staged need git itself on the PATH") from None


def _real(top: str, path: str) -> str:
    return os.path.realpath(f"{top}/{path}")


# ------------------------------------------------------------------------------------------- what a diff says

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_RAW = re.compile(rb":(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*\t([^\t]+)(?:\t([^\t]+))?")
_NO_FILE, _SUBMODULE, _LINK = b"000000", b"160000", b"120000"


def _changes(top: str, diff: bytes) -> Changes:
    raw, _, patch = diff.partition(b"\n\n") if diff.startswith(b":") else (b"", b"", diff)
    hunks = dict(_files(patch))
    lines: dict[str, tuple[range, ...]] = {}
    blobs: dict[str, str] = {}
    old: dict[str, str] = {}
    renamed: dict[str, str] = {}
    nested: list[str] = []
    for row in raw.split(b"\n"):
        if (found := _RAW.fullmatch(row)) is None:
            continue
        old_mode, mode, old_blob, blob, _, before, after = found.groups()
        was, path = _real(top, _path(before)), _path(after or before)
        real = _real(top, path)
        if mode == _SUBMODULE:
            nested.append(real)
        elif mode not in (_NO_FILE, _LINK):
            lines[real], blobs[real] = hunks.get(path, ()), blob.decode()
            if was != real:
                renamed[real] = was
        if old_mode not in (_NO_FILE, _LINK, _SUBMODULE):
            old[was] = old_blob.decode()
    return Changes(top, lines, blobs, tuple(nested), old, renamed)


def _files(diff: bytes) -> Iterator[tuple[str, tuple[range, ...]]]:
    """The path and the new lines of each file that has such. Raises GitError for one with conflicts."""
    rows = diff.split(b"\n")
    path, new = "", list[range]()
    at = 0
    while at < len(rows):
        row = rows[at]
        at += 1
        if row.startswith(b"diff --git ") or not row:
            if path and new:
                yield path, tuple(new)
            path, new = "", []
        elif row.startswith(b"+++ "):
            path = _path(row[4:], "b/")
        elif row.startswith(b"* Unmerged path "):
            name = os.fsdecode(row.removeprefix(b"* Unmerged path "))
            raise GitError(f"{name}: a merge left conflicts; resolve them, git add, and run again")
        elif found := _HUNK.match(row):
            old_left, line, new_left = int(found[1] or 1), int(found[2]), int(found[3] or 1)
            while old_left or new_left:
                sign = rows[at][:1]
                at += 1
                if sign == b"+":
                    begin = new.pop().start if new and new[-1].stop == line else line
                    new.append(range(begin, line + 1))
                if sign in (b"+", b" ", b""):  # nothing: an empty line between changes (diff.suppressBlankEmpty)
                    line, new_left = line + 1, new_left - 1
                if sign in (b"-", b" ", b""):
                    old_left -= 1
    if path and new:
        yield path, tuple(new)


_QUOTED = re.compile(rb'\\([abtnvfr"\\]|[0-7]{3})')
_ESCAPES = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))


def _path(written: bytes, prefix: str = "") -> str:
    """A path as git writes it: in C's quotes where it holds odd bytes; in a header before a tab where blanks."""
    name = written.removesuffix(b"\t")
    if name == b"/dev/null":
        return ""
    if name.startswith(b'"'):
        name = _QUOTED.sub(
            lambda found: bytes([_ESCAPES[found[1][0]] if len(found[1]) == 1 else int(found[1], 8)]), name[1:-1]
        )
    return os.fsdecode(name).removeprefix(prefix)
