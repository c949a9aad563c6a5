"""Big SQL files, rewritten as a whole, against sqlglot's tokenizer over the same text, and against themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import corpus, dumps
from benchmarks.measure import CantRunError, Figure, Size, Times, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZE = 10
"""MB of the largest dump."""
LIMIT = 2.0
LINEAR = 1.5
"""A megabyte, or a finding, may cost this much more in the larger file."""
FINDINGS = 20_000


def figures(work: Path, size: Size) -> list[Figure]:
    """Each file with its pace, and what it is held against."""
    import sqlglot
    from sqlglot import tokenizer_core

    from schema_rewriter import rewrite
    from schema_rewriter.cli import config

    (work / "rules.toml").write_text(corpus.rules(10), "utf-8")
    rules = config.load_rules([work / "rules.toml"])
    kind = "in pure Python" if tokenizer_core.__file__.endswith(".py") else "compiled"

    def rewriting(source: bytes, places: int = 1) -> Callable[[], object]:
        def run() -> None:
            result = rewrite("dump.sql", source, rules)
            if len(result.applied) < places or result.open:
                raise CantRunError(f"{len(result.applied)} edits, {len(result.open)} left open")

        return run

    def tokenizing(source: bytes) -> Callable[[], object]:
        text = source.decode()
        return lambda: sqlglot.tokenize(text, read="postgres")

    half, whole = dumps.mixed(size.of(SIZE * 500_000)), dumps.mixed(size.of(SIZE * 1_000_000))
    bare = dumps.mixed(size.of(SIZE * 100_000), rows=0)
    lines = [dumps.one_line(size.of(length)) for length in (200_000, 1_000_000)]
    few, findings = size.of(FINDINGS // 10), size.of(FINDINGS)
    many = [dumps.affected(places) for places in (few, findings)]
    times = in_turn(
        {
            "tokens": tokenizing(whole),
            "whole": rewriting(whole),
            "half": rewriting(half),
            "schema": rewriting(bare),
            "schema's tokens": tokenizing(bare),
        },
        size.repeat,
    )
    slow = in_turn(
        {
            **{f"line {len(line)}": rewriting(line) for line in lines},
            "few": rewriting(many[0], few),
            "many": rewriting(many[1], findings),
        },
        1,  # a minute and more
    )
    cpu = {name: measured.cpu for name, measured in (times | slow).items()}
    paces = [_each(cpu[f"line {len(line)}"], len(line)) for line in lines]
    return [
        Figure(f"a dump of {SIZE * size.share:g} MB", f"{len(whole) / 1e6 / cpu['whole'].best:.1f} MB/s"),
        cpu["whole"].over(cpu["tokens"]).below(LIMIT, f"rewritten / sqlglot's tokens, {kind}, CPU time"),
        _each(cpu["whole"], len(whole))
        .over(_each(cpu["half"], len(half)))
        .below(LINEAR, f"a megabyte of it / of {SIZE * size.share / 2:g} MB"),
        Figure("a dump of a schema only / its tokens", str(cpu["schema"].over(cpu["schema's tokens"]))),
        paces[1]
        .over(paces[0])
        .below(LINEAR, f"a megabyte of one line of {size.share:g} MB / of {0.2 * size.share:g} MB"),
        _each(cpu["many"], findings)
        .over(_each(cpu["few"], few))
        .below(LINEAR, f"a finding of {findings:,} / of {few:,}"),
    ]


def _each(times: Times, count: int) -> Times:
    return Times(tuple(taken / count for taken in times.all))
