"""What git ignores by its .gitignore files; knows the rules, of which pathspec translates each glob."""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schema_rewriter.files.disk import file_errors, read

if TYPE_CHECKING:
    from collections.abc import Container

# gitignore(5), and dir.c of git 2.39 where the manual is silent. pathspec's GitIgnoreSpec matches what lies below
# a match too (`a/**` ignores `a` and so `!a/b` is lost; `!a/` takes back all below `a`). So only its patterns
# are used: a rule matches a path itself or not at all, and nothing below an ignored directory is asked for.
#
# A few rare patterns, none of them in gitignore(5), mean less to pathspec than to git: a named class
# (`[[:digit:]]`), a class with a backslash, a slash or a range like z-a among others, `\/`, and `**` within a part
# (`a**/b`), which the manual calls two single stars but git lets span directories.


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


def rules_above(directory: Path, root: Path) -> tuple[Rule, ...]:
    """The rules, the strongest first, that hold for a directory by what stands above it."""
    chain = [directory, *directory.parents]
    end = root if directory.is_relative_to(root) else directory
    top = next((parent for parent in chain if (parent / ".git").exists()), end)
    rules: tuple[Rule, ...] = ()
    for parent in reversed(chain[1 : chain.index(top) + 1]):
        names = [name for name in (".git", ".gitignore") if (parent / name).exists()]
        rules = rules_in(parent.as_posix().rstrip("/") + "/", names, rules)
    return rules


def rules_in(directory: str, names: Container[str], rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules that hold for the entries of a directory that holds `names`, given those from above it."""
    if ".git" in names:
        rules = _rules(_git_directory(Path(directory, ".git")) / "info/exclude", directory)
    return (_rules(Path(directory, ".gitignore"), directory) if ".gitignore" in names else ()) + rules


def _git_directory(path: Path) -> Path:
    """Where a repository keeps what its worktrees share: `.git`, or where that file of one line points to."""
    with file_errors(path, "make it readable"):
        if path.is_file():
            path = path.parent / os.fsdecode(path.read_bytes()).removeprefix("gitdir:").strip()
            if (shared := path / "commondir").is_file():
                path = path / os.fsdecode(shared.read_bytes()).strip()
    return path


_TRIMMED = re.compile(rb"((?:\\.|[^\\])*?) *", re.DOTALL)


def _rules(path: Path, directory: str) -> tuple[Rule, ...]:
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
        if glob and (pattern := _pattern(glob)):
            rules.append(Rule(os.fsencode(directory), pattern, b"/" in glob, directories, ignores))
    return tuple(reversed(rules))


# An escaped character, what `?` and `*` become, or else a class: pathspec ends it at the first `]` but one that
# is its first character.
_CLASS = re.compile(rb"(\.|\[\^/\])|\[\^?\]?[^]]*\]", re.DOTALL)


def _pattern(glob: bytes) -> re.Pattern[bytes] | None:
    """What fully matches a path with a slash behind it, or None for a glob that never matches."""
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    # Between two slashes pathspec anchors the glob, takes blanks, `!` and `#` as they stand, and its regex ends
    # where the path does; but it cuts `a/**` short to `a/`, and `**/*` to anything at all.
    head, slash, last = glob.removeprefix(b"/").rpartition(b"/")
    last = {b"*": b"?*", b"**": b"**/?*" if b"/" in glob else b"?*"}.get(last, last)
    try:
        regex, _ = GitIgnoreSpecPattern.pattern_to_regex(b"/" + head + slash + last + b"/")
        if regex is None:  # a class that is not closed, which never matches in git either
            return None
        # Not even `[!a]` matches a slash.
        regex = _CLASS.sub(lambda found: found[0] if found[1] else b"(?!/)" + found[0], regex)
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # for `[[a]`
            return re.compile(regex, re.DOTALL)
    except (ValueError, re.error):  # a backslash at the end and the range z-a: these never match in git either
        return None
