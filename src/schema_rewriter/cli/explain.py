"""`schema-rewrite explain`: why a line is edited, reported or left alone, and what a finding code means."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema_rewriter import files
from schema_rewriter.cli import config
from schema_rewriter.cli.options import FILE, NAME, SETTINGS, from_root, rule_set, search
from schema_rewriter.cli.output import echo, say
from schema_rewriter.cli.terminal import painted
from schema_rewriter.errors import ConfigError
from schema_rewriter.finding import ALIASES, CODES
from schema_rewriter.rules import parse_rules
from schema_rewriter.visible import visible_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.relation import Relation
    from schema_rewriter.reports.places import Lines
    from schema_rewriter.rewriting.explanation import Explained
    from schema_rewriter.rules import RuleSet

_EPILOG = f"""\b
Examples:
  {NAME} explain app/db.py:42
      each name on the line: where it stands, what it is, why it is edited or not
  {NAME} explain app/db.py:42:17
      the name at the column only
  {NAME} explain dynamic-relation
      what the finding code means, and what to do
"""


@click.command(
    short_help="Tell why a name is edited or left; what a code means.", context_settings=SETTINGS, epilog=_EPILOG
)
@click.option("--rules", "rule_files", multiple=True, type=FILE, metavar="FILE", help="A rule file; repeatable.")
@click.argument("what", metavar="FILE:LINE[:COLUMN] | CODE")
def explain_command(rule_files: tuple[Path, ...], what: str) -> None:
    """Tell why each name on a line is edited, reported or left alone; or what a code of a finding means.

    The line is told as a run over the project finds it: with what its other files say.
    """
    if (text := _meaning(what)) is not None:
        from textwrap import fill

        for paragraph in text.rstrip("\n").split("\n\n"):
            click.echo(paragraph if paragraph.startswith(" ") else fill(paragraph, 78, break_on_hyphens=False))
            click.echo()
        return
    place = re.fullmatch(r"(.+?):(\d+)(?::(\d+))?:?", what, re.DOTALL)
    if place is None:
        from difflib import get_close_matches

        near = get_close_matches(what, _codes(), 1)
        hint = f"; did you mean {near[0]}?" if near else ", such as app/db.py:42"
        raise ConfigError(f"{what} is neither FILE:LINE nor a code of a finding{hint}")
    _line(rule_files, place[1], int(place[2]), int(place[3]) if place[3] else None)


def _meaning(code: str) -> str | None:
    """What a code of a finding means, or that of a warning of the audit, by its number or its word."""
    from schema_rewriter.codes import codes
    from schema_rewriter.postgres.audit import codes as audit

    if code in CODES:
        return codes()[code].text
    if code in ALIASES:
        became = "\n".join(codes()[name].text for name in ALIASES[code])
        return f"{code} was split: it stands for {', '.join(ALIASES[code])}\n\n{became}"
    found = audit.code(code)
    return found.text if found is not None else None


def _codes() -> list[str]:
    from schema_rewriter.postgres.audit import codes as audit

    return [*CODES, *(name for each in audit.codes().values() for name in (each.number, each.word))]


def _line(rule_files: tuple[Path, ...], name: str, number: int, column: int | None) -> None:
    from schema_rewriter.reports.full import shown
    from schema_rewriter.reports.places import Lines

    settings = config.load(Path.cwd())
    rules = rule_set(rule_files, settings)
    source = files.read(Path(os.path.normpath(Path.cwd() / name)))
    lines = Lines.of(source)
    if not 1 <= number <= len(lines.starts):
        raise ConfigError(f"{name} has {len(lines.starts)} lines, and no line {number}")
    span = lines.near(lines.starts[number - 1])
    explained = _explained(name, source, rules, span, settings)
    chosen = [item for item in explained if column is None or _holds(item.span, lines, column)]
    say(f"{visible_path(name)}:{number}: {shown(lines.text(span)).strip()}")
    if not chosen:
        click.echo("\nnothing here names a relation that moves" + ("" if column is None else " at that column"))
    where = _moves(rule_files or settings.rules)
    bold, plain = ("\033[1m", "\033[0m") if painted(sys.stdout) else ("", "")
    for item in chosen:
        place = lines.place(item.span.start)
        echo(f"\n{bold}{shown(lines.text(item.span))}{plain} (column {place.column})", colour=True)
        moves = where.get(item.source, []) if item.source else []
        for heading, sentence in item.facts:
            if heading == "verdict":
                for line in moves:
                    say(f"  {'rule':10} {line}")
                moves = []
            say(f"  {heading:10} {shown(sentence)}")


def _explained(name: str, source: bytes, rules: RuleSet, line: Span, settings: config.Config) -> list[Explained]:
    """All about a line of a file, as a run finds it that judges the file with its project around it."""
    from datetime import date

    from schema_rewriter import reading
    from schema_rewriter.cli.cache_options import directory
    from schema_rewriter.finding import FileResult
    from schema_rewriter.project import ALONE
    from schema_rewriter.rewriting.explanation import explain
    from schema_rewriter.run import Means, Task
    from schema_rewriter.run.checking import checked_with_links

    path = from_root(name, settings.root)
    task = Task(settings.root, rules, today=date.today() if rules.boundaries else None)
    means = Means(settings.jobs, cache=directory(None, settings))
    checked = checked_with_links(task, search([name], settings), means)
    results = {result.path: result for result in checked.report.results}
    result = results.get(path, FileResult(path, source, source))
    file = reading.read(path, source, rules)
    error = result.error or file.error
    if error is not None:
        raise ConfigError(f"{name}: {error}")
    return explain(file, checked.linked.context(path) if checked.linked else ALONE, result, line)


def _holds(span: Span, lines: Lines, column: int) -> bool:
    return lines.place(span.start).column <= column <= max(lines.place(span.stop).column - 1, 1)


def _moves(paths: Sequence[Path]) -> dict[Relation, list[str]]:
    """Where the rule files tell of each relation that moves: file and line, and the move."""
    found: dict[Relation, list[str]] = {}
    for path in paths:
        text = (Path.cwd() / path).read_text("utf-8-sig")
        shown = os.path.relpath(Path.cwd() / path)
        heads = [match.start() for match in re.finditer(r"^[ \t]*\[\[[ \t]*move[ \t]*\]\]", text, re.MULTILINE)]
        rules = parse_rules(text, shown)
        for move in rules.moves:
            quoted = re.escape(move.relation.name)
            entry = next((at for at in heads if _tells(text, heads, at, quoted)), None)
            line = "" if entry is None else f":{text.count(chr(10), 0, entry) + 1}"
            where = f", in {', '.join(move.paths)}" if move.paths else ""
            found.setdefault(move.relation, []).append(f"{shown}{line}: {move.relation} moves to {move.to}{where}")
    return found


def _tells(text: str, heads: list[int], at: int, name: str) -> bool:
    """Whether the [[move]] that begins at a character names a table."""
    end = next((head for head in heads if head > at), len(text))
    return re.search(rf"""["']{name}["']""", text[at:end]) is not None
