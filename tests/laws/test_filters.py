"""Law 6: what a filter of the run dismisses, `rewrite()` leaves without a word; of the rest the run says what it says.

Shown on the fixtures and on the standard library: each module with SQL behind it, its strings and its encoding made
odd. A sample of the modules; a larger one (and each as it is, too) with HYPOTHESIS_PROFILE=thorough; all of them in
each way with SCHEMA_REWRITE_ALL=1.
"""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.cases import pairs, sql_cases, sql_files, tree_cases, trees
from helpers.spellings import SPELLINGS, LeftOutError, spell

from schema_rewriter import rewrite
from schema_rewriter.project import facts, link
from schema_rewriter.reading import read
from schema_rewriter.rules import parse_rules
from schema_rewriter.run.prefilter import needles_of, worth
from schema_rewriter.run.text_filter import are_silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter import RuleSet

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
ALL = os.environ.get("SCHEMA_REWRITE_ALL") == "1"
THOROUGH = ALL or os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
BATCHES = 16
RULES = parse_rules('[[move]]\nfrom = "public"\nto = "app"\ntables = ["zqx_events", "zqx_users"]\n', "rules.toml")
"""Names that no module of the library says."""

APPENDED = {
    "plain": 'db.execute("SELECT * FROM zqx_events")',
    "after a NUL": 'X = "\\x00", "\\0"\ndb.execute("SELECT * FROM zqx_events")',
    "escaped": 'db.execute("SELECT * FROM \\x7aqx_events")',
    "by its name": 'db.execute("SELECT * FROM \\N{LATIN SMALL LETTER Z}qx_events")',
    "in pieces": 'db.execute("SELECT * FROM zqx_"\n    "events")',
    "in added pieces": 'db.execute("SELECT * FROM zqx_" + "events")',
    "over a line": 'db.execute("SELECT * FROM zqx_\\\nevents")',
    "in bytes": 'db.execute(b"SELECT * FROM zqx_events")',
    "in capitals": 'db.execute("SELECT * FROM ZQX_EVENTS")',
    "quoted": "db.execute('SELECT * FROM \"zqx_events\"')",
    "right already": 'db.execute("SELECT * FROM app.zqx_events")',
    "behind much": 'X = "' + "x, " * 40_000 + '"\ndb.execute("SELECT * FROM zqx_events")',
    "a hole": 'db.execute(f"TRUNCATE {t}")',
    "a hole in capitals": 'db.execute(f"SELECT * FROM {t}")',
    "a hole behind": 'db.execute("DELETE FROM " + t)',
    "a hole by percent": 'db.execute("INSERT INTO %s VALUES (1)" % t)',
    "a hole by format": 'db.execute("update {} set x = 1".format(t))',
    "a hole behind its schema": 'db.execute(f"ALTER TABLE public.{t} ADD x int")',
    "a hole that joins": 'db.execute(" ".join(["SELECT * FROM", t]))',
    "a hole in a constant": "db.execute(f\"SELECT nextval('{t}_seq')\")",
    "a hole for a mark": 'db.execute("SELECT * FROM @t@".replace("@t@", t))',
    "a schema": "db.execute(\"SELECT 1 FROM pg_tables WHERE schemaname = 'public'\")",
    "a path": 'db.execute("SET search_path = other")',
    "a comment": "x = 1  # schema-rewrite: ignore[old-schema] no more",
    "a map": 'e.execution_options(schema_translate_map={None: "public"})',
    "form feeds": '\x0c\ndb.execute("SELECT * FROM zqx_events")\n\x0c',
}
FRAMES = {
    "as it is": lambda source: source,
    "with a mark": lambda source: b"\xef\xbb\xbf" + source.removeprefix(b"\xef\xbb\xbf"),
    "behind a form feed": lambda source: b"\x0c\n" + source.removeprefix(b"\xef\xbb\xbf"),
    "with carriage returns": lambda source: source.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "in latin-1": lambda source: b"# coding: latin-1\nE = '\xe9\xa0'\n" + source,
    "in koi8-r": lambda source: b"# coding: koi8-r\nE = '\xc1\xd7'\n" + source,
    "in cp1252": lambda source: b"# -*- coding: cp1252 -*-\nE = '\x80'\n" + source,
}
"""What is done to a whole module; text that was UTF-8 then says other things, which is as good."""


def _modules() -> list[Path]:
    """The modules of the standard library, or a sample of them."""
    every = sorted(path for path in LIBRARY.rglob("*.py") if "site-packages" not in path.parts)
    if ALL:
        return every
    small = [path for path in every if path.stat().st_size < 40_000]
    return small[:: max(1, len(small) // (320 if THOROUGH else 48))]


def _told(path: str, source: bytes, rules: RuleSet) -> None:
    """The law, of one file that stands alone."""
    if not worth(source, needles_of(rules)) and not rules.bounds(path):
        told = rewrite(path, source, rules)
        assert (told.findings, told.suppressed, told.error, told.after) == ((), (), None, source), path
        return
    file = read(path, source, rules)
    context = link([facts(file)], rules, values=bool(rules.boundaries)).context(path).within(source)
    if are_silent(file, context):
        told = rewrite(path, source, rules, context=context)
        assert (told.findings, told.suppressed, told.error, told.after) == ((), (), None, source), path


def _variants(number: int, source: bytes) -> Iterator[tuple[str, bytes]]:
    """A module with SQL behind it: in one way of each kind, or in all."""
    wanted = range(len(APPENDED)) if ALL else range(number % 5, len(APPENDED), 5)
    for at in wanted:
        name = list(APPENDED)[at]
        frame = list(FRAMES)[(number + at) % len(FRAMES)]
        yield f"{name}, {frame}", FRAMES[frame](source.rstrip() + b"\n\n" + APPENDED[name].encode() + b"\n")


@pytest.mark.thorough
@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_standard_library_with_sql_behind_it(batch: int) -> None:
    """No way to write SQL, and nothing that a module holds, hides it."""
    for number, path in list(enumerate(_modules()))[batch::BATCHES]:
        source = path.read_bytes()
        for how, made in _variants(number, source):
            try:
                _told("a.py", made, RULES)
            except AssertionError as error:
                raise AssertionError(f"{path.relative_to(LIBRARY)}, {how}: {error}") from error
        if THOROUGH and read("a.py", source, RULES).host.hosted.error is None:  # else a run has no reason to look
            _told("a.py", source, RULES)


def test_every_way_to_append_is_told() -> None:
    """Else the law would be held by files in which there is nothing to tell."""
    for name, code in APPENDED.items():
        told = rewrite("a.py", code.encode(), RULES)
        assert told.findings or told.qualified or name == "right already", name


@pytest.mark.thorough
@pytest.mark.parametrize("name", [*SPELLINGS])
def test_the_cases_in_a_spelling(name: str) -> None:
    """Each SQL case in two kinds of Python literal (thorough: in six), as if it were a file of a run."""
    step = 2 if THOROUGH else 6
    first = [*SPELLINGS].index(name) % step
    for file in sql_files():
        for case in sql_cases(file) if ALL else sql_cases(file)[first::step]:
            try:
                path, source, _ = spell(case, name)
            except LeftOutError:
                continue
            _told(path, source, case.rules)


def test_the_files_of_the_fixtures() -> None:
    """Each by itself, under its own rules, and those of projects under theirs."""
    for case in (*pairs(), *(case for tree in trees() for case in tree_cases(tree))):
        if read(case.path, case.before, case.rules).is_known:  # settings of tools are no files of a run
            _told(case.path, case.before, case.rules)
