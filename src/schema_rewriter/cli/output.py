"""Where a report goes, and how: stdout or stderr, a patch file, colours. Knows no option and no run."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema_rewriter.cli.options import NAME
from schema_rewriter.cli.terminal import folded, is_terminal, painted, width
from schema_rewriter.errors import FileError
from schema_rewriter.run import by_file
from schema_rewriter.visible import visible, without_commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.cli.next_commands import Next
    from schema_rewriter.finding import Notice, Report


AUTO = "auto"
"""The format that depends on what there is to tell, and to whom."""
_FEW = 10
"""How many findings are shown with their lines of code, where nobody asked for a format."""


@dataclass(frozen=True, slots=True)
class Output:
    """What goes where. `mode` is check, diff, patch or fix; `file` takes the report in place of stdout.

    `then` are the commands that come next, None where none is told.
    """

    mode: str
    patch: Path | None
    format: str
    colour: str
    quiet: bool
    file: Path | None = None
    statistics: bool = False
    then: Next | None = None

    def resolved(self, report: Report, stream: object) -> Output:
        """With a format: on a terminal each line of code where there are few, else a line for each finding."""
        if self.format != AUTO:
            return self
        few = sum(len(result.open if report.written else result.findings) for result in report.results) <= _FEW
        return replace(self, format="full" if few and self.file is None and is_terminal(stream) else "concise")

    @property
    def diff_on_stdout(self) -> bool:
        return self.mode == "diff" or str(self.patch) == "-"


def as_markdown(output: Output) -> bool:
    """Whether the report is Markdown, or comes with such: the summary of a step on GitHub."""
    return output.format == "markdown" or (output.format == "github" and "GITHUB_STEP_SUMMARY" in os.environ)


@dataclass(frozen=True, slots=True)
class Shown:
    """What was told: the report, in which files have an error that could not be told of, and what was printed of it.

    Each text comes with whether it went to stderr.
    """

    report: Report
    said: Sequence[tuple[str, bool]]


def show(report: Report, root: Path, output: Output, *, err: bool, appendix: str = "") -> Shown:
    """Print the diff, where one is wanted, and the report; `appendix` is what stands below a report in Markdown."""
    stream = sys.stderr if err else sys.stdout
    output = output.resolved(report, stream)
    report, texts = by_file(lambda some: (some, _texts(some, root, output, stream, appendix)), report)
    _print_diff(texts.diff, output)
    if output.format == "github" and (step := os.environ.get("GITHUB_STEP_SUMMARY")):
        _append(Path(step), texts.markdown)
    said: list[tuple[str, bool]] = []
    if output.file is None:
        said.append((texts.report, err))
    else:
        write(output.file, texts.report.encode("utf-8", "surrogateescape"))
    if texts.summary:
        said.append((texts.summary, err))
    said += [(folded(f"{line}\n", sys.stderr), True) for line in notice_lines(report.notices)]
    for text, to_stderr in said:
        own = output.format == "github" and text == texts.report
        click.echo(text if own else guarded(text), nl=False, err=to_stderr, color=True)
    return Shown(report, said)


def notice_lines(notices: Sequence[Notice]) -> list[str]:
    """What is said of a run as a whole, each in a line for stderr."""
    return [f"{NAME}: warning: {visible(notice.message)}" for notice in notices]


def guarded(text: str) -> str:
    """A text for a stream: in a GitHub workflow, whose log takes some lines for commands, without such."""
    return without_commands(text) if os.environ.get("GITHUB_ACTIONS") == "true" else text


@dataclass(frozen=True, slots=True)
class _Texts:
    """All that is told of a report, "" for what is not wanted."""

    report: str
    summary: str
    diff: bytes
    markdown: str


def _texts(report: Report, root: Path, output: Output, stream: object, appendix: str) -> _Texts:
    from schema_rewriter import reports
    from schema_rewriter.reports.causes import by_cause

    diff = _diff(report, root) if output.mode in ("diff", "patch") else b""
    start = os.environ.get(_TOPS.get(output.format, "")) or os.curdir
    shown_as = (replace(r, path=as_shown(root / r.path, start)) for r in report.results)
    report = replace(report, results=tuple(by_cause(r, written=report.written) for r in shown_as))
    for_step = output.format == "github" and "GITHUB_STEP_SUMMARY" in os.environ
    markdown = reports.FORMATS["markdown"](report) + appendix if for_step else ""
    if output.mode in ("diff", "patch") and output.format in reports.PEOPLE:  # they show the rest
        report = replace(report, results=tuple(replace(r, findings=r.open) for r in report.results))
    shown = _rendered(report, output, stream) + (appendix if output.format == "markdown" else "")
    has_summary = not output.quiet and (output.file or output.format in reports.PEOPLE)
    return _Texts(shown, _summary(report, output, stream) if has_summary else "", diff, markdown)


def _summary(report: Report, output: Output, stream: object) -> str:
    """What the run counted, and the commands that come next, which stay in one piece."""
    from schema_rewriter.reports import concise

    then = output.then if output.format in ("concise", "full", "grouped") else None
    steps = concise.steps(report, then.fix, then.explain, then.plan) if then else []
    return folded(f"{concise.summary(report)}\n", stream) + "".join(f"{line}\n" for line in steps)


def _print_diff(diff: bytes, output: Output) -> None:
    if output.mode in ("diff", "patch"):
        if output.patch and not output.diff_on_stdout:
            write(output.patch, diff)
        else:
            if coloured(output, sys.stdout):
                from schema_rewriter.reports import colour

                diff = colour.diff(diff)
            click.echo(diff, nl=False)


def _rendered(report: Report, output: Output, stream: object) -> str:
    """The report's text, for that stream or for a file."""
    from schema_rewriter import reports

    if output.statistics:
        from schema_rewriter.reports import statistics

        if output.format == "json":
            return statistics.render_json(report)
        return statistics.render(report) if output.file else folded(statistics.render(report), stream)
    terminal = output.file is None and is_terminal(stream)
    if output.format == "full" and terminal:
        from schema_rewriter.reports import full

        shown = full.render(report, width(stream))
    else:
        shown = reports.FORMATS[output.format](report)
    if terminal and output.format in ("concise", "full", "grouped"):
        shown = folded(shown, stream)
    if output.file is None and output.format in ("concise", "full", "grouped") and coloured(output, stream):
        from schema_rewriter.reports import colour

        shown = {"concise": colour.text, "full": colour.full, "grouped": colour.grouped}[output.format](shown)
    return shown


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text + "\n")
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}; it is what GITHUB_STEP_SUMMARY names") from None


def _diff(report: Report, root: Path) -> bytes:
    """The patch of all changes, with paths from the top of the git repository (for `git apply`) or from here."""
    from schema_rewriter.files import patch

    top = next((directory for directory in (root, *root.parents) if (directory / ".git").exists()), Path.cwd())
    parts = []
    for result in report.results:
        if result.changed:
            full = root / result.path
            if not full.is_relative_to(top):
                raise FileError(f"{result.path}: not below {top}, so no patch can name it; run from a directory above")
            parts.append(patch.diff(full.relative_to(top).as_posix(), result.before, result.after))
    return b"".join(parts)


def write(path: Path, content: bytes) -> None:
    """Put a patch or a baseline on the disk in one step; a stream, a pipe or a device gets it as it comes."""
    try:
        if (stream := _stream(path)) is not None:
            with open(stream, "wb", closefd=False) as file:
                file.write(content)
            return
        if path.exists() and not path.is_file():
            _send(path, content)
            return
        if path.is_symlink():
            path = path.resolve()  # a link stays one
        new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with new.open("xb") as file:  # through no link that lies there
                file.write(content)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}; name a file that can be written") from None


def _send(path: Path, content: bytes) -> None:
    """Give bytes to a pipe or a device; a pipe that nobody reads is an OSError, not waited for."""
    there = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    if hasattr(os, "set_blocking"):
        os.set_blocking(there, True)
    with os.fdopen(there, "wb") as file:
        file.write(content)


def _stream(path: Path) -> int | None:
    """Which of stdout and stderr a path leads to (`/dev/stdout`), though that be a file."""
    if not path.exists():
        return None
    for number in (1, 2):
        with suppress(OSError):  # closed
            if os.path.samestat(path.stat(), os.fstat(number)):
                return number
    return None


_TOPS = {"github": "GITHUB_WORKSPACE", "gitlab": "CI_PROJECT_DIR"}
"""What names the top of the repository, from which these formats want paths, wherever the command runs."""


def as_shown(path: Path, start: str = os.curdir) -> str:
    """The path as it would be written in a directory, the working one unless told otherwise."""
    try:
        return Path(os.path.relpath(path, start)).as_posix()
    except ValueError:  # another drive of Windows
        return path.as_posix()


def say(line: str, *, err: bool = False) -> None:
    """Print a line, folded for a terminal; what is in it stays in it, and is no command to what shows it."""
    click.echo(guarded(folded(visible(line), sys.stderr if err else sys.stdout)), err=err)


def echo(text: str, *, nl: bool = True, colour: bool | None = None) -> None:
    """Print lines that are made for people or programs, whose names are escaped already."""
    click.echo(guarded(text), nl=nl, color=colour)


def coloured(output: Output, stream: object) -> bool:
    """Whether what goes to that stream is painted."""
    return output.colour == "always" if output.colour != "auto" else painted(stream)
