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
from schema_rewriter.cli.options import FILE, NAME, SETTINGS, rule_set
from schema_rewriter.cli.output import echo, painted, say
from schema_rewriter.errors import ConfigError
from schema_rewriter.finding import CODES
from schema_rewriter.rules import parse_rules
from schema_rewriter.visible import visible_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.relation import Relation
    from schema_rewriter.reports.places import Lines

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
    """Tell why each name on a line is edited, reported or left alone; or what a finding code means.

    The file is judged by itself, as if only it were named on the command line.
    """
    if what in CODES:
        from textwrap import fill

        from schema_rewriter.codes import codes

        for paragraph in codes()[what].text.rstrip("\n").split("\n\n"):
            click.echo(paragraph if paragraph.startswith(" ") else fill(paragraph, 78, break_on_hyphens=False))
            click.echo()
        return
    place = re.fullmatch(r"(.+?):(\d+)(?::(\d+))?:?", what, re.DOTALL)
    if place is None:
        from difflib import get_close_matches

        near = get_close_matches(what, CODES, 1)
        hint = f"; did you mean {near[0]}?" if near else ", such as app/db.py:42"
        raise ConfigError(f"{what} is neither FILE:LINE nor a code of a finding{hint}")
    _line(rule_files, place[1], int(place[2]), int(place[3]) if place[3] else None)


def _line(rule_files: tuple[Path, ...], name: str, number: int, column: int | None) -> None:
    from schema_rewriter.reports.full import shown
    from schema_rewriter.reports.places import Lines
    from schema_rewriter.rewriting.explanation import explain

    settings = config.load(Path.cwd())
    rules = rule_set(rule_files, settings)
    path = Path(os.path.normpath(Path.cwd() / name))
    source = files.read(path)
    lines = Lines.of(source)
    if not 1 <= number <= len(lines.starts):
        raise ConfigError(f"{name} has {len(lines.starts)} lines, and no line {number}")
    span = lines.near(lines.starts[number - 1])
    inside = path.relative_to(settings.root).as_posix() if path.is_relative_to(settings.root) else path.as_posix()
    result, explained = explain(inside, source, rules, span)
    if result.error is not None:
        raise ConfigError(f"{name}: {result.error}")
    chosen = [item for item in explained if column is None or _holds(item.span, lines, column)]
    say(f"{visible_path(name)}:{number}: {shown(lines.text(span)).strip()}")
    if not chosen:
        click.echo("\nnothing here names a relation that moves" + ("" if column is None else " at that column"))
    where = _moves(rule_files or settings.rules)
    bold, plain = ("\033[1m", "\033[0m") if painted(sys.stdout) else ("", "")
    for item in chosen:
        place = lines.place(item.span.start)
        echo(f"\n{bold}{shown(lines.text(item.span))}{plain} (column {place.column})", colour=True)
        for heading, sentence in item.facts:
            if heading == "verdict" and item.source and (moves := where.get(item.source)):
                for line in moves:
                    say(f"  {'rule':10} {line}")
            say(f"  {heading:10} {shown(sentence)}")


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
