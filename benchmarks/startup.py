"""What a run costs that has nothing to do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks import corpus
from benchmarks.measure import COMMAND, CantRunError, Figure, Size, in_turn, output, process

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 2.5
HEAVY = ("libcst", "sqlglot", "rich", "multiprocessing", "schema_rewriter.rewriting.rewriter")
_PYPROJECT = '[project]\nname = "app"\nversion = "1"\n\n[tool.schema-rewrite]\nrules = ["rules.toml"]\n'


def figures(work: Path, size: Size) -> list[Figure]:
    """A no-op run, alone and in a project with a .gitignore, against an import of click."""
    bare, project = work / "bare", work / "project"
    for directory in (bare, project):
        (directory / "app").mkdir(parents=True)
        (directory / "app" / "main.py").write_text("def main():\n    print('nothing to see here')\n", "utf-8")
    rules = work / "rules.toml"
    rules.write_text(corpus.rules(len(corpus.TABLES)), "utf-8")
    (project / "rules.toml").write_text(corpus.rules(len(corpus.TABLES)), "utf-8")
    (project / "pyproject.toml").write_text(_PYPROJECT, "utf-8")
    (project / ".gitignore").write_text(".venv/\n*.pyc\n/build/\n", "utf-8")
    check = [*COMMAND, "--no-cache", "--check", "--rules", str(rules), "app"]
    click = [sys.executable, "-c", "import click"]
    actions = {
        "click": process(click, bare),
        "check": process(check, bare),
        "project": process([*COMMAND, "--no-cache", "--check"], project),
        "python": process([sys.executable, "-c", "pass"], bare),
    }
    in_turn(actions, 1)  # the bytecode is written, the files are in memory
    times = in_turn(actions, size.repeat * 5)
    listing = (
        "import sys; from schema_rewriter.cli import main; main(sys.argv[1:]); "
        f"print('heavy:', *[name for name in {HEAVY} if name in sys.modules])"
    )
    loaded = output([sys.executable, "-c", listing, *check[1:]], bare)
    if "heavy:" not in loaded:
        raise CantRunError(f"the no-op run failed: {loaded}")
    heavy = loaded.rpartition("heavy:")[2].strip()
    return [
        times["check"].wall.over(times["click"].wall).below(LIMIT, "no-op run / python -c 'import click'"),
        Figure(
            "the same in a project with pyproject.toml and .gitignore",
            str(times["project"].wall.over(times["click"].wall)),
        ),
        Figure("python -c 'import click' / python -c pass", str(times["click"].wall.over(times["python"].wall))),
        Figure(f"imported by it of {', '.join(HEAVY)}", heavy or "none", "none", not heavy),
    ]
