"""An editor: how long a file of 2,000 lines takes, of which a letter was typed, in a project of 200 files."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks import corpus
from benchmarks.measure import Figure, Size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES = 2_000
FILES = 200


def figures(work: Path, size: Size) -> Iterator[Figure]:
    """The least time of several letters, and how it grows with the file."""
    from schema_rewriter import parse_rules
    from schema_rewriter.run import Means, Search, Task
    from schema_rewriter.run.session import Session

    work /= "project"
    corpus.tree(work, size.of(FILES))
    rules = parse_rules(corpus.rules(10), "rules.toml")
    session = Session.of(Task(work, rules), Search(["."], ["*.py"]), Means(1))
    stores = (path.read_text("utf-8") for path in corpus.files(work, ""))
    store = next(text for text in stores if session.judge("typed.py", text.encode()).result.applied)
    for lines in (LINES // 4, LINES):
        text = store * max(1, lines // store.count("\n"))
        best = min(_seconds(session, f"{text}\n# {letter}\n") for letter in "abcdefgh"[: size.repeat + 3])
        what = f"a letter typed in a file of {lines:,} lines, {size.of(FILES)} files in the project"
        yield Figure(what, f"{best * 1000:.0f} ms")


def _seconds(session: object, text: str) -> float:
    from schema_rewriter.run.session import Session

    assert isinstance(session, Session)
    begun = perf_counter()
    assert session.judge("typed.py", text.encode()).result.applied
    return perf_counter() - begun
