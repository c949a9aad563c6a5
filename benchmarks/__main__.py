"""`python -m benchmarks [--quick] [--repeat N] [NAME]...`: prints requirement, figure and verdict.

Exit code 0: all ran, whether their limits were met or missed; 1: one could not run, and why is told; 2: misused.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import cache, editor, engine, flow, growth, migration, proof, sql, startup, tree
from benchmarks.measure import Size

if TYPE_CHECKING:
    from benchmarks.measure import Figure

BENCHMARKS = {
    "startup": startup.figures,
    "tree": tree.figures,
    "cache": cache.figures,
    "engine": engine.figures,
    "flow": flow.figures,
    "growth": growth.figures,
    "editor": editor.figures,
    "sql": sql.figures,
    "proof": proof.figures,
    "migration": migration.figures,
}


def main() -> int:
    """Measure, print, and tell whether all could be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ratios, measured in turn in one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--repeat", type=int, metavar="N", help="turns of each measurement (5; with --quick 1)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the files and bytes; figures are coarse")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(BENCHMARKS)):
        parser.error(f"{unknown[0]}: no such benchmark; choose from {', '.join(BENCHMARKS)}")
    size = Size(given.repeat or (1 if given.quick else 5), 0.1 if given.quick else 1.0)
    missed, failed = 0, []
    print(f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores; least of several turns\n")
    print(f"{'what':<72}  {'figure':<28}  {'limit':<8}  verdict")
    for name in given.names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix=f"benchmark-{name}-") as work:
            try:
                for figure in BENCHMARKS[name](Path(work), size):
                    print(_line(figure), flush=True)
                    missed += figure.met is False
            except Exception:  # noqa: BLE001 - told below; the others are measured all the same
                traceback.print_exc()
                failed.append(name)
    print(f"\n{missed} missed" if missed else "\nall met" if not failed else "")
    if failed:
        print(f"could not run: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _line(figure: Figure) -> str:
    verdict = "" if figure.met is None else "met" if figure.met else "MISSED"
    return f"{figure.what:<72}  {figure.figure:<28}  {figure.limit:<8}  {verdict}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
