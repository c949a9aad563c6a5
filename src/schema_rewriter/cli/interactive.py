"""`--fix --interactive`: each change shown and asked for; what is chosen is made by a run of its own, all or none."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from schema_rewriter import files
from schema_rewriter.cli.output import echo
from schema_rewriter.edit import apply
from schema_rewriter.errors import ConfigError, FileError
from schema_rewriter.visible import visible_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.finding import FileResult, Finding, Report
    from schema_rewriter.reports.located import Located, Page

KEYS = {
    "y": "make this change",
    "n": "leave it as it is",
    "a": "make this change and all that follow",
    "q": "leave this and all that follow as they are, and make what was chosen",
    "e": "leave it, and write a comment that sets it aside (schema-rewrite: ignore)",
    "?": "this help",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen: by file the places whose changes are made, and the findings that are set aside."""

    made: dict[str, frozenset[Span]] = field(default_factory=dict)
    ignored: dict[str, tuple[Finding, ...]] = field(default_factory=dict)


def ask(report: Report, colour: bool) -> Choice:
    """Ask for each change that the run would make. Raises ConfigError without a terminal to ask at."""
    from schema_rewriter.reports import located

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("--interactive asks at a terminal, and there is none; leave it out")
    choice = Choice()
    number, total, rest = 0, report.to_qualify, ""
    for result in report.results:
        page = located.Page.of(result, written=False)
        made: set[Span] = set()
        ignored: list[Finding] = []
        for item in located.reported(result, page, written=False):
            if not item.fixed:
                continue
            number += 1
            if not rest:
                place = f"{visible_path(result.path)}:{item.where}"
                _show(f"{place}: {item.finding.code} {item.with_places}", item, page, colour)
                key = _key(f"({number}/{total}) Make this change [y,n,a,q,e,?]? ")
                rest = key if key in "aq" else ""
            else:
                key = rest
            if key in "ya":
                made.add(item.finding.span)
            elif key == "e":
                ignored.append(item.finding)
        choice.made[result.path] = frozenset(made)
        choice.ignored[result.path] = tuple(ignored)
    return choice


def _show(head: str, item: Located, page: Page, colour: bool) -> None:
    from schema_rewriter.reports import colour as paint
    from schema_rewriter.reports.full import snippet

    lines = "\n".join((head, *snippet(item, page, get_terminal_size().columns)))
    echo("\n" + (paint.full(lines) if colour else lines), colour=True)


def _key(question: str) -> str:
    """The key that answers a question."""
    while True:
        click.echo(question, nl=False)
        key = click.getchar().lower()
        if key in ("", "\x04"):  # the end of the input
            raise KeyboardInterrupt
        click.echo(key if key.isprintable() else "")
        if key in KEYS and key != "?":
            return key
        click.echo("".join(f"  {name}  {what}\n" for name, what in KEYS.items()), nl=False)


def make(report: Report, root: Path, run: Callable[[Mapping[str, frozenset[Span]]], Report], colour: bool) -> None:
    """Ask, then write all that was chosen, or none of it; `run` judges with the edits of these places only.

    Raises FileError for a file that changed while its changes were asked for.
    """
    choice = ask(report, colour)
    asked = {result.path: result.before for result in report.results if result.changed}
    changes: list[files.Change] = []
    made = aside = 0
    for result in run(choice.made).results:
        ignored = choice.ignored.get(result.path, ())
        if not (result.changed or ignored):
            continue
        if result.before != asked.get(result.path):
            raise FileError(f"{result.path}: changed while its changes were asked for; nothing is written, run again")
        after, count = _with_comments(result, ignored)
        changes.append(files.Change(Path(result.path), result.before, after))
        made += len(result.applied)
        aside += count
    files.write_and_keep(changes, root)
    click.echo(f"\n{made} made, {aside} set aside, {report.to_qualify - made - aside} left as they are")


def _with_comments(result: FileResult, ignored: Sequence[Finding]) -> tuple[bytes, int]:
    """The file with its edits and with comments for some findings, and for how many of them."""
    from schema_rewriter import hosts
    from schema_rewriter.rewriting.ignore_comments import ignore

    comments = ignore(result.path, result.before, ignored)
    edits = [edit for finding in result.applied for edit in finding.edits]
    after = apply(result.before, [*edits, *comments.edits])
    if hosts.opened(result.path, result.after).difference(after, ()) is not None:
        return result.after, 0
    return after, len(ignored) - len(comments.left)
