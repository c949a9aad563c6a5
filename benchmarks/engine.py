"""The rewriter in one process: Python files against their bare parse, and big SQL files."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

from benchmarks import bare, corpus
from benchmarks.measure import CantRunError, Figure, Size, Times, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schema_rewriter import RuleSet

DUMPS = (1, 5, 20)
"""Sizes of dumps in MB."""
LINEAR = 1.5
"""A megabyte may cost this much more in the largest dump than in the smallest."""


def figures(work: Path, size: Size) -> list[Figure]:
    """Throughput and its parts."""
    from schema_rewriter.cli import config

    (work / "rules.toml").write_text(corpus.rules(10), "utf-8")
    rules = config.load_rules([work / "rules.toml"])
    return [*_python(work / "tree", rules, size), *_sql(rules, size)]


def _python(root: Path, rules: RuleSet, size: Size) -> list[Figure]:
    import libcst

    from schema_rewriter import hosts, rewrite

    corpus.tree(root, size.of(5_000))
    sources = [path.read_bytes() for path in corpus.files(root, bare.AFFECTED)]
    total = sum(map(len, sources)) / 1e6

    def read(source: bytes) -> None:
        if hosts.opened("a.py", source).hosted.error:
            raise CantRunError("a generated file can't be read")

    def judge(source: bytes) -> None:
        if not rewrite("a.py", source, rules).changed:
            raise CantRunError("a generated file is not affected")

    judge(sources[0])
    parts: dict[str, Callable[[bytes], object]] = {"parse": libcst.parse_module, "read": read, "judge": judge}
    times = _each(parts, sources, max(2, size.repeat))  # the first parse of all costs more
    parse, reading, all_of_it = (times[name] for name in ("parse", "read", "judge"))
    rest = (("LibCST's parse", parse), ("the strings and where they go", reading - parse))
    split = ", ".join(f"{name} {taken / all_of_it:.0%}" for name, taken in rest)
    return [
        Figure(
            f"{len(sources)} affected Python files ({total:.1f} MB), LibCST's parse alone", f"{total / parse:.2f} MB/s"
        ),
        Figure("the same, rewritten", f"{total / all_of_it:.2f} MB/s"),
        Figure("rewritten / bare parse", f"{all_of_it / parse:.1f}x"),
        Figure("where the time goes", f"{split}, SQL and proof {(all_of_it - reading) / all_of_it:.0%}"),
    ]


def _each(parts: dict[str, Callable[[bytes], object]], sources: list[bytes], repeat: int) -> dict[str, float]:
    """The sums of the least times that each part took for each source, all measured in turn."""
    totals = dict.fromkeys(parts, 0.0)
    for source in sources:
        least = dict.fromkeys(parts, float("inf"))
        for _ in range(repeat):
            for name, part in parts.items():
                begin = process_time()
                part(source)
                least[name] = min(least[name], process_time() - begin)
        for name in parts:
            totals[name] += least[name]
    return totals


def _sql(rules: RuleSet, size: Size) -> list[Figure]:
    from schema_rewriter import rewrite

    def rewriting(source: bytes) -> Callable[[], object]:
        return lambda: rewrite("dump.sql", source, rules)

    dumps = {millions: corpus.dump(size.of(millions * 1_000_000)) for millions in DUMPS}
    times = in_turn({str(millions): rewriting(source) for millions, source in dumps.items()}, size.repeat)
    pace = {key: Times(tuple(taken * 1e6 / len(dumps[key]) for taken in times[str(key)].cpu.all)) for key in DUMPS}
    speeds = ", ".join(f"{1 / pace[millions].best:.1f}" for millions in DUMPS)
    shown = ", ".join(f"{millions * size.share:g}" for millions in DUMPS)
    ratio = pace[DUMPS[-1]].over(pace[DUMPS[0]])
    return [
        Figure(f"dumps of {shown} MB", f"{speeds} MB/s"),
        ratio.below(
            LINEAR,
            f"a megabyte of the dump of {DUMPS[-1] * size.share:g} MB / of {DUMPS[0] * size.share:g} MB, CPU time",
        ),
    ]
