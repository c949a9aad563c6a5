"""Colours for a terminal, put on what the other modules made; changes no character that is shown."""

from __future__ import annotations

import re

_FINDING = re.compile(r"^(.+?)(:\d+:\d+: )([a-z]+(?:-[a-z]+)*)(?=\s)", re.MULTILINE)
_ERROR = re.compile(r"^(.+?)(: )(error)(?=: )", re.MULTILINE)

_GROUP = re.compile(r"^(?=\S)(.+)(:)$", re.MULTILINE)
_ENTRY = re.compile(r"^(  +\d+:\d+ +)([a-z]+(?:-[a-z]+)*)(?=\s)", re.MULTILINE)
_SNIPPET = (
    (re.compile(r"^( *\d+ \+ )(.*)$", re.MULTILINE), "\033[32m\\1\\2\033[0m"),
    (re.compile(r"^( +\| )( *)(\^+)$", re.MULTILINE), "\033[94m\\1\033[0m\\2\033[31m\\3\033[0m"),
    (re.compile(r"^( *\d+ \|| +\|$| += )", re.MULTILINE), "\033[94m\\1\033[0m"),
)

_FIXABLE = re.compile(r"\033\[31m([a-z-]+)\033\[0m( +)\[\*\]")
_RELATION = re.compile(r"^(\S.*?)(  \(\d.*\))$", re.MULTILINE)
_HEAD = re.compile(r"\Apackage  .*$", re.MULTILINE)
_CROSSED = re.compile(r"(?<= )[RWDN]\d+!(?= |$)", re.MULTILINE)

# Git's own. A header says `a/`: `--- ` alone may be a removed line of SQL that was a comment.
_DIFF = (
    (re.compile(rb'^(?:diff --git|index|(?:---|\+\+\+) (?:"?[ab]/|/dev/null))[^\n]*', re.MULTILINE), b"1"),
    (re.compile(rb"^@@[^\n]*?@@", re.MULTILINE), b"36"),
    (re.compile(rb'^-(?!-- (?:"?a/|/dev/null))[^\r\n]*', re.MULTILINE), b"31"),
    (re.compile(rb'^\+(?!\+\+ (?:"?b/|/dev/null))[^\r\n]*', re.MULTILINE), b"32"),
)


def text(report: str) -> str:
    """A text report with its paths in bold and its codes in red."""
    painted = "\033[1m\\1\033[0m\\2\033[31m\\3\033[0m"
    return _fixable(_ERROR.sub(painted, _FINDING.sub(painted, report)))


def full(report: str) -> str:
    """A report with lines of code, whose carets are red and whose new lines green."""
    for line, style in _SNIPPET:
        report = line.sub(style, report)
    return text(report)


def grouped(report: str) -> str:
    """A report by file."""
    report = _fixable(_ENTRY.sub("\\1\033[31m\\2\033[0m", _GROUP.sub("\033[1m\\1\033[0m\\2", report)))
    return _ERROR.sub("\033[1m\\1\033[0m\\2\033[31m\\3\033[0m", report)


def _fixable(report: str) -> str:
    """A report that has its codes painted, those that `fix` settles in another colour than what is left to a person."""
    return _FIXABLE.sub("\033[36m\\1\033[0m\\2\033[36m[*]\033[0m", report)


def inventory(shown: str) -> str:
    """An inventory, whose relations are in bold."""
    return _RELATION.sub("\033[1m\\1\033[0m\\2", shown)


def matrix(shown: str) -> str:
    """A matrix of packages and schemas, whose head is in bold, and what crosses a boundary in red."""
    return _CROSSED.sub("\033[31m\\g<0>\033[0m", _HEAD.sub("\033[1m\\g<0>\033[0m", shown))


def diff(patch: bytes) -> bytes:
    """A unified diff in git's colours, which end before the line does."""
    for line, style in _DIFF:
        patch = line.sub(b"\033[%sm\\g<0>\033[0m" % style, patch)
    return patch
