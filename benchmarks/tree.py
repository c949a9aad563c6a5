"""Many files, few of them affected: against reading them, by their number, by the number of tables, in memory."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import bare, corpus
from benchmarks.measure import COMMAND, CantRunError, Figure, Size, in_turn, memory, output, process

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = 10_000
SIZES = (1_000, 5_000, FILES)
PROSE = 2_000
"""Fewer, as these take longer by far."""
LIMIT = 2.0
LINEAR = 1.5
"""A file more may cost this much more in a big tree than in a small one."""
FLAT = 1.25
"""100 times the tables may cost this much more."""
MEMORY = 250.0


def figures(work: Path, size: Size) -> list[Figure]:
    """All figures of trees; `work` is a directory to make them in."""
    few, many = work / "10.toml", work / "1000.toml"
    few.write_text(corpus.rules(10), "utf-8")
    many.write_text(corpus.rules(1_000), "utf-8")
    sizes, prosaic = [size.of(count) for count in SIZES], size.of(PROSE)
    trees = {count: work / f"tree_{count}" for count in sizes}
    for count, root in trees.items():
        corpus.tree(root, count)
        _demand_all_found(root, few, count)
    prose = work / "prose"
    corpus.tree(prose, prosaic, in_prose=10)
    _demand_all_found(prose, few, prosaic)
    largest = trees[sizes[-1]]
    check = [*COMMAND, "--no-cache", "--check", "--rules"]
    alone = [*COMMAND, "--no-cache", "--jobs", "1", "--check", "--rules"]
    times = in_turn(
        {
            "loop": _loop(largest),
            "check": process([*check, str(few)], largest, code=1),
            "fix": _fix(work, largest, few),
            "1000 tables": process([*alone, str(many)], largest, code=1),
            **{str(count): process([*alone, str(few)], root, code=1) for count, root in trees.items()},
            "prose": process([*check, str(few)], prose, code=1),
            "loop over prose": _loop(prose),
        },
        size.repeat,
    )
    loop, one = times["loop"], times[str(sizes[-1])]
    small, middle, large = (times[str(count)].cpu.best for count in sizes)
    below, above = (middle - small) / (sizes[1] - sizes[0]), (large - middle) / (sizes[2] - sizes[1])
    return [
        times["check"].wall.over(loop.wall).below(LIMIT, f"--check of {sizes[-1]:,} files, 1 % affected / bare loop"),
        Figure("the same with --jobs 1, CPU time", str(one.cpu.over(loop.cpu))),
        Figure("--fix of the same / bare loop", str(times["fix"].wall.over(loop.wall))),
        Figure(
            f"--check of {prosaic:,} files, 10 % more name a table in prose / bare loop",
            str(times["prose"].wall.over(times["loop over prose"].wall)),
        ),
        Figure(
            f"a file more at {sizes[1]:,}-{sizes[2]:,} files / at {sizes[0]:,}-{sizes[1]:,}, CPU time",
            f"{above / below:.2f}x",
            f"< {LINEAR:g}x",
            above / below < LINEAR,
        ),
        times["1000 tables"].cpu.over(one.cpu).below(FLAT, "1,000 tables in the rules / 10 tables, CPU time"),
        *_memory([*check, str(few)], largest, sizes[-1]),
    ]


def _loop(root: Path) -> Callable[[], None]:
    return process([sys.executable, str(Path(bare.__file__)), "."], root)


def _demand_all_found(root: Path, rules: Path, size: int) -> None:
    """Measured is a run that does its work: no affected file is missed, and nothing in another one is touched."""
    command = [*COMMAND, "--no-cache", "--check", "--output-format", "json", "--rules", str(rules)]
    report = json.loads(output(command, root))
    counts = report["counts"]
    others = [result["path"] for result in report["results"] if bare.AFFECTED not in result["path"]]
    if counts["read"] != size or counts["changed"] != size // 100 or counts["errors"] or others:
        raise CantRunError(f"{root}: the run missed or invented something: {counts}, {others[:3]}")


def _fix(work: Path, root: Path, rules: Path) -> Callable[[], None]:
    """What fixes a tree. Each time the affected files are then put back, which takes little beside it."""
    kept = work / "kept"
    kept.mkdir()
    affected = list(corpus.files(root, bare.AFFECTED))
    for path in affected:
        shutil.copyfile(path, kept / path.name)
    fix = process([*COMMAND, "--no-cache", "--fix", "--rules", str(rules)], root)

    def run() -> None:
        fix()
        for path in affected:
            shutil.copyfile(kept / path.name, path)

    return run


def _memory(command: list[str], root: Path, files: int) -> list[Figure]:
    what = f"peak memory of --check of {files:,} files, all processes together"
    if not Path("/proc/self/smaps_rollup").exists():
        return [Figure(what, "can be measured on Linux only", f"< {MEMORY:g} MB")]
    used = memory(command, root)
    own = sorted(used.own.items())
    each = ", ".join(f"{size:.0f}" for _, size in own)
    total = sum(size for _, size in own)
    return [
        Figure(what, f"{used.together:.0f} MB", f"< {MEMORY:g} MB", used.together < MEMORY),
        Figure("the peaks of its processes, the command's first", f"{each} MB"),
        Figure("the sum of these peaks (shared pages count each time)", f"{total:.0f} MB"),
    ]
