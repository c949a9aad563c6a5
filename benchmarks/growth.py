"""One Python file with more and more of one thing: what each of them costs must not grow with their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import corpus
from benchmarks.measure import CantRunError, Figure, Size, Times, in_fork, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schema_rewriter import RuleSet

COUNTS = (500, 1_000, 2_000)
"""How many of a thing; of strings that name nothing, twenty times as many."""
LIMIT = 1.5
"""One of a thing may cost this much more among the most of them than among the fewest."""
KINDS = {
    "strings in a list": 'NAMES = [\n    "{name}",\n{all}]\n|    "word {n}",\n',
    "SQL literals": '{all}|cur.execute("SELECT a FROM {name} WHERE id = {n}")\n',
    "entries of a mapping": 'TABLES = {{\n{all}}}\ncur.execute("SELECT * FROM " + TABLES[k])\n|    "k{n}": "{name}",\n',
    "concatenations": 'def f(cur, x):\n{all}|    cur.execute("SELECT a FROM {name} WHERE id = " + "{n}" + x)\n',
    "f-strings": 'def f(cur, x):\n{all}|    cur.execute(f"SELECT {{x}} FROM {name} WHERE id = {n}")\n',
    "holes that take one name": 'T = "{name}"\n{all}|cur.execute(f"SELECT {n} FROM {{T}}")\n',
    "calls of one helper": 'def load(cur, t):\n    cur.execute(f"SELECT * FROM {{t}}")\n{all}|load(cur, "{name}")\n',
    "+= in a row": 'q = "SELECT 1 FROM {name}"\n{all}|q += " UNION SELECT {n} FROM {name}"\n',
}
"""What a file holds around all of a thing, and behind the bar one of them."""


def figures(work: Path, size: Size) -> list[Figure]:
    """For each thing, how much more one of them costs where there are many, and what it costs."""
    from schema_rewriter import rewrite
    from schema_rewriter.rules import parse_rules

    rules = parse_rules(corpus.rules(10), "rules.toml")
    rewrite("warm.py", _made("f-strings", 1), rules)  # all is imported before there are forks
    return [_figure(kind, rules, size) for kind in KINDS]


def _figure(kind: str, rules: RuleSet, size: Size) -> Figure:
    share = 20 if kind == "strings in a list" else 1
    counts = [size.of(count * share) for count in COUNTS]
    measured = in_turn({str(count): _judging(_made(kind, count), rules) for count in counts}, size.repeat)
    each = [Times(tuple(1000 * taken / count for taken in measured[str(count)].cpu.all)) for count in counts]
    shown = ", ".join(f"{times.best:.2f}" for times in each)
    what = f"one of {', '.join(map(str, counts))} {kind} ({shown} ms)"
    return each[-1].over(each[0]).below(LIMIT, what)


def _made(kind: str, count: int) -> bytes:
    around, one = KINDS[kind].split("|")
    name = corpus.TABLES[0]
    every = "".join(one.format(n=n, name=name) for n in range(count))
    return around.format(all=every, name=name).encode()


def _judging(source: bytes, rules: RuleSet) -> Callable[[], object]:
    from schema_rewriter import rewrite

    def judged() -> int:
        result = rewrite("made.py", source, rules)
        return len(result.applied) + len(result.open) + (result.error is None)

    def run() -> None:
        if not in_fork(judged):
            raise CantRunError("a made file can't be judged")

    return run
