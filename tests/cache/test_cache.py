"""What is kept of each file: a run that uses it says what a run without it says, after any change, byte for byte."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import types
import typing
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from helpers import preloaded
from helpers.paths import FIXTURES, SOURCE
from helpers.strategies import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema_rewriter import Applicability
from schema_rewriter.cache import answer_cache, codec, store
from schema_rewriter.cache.store import UNKNOWN, Store, digest, load, save
from schema_rewriter.cli import config
from schema_rewriter.finding import Report
from schema_rewriter.rules import RuleSet, parse_rules
from schema_rewriter.run import Means, Search, Task, run
from schema_rewriter.run.file_cache import FileCache
from schema_rewriter.run.uses import survey

if TYPE_CHECKING:
    from collections.abc import Callable

# ------------------------------------------------------------------------------------ values as text


def _any_value(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, as its annotation says it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*map(_any_value, arguments))
    if origin is tuple and arguments[-1:] == (...,):
        return st.lists(_any_value(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(_any_value, arguments))
    if origin is frozenset:
        return st.frozensets(_any_value(arguments[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(_any_value(arguments[0]), _any_value(arguments[1]), max_size=2)
    simple = {str: st.text(max_size=5), int: st.integers(), bool: st.booleans(), bytes: st.binary(max_size=5)}
    simple |= {type(None): st.none(), date: st.dates()}
    if hint in simple:
        return simple[hint]
    assert hint.__name__ in codec.CLASSES, f"{hint} is part of a value that is kept, and unknown to the codec"
    return _instances(hint.__name__)


def _instances(name: str) -> st.SearchStrategy[Any]:
    kind = codec.class_of(name)
    if name == "RuleSet":
        return st.just(parse_rules(RULES, "rules"))
    if name == "Span":
        return st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda ends: kind(min(ends), max(ends)))
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    known = {one: codec.class_of(one) for one in codec.CLASSES}
    hints = typing.get_type_hints(
        kind, {**vars(sys.modules[kind.__module__]), **known, "datetime": sys.modules["datetime"]}
    )
    return st.builds(kind, **{one.name: _later(hints[one.name]) for one in fields(kind)})


def _later(hint: Any) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: _any_value(hint))


RULES = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users", "events", "jobs"]\n'


@pytest.mark.parametrize("name", codec.CLASSES)
def test_values_come_back_as_they_were(name: str) -> None:
    @settings(examples(0.4), suppress_health_check=[HealthCheck.too_slow])
    @given(_instances(name))
    def law(value: object) -> None:
        text = codec.text(value)
        assert text.isascii()
        back = codec.value(text)
        assert back == value
        assert type(back) is type(value)
        assert codec.text(back) == text

    law()


def test_equal_values_have_equal_texts() -> None:
    words = [f"word{number}" for number in range(50)]
    assert codec.text(frozenset(words)) == codec.text(frozenset(reversed(words)))
    assert codec.text(dict.fromkeys(words, 1)) == codec.text(dict.fromkeys(reversed(words), 1))


NO_VALUES = [
    *('["os.system","true"]', '["eval","1"]', '["Path","/"]', '["Span",5,2]', '["Span",1]', "[]", "[[]]", '{"a":1}'),
    *("1.5", "", "nonsense", '["date","x"]', '["bytes",7]', '["set",["dict",["a",1]]]', "[" * 5000),
]


@pytest.mark.parametrize("text", NO_VALUES)
def test_what_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        codec.value(text)


def test_what_is_not_listed_is_not_written() -> None:
    with pytest.raises(TypeError, match="Path"):
        codec.text((Path(),))
    assert is_dataclass(Report)
    with pytest.raises(TypeError, match="Report"):
        codec.text(Report(()))


# ------------------------------------------------------------------------------------ the file

KEY = digest(b"key")


def stored(directory: Path) -> Path:
    """A store with something in it."""
    made = Store()
    row = made.put("a.py", (1, 2, 3, 4), digest(b"a"))
    made.mark(row, 0x11)
    made.put("b/\udcff.sql", UNKNOWN, digest(b"b"))
    made.question(digest(b"question"))[row] = 2
    made.keep("a.py", digest(b"facts"), b"text")
    made.met.update(made.paths)
    assert save(str(directory), KEY, made, ())
    (file,) = (directory / "files").iterdir()
    return file


def same(one: Store, other: Store) -> bool:
    names = [name for name in Store.__slots__ if name not in ("met", "asked", "was_changed")]
    return all(getattr(one, name) == getattr(other, name) for name in names)


def test_a_store_comes_back(tmp_path: Path) -> None:
    stored(tmp_path)
    found = load(str(tmp_path), KEY)
    assert list(found.paths) == ["a.py", "b/\udcff.sql"]
    assert (found.state(0), found.digest(0), found.marks[0]) == ((1, 2, 3, 4), digest(b"a"), 0x11)
    assert found.state(1) == UNKNOWN
    assert found.questions == {digest(b"question"): bytearray([2, 0])}
    assert found.text("a.py", digest(b"facts")) == b"text"
    assert not found.was_changed
    assert same(load(str(tmp_path), digest(b"another key")), Store())


def test_another_content_has_no_marks_and_no_answers(tmp_path: Path) -> None:
    stored(tmp_path)
    found = load(str(tmp_path), KEY)
    row = found.put("a.py", (1, 2, 3, 4), digest(b"another"))
    assert (found.marks[row], found.question(digest(b"question"))[row]) == (0, 0)


def test_no_damaged_byte_is_believed(tmp_path: Path) -> None:
    file = stored(tmp_path)
    raw, times = file.read_bytes(), file.stat()
    damaged = [raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(len(raw))]
    damaged += [raw[:at] for at in range(len(raw))] + [raw + b"x", raw + b"1:x", b"\x80\x04K\x01."]
    for one in damaged:
        file.write_bytes(one)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert same(load(str(tmp_path), KEY), Store())
    file.write_bytes(raw)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert not same(load(str(tmp_path), KEY), Store())


def test_a_store_that_came_with_a_checkout_is_not_ours(tmp_path: Path) -> None:
    def git(*words: str | Path) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    stored(tmp_path / "cache")
    git("init", "-q", "--initial-branch=main", ".")
    git("add", "-f", "cache/files")
    git("commit", "-qm", "all")
    git("clone", "-q", ".", tmp_path / "clone")
    assert len(list((tmp_path / "clone/cache/files").iterdir())) == 1
    assert same(load(str(tmp_path / "clone/cache"), KEY), Store())


def test_a_store_that_a_build_server_archived_is_ours(tmp_path: Path) -> None:
    stored(tmp_path / "cache")
    with tarfile.open(tmp_path / "cache.tar", "w") as archive:
        archive.add(tmp_path / "cache", "elsewhere")
    with tarfile.open(tmp_path / "cache.tar") as archive:
        archive.extractall(tmp_path, filter="fully_trusted")
    assert same(load(str(tmp_path / "elsewhere"), KEY), load(str(tmp_path / "cache"), KEY))


def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Store()
    for number in range(20):
        made.keep("a.py", digest(b"%d" % number), b"text")
    made.put("gone.py", UNKNOWN, digest(b"gone"))
    made.put("elsewhere.py", UNKNOWN, digest(b"elsewhere"))
    for number in range(100):
        made.question(digest(b"%d" % number))
    assert save(str(tmp_path), KEY, made, ["elsewhere.py"])
    found = load(str(tmp_path), KEY)
    assert len(found.texts["a.py"]) == store.MOST_TEXTS
    assert digest(b"19") in found.texts["a.py"]
    assert list(found.paths) == ["a.py", "elsewhere.py"]
    assert len(found.questions) == store.MOST_QUESTIONS
    assert digest(b"99") in found.questions
    for number in range(20):
        assert save(str(tmp_path), digest(b"%d" % number), made, ())
    (tmp_path / "files/1-2.new").touch()
    os.utime(tmp_path / "files/1-2.new", (1, 1))
    assert save(str(tmp_path), KEY, made, ())
    assert len(list((tmp_path / "files").iterdir())) == store.MOST_STORES
    monkeypatch.setattr(store, "LARGEST", 10)
    assert save(str(tmp_path), KEY, made, ())
    assert len(load(str(tmp_path), KEY).texts["a.py"]) == 2


# ------------------------------------------------------------------------------------ runs, and changes between them

INCLUDE = config.INCLUDE
THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"


def report(root: Path, rules: RuleSet, cache: Path | None, **options: Any) -> Report:
    """The report of a run, as a process of its own would make it now."""
    task = Task(root, rules, **{"threshold": Applicability.SAFE} | options)
    return run(task, ["."], include=INCLUDE, jobs=1, cache=cache)


def agree_on_all(root: Path, rules: RuleSet, cache: Path) -> Report:
    """The same of the inventory, too, which asks files for more."""
    task = Task(root, rules)
    expected = survey(task, Search(["."], INCLUDE), Means(1))
    for _ in range(2):
        assert survey(task, Search(["."], INCLUDE), Means(1, cache=cache)) == expected
    return agree(root, rules, cache)


def agree(root: Path, rules: RuleSet, cache: Path, **options: Any) -> Report:
    """Demand that runs with the cache, before and after they keep something, say what one without it says."""
    expected = report(root, rules, None, **options)
    for _ in range(2):
        found = report(root, rules, cache, **options)
        for one, other in zip(found.results, expected.results, strict=True):
            assert one == other
        assert found == expected
    return expected


CONTENTS = [
    "select * from users;\n",
    "select * from people;\n",
    "select * from posts;\n",
    "create table users (id int);\n",
    "create table users (id bigint, name text);\n",
    "create index by_name on users (name);\n",
    "create index by_name on events (name);\n",
    "drop index by_name;\nselect nextval('users_id_seq');\n",
    "alter table members rename to users;\n",
    "select * from members;\n",
    "set search_path to app, public;\nselect * from jobs;\n",
    'TABLE = "users"\n',
    'TABLE = "people"\n',
    'from names import TABLE\ndef load(db):\n    return db.execute(f"select * from {TABLE}")\n',
    'def load(db, table):\n    return db.execute(f"select * from {table}")\n',
    'from names import load\nload(db, "users")\nload(db, "people")\n',
    'import names\nnames.load(db, "events")\n',
    "from c import TABLE\n",
    'from pathlib import Path\nSQL = (Path(__file__).parent / "q.sql").read_text()\n',
    'from pathlib import Path\nSQL = Path(__file__).with_name("left_out.ddl").read_text()\n',
    'db.execute("select * from users")  # schema-rewrite: ignore\n',
    'db.execute("select 1")  # schema-rewrite: ignore\n',
    'db.execute("select * from users where")\n',
    "nothing\n",
    "def f(:\n  'select * from users'\n",
    "",
]
THRESHOLDS = [Applicability.SAFE, Applicability.UNSAFE]
PATHS = ["a.py", "b.py", "c.py", "names.py", "q.sql", "schema.sql", "sub/names.py", "sub/q.sql", "left_out.ddl"]
RULE_SETS = [
    parse_rules(text, "rules")
    for text in (
        RULES,
        RULES.replace("app", "core"),
        RULES.replace('"events", ', ""),
        RULES + '[[call]]\nname = "load"\nargument = 1\n',
        RULES + '[[boundary]]\npaths = ["sub/**"]\nschemas = { other = ["read"] }\n',
    )
]


def put(root: Path, path: str, text: str) -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, "utf-8")
    return root / path


def in_place(path: Path, text: str) -> None:
    """Change a file's bytes, and set back its time of modification."""
    before = path.stat()
    with path.open("r+", encoding="utf-8") as file:
        file.truncate()
        file.write(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


EXECUTE = 'from names import TABLE\ndef load(db):\n    return db.execute(f"select * from {TABLE}")\n'
HELPER = 'def load(db, table):\n    return db.execute(f"select * from {table}")\n'
READER = 'from pathlib import Path\nSQL = Path(__file__).with_name("%s").read_text()\n'
FAR = {
    "a constant": (
        {"names.py": 'TABLE = "people"\n', "a.py": EXECUTE},
        {"names.py": 'TABLE = "users"\n'},
    ),
    "a constant of a constant": (
        {"first.py": 'NAME = "people"\n', "names.py": "from first import NAME\nTABLE = NAME\n", "a.py": EXECUTE},
        {"first.py": 'NAME = "users"\n'},
    ),
    "which constant": (
        {"names.py": 'TABLE = "users"\nOTHER = "events"\n', "a.py": EXECUTE},
        {"a.py": EXECUTE.replace("TABLE", "OTHER")},
    ),
    "what a helper does": (
        {"names.py": HELPER, "a.py": 'from names import load\nload(db, "users")\n'},
        {"names.py": HELPER.replace("db.execute", "print")},
    ),
    "who calls a helper": (
        {"names.py": HELPER, "a.py": 'from names import load\nload(db, "users")\n'},
        {"a.py": "from names import load\nload(db, users)\n"},
    ),
    "a definition": (
        {"a.sql": "create table users (id int);\n", "b.sql": "create table users (id int);\n"},
        {"b.sql": "create table users (id text);\n"},
    ),
    "an index's owner": (
        {"a.sql": "create index by_name on users (name);\n", "b.sql": "drop index by_name;\n"},
        {"a.sql": "create index by_name on posts (name);\n"},
    ),
    "an index of the same name": (
        {"a.sql": "create index by_name on users (name);\n", "b.sql": "create index by_name on posts (name);\n"},
        {"b.sql": "create index by_name on events (name);\n"},
    ),
    "an earlier name": (
        {"1.sql": "alter table members rename to people;\n", "2.sql": "select * from members;\n"},
        {"1.sql": "alter table members rename to users;\n"},
    ),
    "a file that code reads": (
        {"a.py": READER % "q.sql", "q.sql": "select * from posts;\n"},
        {"q.sql": "select * from users;\n"},
    ),
    "one that is none of the run": (
        {"a.py": READER % "left_out.ddl", "left_out.ddl": "drop table events, users;\n"},
        {"left_out.ddl": "drop table jobs;\n"},
    ),
    "which file code reads": (
        {"a.py": READER % "q.sql", "q.sql": "select * from users;\n", "r.sql": "select 1;\n"},
        {"a.py": READER % "r.sql"},
    ),
    "what stands between": (
        {"names.py": 'TABLE = "users"\n', "mid.py": "x = 1\n", "a.py": EXECUTE.replace("names", "mid")},
        {"mid.py": "from names import TABLE\n"},
    ),
    "another place of it": ({"a.sql": "select * from users;\n"}, {"a.sql": "select 12, * from users, jobs;\n"}),
    "itself": ({"a.sql": "select * from posts;\n"}, {"a.sql": "select * from users;\n"}),
}
"""What makes the run say something else: files, and what some of them hold afterwards."""


@pytest.mark.parametrize("what", FAR)
def test_a_change_is_seen_where_it_matters(what: str, tmp_path: Path) -> None:
    before, after = FAR[what]
    root, cache = tmp_path / "project", tmp_path / "cache"
    length = max(map(len, (*before.values(), *after.values())))
    for path, text in before.items():
        put(root, path, text.ljust(length, "\n"))
    answer_cache.begin()
    first = agree(root, RULE_SETS[0], cache)
    for change_to in (put, lambda root, path, text: in_place(root / path, text)):
        for path, text in after.items():
            change_to(root, path, text.ljust(length, "\n"))
        answer_cache.begin()
        assert agree(root, RULE_SETS[0], cache) != first
        for path in after:
            change_to(root, path, before[path].ljust(length, "\n"))
        answer_cache.begin()
        assert agree(root, RULE_SETS[0], cache) == first


def test_rules_and_threshold_count(tmp_path: Path) -> None:
    root, cache = tmp_path / "project", tmp_path / "cache"
    put(root, "a.py", 'x = 1  # schema-rewrite: ignore\ndb.execute("select * from jobs, events")\n')
    put(root, "b.sql", "-- set search_path = public\nselect * from users;\n")
    answer_cache.begin()
    found = [agree(root, rules, cache, threshold=one) for rules in RULE_SETS[:3] for one in THRESHOLDS]
    for at, one in enumerate(found):
        assert one not in found[:at]
    assert [agree(root, rules, cache, threshold=one) for rules in RULE_SETS[:3] for one in THRESHOLDS] == found


path_of, text_of = st.sampled_from(PATHS), st.sampled_from(CONTENTS)
CHANGES = st.one_of(
    st.tuples(st.just("put"), path_of, text_of),
    st.tuples(st.just("in place"), path_of, text_of),
    st.tuples(st.just("rename"), path_of, path_of),
    st.tuples(st.just("touch"), path_of, st.none()),
    st.tuples(st.just("delete"), path_of, st.none()),
)


def change(root: Path, what: str, path: str, other: str | None) -> None:
    with suppress(FileNotFoundError):
        if what == "put":
            put(root, path, other or "")
        elif what == "in place":
            in_place(root / path, other or "")
        elif what == "rename":
            (root / (other or "")).parent.mkdir(exist_ok=True)
            (root / path).replace(root / (other or ""))
        elif what == "touch":
            (root / path).touch()
        else:
            (root / path).unlink()


@settings(examples(0.3), suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(path_of, text_of, min_size=3),
    st.lists(st.tuples(CHANGES, st.sampled_from(RULE_SETS), st.sampled_from(THRESHOLDS)), min_size=1, max_size=4),
)
def test_no_change_is_missed(begin: dict[str, str], changes: list[tuple[Any, RuleSet, Applicability]]) -> None:
    with TemporaryDirectory() as directory:
        root, cache = Path(directory, "project"), Path(directory, "cache")
        root.mkdir()
        for path, text in begin.items():
            put(root, path, text)
        answer_cache.begin()
        agree(root, RULE_SETS[0], cache)
        for what, rules, threshold in changes:
            change(root, *what)
            answer_cache.begin()  # the next process
            agree(root, rules, cache, threshold=threshold)


@pytest.mark.thorough
@pytest.mark.parametrize("name", sorted(path.name for path in (FIXTURES / "projects").iterdir()))
def test_each_file_of_a_project_gone_and_back(name: str, tmp_path: Path) -> None:
    """One file of each project, up to six with HYPOTHESIS_PROFILE=thorough."""
    root = tmp_path / "before"
    shutil.copytree(FIXTURES / "projects" / name / "before", root)
    rules = config.load_rules([FIXTURES / "projects" / name / "rules.toml"])
    answer_cache.begin()
    first = agree_on_all(root, rules, tmp_path / "cache")
    files = sorted(path for path in root.rglob("*") if path.is_file())
    for path in files[:: -(-len(files) // (6 if THOROUGH else 1))]:
        source = path.read_bytes()
        path.unlink()
        agree_on_all(root, rules, tmp_path / "cache")
        path.write_bytes(source + b"\n")
        agree_on_all(root, rules, tmp_path / "cache")
        path.write_bytes(source)
        assert agree_on_all(root, rules, tmp_path / "cache") == first


def test_a_file_that_changes_while_it_is_judged(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for number in range(5):
        put(root, f"{number}.sql", "select * from users;\n")
    put(root, "z.sql", "nothing")
    answer_cache.begin()
    texts = itertools.cycle(["select * from events;\n", "select * from jobs, users;\n", "nothing\n"])
    for _ in range(4):

        def edit(_: int) -> None:
            text = next(texts)
            for path in root.glob("[0-9].sql"):
                path.write_text(text, "utf-8")

        run(Task(root, RULE_SETS[0]), ["."], include=INCLUDE, jobs=1, cache=tmp_path / "cache", progress=edit)
    for text in ("select * from events;\n", "select * from jobs, users;\n", "nothing\n"):
        for path in root.glob("[0-9].sql"):
            path.write_text(text, "utf-8")
        answer_cache.begin()
        agree(root, RULE_SETS[0], tmp_path / "cache")


def test_a_day_counts_where_an_allowance_ends(tmp_path: Path) -> None:
    root = tmp_path / "project"
    put(root, "a.sql", "select * from users;\n")
    allowance = 'relations = ["app.users"]\noperations = ["read"]\nowner = "us"\nuntil = 2026-05-05\n'
    rules = parse_rules(
        f'{RULES}[[boundary]]\npaths = ["**"]\nschemas = {{}}\n[[boundary.allow]]\n{allowance}', "rules"
    )
    before = agree(root, rules, tmp_path / "cache", today=date(2026, 5, 5))
    after = agree(root, rules, tmp_path / "cache", today=date(2026, 5, 6))
    assert before != after


def test_what_is_staged_is_not_what_is_on_the_disk(tmp_path: Path) -> None:
    root = tmp_path / "project"
    put(root, "a.sql", "select * from users;\n")
    put(root, "b.sql", "select 1;\n")
    answer_cache.begin()
    agree(root, RULE_SETS[0], tmp_path / "cache")
    agree(root, RULE_SETS[0], tmp_path / "cache", held={"a.sql": b"select 1;\n", "b.sql": b"select * from jobs;\n"})
    agree(root, RULE_SETS[0], tmp_path / "cache")


# ------------------------------------------------------------------------------------ a cache that somebody forged


@pytest.fixture
def forged_root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for path, text in {"names.py": 'TABLE = "users"\n', "a.py": EXECUTE, "b.sql": "select * from events;\n"}.items():
        put(root, path, text)
    answer_cache.begin()
    return root


def forge(root: Path, cache: Path, change: Callable[[bytes], bytes]) -> int:
    """Change the values that are kept, as one could who knows the user's secret; how many are others now."""
    known = FileCache(Task(root, RULE_SETS[0]), cache)
    kept = known._store
    assert kept is not None
    count = 0
    for texts in kept.texts.values():
        for key, text in texts.items():
            other = change(zlib.decompress(text))
            count += other != zlib.decompress(text)
            texts[key] = zlib.compress(other)
    kept.met.update(kept.paths)
    assert save(str(cache), known._key, kept, ())
    return count


FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "another schema": lambda raw: raw.replace(b"app.", b"bad.").replace(b'"app"', b'"bad"'),
    "another place": lambda raw: raw.replace(b'["Span",14,', b'["Span",0,').replace(b'["Span",9,', b'["Span",2,'),
    "nothing found": lambda raw: b'["",[""],[""],0,true,null,[""]]' if b'"Finding"' in raw else raw,
    "no fact": lambda raw: raw.replace(b"users", b"posts").replace(b"events", b"posts"),
    "no value": lambda raw: b"7",
    "a value of another type": lambda raw: b'["Span",1,2]',
}


@pytest.mark.parametrize("how", FORGERIES)
def test_what_is_to_be_written_is_found_and_proved_anew(forged_root: Path, tmp_path: Path, how: str) -> None:
    expected = report(forged_root, RULE_SETS[0], None)
    assert report(forged_root, RULE_SETS[0], tmp_path / "cache") == expected
    assert forge(forged_root, tmp_path / "cache", FORGERIES[how])
    task = Task(forged_root, RULE_SETS[0])
    for _ in range(2):
        assert run(task, ["."], include=INCLUDE, jobs=1, cache=tmp_path / "cache", anew=True) == expected
    assert report(forged_root, RULE_SETS[0], tmp_path / "cache") == expected  # that is what is kept now


@pytest.mark.parametrize("how", [*FORGERIES, "nothing but another's"])
def test_what_another_one_kept_is_not_asked(
    forged_root: Path, tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = report(forged_root, RULE_SETS[0], None)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    report(forged_root, RULE_SETS[0], tmp_path / "cache")
    if how in FORGERIES:
        assert forge(forged_root, tmp_path / "cache", FORGERIES[how])
    task = Task(forged_root, RULE_SETS[0])
    assert FileCache(task, tmp_path / "cache")._store.paths  # type: ignore[union-attr]
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    assert not FileCache(task, tmp_path / "cache")._store.paths  # type: ignore[union-attr]
    agree(forged_root, RULE_SETS[0], tmp_path / "cache")
    assert report(forged_root, RULE_SETS[0], tmp_path / "cache") == expected


def test_a_store_does_not_tell_its_key(tmp_path: Path) -> None:
    file = stored(tmp_path)
    assert KEY not in file.read_bytes()
    assert KEY.hex() not in file.name
    assert same(load(str(tmp_path), bytes.fromhex(file.name)), Store())


@pytest.mark.parametrize("kind", ["fifo", "link", "directory", "larger than any"])
def test_what_stands_in_the_place_of_a_store_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    file = stored(tmp_path / "cache")
    if kind == "larger than any":
        with file.open("r+b") as opened:
            opened.truncate(2**40)
    else:
        file.rename(tmp_path / "store")
        make: dict[str, Callable[[], object]] = {
            "fifo": lambda: os.mkfifo(file),
            "link": lambda: file.symlink_to(tmp_path / "missing"),
            "directory": file.mkdir,
        }
        make[kind]()
    assert same(load(str(tmp_path / "cache"), KEY), Store())


# ------------------------------------------------------------------------------------ the command

# What the command says, and behind it whether an engine had to be asked.
PROGRAM = (
    "import sys; from schema_rewriter.cli import main; code = main(); "
    "print('judged' if 'sqlglot' in sys.modules else 'known'); sys.exit(code)"
)


LIGHT = ("schema_rewriter.cli.rewrite", "schema_rewriter.run.file_cache", "schema_rewriter.run.uses", "rich.console")
"""What may be imported before: no engine among it."""


def sr(cwd: Path, *words: str, program: str = PROGRAM) -> tuple[str, bool]:
    """What the command says with its exit code, and whether all results were known."""
    if program == PROGRAM:
        code, out, err = preloaded.run(f"{preloaded.BEGIN}; {program}", words, cwd, os.environ, LIGHT)
    else:
        code, out, err = preloaded.run(program, words, cwd, os.environ, ())
    assert b"Traceback" not in err, err.decode()
    lines = out.decode().splitlines()
    return f"{lines[:-1]} {err.decode()} {code}", lines[-1] == "known"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    put(root, "pyproject.toml", '[tool.schema-rewrite]\nrules = ["rules.toml"]\n')
    put(root, "rules.toml", RULES)
    put(root, "src/a.sql", "select * from users;\n")
    put(
        root,
        "src/b.py",
        'from src.names import TABLE\nexecute(f"select * from {TABLE}")\nexecute("select 1 from jobs")\n',
    )
    put(root, "src/names.py", 'TABLE = "people"\n')
    put(root, "src/c.py", "print('hello')\n")
    return root


WORDS = {
    "statistics": ("--statistics",),
    "sarif": ("--output-format", "sarif", "--output-file", "../report.sarif"),
    "baseline": ("--baseline", "known.json"),
}


@pytest.mark.parametrize("words", WORDS)
def test_every_command_finds_what_another_one_kept(project: Path, words: str) -> None:
    sr(project, "--no-cache", "--write-baseline", "--baseline", "known.json")
    expected, known = sr(project, "--no-cache", *WORDS[words])
    assert not known
    sr(project, "--check")
    assert sr(project, *WORDS[words]) == (expected, True)
    put(project, "src/names.py", 'TABLE = "users"\n')
    after, known = sr(project, *WORDS[words])
    assert not known
    assert after == sr(project, "--no-cache", *WORDS[words])[0] != expected


def test_the_inventory_is_known_too(project: Path) -> None:
    expected, _ = sr(project, "inventory", "--no-cache")
    assert sr(project, "inventory") == (expected, False)
    assert sr(project, "inventory", "--summary")[1]
    assert sr(project, "inventory") == (expected, True)
    put(project, "src/b.py", 'execute("select * from people")\n')
    assert sr(project, "inventory")[0] == sr(project, "inventory", "--no-cache")[0] != expected


def test_where_the_settings_say_that_it_is(project: Path) -> None:
    settings = project / "pyproject.toml"
    settings.write_text(f'{settings.read_text("utf-8")}cache-dir = ".tools/elsewhere"\n', "utf-8")
    answer_cache.begin()
    said, _ = sr(project, "--check")
    assert sr(project, "--statistics")[1]
    assert not (project / answer_cache.DIRECTORY).exists()
    assert (project / ".tools/elsewhere" / answer_cache.TAG).exists()
    program = PROGRAM.replace("schema_rewriter.cli", "schema_rewriter.__main__").replace("'sqlglot'", "'click'")
    assert sr(project, "--check", program=program) == (said, True)  # the whole answer is found there, too
    assert "deleted" in sr(project, "clean")[0]
    assert not (project / ".tools/elsewhere").exists()
    settings.write_text(f"{settings.read_text('utf-8')}cache = false\n", "utf-8")
    assert not sr(project, "--statistics")[1]
    assert not sr(project, "--statistics")[1]
    assert not (project / ".tools/elsewhere").exists()
    sr(project, "--diff", "--cache-dir", "here")
    assert (project / "here" / answer_cache.TAG).exists()


@pytest.mark.parametrize("words", [("--diff",), ("--patch", "-"), ("--add-ignores",), ("--fix",)])
def test_what_is_written_was_proved_by_the_run_that_writes_it(
    project: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    shutil.copytree(project, tmp_path / "other")
    sr(project, "--check")
    said, known = sr(project, *words)
    assert not known
    assert said == sr(tmp_path / "other", *words, "--no-cache")[0]
    for path in ("src/a.sql", "src/b.py"):
        assert (project / path).read_bytes() == (tmp_path / "other" / path).read_bytes()
    assert sr(project) == (sr(project, "--no-cache")[0], "--fix" not in words)


def test_a_cache_that_can_not_be_read_or_written(project: Path) -> None:
    expected = sr(project, "--no-cache")
    cache = project / ".schema-rewrite-cache"
    put(project, ".schema-rewrite-cache/files", "a file where the directory would be")
    assert sr(project) == sr(project) == expected
    shutil.rmtree(cache)
    sr(project)
    (file,) = (cache / "files").iterdir()
    file.unlink()
    file.mkdir()
    assert sr(project) == expected


def test_runs_at_once_while_files_change(project: Path) -> None:
    done = threading.Event()

    def edit() -> None:
        number = 0
        while not done.wait(0.02):
            put(project, "src/a.sql", CONTENTS[number % 7])
            put(project, "src/names.py", CONTENTS[11 + number % 2])
            number += 1

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda words: sr(project, *words), [("--diff",), ("--check", "-q")] * 4))
    finally:
        done.set()
        editor.join()
    assert not list((project / ".schema-rewrite-cache").rglob("*.new"))
    for _ in range(2):
        assert sr(project, "--diff")[0] == sr(project, "--no-cache", "--diff")[0]


def test_no_cache_neither_reads_nor_writes_and_clean_removes_it(project: Path) -> None:
    sr(project, "--diff", "--no-cache")
    assert not (project / ".schema-rewrite-cache").exists()
    sr(project, "--diff")
    assert not sr(project, "--no-cache")[1]
    sr(project, "clean")
    assert not (project / ".schema-rewrite-cache").exists()
    assert not sr(project)[1]


def test_a_store_of_other_code_is_not_asked(project: Path) -> None:
    sr(project, "--diff")
    assert sr(project)[1]
    package: Callable[[Path], str] = lambda home: f"import sys; sys.path.insert(0, {str(home)!r}); {PROGRAM}"  # noqa: E731
    copy = project.parent / "copy"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert sr(project, "--check", program=package(copy))[1]  # the same program elsewhere
    with (copy / "schema_rewriter/finding.py").open("a", encoding="utf-8") as file:
        file.write("# another version\n")
    assert not sr(project, "--check", program=package(copy))[1]


def test_each_class_that_is_kept_is_where_the_codec_looks_for_it() -> None:
    """A class that moved to another module is a bug that only some projects meet."""
    assert [codec.class_of(name).__name__ for name in codec.CLASSES] == list(codec.CLASSES)
