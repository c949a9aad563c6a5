"""`python -m benchmarks [--repeat N] [NAME]...`: prints requirement, figure and verdict; 1 where one is missed."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import cache, engine, flow, migration, proof, sql, startup, tree

if TYPE_CHECKING:
    from benchmarks.measure import Figure

BENCHMARKS = {
    "startup": startup.figures,
    "tree": tree.figures,
    "cache": cache.figures,
    "engine": engine.figures,
    "flow": flow.figures,
    "sql": sql.figures,
    "proof": proof.figures,
    "migration": migration.figures,
}


def main() -> int:
    """Measure, print, and tell whether all requirements are met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ratios, measured in turn in one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="turns of each measurement (5)")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(BENCHMARKS)):
        parser.error(f"{unknown[0]}: no such benchmark; choose from {', '.join(BENCHMARKS)}")
    missed = 0
    print(f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores; least of several turns\n")
    print(f"{'what':<72}  {'figure':<28}  {'limit':<8}  verdict")
    for name in given.names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix=f"benchmark-{name}-") as work:
            for figure in BENCHMARKS[name](Path(work), given.repeat):
                print(_line(figure), flush=True)
                missed += figure.met is False
    print(f"\n{missed} missed" if missed else "\nall met")
    return 1 if missed else 0


def _line(figure: Figure) -> str:
    verdict = "" if figure.met is None else "met" if figure.met else "MISSED"
    return f"{figure.what:<72}  {figure.figure:<28}  {figure.limit:<8}  {verdict}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
