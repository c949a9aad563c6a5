"""Runs over files that nobody changed, or one of which somebody did, against a bare walk and against a first run."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

from benchmarks import corpus, stats
from benchmarks.bare import AFFECTED
from benchmarks.measure import COMMAND, CantRunError, Figure, Measured, Size, in_turn, output, process

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FILES = 10_000
LIMIT = 1.5
COLD, WARM, EDITED, NAMED = 1.1, 0.2, 0.25, 1.25
HEAVY = ("click", "libcst", "sqlglot", "json", "re", "schema_rewriter.cli", "schema_rewriter.files")


def figures(work: Path, size: Size) -> list[Figure]:
    """The figures of `--check` of many files that nobody changed."""
    root, files, repeat = work / "tree", size.of(FILES), size.repeat
    corpus.tree(root, files)
    (root / "rules.toml").write_text(corpus.rules(10), "utf-8")
    (root / "pyproject.toml").write_text('[tool.schema-rewrite]\nrules = ["rules.toml"]\n', "utf-8")
    check = [*COMMAND, "--check"]
    turns = max(2, repeat // 2) if repeat > 1 else 1
    sleep(3)  # what was just written is not yet kept
    in_turn({"prepare": process(check, root, code=1)}, 1)
    report = json.loads(output([*check, "--no-cache", "--output-format", "json"], root))
    if report["counts"]["read"] != files or report["counts"]["changed"] != files // 100:
        raise CantRunError(f"{root}: the run missed or invented something: {report['counts']}")
    if output(check, root) != output([*check, "--no-cache"], root):
        raise CantRunError(f"{root}: the answer is not what a run without a cache says")
    times = in_turn(
        {
            "warm": process(check, root, code=1),
            "bare": process([sys.executable, str(Path(stats.__file__)), "."], root),
            "click": process([sys.executable, "-c", "import click"], root),
        },
        repeat * 3,
    )
    runs = in_turn({"cold": _cold(check, root), "uncached": process([*check, "--no-cache"], root, code=1)}, turns)
    listing = (
        "import sys; from schema_rewriter.__main__ import main; main(); "
        f"print('heavy:', *[name for name in {HEAVY} if name in sys.modules])"
    )
    loaded = output([sys.executable, "-c", listing, *check[1:]], root).rpartition("heavy:")[2].strip()
    what = f"warm --check of {files:,} files / os.walk and os.stat of each"
    return [
        times["warm"].wall.over(times["bare"].wall).below(LIMIT, what),
        Figure("the same, CPU time", str(times["warm"].cpu.over(times["bare"].cpu))),
        Figure("the same / python -c 'import click'", str(times["warm"].wall.over(times["click"].wall))),
        Figure("the same / without an answer", f"1/{runs['cold'].wall.best / times['warm'].wall.best:.0f}"),
        Figure("imported by it of click, engines, json, re and our rim", loaded or "none", "none", not loaded),
        *_by_file(check, root, turns, runs, files),
    ]


def _by_file(check: list[str], root: Path, turns: int, runs: dict[str, Measured], files: int) -> list[Figure]:
    """The figures of what is kept of each file. Each run is held against one without a cache."""
    diff, uncached = [*COMMAND, "--diff"], [*COMMAND, "--diff", "--no-cache"]
    affected = next(corpus.files(root, AFFECTED))
    plain = next(corpus.files(root, "module_"))
    _edit(affected)()
    output(check, root)
    if output(diff, root) != output(uncached, root):
        raise CantRunError(f"{root}: with a cache, the diff is another")
    known = [*COMMAND, "--statistics"]
    output(known, root)
    words = {"known": _then(_edit(plain), process(known, root, code=1)), "diff": process(diff, root, code=1)}
    times = in_turn(words, turns * 2)
    edits = in_turn(
        {"affected": _then(_edit(affected), process(check, root, code=1)),
         "plain": _then(_edit(plain), process(check, root, code=1))},
        turns,
    )  # fmt: skip
    three = [path.relative_to(root).as_posix() for path, _ in zip(corpus.files(root, AFFECTED), range(3), strict=False)]
    named = [*check, *three]
    if output(named, root).splitlines()[:-1] != _lines_of(output(check, root), three):
        raise CantRunError(f"{root}: of files that are named, a run says something else than one over all")
    few = in_turn(
        {"named": _then(_edit(plain), process(named, root, code=1)),
         "known": _then(_edit(plain), process(known, root, code=1)),
         "named, edited": _then(_edit(affected), process(named, root, code=1)),
         "edited": _then(_edit(affected), process(check, root, code=1))},
        turns,
    )  # fmt: skip
    size = sum(path.stat().st_size for path in (root / ".schema-rewrite-cache/files").iterdir())
    cold = runs["cold"].wall
    return [
        runs["cold"].wall.over(runs["uncached"].wall).below(COLD, "a first run, which keeps all / --no-cache"),
        times["known"]
        .wall.over(cold)
        .below(WARM, "a run that has no answer, over what is known of files / a first run"),
        Figure("--diff, which proves anew what it prints / a first run", str(times["diff"].wall.over(cold))),
        edits["affected"].wall.over(cold).below(EDITED, "--check after a change of one affected file / a first run"),
        edits["plain"].wall.over(cold).below(EDITED, "--check after a change of another file / a first run"),
        few["named"]
        .wall.over(few["known"].wall)
        .below(NAMED, "--check of 3 named files / of all, with no answer kept"),
        few["named, edited"].wall.over(few["edited"].wall).below(NAMED, "the same after a change of one of them"),
        Figure(f"what is kept of {files:,} files", f"{size / 1e6:.1f} MB"),
    ]


def _lines_of(said: str, paths: Sequence[str]) -> list[str]:
    """The lines that are about some files."""
    return [line for line in said.splitlines() if line.startswith(tuple(f"{path}:" for path in paths))]


def _edit(path: Path) -> Callable[[], None]:
    def edit() -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write("# Another line.\n")

    return edit


def _then(one: Callable[[], None], other: Callable[[], None]) -> Callable[[], None]:
    def both() -> None:
        one()
        other()

    return both


def _cold(check: list[str], root: Path) -> Callable[[], None]:
    run = process(check, root, code=1)

    def cold() -> None:
        shutil.rmtree(root / ".schema-rewrite-cache", ignore_errors=True)
        run()

    return cold
