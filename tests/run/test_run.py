"""run.py: what is worth a look, the same answer from any number of processes, and processes that die."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schema_rewriter import Applicability, FileResult, Move, Relation, RuleSet
from schema_rewriter.run import CHUNK, Task, judge, run
from schema_rewriter.run.prefilter import Needles, mentions, worth


def rules(*names: str) -> RuleSet:
    return RuleSet(tuple(Move(Relation("public", name), Relation("app", name)) for name in names))


def put(root: Path, path: str, source: bytes) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(source)


# ------------------------------------------------------------------------------------ worth a look or not

LONG = "a_name_of_sixty_three_bytes_is_the_longest_that_postgresql_keeps"[:63]

MENTIONED = [
    (["events"], b"select * from events"),
    (["events"], b"EVENTS"),
    (["Events"], b'"Events"'),
    (["a", "events"], b"x.events.y"),
    (["events"], b'f"{schema}events{suffix}"'),
    (["events"], b"$$events$$"),
    (["events"], b"caf\xe9events\xe9"),
    (["events"], b"xEventsx events"),
    (["events"], rb'"select *\nfrom\tevents"'),
    (["events"], rb'"from\nEVENTS"'),
    (["events"], rb'"from\x20events \040events"'),
    (["events"], rb'"{\"sql\": \"from\\nevents\"}"'),  # a notebook
    (["events"], rb'"\x65vents"'),
    (["events"], rb'"\145vents"'),
    (["events"], rb'"e\u0076ents"'),
    (["events"], rb'"e\U00000076ents"'),
    (["events"], rb'"e\N{latin small letter v}ents"'),
    (["user_events"], rb'"user\N{LOW LINE}events"'),
    (["events"], b'"ev\\\nents"'),
    (["events"], b'"ev\\\r\nents"'),
    (["events"], b'"from ev" "ents where"'),
    (["events"], b"'from ev'\r\n        f\"ents\""),
    (["events"], b"'ev' + 'en' + 'ts'"),
    (["events"], b"'ev'  # the first half\n  'ents'"),
    (["events"], b"'ev' \\\n 'ents'"),
    (["events"], "select * from events".encode("utf-16")),
    (["events"], b"\xff\xfe" + "from events".encode("utf-16-le")),
    (["ev$ents"], b"from ev$ents"),
    (["Order Items"], b'from "Order Items"'),
    (["Order Items"], rb'"from \"Order\x20Items\""'),
    (['a"b'], b'from "a""b"'),
    (["größe"], "from größe".encode()),
    (["größe"], "from GRößE".encode()),
    (["größe"], "# größe".encode("latin-1")),
    (["größe"], rb'"gr\xf6\u00dfe"'),
    (["größe"], b'"gr\xc3\xb6" "\xc3\x9fe"'),
    (["größe"], rb'U&"gr\00F6\00DFe"'),
    (["таблица"], "таблица".encode("koi8-r")),
    (["таблица"], b"# coding: cp1251\n" + "Р".encode()),
    ([LONG], LONG.upper().encode()),
    ([LONG], LONG.encode() + b"_and_more"),
    (["\U0001f600"], "😀".encode()),
]

NOT_MENTIONED = [
    (["events"], b""),
    (["events"], b"event eventss my_events events_ _events events1"),
    (["events"], b'"\\x64vents"'),
    (["events"], b'"ev", "ents"'),
    (["events"], b'["ev"]["ents"]'),
    (["events"], b"'ev'\n\nx = 'ents'"),
    (["events"], b"\0events"),
    (["events"], "event".encode("utf-16")),
    (["Order Items"], b"order item"),
    (["größe"], b"grosse"),
    (["größe"], "größer ging nicht: GRÖßE".encode().replace("größe".encode(), b"")),
    (["таблица"], "# coding: utf-8\n стол".encode()),
    ([], b"events"),
]


@pytest.mark.parametrize(("names", "source"), MENTIONED)
def test_mentioned(names: list[str], source: bytes) -> None:
    assert mentions(source, Needles.of(frozenset(names)))


@pytest.mark.parametrize(("names", "source"), NOT_MENTIONED)
def test_not_mentioned(names: list[str], source: bytes) -> None:
    assert not mentions(source, Needles.of(frozenset(names)))


FILLED = [
    b'f"TRUNCATE {t}"',
    b"f'DELETE FROM {schema}.{t}'",
    b'f"""\n  SELECT *\n  FROM\n      {t}\n"""',
    b"f'SELECT 1 FROM \"{t}\"'",
    b'"SELECT 1 FROM public.{}".format(t)',
    b'"select * from %s where id = 1" % t',
    b'"insert into %(table)s"',
    b'"DROP TABLE " + t',
    b'("INSERT INTO "\n    + t)',
    b'"DROP TABLE IF EXISTS " f"{t}"',
    b'SQL("DROP TABLE IF EXISTS {0}.{1} CASCADE")',
    b'SQL("SELECT * FROM ") + Identifier(t)',
    b"execute format('truncate table %I', t);",
    b"execute 'drop table ' || t;",
    b'f"CREATE {kind} {name} (id int)"',
    b"SELECT table_name FROM information_schema.tables WHERE table_schema = 'PUBLIC'",
    b"GRANT SELECT ON ALL TABLES IN SCHEMA public TO app",
    b"select c.relname from pg_class c join pg_namespace n on true where n.nspname = 'public'",
]

NOT_FILLED = [
    b"import a\nfrom b import c",
    b'f"loaded from {path}"',
    b'logger.info("read %s from %s", a, b)',
    b"total = a + b",
    b'"SELECT 1 FROM other"',
    b"FROM {{ ref('other') }}",
    b"return {1: 2}",
    b'f"up to {n}% of public schemas"',
    b"table_schema = 'other'",
    b"\0TRUNCATE {t}",
]


@pytest.mark.parametrize("source", FILLED)
def test_what_only_the_program_names_is_worth_a_look(source: bytes) -> None:
    assert worth(source, Needles.of(frozenset({"events"}), frozenset({"public"})))
    assert not worth(source, Needles.of(frozenset()))


@pytest.mark.parametrize("source", NOT_FILLED)
def test_what_names_nothing_is_not(source: bytes) -> None:
    assert not worth(source, Needles.of(frozenset({"events"}), frozenset({"public"})))


# ---------------------------------------------------------------------------------------- here or elsewhere


def filled(root: Path, count: int = 24) -> Path:
    """A tree whose files fill several chunks, some of them with nothing to say."""
    filler = b"-- " + b"x" * (CHUNK // 2) + b"\n"
    for number in range(count):
        name = f"{number % 3}/{number}.sql"
        put(root, name, filler + (b"select * from users;\n" if number % 2 else b"select * from people;\n"))
    return root


def test_any_number_of_processes_gives_the_same_report(tmp_path: Path) -> None:
    task = Task(filled(tmp_path), rules("users", "jobs"))
    one = run(task, ["."], include=["*.sql"], jobs=1)
    assert run(task, ["."], include=["*.sql"], jobs=3) == one
    assert one.read == 24
    assert one.changed == one.to_qualify == len(one.results) == 12
    paths = [result.path for result in one.results]
    assert paths == sorted(paths, key=lambda path: path.split("/"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_file_is_told_once(tmp_path: Path, jobs: int) -> None:
    told: list[int] = []
    run(Task(filled(tmp_path), rules("users")), ["."], include=["*.sql"], jobs=jobs, progress=told.append)
    assert told == [24] * 24


def test_results_that_have_nothing_to_show_hold_no_bytes(tmp_path: Path) -> None:
    put(tmp_path, "a.sql", b"select * from app.users")
    (result,) = run(Task(tmp_path, rules("users")), ["."], include=["*.sql"]).results
    assert result == FileResult("a.sql", b"", b"", qualified=1, parsed=True)


def test_nothing_to_walk_and_nothing_found(tmp_path: Path) -> None:
    report = run(Task(tmp_path, rules("users")), ["."], include=["*.sql"])
    assert (report.read, report.results, report.exit_code()) == (0, (), 0)


def test_a_rule_with_paths_holds_by_the_path_from_the_root(tmp_path: Path) -> None:
    moves = (
        Move(Relation("public", "users"), Relation("app", "users")),
        Move(Relation("public", "users"), Relation("b", "users"), ("x/b.sql",)),
    )
    put(tmp_path, "x/a.sql", b"select * from users")
    put(tmp_path, "x/b.sql", b"select * from users")
    report = run(Task(tmp_path, RuleSet(moves)), ["x"], include=["*.sql"])
    assert [result.after[14:] for result in report.results] == [b"app.users", b"b.users"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no fifos here")
def test_a_named_path_that_is_no_file_is_a_result(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.sql")
    put(tmp_path, "b.sql", b"select * from users")
    first, second = run(Task(tmp_path, rules("users")), ["a.sql", "b.sql"], include=[]).results
    assert first.error == "not a regular file; name files and directories only"
    assert second.changed


def test_the_threshold_reaches_the_rewriter(tmp_path: Path) -> None:
    put(tmp_path, "a.sql", b"select * from users")
    task = Task(tmp_path, rules("users"), Applicability.UNSAFE)
    assert run(task, ["."], include=["*.sql"]).changed == 1


# ----------------------------------------------------------------------------------------- what goes wrong


def damaged() -> RuleSet:
    """A rule set that no code of ours makes: whoever asks it for a relation fails."""
    broken = rules("users")
    object.__setattr__(broken, "_by_source", None)
    return broken


def test_a_bug_is_one_file_s_error() -> None:
    task = Task(Path(), damaged())
    result = judge("a.sql", b"select * from users", task)
    assert result.error
    assert result.error.startswith("internal error: TypeError: ")
    assert result.error.endswith("; please report it")
    assert "\n" not in result.error
    assert not result.changed
    assert judge("a.sql", b"select * from people", task) == FileResult(
        "a.sql", b"select * from people", b"select * from people"
    )


def test_a_bug_in_a_process_is_the_same(tmp_path: Path) -> None:
    task = Task(filled(tmp_path), damaged())
    report = run(task, ["."], include=["*.sql"], jobs=2)
    assert report == run(task, ["."], include=["*.sql"], jobs=1)
    assert (report.errors, report.read, report.exit_code()) == (12, 24, 2)


class Deadly:
    """What kills the process that is sent it."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (9,)


def test_a_process_that_dies_is_its_file_s_error(tmp_path: Path) -> None:
    task = Task(filled(tmp_path, 8), rules("users"))
    deadly: Any = Deadly()
    report = run(replace(task, threshold=deadly), ["."], include=["*.sql"], jobs=2)
    assert report.read == 8
    assert [result.error for result in report.results] == [
        "the process that judged it died: out of memory, or a crash; exclude the file, and please report it"
    ] * 4


def test_the_parent_of_a_pool_imports_no_parser(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from schema_rewriter import *; from schema_rewriter.run import *\n"
        "if __name__ == '__main__':\n"
        "    rules = RuleSet((Move(Relation('public', 'users'), Relation('app', 'users')),))\n"
        f"    report = run(Task(Path({str(filled(tmp_path))!r}), rules), ['.'], include=['*.sql'], jobs=2)\n"
        "    print(report.changed, *({'libcst', 'sqlglot', 'rich', 'click'} & set(sys.modules)))\n"
    )
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run([sys.executable, tmp_path / "program.py"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("12\n", "")
