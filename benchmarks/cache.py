"""A run that has an answer, against a bare walk that asks for each file's state, and against its own first time."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

from benchmarks import corpus, stats
from benchmarks.measure import COMMAND, Figure, in_turn, output, process

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = 10_000
LIMIT = 1.5
HEAVY = ("click", "libcst", "sqlglot", "json", "re", "schema_rewriter.cli", "schema_rewriter.files")


def figures(work: Path, repeat: int) -> list[Figure]:
    """The figures of `--check` of many files that nobody changed."""
    root = work / "tree"
    corpus.tree(root, FILES)
    (root / "rules.toml").write_text(corpus.rules(10), "utf-8")
    (root / "pyproject.toml").write_text('[tool.schema-rewrite]\nrules = ["rules.toml"]\n', "utf-8")
    check = [*COMMAND, "--check"]
    sleep(3)  # what was just written is not yet kept
    in_turn({"prepare": process(check, root, code=1)}, 1)
    report = json.loads(output([*check, "--no-cache", "--output-format", "json"], root))
    if report["counts"]["read"] != FILES or report["counts"]["changed"] != FILES // 100:
        raise SystemExit(f"{root}: the run missed or invented something: {report['counts']}")
    if output(check, root) != output([*check, "--no-cache"], root):
        raise SystemExit(f"{root}: the answer is not what a run without a cache says")
    times = in_turn(
        {
            "warm": process(check, root, code=1),
            "bare": process([sys.executable, str(Path(stats.__file__)), "."], root),
            "click": process([sys.executable, "-c", "import click"], root),
        },
        repeat * 3,
    )
    cold = in_turn({"cold": _cold(check, root)}, max(1, repeat // 3))
    listing = (
        "import sys; from schema_rewriter.__main__ import main; main(); "
        f"print('heavy:', *[name for name in {HEAVY} if name in sys.modules])"
    )
    loaded = output([sys.executable, "-c", listing, *check[1:]], root).rpartition("heavy:")[2].strip()
    what = f"warm --check of {FILES:,} files / os.walk and os.stat of each"
    return [
        times["warm"].wall.over(times["bare"].wall).below(LIMIT, what),
        Figure("the same, CPU time", str(times["warm"].cpu.over(times["bare"].cpu))),
        Figure("the same / python -c 'import click'", str(times["warm"].wall.over(times["click"].wall))),
        Figure("the same / without an answer", f"1/{cold['cold'].wall.best / times['warm'].wall.best:.0f}"),
        Figure("imported by it of click, engines, json, re and our rim", loaded or "none", "none", not loaded),
    ]


def _cold(check: list[str], root: Path) -> Callable[[], None]:
    run = process(check, root, code=1)

    def cold() -> None:
        shutil.rmtree(root / ".schema-rewrite-cache", ignore_errors=True)
        run()

    return cold
