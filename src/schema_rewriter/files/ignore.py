"""What git ignores by its files of patterns, in time that no pattern makes long. Knows not what git tracks."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter import wildcards
from schema_rewriter.files.disk import file_errors, read

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

# gitignore(5), and dir.c and wildmatch.c of git 2.39 where the manual is silent. A rule matches a path itself or not at
# all, and nothing below an ignored directory is asked for. One pattern means less here than to git: `**` behind letters
# (`/a**/b`), which the manual calls two single stars, and which git lets span directories.


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a .gitignore, for what lies in the directory `base`, which ends in a slash."""

    base: bytes
    pattern: re.Pattern[bytes]
    anchored: bool
    directories: bool
    ignores: bool


def ignored(path: str, directory: bool, rules: tuple[Rule, ...]) -> bool:
    """Whether the first rule that matches ignores the path; what lies above it must be known not to be."""
    if not rules:
        return False
    whole = os.fsencode(path) + b"/"
    name = whole[whole.rfind(b"/", 0, -1) + 1 :]
    for rule in rules:
        if (directory or not rule.directories) and rule.pattern.fullmatch(
            whole[len(rule.base) :] if rule.anchored else name
        ):
            return rule.ignores
    return False


def rules_above(directory: Path, root: Path, seen: Callable[[Path], object] = lambda path: None) -> tuple[Rule, ...]:
    """The rules, the strongest first, that hold for a directory by what stands above it.

    `seen` gets the user's own excludes file, which lies anywhere.
    """
    chain = [directory, *directory.parents]
    end = root if directory.is_relative_to(root) else directory
    top = repository_above(directory) or end
    rules: tuple[Rule, ...] = ()
    for parent in reversed(chain[1 : chain.index(top) + 1]):
        names = [name for name in (".git", ".gitignore") if (parent / name).exists()]
        rules = rules_in(parent.as_posix().rstrip("/") + "/", names, rules, seen)
    return rules


def repository_above(directory: Path) -> Path | None:
    """The top of the repository that a directory lies in; None outside of any."""
    return next((parent for parent in (directory, *directory.parents) if (parent / ".git").exists()), None)


def rules_in(
    directory: str,
    names: Container[str],
    rules: tuple[Rule, ...],
    seen: Callable[[Path], object] = lambda path: None,
) -> tuple[Rule, ...]:
    """The rules that hold for the entries of a directory that holds `names`, given those from above it."""
    if ".git" in names:
        rules = _rules(_git_directory(Path(directory, ".git")) / "info/exclude", directory)
        if (own := _excludes_file(directory)) is not None:
            seen(own)
            rules += _rules(own.resolve(), directory)
    return (_rules(Path(directory, ".gitignore"), directory) if ".gitignore" in names else ()) + rules


def _excludes_file(directory: str) -> Path | None:
    from schema_rewriter.files import git

    return git.excludes_file(Path(directory))


def _git_directory(path: Path) -> Path:
    """Where a repository keeps what its worktrees share: `.git`, or where that file of one line points to."""
    with file_errors(path, "make it readable"):
        if path.is_file():
            path = path.parent / os.fsdecode(path.read_bytes()).removeprefix("gitdir:").strip()
            if (shared := path / "commondir").is_file():
                path = path / os.fsdecode(shared.read_bytes()).strip()
    return path


def _rules(path: Path, directory: str) -> tuple[Rule, ...]:
    if path.is_symlink() or not path.is_file():  # git reads no .gitignore through a link either
        return ()
    return rules_of(read(path), directory)


def rules_of(source: bytes, directory: str) -> tuple[Rule, ...]:
    """The rules, the strongest first, that a file of patterns holds for what lies in a directory."""
    rules = []
    for line in source.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        glob = _trimmed(line.removesuffix(b"\r"))
        if glob.startswith(b"#"):
            continue
        ignores, glob = not glob.startswith(b"!"), glob.removeprefix(b"!")
        directories, glob = glob.endswith(b"/"), glob.removesuffix(b"/")
        if glob and (pattern := _pattern(glob)):
            rules.append(Rule(os.fsencode(directory), pattern, b"/" in glob, directories, ignores))
    return tuple(reversed(rules))


def _trimmed(line: bytes) -> bytes:
    """A line without the blanks at its end, but for one that is escaped; as it is where a lone backslash ends it."""
    short = line.rstrip(b" ")
    backslashes = len(short) - len(short.rstrip(b"\\"))
    if backslashes % 2 == 0:
        return short
    return short + b" " if len(short) < len(line) else line


_NAMED = {
    "alnum": ("09", "AZ", "az"),
    "alpha": ("AZ", "az"),
    "blank": ("  ", "\t\t"),
    "cntrl": ("\x00\x1f", "\x7f\x7f"),
    "digit": ("09",),
    "graph": ("!~",),
    "lower": ("az",),
    "print": (" ~",),
    "punct": ("!/", ":@", "[`", "{~"),
    "space": ("\t\n", "\r\r", "  "),
    "upper": ("AZ",),
    "xdigit": ("09", "AF", "af"),
}
"""The classes of characters by name, in ASCII as git has them (wildmatch.c)."""


@lru_cache(maxsize=4096)
def _pattern(glob: bytes) -> re.Pattern[bytes] | None:
    """What fully matches a path with a slash behind it, or None for a glob that never matches."""
    try:
        tokens = list(_tokens(glob.decode("latin-1").removeprefix("/")))
    except _NoGlobError:
        return None
    parts: list[list[str]] = [[]]
    for at, token in enumerate(tokens):
        if token not in (_SLASH, _ESCAPED_SLASH):
            parts[-1].append(token)
            continue
        if token == _ESCAPED_SLASH and parts[-1] == [wildcards.SPAN]:
            parts.insert(-1, [wildcards.STAR])  # git then skips one directory at least
        if at + 1 < len(tokens):
            parts.append([])
    if not all(parts) or tokens[-1] in (_SLASH, _ESCAPED_SLASH):
        return None
    made = [wildcards.SPAN if part == [wildcards.SPAN] else wildcards.part(part) for part in parts]
    return re.compile(wildcards.whole(made).encode("latin-1"), re.DOTALL)


_SLASH, _ESCAPED_SLASH = "/", "\\/"


class _NoGlobError(ValueError):
    """What no path matches: a backslash at the end, a class that is not closed, or of an unknown name."""


def _tokens(glob: str) -> Iterator[str]:
    """The slashes and wildcards of a glob. Raises _NoGlobError."""
    at = 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "\\":
            if at == len(glob):
                raise _NoGlobError
            yield _ESCAPED_SLASH if glob[at] == "/" else wildcards.one(glob[at])
            at += 1
        elif char == "*":
            first = at - 1
            while glob[at : at + 1] == "*":
                at += 1
            is_part = glob[first - 1 : first] in ("", "/") and (glob[at:] + "/").startswith(("/", "\\/"))
            yield wildcards.SPAN if at - first > 1 and is_part else wildcards.STAR
        elif char == "[":
            at, token = _class(glob, at)
            yield token
        else:
            yield {"?": wildcards.ANY, "/": _SLASH}.get(char) or wildcards.one(char)


def _class(glob: str, at: int) -> tuple[int, str]:
    """Where a class ends whose bracket opens before a place, and what it says. Raises _NoGlobError."""
    negated = glob[at : at + 1] in ("!", "^")
    first = at = at + negated
    ranges: list[tuple[str, str]] = []
    before = ""  # what a range may begin with
    while at == first or glob[at : at + 1] != "]":
        if glob.startswith("[:", at) and (end := glob.find("]", at + 2)) > 0 and glob[end - 1] == ":" and end > at + 2:
            named = _NAMED.get(glob[at + 2 : end - 1])
            if named is None:
                raise _NoGlobError
            ranges += [(pair[0], pair[1]) for pair in named]
            at, before = end + 1, ""
        elif glob[at : at + 1] == "-" and before and glob[at + 1 : at + 2] not in ("", "]"):
            at, last = _member(glob, at + 1)
            ranges.append((before, last))
            before = ""
        else:
            at, before = _member(glob, at)
            ranges.append((before, before))
    return at + 1, wildcards.any_of(ranges, negated=negated)


def _member(glob: str, at: int) -> tuple[int, str]:
    """What follows a character of a class, which may be escaped, and that character. Raises _NoGlobError."""
    at += glob[at : at + 1] == "\\"
    if at >= len(glob):
        raise _NoGlobError
    return at + 1, glob[at]
